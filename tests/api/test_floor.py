"""Recalls, work in process, days and trays over HTTP."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tests.api.asgi import Client
from tests.api.conftest import MakeKey, Watch
from tests.builders import EARLIER, NOW, execute, make_order, make_station, scanned, set_setting
from traylane.clock import DAY, HOUR, MINUTE, Instant, from_text
from traylane.db.database import Database, Sql
from traylane.db.ids import new_id
from traylane.events.record import new_event, record
from traylane.events.seal import seal_some
from traylane.orders.desk import Desk
from traylane.policy.catalogue import TIME_ZONE

RECALL = "/api/v2/job_track/recall"
WIP = "/api/v2/job_track/wip"
DAYS = "/api/v2/job_track/days"
AT = "/api/v2/job_track/stations/"
WANTED = Sql.same("UPDATE orders SET date_wanted = $1 WHERE order_number = $2")


async def _cancelled(db: Database, number: str, *, tray: str, at: Instant = EARLIER, **more: Any) -> None:
    await make_order(db, number, tray=tray, cancelled_at=at, status="P", **more)


async def test_a_recall_says_where_the_work_was_seen_and_how_often_since(
    db: Database, desk: Desk, portal: Client
) -> None:
    await make_station(db, "RCV", description="RECEIVING")
    await _cancelled(db, "1", tray="00123", po="P", scans=[scanned("RCV")], cancel_reason="CUS")
    for _ in range(3):
        await portal.post(AT + "RCV", json={"orderIdentifier": "1"})
    await desk.attempts.flush(db)
    assert (await portal.get(RECALL)).body == (
        b'{"total":1,"items":[{"orderNumber":"1","trayNumber":"00123","poNumber":"P","customerNumber":"1001",'
        b'"cancelled":"2026-11-01T08:00:00.000Z","reason":"CUS","lastStation":"RCV","lastStationDesc":"RECEIVING",'
        b'"lastSeen":"2026-11-01T08:00:00.000Z","minutesSince":1515,"refusedScans":3,"trayHolds":null}]}'
    )


async def test_what_is_not_cancelled_or_has_left_its_tray_is_no_recall(db: Database, portal: Client) -> None:
    await make_order(db, "1", tray="1", status="P")
    await make_order(db, "2", tray="2", status="C")
    await _cancelled(db, "3", tray="3", released=True)
    await _cancelled(db, "4", tray="")
    assert (await portal.get(RECALL)).body == b'{"total":0,"items":[]}'


async def test_the_longest_cancelled_comes_first_in_a_window(db: Database, portal: Client) -> None:
    for number, tray, hours in (("1", "99999", 2), ("2", "0", 3), ("3", "4999", 1), ("4", "5000", 4)):
        await _cancelled(db, number, tray=tray, at=Instant(NOW - hours * HOUR))
    answer = (await portal.get(RECALL + "?offset=1&limit=2")).json()
    assert (answer["total"], [item["orderNumber"] for item in answer["items"]]) == (4, ["2", "1"])
    assert [item["minutesSince"] for item in answer["items"]] == [180, 120]


async def test_a_scan_at_a_cancel_rack_ends_a_recall(db: Database, portal: Client) -> None:
    await make_station(db, "CAN", cancelRack=True)
    await _cancelled(db, "1", tray="1")
    await portal.post(AT + "CAN", json={"orderIdentifier": "1"})
    assert (await portal.get(RECALL)).json()["total"] == 0


async def test_a_tray_that_was_given_away_names_the_order_in_it(db: Database, portal: Client, key: MakeKey) -> None:
    await make_station(db, "CAN", cancelRack=True)
    await _cancelled(db, "1", tray="5", customer="77", released=True)
    await execute(db, Sql.same("UPDATE orders SET taken_over_at = 1"))
    await make_order(db, "2", tray="5", customer="78", status="P")
    bound = portal.using(await key("tracking:read", customer="77"))
    other = portal.using(await key("tracking:read", customer="78"))
    answers = [(await client.get(RECALL)).json() for client in (portal, bound, other)]
    assert [[item["trayHolds"] for item in answer["items"]] for answer in answers] == [["2"], [None], []]
    await portal.post(AT + "CAN", json={"orderIdentifier": "1"})
    assert (await portal.get(RECALL)).json()["total"] == 0


async def _floor(db: Database) -> None:
    await make_station(db, "GEN", description="GENERATOR", sequence=30)
    await make_station(db, "RCV", description="RECEIVING", sequence=10)
    for number, station, minutes, wanted, customer in (
        ("1", "GEN", 90, "2026-11-01", "77"),
        ("2", "GEN", 30, "2026-11-02", "77"),
        ("3", "RCV", 60, "", "78"),
        ("4", "OLD", 10, "2026-11-03", "78"),
    ):
        await make_order(
            db, number, status="P", customer=customer, scans=[scanned(station, at=Instant(NOW - minutes * MINUTE))]
        )
        await execute(db, WANTED, wanted, number)
    await make_order(db, "5", status="C", scans=[scanned("GEN")])
    await _cancelled(db, "6", tray="6", scans=[scanned("GEN")])
    await make_order(db, "7", status="V")


async def test_work_in_process_station_by_station(db: Database, portal: Client) -> None:
    await _floor(db)
    answer = (await portal.get(WIP)).json()
    assert {name: answer[name] for name in ("total", "late", "hot")} == {"total": 4, "late": 1, "hot": 1}
    assert answer["dateTime"] == "2026-11-02T09:15:00.000Z"
    assert [(at["code"], at["desc"], at["count"], at["late"], at["hot"]) for at in answer["stations"]] == [
        ("RCV", "RECEIVING", 1, 0, 0),
        ("GEN", "GENERATOR", 2, 1, 1),
        ("OLD", "", 1, 0, 0),
    ]
    assert [at["oldestMinutes"] for at in answer["stations"]] == [60, 90, 10]
    assert [(job["orderNumber"], job["minutes"], job["late"], job["hot"]) for job in answer["items"]] == [
        ("1", 90, True, False),
        ("3", 60, False, False),
        ("2", 30, False, True),
        ("4", 10, False, False),
    ]
    assert [job["dateWanted"] for job in answer["items"]] == ["2026-11-01", None, "2026-11-02", "2026-11-03"]


async def test_how_long_orders_stand_is_told_in_working_hours_as_well(db: Database, portal: Client) -> None:
    await _floor(db)
    always = (await portal.get(WIP)).json()
    await set_setting(db, "Laboratory:Working hours", ["09:00", "17:00"])
    answer = (await portal.get(WIP)).json()
    assert [job["workingMinutes"] for job in always["items"]] == [90, 60, 30, 10]
    assert [job["minutes"] for job in answer["items"]] == [90, 60, 30, 10]
    assert [job["workingMinutes"] for job in answer["items"]] == [15, 15, 15, 10]
    assert [at["oldestWorkingMinutes"] for at in answer["stations"]] == [15, 15, 10]


@pytest.mark.parametrize(
    ("query", "orders", "total"),
    [
        ("?station=GEN", ["1", "2"], 2),
        ("?customerNumber=78", ["3", "4"], 2),
        ("?late=true", ["1"], 1),
        ("?hot=true", ["2"], 1),
        ("?late=true&hot=true", [], 0),
        ("?station=GEN&customerNumber=78", [], 0),
        ("?limit=1&offset=1", ["3"], 4),
        ("?limit=0", [], 4),
    ],
)
async def test_what_is_in_process_can_be_chosen(
    db: Database, portal: Client, query: str, orders: list[str], total: int
) -> None:
    await _floor(db)
    answer = (await portal.get(WIP + query)).json()
    assert ([job["orderNumber"] for job in answer["items"]], answer["total"]) == (orders, total)


async def test_a_customers_key_sees_its_own_work_only(db: Database, portal: Client, key: MakeKey) -> None:
    await _floor(db)
    bound = portal.using(await key("tracking:read", customer="77"))
    answers = [(await bound.get(WIP + query)).json() for query in ("", "?customerNumber=77", "?customerNumber=78")]
    assert [answer["total"] for answer in answers] == [2, 2, 0]


@pytest.mark.parametrize(
    ("zone", "now", "late", "hot"),
    [
        ("UTC", "2026-11-02T23:59:59.999Z", 0, 1),
        ("UTC", "2026-11-03T00:00:00.000Z", 1, 0),
        ("Asia/Tokyo", "2026-11-02T14:59:59.999Z", 0, 1),
        ("Asia/Tokyo", "2026-11-02T15:00:00.000Z", 1, 0),
        ("America/New_York", "2026-11-03T04:59:59.999Z", 0, 1),
        ("America/New_York", "2026-11-03T05:00:00.000Z", 1, 0),
    ],
)
async def test_a_day_is_over_at_midnight_in_the_laboratory(
    db: Database, portal: Client, watch: Watch, zone: str, now: str, late: int, hot: int
) -> None:
    await set_setting(db, TIME_ZONE, zone)
    await make_order(db, "1", status="P", scans=[scanned("RCV")])
    await execute(db, WANTED, "2026-11-02", "1")
    watch.now = from_text(now)
    answer = (await portal.get(WIP)).json()
    assert (answer["late"], answer["hot"]) == (late, hot)


async def _happened(db: Database, *events: tuple[str, str, str]) -> None:
    """Events as (type, when, customer); an order each."""
    made = [
        new_event(
            id_=new_id(from_text(at)),
            subject=new_id(from_text(at)),
            seq=1,
            type_=type_,
            at=from_text(at),
            actor="portal",
            fields={"customerNumber": customer, "after": {"status": "V", "cancelled": False}},
        )
        for type_, at, customer in events
    ]
    await db.write(lambda tx: record(tx, made))
    if not db.seals_on_write:
        await db.write(lambda tx: seal_some(tx, new_id(NOW)))


# In Berlin 25 October 2026 has 25 hours: it begins at 22:00 UTC and ends at 23:00 UTC.
BERLIN = (
    ("order.imported", "2026-10-24T21:59:59.999Z", "77"),
    ("order.imported", "2026-10-24T22:00:00.000Z", "77"),
    ("order.created", "2026-10-25T00:30:00.000Z", "78"),
    ("order.created", "2026-10-25T01:30:00.000Z", "77"),
    ("order.checked_in", "2026-10-25T10:00:00.000Z", "77"),
    ("order.completed", "2026-10-25T22:59:59.999Z", "77"),
    ("order.cancelled", "2026-10-25T23:00:00.000Z", "77"),
    ("order.restored", "2026-10-26T22:59:59.999Z", "77"),
)


async def test_days_are_counted_across_the_end_of_summer_time(
    db: Database, portal: Client, watch: Watch, key: MakeKey
) -> None:
    await set_setting(db, TIME_ZONE, "Europe/Berlin")
    await _happened(db, *BERLIN)
    for number, customer in (("1", "77"), ("2", "77"), ("3", "78")):
        await make_order(db, number, customer=customer)
    watch.now = from_text("2026-10-26T23:30:00.000Z")
    answer = (await portal.get(DAYS + "?days=4")).json()
    assert (answer["total"], answer["timeZone"]) == (4, "Europe/Berlin")
    assert [tuple(day.values()) for day in answer["items"]] == [
        ("2026-10-24", 1, 0, 0, 0, 1),
        ("2026-10-25", 3, 1, 0, 0, 3),
        ("2026-10-26", 0, 0, 1, 1, 3),
        ("2026-10-27", 0, 0, 0, 0, 3),
    ]
    assert list(answer["items"][0]) == ["date", "in", "completed", "cancelled", "restored", "inWork"]
    bound = portal.using(await key("tracking:read", customer="78"))
    own = (await bound.get(DAYS + "?days=3")).json()["items"]
    assert [(day["in"], day["inWork"]) for day in own] == [(1, 1), (0, 1), (0, 1)]


async def test_a_day_of_23_hours(db: Database, portal: Client, watch: Watch) -> None:
    await set_setting(db, TIME_ZONE, "America/New_York")
    # 8 March 2026 there: from 05:00 UTC to 04:00 UTC
    await _happened(
        db,
        ("order.cancelled", "2026-03-08T04:59:59.999Z", "1"),
        ("order.cancelled", "2026-03-08T05:00:00.000Z", "1"),
        ("order.cancelled", "2026-03-09T03:59:59.999Z", "1"),
        ("order.cancelled", "2026-03-09T04:00:00.000Z", "1"),
    )
    watch.now = from_text("2026-03-09T12:00:00.000Z")
    answer = (await portal.get(DAYS + "?days=3")).json()
    assert [(day["date"], day["cancelled"]) for day in answer["items"]] == [
        ("2026-03-07", 1),
        ("2026-03-08", 2),
        ("2026-03-09", 1),
    ]


async def test_imported_history_did_not_come_in(db: Database, portal: Client) -> None:
    after: dict[str, Any]
    made = []
    for number, after in enumerate(({"status": "C", "cancelled": False}, {"status": "P", "cancelled": True})):
        fields = {"customerNumber": "1", "after": after}
        made.append(
            new_event(
                id_=new_id(NOW),
                subject=bytes([number] * 16),
                seq=1,
                type_="order.imported",
                at=NOW,
                actor="x",
                fields=fields,
            )
        )
    await db.write(lambda tx: record(tx, made))
    assert (await portal.get(DAYS + "?days=1")).json()["items"][0]["in"] == 0


async def test_thirty_days_when_none_are_asked_for(portal: Client) -> None:
    answer = (await portal.get(DAYS)).json()
    assert (answer["total"], answer["items"][0]["date"], answer["items"][-1]["date"]) == (
        30,
        "2026-10-04",
        "2026-11-02",
    )
    assert Instant(NOW - 29 * DAY) == from_text("2026-10-04T09:15:00.000Z")


@pytest.mark.parametrize("query", ["days=0", "days=93", "days=x", "days=1&days=2"])
async def test_days_that_cannot_be_counted_are_400(portal: Client, query: str) -> None:
    assert (await portal.get(f"{DAYS}?{query}")).status == 400


async def test_a_tray_that_nobody_held_has_an_empty_history(portal: Client) -> None:
    reply = await portal.get("/api/v2/trays/00123")
    assert reply.body == b'{"trayNumber":"00123","holds":null,"total":0,"items":[]}'


@pytest.mark.parametrize("given", ["123456", "x", "%FF", "1.0", "-1", "%D9%A1"])
async def test_what_is_no_tray_number_is_404(portal: Client, given: str) -> None:
    reply = await portal.get(f"/api/v2/trays/{given}")
    assert (reply.status, reply.json()["error"]) == (404, "No record found")


async def test_a_restore_gives_the_tray_back_and_the_history_knows(
    db: Database, http: Client, key: MakeKey, watch: Watch
) -> None:
    admin = http.using(await key("admin"))
    await _cancelled(db, "1", tray="00123", released=True, at=NOW)
    restored = await admin.post("/api/v2/orders/1/restore")
    assert restored.status == 200
    reply = await admin.get("/api/v2/trays/123")
    assert msgspec.json.decode(reply.body) == {
        "trayNumber": "123",
        "holds": "1",
        "total": 1,
        "items": [
            {
                "orderNumber": "1",
                "since": "2026-11-02T09:15:00.000Z",
                "given": "order.restored",
                "until": None,
                "left": None,
                "cancelled": False,
            }
        ],
    }
