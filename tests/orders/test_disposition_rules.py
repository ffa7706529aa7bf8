"""The rules of dispositions as truth tables, alone and among those of a cancel."""

from __future__ import annotations

import msgspec
import pytest

from tests.builders import EARLIER, an_order
from traylane.orders import disposition_rules as rules
from traylane.orders.cancel_rules import CANCEL_RULES, CancelRequest, refusals
from traylane.orders.disposition import NOTHING_SAID, Disposition, Part
from traylane.orders.disposition_rules import DISPOSITION_RULES, DispositionRequest, first_refusal
from traylane.orders.model import Order
from traylane.policy.model import Breakage, Employee, Policy

KNOWN = Policy(
    version=1,
    breakages={"SCR": Breakage("SCR", "Scratched"), "OLD": Breakage("OLD", "Old", active=False)},
    employees={"TL": Employee("TL"), "XX": Employee("XX", active=False)},
)
KEEPS_FRAMES = Policy(version=1, lab_frames_cancellable=False)
ASKS_FIRST = Policy(version=1, breakage_first=True)


def broken(breakage: str | None = "SCR", employee: str | None = "TL") -> Part:
    return Part("broken", breakage, employee)


STOCK = Part("stock")


def ordered(**details: str) -> Order:
    return an_order(details=msgspec.json.encode(details).decode())


CODES = [
    # what is said → what is unknown of it
    (NOTHING_SAID, []),
    (Disposition(rt=STOCK, lt=STOCK, frame=STOCK), []),
    (Disposition(rt=broken(), frame=broken()), []),
    (Disposition(rt=broken("OLD")), ["rtBreakageCode: OLD"]),
    (Disposition(lt=broken("NEW")), ["ltBreakageCode: NEW"]),
    (Disposition(frame=broken(employee="XX")), ["frameEmployeeCode: XX"]),
    (Disposition(rt=broken("NEW", "NN"), lt=broken()), ["rtBreakageCode: NEW", "rtEmployeeCode: NN"]),
    (Disposition(rt=Part("broken", None, "NN")), ["rtEmployeeCode: NN"]),
    (Disposition(rt=Part("broken", "NEW", None)), ["rtBreakageCode: NEW"]),
]


@pytest.mark.parametrize(("said", "unknown"), CODES)
def test_codes_are_active_ones(said: Disposition, unknown: list[str]) -> None:
    refusal = rules.unknown_codes(said, KNOWN)
    assert ([] if refusal is None else refusal.details()) == unknown
    asked = CancelRequest(disposition=said)
    found = [refusal.code for refusal in refusals(an_order(), asked, KNOWN)]
    assert found == (["unknown_disposition_code"] if unknown else [])


FRAMES = [
    # frameStatusCode, policy → code, or None
    ("S", KEEPS_FRAMES, "lab_frame"),
    ("E", KEEPS_FRAMES, None),
    ("", KEEPS_FRAMES, None),
    ("S", KNOWN, None),
]


@pytest.mark.parametrize(("frame", "policy", "code"), FRAMES)
def test_the_laboratorys_frames_are_kept_where_it_says_so(frame: str, policy: Policy, code: str | None) -> None:
    order = ordered(frameStatusCode=frame)
    refusal = rules.lab_frame(order, policy)
    assert (refusal and refusal.code) == code
    assert [found.code for found in refusals(order, CancelRequest(), policy)] == [code] * (code is not None)


LENSES = [
    # the order's lenses, what is said, policy → what is missing
    ({"rtLensStyle": "SV"}, NOTHING_SAID, ASKS_FIRST, ["rtDisposition"]),
    ({"rtLensMaterial": "CR39"}, NOTHING_SAID, ASKS_FIRST, ["rtDisposition"]),
    ({"ltLensStyle": "SV"}, NOTHING_SAID, ASKS_FIRST, ["ltDisposition"]),
    ({"ltLensMaterial": "CR39"}, NOTHING_SAID, ASKS_FIRST, ["ltDisposition"]),
    ({"rtLensStyle": "SV", "ltLensMaterial": "CR39"}, NOTHING_SAID, ASKS_FIRST, ["rtDisposition", "ltDisposition"]),
    ({"rtLensStyle": "SV", "ltLensStyle": "SV"}, Disposition(rt=STOCK), ASKS_FIRST, ["ltDisposition"]),
    ({"rtLensStyle": "SV"}, Disposition(rt=STOCK), ASKS_FIRST, []),
    ({"rtLensStyle": "SV"}, Disposition(frame=STOCK), ASKS_FIRST, ["rtDisposition"]),
    ({}, NOTHING_SAID, ASKS_FIRST, []),
    ({"rtLensStyle": "SV"}, NOTHING_SAID, KNOWN, []),
]


@pytest.mark.parametrize(("lenses", "said", "policy", "missing"), LENSES)
def test_what_became_of_the_lenses_is_said_first(
    lenses: dict[str, str], said: Disposition, policy: Policy, missing: list[str]
) -> None:
    order = ordered(**lenses)
    refusal = rules.breakage_missing(order, said, policy)
    assert ([] if refusal is None else refusal.data["missing"]) == missing
    found = [refusal.code for refusal in refusals(order, CancelRequest(disposition=said), policy)]
    assert found == (["breakage_missing"] if missing else [])


def test_the_rules_of_parts_come_last_in_a_cancel() -> None:
    assert [rule.__name__ for rule in CANCEL_RULES[-3:]] == [
        *("disposition_codes_are_known", "frame_may_be_cancelled", "breakage_is_entered")
    ]


OLD_BREAK = Disposition(rt=broken("OLD", "XX"))
CANCELLED = an_order(cancelled_at=EARLIER)
BROKEN_BEFORE = an_order(cancelled_at=EARLIER, cancel_disposition=OLD_BREAK.text())

POSTED = [
    # order, what is said → code, or None
    (an_order(), Disposition(rt=STOCK), "nothing_to_dispose"),
    (an_order(), OLD_BREAK, "nothing_to_dispose"),
    (CANCELLED, Disposition(rt=STOCK), None),
    (CANCELLED, OLD_BREAK, "unknown_disposition_code"),
    (BROKEN_BEFORE, OLD_BREAK, None),
    (BROKEN_BEFORE, Disposition(lt=broken("OLD")), "unknown_disposition_code"),
    (BROKEN_BEFORE, Disposition(rt=STOCK), None),
]


@pytest.mark.parametrize(("order", "said", "code"), POSTED)
def test_parts_are_disposed_of_when_the_order_is_cancelled(order: Order, said: Disposition, code: str | None) -> None:
    refusal = first_refusal(order, DispositionRequest(said), KNOWN)
    assert (refusal and refusal.code) == code


def test_the_rules_of_a_disposition_in_their_order() -> None:
    assert [rule.__name__ for rule in DISPOSITION_RULES] == ["order_is_cancelled", "codes_are_known"]
