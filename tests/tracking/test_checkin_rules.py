"""The rules of a check-in as truth tables."""

from __future__ import annotations

import pytest

from tests.builders import EARLIER, NOW, an_order
from traylane.access.actor import COMMAND_LINE
from traylane.orders.lookup import MoreThanOneRecord, RecordNotFound
from traylane.orders.model import Order, Scan, Status
from traylane.policy.model import Policy, Station
from traylane.tracking import checkin_rules as rules
from traylane.tracking.checkin import first_refusal, in_checkin_words, scan
from traylane.tracking.checkin_rules import CHECK_IN_RULES, CheckInRequest, before_the_order, refusals

RCV = Station("RCV", "Receiving", sequence=10)
GEN = Station("GEN", "Generator", sequence=30, non_cancel=True, requires_operator=True)
OFF = Station("OFF", "Scrapped edger", active=False)
TAL = Station("TAL", "Operator TAL", is_operator=True)
BOB = Station("BOB", "Operator BOB, left", is_operator=True, active=False)
FLOOR = Policy(1, stations={station.code: station for station in (RCV, GEN, OFF, TAL, BOB)})
WITHOUT_TRACKER = Policy(1, job_tracker_installed=False, stations={"RCV": RCV})

VALID = an_order()
IN_PROCESS = an_order(status=Status.PROCESS, station="RCV", scan_count=1)
UNVALID = an_order(status=Status.UNVALID)
COMPLETED = an_order(status=Status.COMPLETE)
HELD = an_order(on_hold=True)
CANCELLED = an_order(cancelled_at=EARLIER)
CANCELLED_UNVALID_HELD = an_order(status=Status.UNVALID, on_hold=True, cancelled_at=EARLIER)
COMPLETED_HELD = an_order(status=Status.COMPLETE, on_hold=True)

BEFORE = [
    # station, policy → code, or None
    ("RCV", FLOOR, None),
    ("GEN", FLOOR, None),
    ("XXX", FLOOR, "station_not_found"),
    ("rcv", FLOOR, "station_not_found"),
    ("", FLOOR, "station_not_found"),
    ("OFF", FLOOR, "station_not_found"),
    ("TAL", FLOOR, "station_not_found"),
    ("RCV", WITHOUT_TRACKER, "checkin_job_tracker_missing"),
    ("XXX", WITHOUT_TRACKER, "checkin_job_tracker_missing"),
]

EACH_RULE = [
    # rule, order, station, operator → code, or None
    (rules.operator_exists, VALID, "RCV", None, None),
    (rules.operator_exists, VALID, "GEN", None, None),
    (rules.operator_exists, VALID, "RCV", "TAL", None),
    (rules.operator_exists, VALID, "RCV", "", "operator_not_found"),
    (rules.operator_exists, VALID, "RCV", "XXX", "operator_not_found"),
    (rules.operator_exists, VALID, "RCV", "tal", "operator_not_found"),
    (rules.operator_exists, VALID, "RCV", "BOB", "operator_not_found"),
    (rules.operator_exists, VALID, "RCV", "GEN", "operator_not_found"),
    (rules.operator_is_given, VALID, "RCV", None, None),
    (rules.operator_is_given, VALID, "GEN", "TAL", None),
    (rules.operator_is_given, VALID, "GEN", None, "operator_required"),
    (rules.order_is_not_cancelled, VALID, "RCV", None, None),
    (rules.order_is_not_cancelled, COMPLETED, "RCV", None, None),
    (rules.order_is_not_cancelled, CANCELLED, "RCV", None, "checkin_cancelled"),
    (rules.order_is_not_completed, VALID, "RCV", None, None),
    (rules.order_is_not_completed, CANCELLED, "RCV", None, None),
    (rules.order_is_not_completed, COMPLETED, "RCV", None, "checkin_completed"),
    (rules.order_is_valid, VALID, "RCV", None, None),
    (rules.order_is_valid, IN_PROCESS, "RCV", None, None),
    (rules.order_is_valid, COMPLETED, "RCV", None, None),
    (rules.order_is_valid, UNVALID, "RCV", None, "checkin_unvalid"),
    (rules.order_is_not_on_hold, VALID, "RCV", None, None),
    (rules.order_is_not_on_hold, HELD, "RCV", None, "checkin_on_hold"),
]

TOGETHER = [
    # order, station, operator → every code, in order
    (VALID, "RCV", None, []),
    (VALID, "GEN", "TAL", []),
    (IN_PROCESS, "RCV", None, []),
    (VALID, "GEN", None, ["operator_required"]),
    (UNVALID, "RCV", "XXX", ["operator_not_found", "checkin_unvalid"]),
    (CANCELLED, "GEN", None, ["operator_required", "checkin_cancelled"]),
    (
        CANCELLED_UNVALID_HELD,
        "GEN",
        "XXX",
        ["operator_not_found", "checkin_cancelled", "checkin_unvalid", "checkin_on_hold"],
    ),
    (COMPLETED_HELD, "GEN", None, ["operator_required", "checkin_completed", "checkin_on_hold"]),
]

WORDS = [
    # order, station, operator → details of the first refusal
    (VALID, "RCV", "XXX", ["Operator not found"]),
    (VALID, "GEN", None, ["Operator required"]),
    (CANCELLED, "RCV", None, ["Order marked for cancelation"]),
    (COMPLETED, "RCV", None, ["Order already completed"]),
    (UNVALID, "RCV", None, ["Order unvalid"]),
    (HELD, "RCV", None, ["Order on hold"]),
]


def test_the_rules_are_asked_in_order() -> None:
    assert (
        rules.operator_exists,
        rules.operator_is_given,
        rules.order_is_not_cancelled,
        rules.order_is_not_completed,
        rules.order_is_valid,
        rules.order_is_not_on_hold,
        rules.steps_were_taken,
        rules.ar_was_done,
        rules.ar_is_needed,
    ) == CHECK_IN_RULES


@pytest.mark.parametrize(("station", "policy", "code"), BEFORE)
def test_what_is_asked_before_the_order_is_looked_for(station: str, policy: Policy, code: str | None) -> None:
    refusal = before_the_order(CheckInRequest(station), policy)

    assert (refusal and refusal.code) == code


@pytest.mark.parametrize(("rule", "order", "station", "operator", "code"), EACH_RULE)
def test_each_rule(rule: rules.Rule, order: Order, station: str, operator: str | None, code: str | None) -> None:
    refusal = rule(order, CheckInRequest(station, operator), FLOOR)

    assert (refusal and refusal.code) == code


@pytest.mark.parametrize(("order", "station", "operator", "codes"), TOGETHER)
def test_everything_that_stands_in_the_way(order: Order, station: str, operator: str | None, codes: list[str]) -> None:
    found = refusals(order, CheckInRequest(station, operator), FLOOR)

    assert [refusal.code for refusal in found] == codes
    assert all(refusal.is_final for refusal in found)


@pytest.mark.parametrize(("order", "station", "operator", "codes"), TOGETHER)
def test_the_first_refusal_answers(order: Order, station: str, operator: str | None, codes: list[str]) -> None:
    refusal = first_refusal(order, CheckInRequest(station, operator), FLOOR)

    assert [refusal.code for refusal in filter(None, [refusal])] == codes[:1]


@pytest.mark.parametrize(("order", "station", "operator", "details"), WORDS)
def test_a_refusal_says_why_in_its_details(
    order: Order, station: str, operator: str | None, details: list[str]
) -> None:
    refusal = refusals(order, CheckInRequest(station, operator), FLOOR)[0]

    assert (refusal.sentence, refusal.details()) == ("Checkin not performed", details)


def test_without_the_module_the_sentence_stands_alone() -> None:
    refusal = before_the_order(CheckInRequest("RCV"), WITHOUT_TRACKER)

    assert refusal is not None
    assert (refusal.sentence, refusal.details()) == ("Job Tracker module required for checkin", [])


def test_a_failed_look_up_is_said_in_the_words_of_the_check_in() -> None:
    none = in_checkin_words(RecordNotFound(provided="X"))
    several = in_checkin_words(MoreThanOneRecord(provided="P1", candidates=["1001", "1002"], more=0))

    assert none.details() == ["Order not found"]
    assert several.details() == ["More than one record found", "Provided: P1", "Order: 1001", "Order: 1002"]
    assert {none.sentence, several.sentence} == {"Checkin not performed"}


def test_the_first_scan_takes_a_valid_order_into_process() -> None:
    effect = scan(VALID, CheckInRequest("GEN", "TAL"), FLOOR, COMMAND_LINE, NOW)

    assert effect.columns == {
        "status": "P",
        "station": "GEN",
        "station_at": NOW,
        "scan_count": 1,
        "taken_over_at": None,
    }
    assert effect.scan == Scan("GEN", "TAL", NOW, non_cancel=True)
    assert effect.event["before"] == {"status": "V", "station": None}
    assert effect.event["after"] == {
        "status": "P",
        "station": "GEN",
        "scan": 1,
        "operator": "TAL",
        "nonCancel": True,
    }


def test_a_later_scan_takes_the_next_place_in_the_history() -> None:
    effect = scan(IN_PROCESS, CheckInRequest("RCV"), FLOOR, COMMAND_LINE, NOW)

    assert effect.columns == {
        "status": "P",
        "station": "RCV",
        "station_at": NOW,
        "scan_count": 2,
        "taken_over_at": None,
    }
    assert effect.scan == Scan("RCV", None, NOW, non_cancel=False)
