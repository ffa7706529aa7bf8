"""Check-in beyond the contract's refusals: steps, doubled scans, barcode readers, terminals' clocks, cancel racks."""

from __future__ import annotations

import asyncio

import pytest

from tests.api.asgi import Client
from tests.api.conftest import MakeKey, Watch
from tests.builders import (
    EARLIER,
    count,
    execute,
    make_addon,
    make_order,
    make_station,
    order,
    scanned,
    set_setting,
)
from traylane.db.database import Database, Sql
from traylane.orders.desk import Desk
from traylane.policy.catalogue import DOUBLED_SCAN, SCANNER_PREFIX, STATION_VERIFY

AT = "/api/v2/job_track/stations/"
PROBLEM = {"Accept": "application/problem+json"}
REFUSED = b'{"error":"Checkin not performed","details":["%s"]}'


async def _line(db: Database) -> None:
    await make_station(db, "RCV", description="RECEIVING")
    await make_station(db, "GEN", requires=["RCV"])
    await make_station(db, "AR", isAR=True)
    await make_station(db, "QA", finalQA=True)
    await make_addon(db, "AR1", isAR=True)
    await set_setting(db, STATION_VERIFY, True)


async def test_an_ar_order_goes_down_the_line(db: Database, portal: Client) -> None:
    await _line(db)
    await make_order(db, "1", details={"addons": ["AR1"]})
    body = {"orderIdentifier": "1"}
    answers = [await portal.post(AT + code, json=body) for code in ("GEN", "RCV", "GEN", "QA", "AR", "QA")]
    assert [answer.status for answer in answers] == [400, 200, 200, 400, 200, 200]
    assert answers[0].body == REFUSED % b"RCV required before GEN"
    assert answers[3].body == REFUSED % b"AR required before QA"
    assert (await order(db, "1")).scan_count == 4


async def test_ar_that_is_not_needed(db: Database, portal: Client) -> None:
    await _line(db)
    await make_order(db, "1")
    assert (await portal.post(AT + "AR", json={"orderIdentifier": "1"})).body == REFUSED % b"AR not needed"


async def test_steps_are_judged_for_every_order_of_a_batch(db: Database, portal: Client) -> None:
    await _line(db)
    for number in range(12):
        await make_order(db, str(number), status="P", scans=[scanned("RCV")] * (number % 2))
    sent = [portal.post(AT + "GEN", json={"orderIdentifier": str(number)}) for number in range(12)]
    assert [answer.status for answer in await asyncio.gather(*sent)] == [400, 200] * 6


async def test_a_doubled_scan_is_one_scan_and_says_so(db: Database, portal: Client, watch: Watch) -> None:
    await _line(db)
    await set_setting(db, DOUBLED_SCAN, 3)
    await make_order(db, "1", tray="7", po="P")
    first = await portal.post(AT + "RCV", json={"orderIdentifier": "1"})
    watch.pass_(2_000)
    again = await portal.post(AT + "RCV", json={"orderIdentifier": "1"})
    assert again.body == first.body[:-1] + (b',"message":"Order 1 was scanned at RCV a moment ago: counted once."}')
    assert (again.status, again.header("etag")) == (200, '"1-2"')
    watch.pass_(1_000)
    await portal.post(AT + "RCV", json={"orderIdentifier": "1"})
    assert ((await order(db, "1")).scan_count, await count(db, "scans")) == (2, 2)


async def test_eight_scans_at_once_are_one(db: Database, portal: Client) -> None:
    await _line(db)
    await set_setting(db, DOUBLED_SCAN, 3)
    await make_order(db, "1")
    sent = [portal.post(AT + "RCV", json={"orderIdentifier": "1"}) for _ in range(8)]
    answers = [answer.json() for answer in await asyncio.gather(*sent)]
    assert sum("message" in answer for answer in answers) == 7
    assert await count(db, "scans") == 1


async def test_a_doubled_scan_is_repeated_for_its_key(db: Database, portal: Client, watch: Watch) -> None:
    await _line(db)
    await set_setting(db, DOUBLED_SCAN, 3)
    await make_order(db, "1")
    await portal.post(AT + "RCV", json={"orderIdentifier": "1"})
    keyed = {"Idempotency-Key": "k"}
    doubled = await portal.post(AT + "RCV", json={"orderIdentifier": "1"}, headers=keyed)
    watch.pass_(60_000)
    again = await portal.post(AT + "RCV", json={"orderIdentifier": "1"}, headers=keyed)
    assert (again.body, again.header("idempotent-replayed")) == (doubled.body, "true")
    assert await count(db, "scans") == 1


@pytest.mark.parametrize(
    ("read", "found"),
    [
        ("72544\r\n", "72544"),
        ("72544\t", "72544"),
        ("00072544", "72544"),
        ("00000123", "99"),
        ("]C1", None),
        ("]C172544", "72544"),
        ("]C10072544\r", "72544"),
        ("]C1AB12", "AB12"),
        ("ab12", None),
        ("0099", "99"),
        ("007", "007"),
        ("000500", None),
    ],
)
async def test_what_a_barcode_reader_sends(db: Database, portal: Client, read: str, found: str | None) -> None:
    await make_station(db, "RCV")
    await set_setting(db, SCANNER_PREFIX, "]C1")
    for number, tray, po in (("72544", "", ""), ("99", "123", ""), ("AB12", "", ""), ("007", "", ""), ("7", "", "500")):
        await make_order(db, number, tray=tray, po=po)
    reply = await portal.post(AT + "RCV", json={"orderIdentifier": read})
    assert reply.json().get("orderNumber") == found


async def test_a_new_prefix_counts_from_the_next_scan_on(db: Database, portal: Client) -> None:
    await make_station(db, "RCV")
    await make_order(db, "1")
    before = await portal.post(AT + "RCV", json={"orderIdentifier": "*1"})
    await set_setting(db, SCANNER_PREFIX, "*")
    after = await portal.post(AT + "RCV", json={"orderIdentifier": "*1"})
    assert (before.status, after.status) == (400, 200)


async def test_an_operator_is_scanned_too(db: Database, portal: Client) -> None:
    await make_station(db, "RCV", requires_operator=True)
    await make_station(db, "TAL", is_operator=True)
    await make_order(db, "1")
    reply = await portal.post(AT + "RCV", json={"orderIdentifier": "1", "operator": "TAL\r\n"})
    assert reply.status == 200


async def test_nothing_is_taken_off_an_identifier_in_a_path(db: Database, portal: Client) -> None:
    await make_order(db, "72544")
    for given in ("72544%0D", "00072544", "72544%09"):
        assert (await portal.get(f"/api/v2/orders/{given}")).status == 404


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("2026-11-02T10:15:00.000+01:00", "2026-11-02T09:15:00.000Z"),
        ("2031-01-01T00:00:00Z", "2031-01-01T00:00:00.000Z"),
    ],
)
async def test_a_terminals_clock_is_kept_beside_ours(db: Database, portal: Client, said: str, kept: str) -> None:
    await make_station(db, "RCV")
    await make_order(db, "1")
    await portal.post(AT + "RCV", json={"orderIdentifier": "1", "deviceDateTime": said})
    await portal.post(AT + "RCV", json={"orderIdentifier": "1"})
    scans = (await portal.get("/api/v2/orders/1/tracking")).json()["items"]
    assert [scan["deviceDateTime"] for scan in scans] == [kept, None]
    assert [scan["dateTime"] for scan in scans] == ["2026-11-02T09:15:00.000Z"] * 2
    events = (await portal.get("/api/v2/orders/1/events")).json()["items"]
    assert [event["data"]["after"].get("deviceDateTime") for event in events] == [kept, None]


@pytest.mark.parametrize(
    "said", ["now", "2026-11-02", "2026-11-02T09:15:00", "1969-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", "9" * 40]
)
async def test_a_terminals_clock_that_cannot_be_read_is_400(db: Database, portal: Client, said: str) -> None:
    await make_station(db, "RCV")
    await make_order(db, "1")
    reply = await portal.post(AT + "RCV", json={"orderIdentifier": "1", "deviceDateTime": said})
    assert (reply.status, reply.json()["error"]) == (400, "Incorrect arguments provided")
    assert await count(db, "scans") == 0


async def test_a_scan_of_a_cancelled_order_says_what_to_do_and_counts(db: Database, desk: Desk, portal: Client) -> None:
    await make_station(db, "RCV")
    await make_station(db, "CAN", cancelRack=True)
    await make_order(db, "1", tray="00123", cancelled_at=EARLIER, cancel_reason="CUS")
    reply = await portal.post(AT + "RCV", json={"orderIdentifier": "00123"})
    assert reply.body == (
        b'{"error":"Checkin not performed",'
        b'"details":["Order marked for cancelation","Take tray 00123 to the cancel rack: CAN"]}'
    )
    problem = await portal.post(AT + "RCV", json={"orderIdentifier": "00123"}, headers=PROBLEM)
    assert {name: problem.json()[name] for name in ("code", "cancelled", "actor", "reason", "trayNumber")} == {
        "code": "checkin_cancelled",
        "cancelled": "2026-11-01T08:00:00.000Z",
        "actor": "desk",
        "reason": "CUS",
        "trayNumber": "00123",
    }
    await desk.attempts.flush(db)
    assert [row[0] for row in await execute(db, Sql.same("SELECT count FROM attempts"))] == [2]


async def test_a_cancelled_order_at_the_cancel_rack(db: Database, portal: Client) -> None:
    await make_station(db, "CAN", description="CANCEL RACK", cancelRack=True)
    await make_order(db, "1", tray="00123", cancelled_at=EARLIER, on_hold=True)
    reply = await portal.post(AT + "CAN", json={"orderIdentifier": "00123"})
    found = await order(db, "1")
    assert (reply.status, reply.json()["code"]) == (200, "CAN")
    assert (found.status, found.on_hold, found.station, found.tray_key) == ("V", True, "CAN", 123)
    events = (await portal.get("/api/v2/orders/1/events")).json()["items"]
    assert events[-1]["data"]["after"]["recall"] == "closed"


async def test_whose_tray_it_is_now_is_said_to_who_may_know(db: Database, portal: Client, key: MakeKey) -> None:
    await make_station(db, "RCV")
    await make_order(db, "1", tray="5", customer="77", cancelled_at=EARLIER, released=True)
    await execute(db, Sql.same("UPDATE orders SET taken_over_at = 1 WHERE order_number = '1'"))
    await make_order(db, "2", tray="5", customer="78")
    bound = portal.using(await key("tracking:write", customer="77"))
    body = {"orderIdentifier": "1"}
    assert [(await client.post(AT + "RCV", json=body)).json()["details"][1] for client in (portal, bound)] == [
        "Tray 5 now holds order 2: take the work of order 1 out of it",
        "Tray 5 was given away: take the work of order 1 out of it",
    ]
