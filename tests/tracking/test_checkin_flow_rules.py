"""What a check-in verifies about the steps of the line, and what it tells about cancelled orders, as truth tables."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders import EARLIER, NOW, an_order
from traylane.access.actor import COMMAND_LINE
from traylane.clock import Instant
from traylane.orders.model import Order, Status
from traylane.orders.steps import final_qa_is_missing
from traylane.policy.model import Addon, Policy, Station
from traylane.tracking.checkin import first_refusal, is_doubled, scan
from traylane.tracking.checkin_rules import CheckInRequest, OrderCancelled, arrives_at_a_rack, refusals

RCV = Station("RCV", "Receiving")
BLK = Station("BLK", "Blocking", active=False)
GEN = Station("GEN", "Generator", requires=("RCV", "BLK", "GONE"))
POL = Station("POL", "Polishing", requires=("RCV", "GEN"))
AR = Station("AR", "AR coating", is_ar=True)
TNT = Station("TNT", "Tinting")
QA = Station("QA", "Final inspection", final_qa=True)
CAN = Station("CAN", "Cancel rack", cancel_rack=True)
STATIONS = {station.code: station for station in (RCV, BLK, GEN, POL, AR, TNT, QA, CAN)}
ADDONS = {
    "SRC": Addon("SRC", "Scratch coat"),
    "AR1": Addon("AR1", "AR", is_ar=True),
    "TNT": Addon("TNT", "Tint", requires=("TNT",)),
}
VERIFIED = Policy(1, STATIONS, addons=ADDONS, station_verify=True)
UNVERIFIED = Policy(1, STATIONS, addons=ADDONS)
WITHOUT_AR = Policy(1, {"QA": QA}, addons=ADDONS, station_verify=True)

PLAIN = an_order(status=Status.PROCESS)
COATED = an_order(status=Status.PROCESS, details='{"addons":["SRC","AR1"]}')
WITH_AR_CODE = an_order(status=Status.PROCESS, details='{"arCode":"X"}')
TINTED = an_order(status=Status.PROCESS, details='{"addons":["TNT","UNKNOWN"]}')

STEPS = [
    # order, station, passed → details, or None
    (PLAIN, "RCV", "", None),
    (PLAIN, "GEN", "RCV", None),
    (PLAIN, "GEN", "", "RCV required before GEN"),  # BLK is retired and GONE never was: nobody could scan there
    (PLAIN, "POL", "", "RCV, GEN required before POL"),
    (PLAIN, "POL", "RCV", "GEN required before POL"),
    (PLAIN, "POL", "RCV GEN", None),
    (PLAIN, "AR", "", "AR not needed"),
    (COATED, "AR", "", None),
    (WITH_AR_CODE, "AR", "", None),
    (PLAIN, "QA", "", None),
    (COATED, "QA", "RCV GEN", "AR required before QA"),
    (WITH_AR_CODE, "QA", "RCV", "AR required before QA"),
    (COATED, "QA", "AR", None),
    (COATED, "POL", "RCV GEN", None),  # AR is asked for at final QA only
    (TINTED, "QA", "RCV", "TNT required before QA"),
    (TINTED, "QA", "TNT", None),
    (TINTED, "POL", "RCV GEN", None),
]


def _asked(station: str, passed: str = "", **more: object) -> CheckInRequest:
    return CheckInRequest(station, passed=frozenset(passed.split()), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(("order", "station", "passed", "message"), STEPS)
def test_the_steps_of_the_line(order: Order, station: str, passed: str, message: str | None) -> None:
    refusal = first_refusal(order, _asked(station, passed), VERIFIED)
    assert (refusal and (refusal.sentence, refusal.details())) == (message and ("Checkin not performed", [message]))


@pytest.mark.parametrize(("order", "station", "passed", "message"), STEPS)
def test_where_stations_are_not_verified_every_step_may_be_left_out(
    order: Order, station: str, passed: str, message: str | None
) -> None:
    assert first_refusal(order, _asked(station, passed), UNVERIFIED) is None


def test_what_no_working_station_can_do_is_not_asked_for() -> None:
    assert refusals(COATED, _asked("QA"), WITHOUT_AR) == []


def test_a_missing_step_has_its_evidence() -> None:
    refusal = first_refusal(PLAIN, _asked("POL", "RCV"), VERIFIED)
    assert refusal is not None
    assert (refusal.code, refusal.evidence()) == ("step_missing", {"station": "POL", "missing": ["GEN"]})


@pytest.mark.parametrize(("passed", "missing"), [("", True), ("RCV AR", True), ("RCV QA", False)])
def test_final_qa_before_completion(passed: str, missing: bool) -> None:
    assert final_qa_is_missing(passed.split(), VERIFIED) is missing


def test_final_qa_is_not_asked_for_where_there_is_none() -> None:
    assert not final_qa_is_missing([], Policy(1, {"RCV": RCV}, station_verify=True))


GONE = an_order(cancelled_at=EARLIER, cancel_actor="desk", cancel_reason="CUS", tray="00123", tray_key=123)
LOST = an_order(cancelled_at=EARLIER, cancel_actor="desk", tray="00123", taken_over_at=EARLIER)
RELEASED = an_order(cancelled_at=EARLIER, cancel_actor="desk", tray="00123")
RACKLESS = Policy(1, {"RCV": RCV})


@pytest.mark.parametrize(
    ("order", "holder", "policy", "more"),
    [
        (GONE, None, VERIFIED, ["Take tray 00123 to the cancel rack: CAN"]),
        (GONE, None, RACKLESS, ["Take tray 00123 out of the line, and release it"]),
        (LOST, "1002", VERIFIED, ["Tray 00123 now holds order 1002: take the work of order 1001 out of it"]),
        (LOST, None, VERIFIED, ["Tray 00123 was given away: take the work of order 1001 out of it"]),
        (RELEASED, None, VERIFIED, []),
    ],
)
def test_a_cancelled_order_says_what_to_do_with_its_tray(
    order: Order, holder: str | None, policy: Policy, more: list[str]
) -> None:
    refusal = first_refusal(order, _asked("RCV", holder=holder), policy)
    assert refusal is not None
    assert refusal.details() == ["Order marked for cancelation", *more]
    assert refusal.evidence()["trayHolds"] == holder


@pytest.mark.parametrize("state", [{}, {"status": Status.UNVALID}, {"on_hold": True}])
def test_a_cancelled_order_may_come_to_a_cancel_rack(state: dict[str, Any]) -> None:
    cancelled = an_order(cancelled_at=EARLIER, tray_key=123, **state)
    assert refusals(cancelled, _asked("CAN"), VERIFIED) == []


def test_at_the_cancel_rack_its_status_stays_and_the_recall_is_closed() -> None:
    effect = scan(GONE, _asked("CAN"), VERIFIED, COMMAND_LINE, NOW)
    assert (effect.columns["status"], effect.columns["station"], effect.columns["taken_over_at"]) == ("V", "CAN", None)
    assert effect.event["after"]["recall"] == "closed"


@pytest.mark.parametrize(
    ("seconds", "station", "ago", "doubled"),
    [
        (0, "RCV", 0, False),
        (3, "RCV", 2_999, True),
        (3, "RCV", 3_000, False),
        (3, "RCV", -500, True),  # another server's clock
        (3, "GEN", 1_000, False),
    ],
)
def test_a_doubled_scan(seconds: int, station: str, ago: int, doubled: bool) -> None:
    order = an_order(station="RCV", station_at=Instant(NOW - ago), scan_count=1)
    policy = Policy(1, STATIONS, doubled_scan_seconds=seconds)
    assert is_doubled(order, _asked(station, now=NOW), policy) is doubled
    assert not is_doubled(an_order(), _asked(station, now=NOW), policy)


def test_at_final_qa_the_stations_own_steps_count_beside_the_add_ons() -> None:
    last = Station("QA", "Final inspection", final_qa=True, requires=("RCV",))
    policy = Policy(1, STATIONS | {"QA": last}, addons=ADDONS, station_verify=True)

    [refusal] = refusals(TINTED, _asked("QA"), policy)

    assert refusal.details() == ["RCV, TNT required before QA"]


@pytest.mark.parametrize(
    ("state", "code"), [({"status": Status.UNVALID}, "checkin_unvalid"), ({"on_hold": True}, "checkin_on_hold")]
)
def test_the_cancel_rack_takes_nothing_but_cancelled_work(state: dict[str, Any], code: str) -> None:
    assert [refusal.code for refusal in refusals(an_order(**state), _asked("CAN"), UNVERIFIED)] == [code]


def test_a_station_that_does_not_exist_is_no_cancel_rack() -> None:
    assert not arrives_at_a_rack(an_order(cancelled_at=EARLIER), _asked("NONE"), UNVERIFIED)


def test_a_cancelled_order_without_facts_has_no_evidence() -> None:
    assert OrderCancelled().evidence() == {}
