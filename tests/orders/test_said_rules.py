"""What the refusals of the rules say beside their sentence, and which of them are the outcome of a request."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest

import traylane
from tests.builders import EARLIER, an_order
from traylane.errors import Refused
from traylane.orders.cancel_rules import CancelRequest, ReasonForbidsOverride, reason_allows_the_override
from traylane.orders.complete_rules import CompleteAmbiguous, CompleteNotFound, CompleteRefused
from traylane.orders.create_rules import CribOnlyUncut, UnknownAddon, UnknownCustomer, ValidationFailed
from traylane.orders.disposition_rules import BreakageMissing, UnknownDispositionCode
from traylane.orders.model import NonCancelScan
from traylane.orders.restore_rules import LensBroken, RestoreWindowOver
from traylane.orders.tray_rules import TrayInUse, TrayOrderAmbiguous
from traylane.policy.model import Policy
from traylane.tracking.checkin_rules import OrderAmbiguous, StepMissing

NOT_FINAL = {"no_free_tray", "no_free_order_number"}
"""What may be there at the next try: the same request is not answered the same for ever."""
OVERRIDE = {"non_cancel_station": "orders:override", "lens_broken": "orders:override"}
ROOT = Path(traylane.__file__).parent
DETAILS: list[tuple[type[Refused], dict[str, Any], list[str]]] = [
    (ReasonForbidsOverride, {"provided": "CUS"}, ["Provided: CUS"]),
    (CompleteRefused, {}, ["Error Code: 20", "Error Message: "]),
    (CompleteNotFound, {}, ["Error Code: 01", "Error Message: Order not found"]),
    (
        CompleteAmbiguous,
        {"more": ["Provided: A"]},
        ["Error Code: 20", "Error Message: More than one record found", "Provided: A"],
    ),
    (CribOnlyUncut, {"job_type": "F"}, ["Job Type: F", "Frame SW:"]),
    (UnknownCustomer, {"provided": "9"}, ["Provided: 9"]),
    (UnknownAddon, {"provided": ["X", "Y"]}, ["Provided: X", "Provided: Y"]),
    (ValidationFailed, {"messages": ["ERROR 112: X"], "properties": {}}, ["ERROR 112: X"]),
    (UnknownDispositionCode, {"unknown": [("rtBreakageCode", "X")]}, ["rtBreakageCode: X"]),
    (BreakageMissing, {"missing": ["rtDisposition"]}, ["Missing: rtDisposition"]),
    (RestoreWindowOver, {"at": 0, "hours": 12}, ["Cancelled: 1970-01-01T00:00:00.000Z", "Window: 12 hours"]),
    (LensBroken, {"parts": ("rt",)}, ["Broken: rt"]),
    (TrayInUse, {"order": "7"}, ["Order: 7"]),
    (TrayInUse, {"order": None}, []),
    (TrayOrderAmbiguous, {"more": ["Provided: A"]}, ["More than one record found", "Provided: A"]),
    (OrderAmbiguous, {"more": ["Provided: A"]}, ["More than one record found", "Provided: A"]),
    (StepMissing, {"message": "RCV required before QA", "station": "QA"}, ["RCV required before QA"]),
]


def refusals() -> list[type[Refused]]:
    """Every refusal that a module of rules defines."""
    found = []
    for path in sorted(ROOT.glob("*/*_rules.py")):
        module = importlib.import_module(f"traylane.{path.parent.name}.{path.stem}")
        kinds = [kind for kind in vars(module).values() if isinstance(kind, type) and issubclass(kind, Refused)]
        found += [kind for kind in kinds if kind.__module__ == module.__name__]
    return found


@pytest.mark.parametrize("kind", refusals(), ids=lambda kind: kind.__name__)
def test_a_refusal_of_a_rule_is_an_outcome(kind: type[Refused]) -> None:
    code = getattr(kind, "code", "")
    assert kind.is_final is (code not in NOT_FINAL)
    assert getattr(kind, "override_scope", None) == OVERRIDE.get(code)


@pytest.mark.parametrize(("kind", "data", "details"), DETAILS)
def test_what_a_refusal_adds_to_its_sentence(kind: type[Refused], data: dict[str, Any], details: list[str]) -> None:
    assert kind(**data).details() == details


def test_what_a_program_reads_of_a_failed_validation() -> None:
    assert ValidationFailed(messages=[], properties={"112": ("rtSPH",)}).evidence() == {
        "properties": {"112": ("rtSPH",)}
    }


def test_what_programs_read_of_a_restore_that_is_refused() -> None:
    over = RestoreWindowOver(at=0, hours=12)
    assert over.evidence() == {"cancelled": "1970-01-01T00:00:00.000Z", "hours": 12}
    assert LensBroken(parts=("rt", "lt")).evidence() == {"broken": ["rt", "lt"]}


@pytest.mark.parametrize(("reason", "provided"), [("CUS", "CUS"), (None, "")])
def test_a_forbidden_override_names_the_reason_that_came(reason: str | None, provided: str) -> None:
    order = an_order(non_cancel_scan=NonCancelScan("GEN", EARLIER))
    refusal = reason_allows_the_override(order, CancelRequest(reason, override=True), Policy(version=1))
    assert refusal is not None
    assert refusal.details() == [f"Provided: {provided}"]
