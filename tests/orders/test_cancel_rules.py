"""The rules of a cancel as truth tables: what each refuses, in which order they speak, and all of them at once."""

from __future__ import annotations

import pytest

from tests.builders import EARLIER, an_order
from traylane.orders import cancel_rules as rules
from traylane.orders.cancel import CANCEL, first_refusal, ignored_reason
from traylane.orders.cancel_rules import CANCEL_RULES, CancelRequest, refusals
from traylane.orders.model import NonCancelScan, Order, Status
from traylane.policy.model import Policy, Reason, Station

CUS = Reason("CUS", "Customer request")
OLD = Reason("OLD", "No longer used", active=False, allows_override=True)
BRK = Reason("BRK", "Broken", allows_override=True)
GEN = Station("GEN", "Generator", sequence=30, non_cancel=True)

NO_REASONS = Policy(1)
"""A laboratory that asks for no reason."""
NONE_SET_UP = Policy(1, reason_required=True)
ONLY_RETIRED = Policy(1, reason_required=True, reasons={"OLD": OLD})
REASONS = Policy(1, reason_required=True, reasons={"CUS": CUS, "OLD": OLD}, stations={"GEN": GEN})
OVERRIDES = Policy(1, reason_required=True, reasons={"CUS": CUS, "BRK": BRK, "OLD": OLD}, stations={"GEN": GEN})
REASONS_UNUSED = Policy(1, reason_required=False, reasons={"CUS": CUS})
WITHOUT_TRACKER = Policy(1, job_tracker_installed=False)
NOTHING_GOES = Policy(1, job_tracker_installed=False, reason_required=True, reasons={"CUS": CUS}, stations={"GEN": GEN})

OPEN = an_order()
CANCELLED = an_order(cancelled_at=EARLIER, cancel_actor="portal", cancel_reason="CUS")
COMPLETED = an_order(status=Status.COMPLETE)
GENERATED = an_order(status=Status.PROCESS, non_cancel_scan=NonCancelScan("GEN", EARLIER))
CANCELLED_GENERATED = an_order(
    cancelled_at=EARLIER, cancel_actor="portal", non_cancel_scan=NonCancelScan("GEN", EARLIER)
)
COMPLETED_GENERATED = an_order(status=Status.COMPLETE, non_cancel_scan=NonCancelScan("GEN", EARLIER))

EACH_RULE = [
    # rule, order, reason, policy → code, or None
    (rules.job_tracker_is_installed, OPEN, None, NO_REASONS, None),
    (rules.job_tracker_is_installed, OPEN, None, WITHOUT_TRACKER, "job_tracker_missing"),
    (rules.job_tracker_is_installed, CANCELLED, "CUS", WITHOUT_TRACKER, "job_tracker_missing"),
    (rules.order_is_not_cancelled, OPEN, None, NO_REASONS, None),
    (rules.order_is_not_cancelled, COMPLETED, None, NO_REASONS, None),
    (rules.order_is_not_cancelled, CANCELLED, None, NO_REASONS, "already_cancelled"),
    (rules.order_is_not_cancelled, CANCELLED, "CUS", REASONS, "already_cancelled"),
    (rules.order_is_not_completed, OPEN, None, NO_REASONS, None),
    (rules.order_is_not_completed, CANCELLED, None, NO_REASONS, None),
    (rules.order_is_not_completed, COMPLETED, None, NO_REASONS, "already_completed"),
    (rules.order_is_not_completed, an_order(status=Status.UNVALID), None, NO_REASONS, None),
    (rules.order_is_not_completed, an_order(status=Status.PROCESS), None, NO_REASONS, None),
    (rules.order_is_not_completed, an_order(on_hold=True), None, NO_REASONS, None),
    (rules.reasons_are_set_up, OPEN, None, NO_REASONS, None),
    (rules.reasons_are_set_up, OPEN, "CUS", NO_REASONS, None),
    (rules.reasons_are_set_up, OPEN, None, NONE_SET_UP, "no_reasons"),
    (rules.reasons_are_set_up, OPEN, "CUS", NONE_SET_UP, "no_reasons"),
    (rules.reasons_are_set_up, OPEN, "OLD", ONLY_RETIRED, "no_reasons"),
    (rules.reasons_are_set_up, OPEN, None, REASONS, None),
    (rules.reason_is_known, OPEN, None, NO_REASONS, None),
    (rules.reason_is_known, OPEN, "XXX", REASONS_UNUSED, None),
    (rules.reason_is_known, OPEN, "CUS", REASONS, None),
    (rules.reason_is_known, OPEN, None, REASONS, "unknown_reason"),
    (rules.reason_is_known, OPEN, "", REASONS, "unknown_reason"),
    (rules.reason_is_known, OPEN, "XXX", REASONS, "unknown_reason"),
    (rules.reason_is_known, OPEN, "cus", REASONS, "unknown_reason"),
    (rules.reason_is_known, OPEN, "CUS ", REASONS, "unknown_reason"),
    (rules.reason_is_known, OPEN, "OLD", REASONS, "unknown_reason"),
    (rules.reason_is_known, OPEN, "XXX", NONE_SET_UP, None),
    (rules.order_has_not_passed_a_non_cancel_station, OPEN, None, REASONS, None),
    (rules.order_has_not_passed_a_non_cancel_station, GENERATED, None, REASONS, "non_cancel_station"),
    (rules.order_has_not_passed_a_non_cancel_station, GENERATED, None, NO_REASONS, "non_cancel_station"),
    (rules.order_has_not_passed_a_non_cancel_station, COMPLETED_GENERATED, "CUS", REASONS, "non_cancel_station"),
]

TOGETHER = [
    # order, reason, policy → every code, in order
    (OPEN, None, NO_REASONS, []),
    (OPEN, "anything", NO_REASONS, []),
    (an_order(status=Status.UNVALID), None, NO_REASONS, []),
    (an_order(status=Status.PROCESS), None, NO_REASONS, []),
    (an_order(on_hold=True), None, NO_REASONS, []),
    (an_order(status=Status.PROCESS, station="RCV", scan_count=1), "CUS", REASONS, []),
    (OPEN, "CUS", REASONS, []),
    (OPEN, "XXX", REASONS, ["unknown_reason"]),
    (OPEN, None, NONE_SET_UP, ["no_reasons"]),
    (GENERATED, "CUS", REASONS, ["non_cancel_station"]),
    (GENERATED, "XXX", REASONS, ["unknown_reason", "non_cancel_station"]),
    (GENERATED, None, NONE_SET_UP, ["no_reasons", "non_cancel_station"]),
    (CANCELLED, "CUS", REASONS, ["already_cancelled"]),
    (CANCELLED, "XXX", REASONS, ["already_cancelled", "unknown_reason"]),
    (CANCELLED_GENERATED, None, NONE_SET_UP, ["already_cancelled", "no_reasons", "non_cancel_station"]),
    (COMPLETED, "CUS", REASONS, ["already_completed"]),
    (COMPLETED_GENERATED, "OLD", REASONS, ["already_completed", "unknown_reason", "non_cancel_station"]),
    (OPEN, "CUS", NOTHING_GOES, ["job_tracker_missing"]),
    (CANCELLED, None, WITHOUT_TRACKER, ["job_tracker_missing", "already_cancelled"]),
    (
        CANCELLED_GENERATED,
        "XXX",
        NOTHING_GOES,
        ["job_tracker_missing", "already_cancelled", "unknown_reason", "non_cancel_station"],
    ),
    (
        COMPLETED_GENERATED,
        None,
        NOTHING_GOES,
        ["job_tracker_missing", "already_completed", "unknown_reason", "non_cancel_station"],
    ),
]

SENTENCES = [
    # order, reason, policy → sentence, details and evidence of the first refusal
    (OPEN, None, WITHOUT_TRACKER, "Job Tracker module required for cancel method", [], {}),
    (
        CANCELLED,
        None,
        NO_REASONS,
        "Order already completed",
        [],
        {"cancelled": "2026-11-01T08:00:00.000Z", "actor": "portal", "reason": "CUS"},
    ),
    (COMPLETED, None, NO_REASONS, "Order already completed", [], {}),
    (OPEN, "CUS", NONE_SET_UP, "The delete reasons file is empty", [], {}),
    (OPEN, "XXX", REASONS, "Delete reason code does not exist", ["Provided: XXX"], {}),
    (OPEN, None, REASONS, "Delete reason code does not exist", ["Provided: "], {}),
    (
        GENERATED,
        "CUS",
        REASONS,
        "Order has been through a non-cancel station",
        [],
        {"station": "GEN", "scanned": "2026-11-01T08:00:00.000Z", "sequence": 30},
    ),
    (
        GENERATED,
        None,
        NO_REASONS,
        "Order has been through a non-cancel station",
        [],
        {"station": "GEN", "scanned": "2026-11-01T08:00:00.000Z", "sequence": None},
    ),
]


def test_the_rules_are_asked_in_the_order_of_the_contract() -> None:
    assert (
        rules.job_tracker_is_installed,
        rules.order_is_not_cancelled,
        rules.order_is_not_completed,
        rules.reasons_are_set_up,
        rules.reason_is_known,
        rules.order_has_not_passed_a_non_cancel_station,
    ) == CANCEL_RULES[:6]


ASKED_TO_OVERRIDE = [
    # order, reason, policy → every code, in order
    (GENERATED, "BRK", OVERRIDES, []),
    (GENERATED, "CUS", OVERRIDES, ["reason_forbids_override"]),
    (GENERATED, "OLD", OVERRIDES, ["unknown_reason", "reason_forbids_override"]),
    (GENERATED, None, OVERRIDES, ["unknown_reason", "reason_forbids_override"]),
    (GENERATED, None, NO_REASONS, ["reason_forbids_override"]),
    (GENERATED, None, NONE_SET_UP, ["no_reasons", "reason_forbids_override"]),
    (OPEN, "CUS", OVERRIDES, []),
    (COMPLETED, "BRK", OVERRIDES, ["already_completed"]),
    (COMPLETED_GENERATED, "BRK", OVERRIDES, ["already_completed"]),
    (CANCELLED_GENERATED, "BRK", OVERRIDES, ["already_cancelled"]),
    (GENERATED, "BRK", WITHOUT_TRACKER, ["job_tracker_missing", "reason_forbids_override"]),
]


@pytest.mark.parametrize(("order", "reason", "policy", "codes"), ASKED_TO_OVERRIDE)
def test_an_override_helps_past_a_non_cancel_station_and_past_nothing_else(
    order: Order, reason: str | None, policy: Policy, codes: list[str]
) -> None:
    asked = CancelRequest(reason, override=True)

    assert [refusal.code for refusal in refusals(order, asked, policy)] == codes


@pytest.mark.parametrize(("rule", "order", "reason", "policy", "code"), EACH_RULE)
def test_each_rule(rule: rules.Rule, order: Order, reason: str | None, policy: Policy, code: str | None) -> None:
    refusal = rule(order, CancelRequest(reason), policy)

    assert (refusal and refusal.code) == code


@pytest.mark.parametrize(("order", "reason", "policy", "codes"), TOGETHER)
def test_everything_that_stands_in_the_way(order: Order, reason: str | None, policy: Policy, codes: list[str]) -> None:
    assert [refusal.code for refusal in refusals(order, CancelRequest(reason), policy)] == codes


@pytest.mark.parametrize(("order", "reason", "policy", "codes"), TOGETHER)
def test_the_first_refusal_answers(order: Order, reason: str | None, policy: Policy, codes: list[str]) -> None:
    refusal = first_refusal(order, CancelRequest(reason), policy)

    assert [refusal.code for refusal in filter(None, [refusal])] == codes[:1]


@pytest.mark.parametrize(("order", "reason", "policy", "sentence", "details", "evidence"), SENTENCES)
def test_what_a_refusal_says(
    order: Order, reason: str | None, policy: Policy, sentence: str, details: list[str], evidence: dict[str, object]
) -> None:
    refusal = next(refusals(order, CancelRequest(reason), policy))

    assert (refusal.sentence, refusal.details(), refusal.evidence()) == (sentence, details, evidence)


@pytest.mark.parametrize(("order", "reason", "policy", "codes"), [row for row in TOGETHER if row[3]])
def test_every_refusal_is_an_outcome(order: Order, reason: str | None, policy: Policy, codes: list[str]) -> None:
    assert [refusal.is_final for refusal in refusals(order, CancelRequest(reason), policy)] == [True] * len(codes)


def test_a_reason_that_nobody_asked_for_is_ignored_with_a_warning() -> None:
    warning = "deleteReason was ignored: the setting Orders1:Enter reason code when deleting order is off."

    assert ignored_reason(CancelRequest("XXX"), NO_REASONS) == warning
    assert ignored_reason(CancelRequest(None), NO_REASONS) == ""
    assert ignored_reason(CancelRequest("CUS"), REASONS) == ""


def test_a_cancel_touches_nothing_but_the_cancellation() -> None:
    assert set(CANCEL.columns) == {
        "cancelled_at",
        "cancel_reason",
        "cancel_actor",
        "cancel_station",
        "cancel_override",
        "cancel_disposition",
    }
