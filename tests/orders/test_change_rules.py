"""The rules of hold, validate, correct, complete and tray as truth tables, each tuple in its order."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders import EARLIER, an_order
from traylane.orders.complete import COMPLETE
from traylane.orders.complete_rules import CompleteRequest
from traylane.orders.correct import CORRECT
from traylane.orders.hold import HOLD, RELEASE
from traylane.orders.model import Order, Status
from traylane.orders.tray import ASSIGN, RELEASE_TRAY
from traylane.orders.tray_rules import AssignRequest
from traylane.orders.validate import UNVALID, VALIDATE
from traylane.orders.verb import Verb
from traylane.policy.model import Policy, Station

POLICY = Policy(version=1)
VERIFIED = Policy(version=1, verify_tray=True)

VALID = an_order()
UNVALID_ONE = an_order(status=Status.UNVALID)
IN_PROCESS = an_order(status=Status.PROCESS)
COMPLETED = an_order(status=Status.COMPLETE)
CANCELLED = an_order(cancelled_at=EARLIER)
HELD = an_order(on_hold=True)
CANCELLED_HELD = an_order(on_hold=True, cancelled_at=EARLIER)
CANCELLED_UNVALID = an_order(status=Status.UNVALID, cancelled_at=EARLIER)
UNVALID_HELD = an_order(status=Status.UNVALID, on_hold=True)
IN_TRAY = an_order(tray="7", tray_key=7)
CANCELLED_IN_TRAY = an_order(tray="7", tray_key=7, cancelled_at=EARLIER)
RELEASED = an_order(tray="7")
LOST = an_order(tray="7", cancelled_at=EARLIER, taken_over_at=EARLIER)

EACH_VERB = [
    # verb, order → code, or None
    *((verb, CANCELLED, "frozen_cancelled") for verb in (HOLD, RELEASE, VALIDATE, UNVALID, CORRECT)),
    *((verb, COMPLETED, "frozen_completed") for verb in (HOLD, RELEASE, VALIDATE, UNVALID, CORRECT)),
    *((verb, CANCELLED_HELD, "frozen_cancelled") for verb in (HOLD, RELEASE, CORRECT)),
    *((HOLD, order, None) for order in (VALID, UNVALID_ONE, IN_PROCESS)),
    (HOLD, HELD, "already_on_hold"),
    *((RELEASE, order, None) for order in (HELD, UNVALID_HELD)),
    (RELEASE, VALID, "not_on_hold"),
    *((VALIDATE, order, None) for order in (UNVALID_ONE, UNVALID_HELD)),
    *((VALIDATE, order, "already_valid") for order in (VALID, IN_PROCESS, HELD)),
    *((UNVALID, order, None) for order in (VALID, HELD, UNVALID_ONE)),
    (UNVALID, IN_PROCESS, "in_process"),
    *((CORRECT, order, None) for order in (VALID, UNVALID_ONE, IN_PROCESS, HELD)),
    *((COMPLETE, order, None) for order in (VALID, IN_PROCESS, IN_TRAY)),
    *((COMPLETE, order, "complete_cancelled") for order in (CANCELLED, CANCELLED_HELD, CANCELLED_UNVALID)),
    *((COMPLETE, order, "complete_unvalid") for order in (UNVALID_ONE, UNVALID_HELD)),
    (COMPLETE, COMPLETED, "complete_completed"),
    (COMPLETE, HELD, "complete_on_hold"),
    *((RELEASE_TRAY, order, None) for order in (IN_TRAY, CANCELLED_IN_TRAY, LOST)),
    *((RELEASE_TRAY, order, "no_tray") for order in (VALID, RELEASED, COMPLETED)),
]


@pytest.mark.parametrize(("verb", "order", "code"), EACH_VERB)
def test_each_verb(verb: Verb[Any], order: Order, code: str | None) -> None:
    refusal = verb.judge(order, None, POLICY)

    assert (refusal and refusal.code) == code


ANOTHER = an_order("B", tray="9", tray_key=9)
ANOTHER_CANCELLED = an_order("B", tray="9", tray_key=9, cancelled_at=EARLIER)
OF_OTHERS = an_order("B", customer="2002", tray="9", tray_key=9)
OF_OTHERS_CANCELLED = an_order("B", customer="2002", tray="9", tray_key=9, cancelled_at=EARLIER)

EACH_TRAY = [
    # order, tray, holder, reassign, customer, policy → code, or None
    (VALID, "9", None, False, None, POLICY, None),
    (VALID, "00009", None, False, "1001", VERIFIED, None),
    (UNVALID_ONE, "9", None, False, None, POLICY, None),
    (RELEASED, "9", None, False, None, POLICY, None),
    (VALID, "", None, False, None, POLICY, "tray_not_numeric"),
    (VALID, "A7", None, False, None, POLICY, "tray_not_numeric"),
    (VALID, "-7", None, False, None, POLICY, "tray_not_numeric"),
    (VALID, "٧", None, False, None, POLICY, "tray_not_numeric"),
    (CANCELLED, "1234567x", None, False, None, POLICY, "tray_not_numeric"),
    (CANCELLED, "123456", None, False, None, POLICY, "tray_too_long"),
    (CANCELLED_HELD, "9", ANOTHER, False, None, POLICY, "tray_for_cancelled"),
    (COMPLETED, "9", ANOTHER, False, None, POLICY, "tray_for_completed"),
    (HELD, "9", ANOTHER, True, None, POLICY, "tray_for_held"),
    (IN_TRAY, "9", ANOTHER, False, None, POLICY, "tray_in_use"),
    (VALID, "9", ANOTHER, True, None, POLICY, "tray_in_use"),
    (VALID, "9", ANOTHER_CANCELLED, False, None, POLICY, None),
    (VALID, "9", ANOTHER_CANCELLED, False, None, VERIFIED, "tray_in_use"),
    (VALID, "9", ANOTHER_CANCELLED, True, None, VERIFIED, None),
    (VALID, "9", OF_OTHERS_CANCELLED, True, None, POLICY, None),
    (VALID, "9", OF_OTHERS_CANCELLED, True, "1001", POLICY, "tray_in_use"),
    (VALID, "9", OF_OTHERS, False, "1001", POLICY, "tray_in_use"),
    (IN_TRAY, "9", None, False, None, POLICY, "has_tray"),
    (IN_TRAY, "7", IN_TRAY, False, None, POLICY, "has_tray"),
    (IN_TRAY, "7", IN_TRAY, True, None, VERIFIED, None),
    (IN_TRAY, "9", None, True, None, POLICY, None),
]


@pytest.mark.parametrize(("order", "tray", "holder", "reassign", "customer", "policy", "code"), EACH_TRAY)
def test_each_tray(
    order: Order,
    tray: str,
    holder: Order | None,
    reassign: bool,
    customer: str | None,
    policy: Policy,
    code: str | None,
) -> None:
    asked = AssignRequest(tray=tray, reassign=reassign, customer=customer, holder=holder)

    refusal = ASSIGN.judge(order, asked, policy)

    assert (refusal and refusal.code) == code


QA = Station("QA", "Final QA", final_qa=True)
VERIFIED_LINE = Policy(version=1, station_verify=True, stations={"QA": QA})
UNVERIFIED_LINE = Policy(version=1, stations={"QA": QA})


@pytest.mark.parametrize(
    ("policy", "passed", "code"),
    [
        (VERIFIED_LINE, "", "complete_without_final_qa"),
        (VERIFIED_LINE, "QA", None),
        (UNVERIFIED_LINE, "", None),
        (POLICY, "", None),
    ],
)
def test_final_qa_comes_before_completion_where_stations_are_verified(
    policy: Policy, passed: str, code: str | None
) -> None:
    refusal = COMPLETE.judge(VALID, CompleteRequest(frozenset(passed.split())), policy)

    assert (refusal and refusal.code) == code


@pytest.mark.parametrize(("tray", "key"), [("9", 9), ("00009", 9), ("x", None), ("123456", None), ("", None)])
def test_a_tray_is_compared_as_a_number_and_left_only_when_that_is_asked_for(tray: str, key: int | None) -> None:
    asked = AssignRequest(tray=tray)
    assert (asked.key, asked.reassign) == (key, False)
