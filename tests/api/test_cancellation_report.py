"""GET /reports/cancellations: numbers that can be recounted from the events."""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec
import pytest

from tests.api.asgi import Client
from tests.api.conftest import MakeKey, Watch
from tests.builders import execute, make_order, make_reason, make_station, scanned, set_setting
from traylane.clock import DAY, HOUR
from traylane.db.database import Database, Sql
from traylane.events import span
from traylane.policy.catalogue import REASON_REQUIRED, TIME_ZONE

REPORT = "/api/v2/reports/cancellations"
BOSS = ("orders:read", "orders:cancel", "orders:override", "orders:restore", "reports:read")


async def a_busy_day(db: Database, boss: Client, watch: Watch) -> None:
    """From 09:15 UTC, an hour apart: a plain cancel, a late one, an override, a restored one."""
    await make_station(db, "GEN", non_cancel=True)
    await make_reason(db, "CUS")
    await make_reason(db, "BRK", allows_override=True)
    await set_setting(db, REASON_REQUIRED, True)
    await make_order(db, "1", customer="1001")
    await make_order(db, "2", customer="1001", status="P", scans=[scanned("RCV")])
    await make_order(db, "3", customer="2002", status="P", scans=[scanned("GEN", non_cancel=True)])
    await make_order(db, "4", customer="2002")
    for target in (
        "1?deleteReason=CUS",
        "2?deleteReason=CUS",
        "3?deleteReason=BRK&override=true",
        "4?deleteReason=CUS",
    ):
        assert (await boss.delete(f"/api/v2/orders/{target}")).status == 200
        watch.pass_(HOUR)
    assert (await boss.post("/api/v2/orders/4/restore")).status == 200


async def test_the_numbers(db: Database, http: Client, key: MakeKey, watch: Watch) -> None:
    boss = http.using(await key(*BOSS))
    await a_busy_day(db, boss, watch)
    report = (await boss.get(REPORT + "?from=2026-11-02&to=2026-11-02")).json()
    hours = report.pop("byHour")
    assert report == {
        "from": "2026-11-02",
        "to": "2026-11-02",
        "timeZone": "UTC",
        "total": 4,
        "late": 2,
        "lateShare": 0.5,
        "overrides": 1,
        "restored": 1,
        "byReason": [
            {"code": "CUS", "desc": "Reason CUS", "count": 3},
            {"code": "BRK", "desc": "Reason BRK", "count": 1},
        ],
        "byCustomer": [{"customerNumber": "1001", "count": 2}, {"customerNumber": "2002", "count": 2}],
        "byStation": [
            {"code": "", "desc": "", "count": 2},
            {"code": "GEN", "desc": "", "count": 1},
            {"code": "RCV", "desc": "", "count": 1},
        ],
    }
    assert [(h["hour"], h["count"]) for h in hours if h["count"]] == [(9, 1), (10, 1), (11, 1), (12, 1)]
    assert len(hours) == 24


async def test_they_are_those_of_the_events(db: Database, http: Client, key: MakeKey, watch: Watch) -> None:
    boss = http.using(await key(*BOSS))
    await a_busy_day(db, boss, watch)
    rows = await execute(db, Sql.same("SELECT data FROM events WHERE type = 'order.cancelled'"))
    told: list[dict[str, Any]] = [msgspec.json.decode(row[0]) for row in rows]
    report = (await boss.get(REPORT)).json()
    assert report["total"] == len(told)
    assert report["late"] == sum(event["after"]["station"] is not None for event in told)
    assert report["overrides"] == sum(event["after"]["override"] for event in told)
    for list_, name, counted in (
        ("byReason", "code", Counter(event["after"]["reason"] or "" for event in told)),
        ("byCustomer", "customerNumber", Counter(event["customerNumber"] for event in told)),
        ("byStation", "code", Counter(event["after"]["station"] or "" for event in told)),
    ):
        assert {row[name]: row["count"] for row in report[list_]} == counted


async def test_days_and_hours_are_the_laboratorys(db: Database, http: Client, key: MakeKey, watch: Watch) -> None:
    await set_setting(db, TIME_ZONE, "Pacific/Auckland")  # thirteen hours ahead: 09:15 is 22:15
    boss = http.using(await key(*BOSS))
    await make_order(db, "1")
    await make_order(db, "2")
    await boss.delete("/api/v2/orders/1")
    watch.pass_(2 * HOUR)  # 00:15 of the next day
    await boss.delete("/api/v2/orders/2")
    second, third = [(await boss.get(f"{REPORT}?from=2026-11-0{n}&to=2026-11-0{n}")).json() for n in (2, 3)]
    assert [h["hour"] for h in second["byHour"] if h["count"]] == [22]
    assert [h["hour"] for h in third["byHour"] if h["count"]] == [0]
    assert (third["timeZone"], third["to"]) == ("Pacific/Auckland", "2026-11-03")


async def test_what_lies_outside_is_not_counted_and_pages_lose_nothing(
    db: Database, http: Client, key: MakeKey, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(span, "PAGE", 3)
    boss = http.using(await key(*BOSS))
    for number in range(1, 21):
        await make_order(db, str(number))
        await boss.delete(f"/api/v2/orders/{number}")
        watch.pass_(DAY // 2)
    totals = [(await boss.get(f"{REPORT}?from=2026-11-0{n}&to=2026-11-0{n + 1}")).json()["total"] for n in (2, 4, 6)]
    assert totals == [4, 4, 4]
    assert (await boss.get(f"{REPORT}?from=2026-10-01&to=2026-12-01")).json()["total"] == 20


async def test_without_days_it_is_the_last_thirty(db: Database, http: Client, key: MakeKey) -> None:
    boss = http.using(await key(*BOSS))
    report = (await boss.get(REPORT)).json()
    assert (report["from"], report["to"], report["total"], report["lateShare"]) == ("2026-10-04", "2026-11-02", 0, 0.0)


async def test_a_bound_key_counts_its_own(db: Database, http: Client, key: MakeKey, watch: Watch) -> None:
    await a_busy_day(db, http.using(await key(*BOSS)), watch)
    mine = http.using(await key("reports:read", customer="2002"))
    report = (await mine.get(REPORT)).json()
    assert (report["total"], report["restored"], report["byCustomer"]) == (
        2,
        1,
        [{"customerNumber": "2002", "count": 2}],
    )


@pytest.mark.parametrize(
    ("query", "details"),
    [
        ("?from=yesterday", ["from must be a day like 2026-11-02"]),
        ("?to=20261102", ["to must be a day like 2026-11-02"]),
        ("?to=2026-02-30", ["to must be a day like 2026-11-02"]),
        ("?from=2026-11-02&to=2026-11-01", ["from and to must name 1 to 92 days"]),
        ("?from=2026-01-01&to=2026-12-31", ["from and to must name 1 to 92 days"]),
    ],
)
async def test_days_that_are_none(http: Client, key: MakeKey, query: str, details: list[str]) -> None:
    reply = await http.using(await key("reports:read")).get(REPORT + query)
    assert (reply.status, reply.json()["details"]) == (400, details)


async def test_the_scope_is_needed(portal: Client) -> None:
    assert (await portal.get(REPORT)).json()["details"] == ["Scope needed: reports:read"]
