"""Reports say what a recount of the events says: before, while and after the counter adds up, in every time zone."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from tests.builders import NOW, execute
from traylane.calendar import day_of
from traylane.clock import DAY, HOUR, MINUTE, Instant
from traylane.db.database import Database, Sql, Transaction
from traylane.db.ids import new_id
from traylane.events import counting, seal, span
from traylane.events.record import new_event, record
from traylane.events.seal import Event
from traylane.orders.cancellation_report import CancellationCounts, count_cancellations
from traylane.policy.model import Policy
from traylane.tracking.days import days

ZONES = [ZoneInfo(name) for name in ("UTC", "Europe/Berlin", "Asia/Kathmandu", "America/St_Johns", "Pacific/Auckland")]
"""Berlin and St. John's set their clocks back within the weeks of the events; Kathmandu is 5:45 ahead."""
_SUMS = [
    "SELECT customer, kind, quarter, count FROM moves ORDER BY 1, 2, 3",
    "SELECT quarter, customer, reason, station, override, count FROM cancels ORDER BY 1, 2, 3, 4, 5",
]


def told(type_: str, at: Instant, customer: str = "1001", **after: Any) -> Event:
    """An event of an order of its own."""
    fields = {"orderNumber": "1", "customerNumber": customer, "trayNumber": "", "after": after}
    return new_event(
        id_=new_id(at), subject=new_id(at), seq=1, type_=f"order.{type_}", at=at, actor="desk", fields=fields
    )


def some_weeks() -> list[Event]:
    """Of everything something, every eleven hours and a few minutes over five weeks, of three customers."""
    events = []
    for n in range(75):
        at, customer = Instant(NOW - 35 * DAY + n * (11 * HOUR + 7 * MINUTE)), ("1001", "2002", "")[n % 3]
        events.append(told("created", at, customer, status="V"))
        events.append(told("imported", at, customer, status="CPV"[n % 3], cancelled=n % 4 == 0))
        events.append(told("checked_in", at, customer, station="BLK"))
        how = {"reason": ("CUS", None, "ERR")[n % 3], "station": (None, "BLK")[n % 2], "override": n % 5 == 0}
        events.append(told("cancelled", at, customer, cancelled=True, **how))
        events += [told("restored", at, customer)] * (n % 7 == 0) + [told("completed", at, customer)] * (n % 2)
    return events


async def keep(db: Database, events: list[Event], *, sealed: bool = True) -> None:
    """Record events; on PostgreSQL `sealed` or still without a place."""
    await db.write(lambda tx: record(tx, events))
    if sealed and not db.seals_on_write:
        await db.write(lambda tx: seal.seal_some(tx, bytes(16)))


async def counter_comes_to_the_end(db: Database) -> None:
    while await counting.count_page(db):
        pass


def recounted(events: list[Event], zone: ZoneInfo, customer: str | None) -> CancellationCounts:
    """The report by its definition, from the events one by one."""
    counts = CancellationCounts()
    for event in events:
        data = msgspec.json.decode(event.data)
        moment, after = datetime.fromtimestamp(event.at / 1000, zone), data["after"]
        if customer not in (None, data["customerNumber"]):
            continue
        if event.type == "order.restored":
            counts.restored += 1
            counts.restored_days[moment.date()] += 1
        if event.type == "order.cancelled":
            counts.total += 1
            counts.late += after["station"] is not None
            counts.overrides += after["override"]
            counts.reasons[after["reason"] or ""] += 1
            counts.customers[data["customerNumber"]] += 1
            counts.stations[after["station"] or ""] += 1
            counts.hours[moment.hour] += 1
            counts.days[moment.date()] += 1
    return counts


def recounted_days(events: list[Event], zone: ZoneInfo, customer: str | None) -> Counter[tuple[str, str]]:
    """Day by day by its definition: day and what happened."""
    counts: Counter[tuple[str, str]] = Counter()
    called = {"order.created": "came", "order.imported": "came"} | {
        f"order.{what}": what for what in ("completed", "cancelled", "restored")
    }
    for event in events:
        data = msgspec.json.decode(event.data)
        done = event.type == "order.imported" and (data["after"]["cancelled"] or data["after"]["status"] == "C")
        if event.type in called and not done and customer in (None, data["customerNumber"]):
            counts[day_of(event.at, zone).isoformat(), called[event.type]] += 1
    return counts


async def differences(db: Database, events: list[Event]) -> list[object]:
    """Where a report says something else than the events, for every zone, for everybody and for one customer."""
    found: list[object] = []
    for zone in ZONES:
        for customer in (None, "2002"):
            last = day_of(NOW, zone)
            said = await count_cancellations(db, zone, last - timedelta(days=40), last, customer=customer)
            if said != recounted(events, zone, customer):
                found.append((zone, customer, said))
            policy = replace(Policy(1), time_zone=zone)
            by_day = await days(db, policy, NOW, count=41, customer=customer)
            kinds = ("came", "completed", "cancelled", "restored")
            told_ = {(d.day.isoformat(), kind): n for d in by_day for kind in kinds if (n := getattr(d, kind))}
            if told_ != recounted_days(events, zone, customer):
                found.append((zone, customer, told_))
    return found


async def test_reports_are_the_recount_wherever_the_counter_is(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(span, "PAGE", 150)
    events = some_weeks()
    assert await differences(db, []) == []
    await keep(db, events[:200])
    await keep(db, events[200:], sealed=False)
    assert await differences(db, events) == []  # nothing is counted yet
    assert await counting.count_page(db)
    assert await differences(db, events) == []  # some is, some has no place yet
    await keep(db, [])
    await counter_comes_to_the_end(db)
    assert await differences(db, events) == []
    await keep(db, more := [told("cancelled", NOW, "2002", cancelled=True, reason="CUS", station=None, override=False)])
    assert await differences(db, events + more) == []  # and there is something behind it


async def test_an_event_that_comes_late_is_counted_where_it_belongs(db: Database) -> None:
    events = some_weeks()
    await keep(db, events)
    await counter_comes_to_the_end(db)
    late = [told("cancelled", Instant(NOW - 20 * DAY), cancelled=True, reason="CUS", station="BLK", override=True)]
    await keep(db, late)
    assert await differences(db, events + late) == []
    await counter_comes_to_the_end(db)
    assert await differences(db, events + late) == []


async def test_sums_that_are_wrong_show(db: Database) -> None:
    """The negative control."""
    events = some_weeks()
    await keep(db, events)
    await counter_comes_to_the_end(db)
    await execute(db, Sql.same("UPDATE moves SET count = count + 1 WHERE customer = '' AND kind = 'cancelled'"))
    assert len(await differences(db, events)) == 2 * len(ZONES)


async def sums(db: Database) -> list[list[tuple[Any, ...]]]:
    return [[tuple(row) for row in await execute(db, Sql.same(text))] for text in _SUMS]


async def test_the_sums_can_be_made_anew(db: Database) -> None:
    await keep(db, some_weeks())
    await counter_comes_to_the_end(db)
    before = await sums(db)
    for table in ("counted", "moves", "cancels"):
        await execute(db, Sql.same(f"DELETE FROM {table}"))
    await counter_comes_to_the_end(db)
    assert await sums(db) == before
    assert len(before[1]) == 75


async def test_counters_beside_each_other_count_each_event_once(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(span, "PAGE", 20)
    await keep(db, events := some_weeks())
    await asyncio.gather(*(counter_comes_to_the_end(db) for _ in range(4)))
    assert await differences(db, events) == []


async def test_a_page_that_somebody_else_counted_is_not_counted_again(db: Database) -> None:
    events = some_weeks()
    await keep(db, events)
    read = db.read

    async def and_then_the_other_counts(work: Any) -> Any:
        found = await read(work)
        if isinstance(found, list):
            db.read = read  # type: ignore[method-assign]
            await counter_comes_to_the_end(db)
        return found

    db.read = and_then_the_other_counts  # type: ignore[method-assign]
    await counting.count_page(db)
    assert await differences(db, events) == []


async def test_a_long_tail_is_read_from_the_first_day_on(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(span, "FEW", 10)
    await keep(db, events := some_weeks())
    seen: list[int] = []
    between = span.between

    async def watched(tx: Transaction, types: tuple[str, ...], after: int, upto: int) -> list[Event]:
        seen.append(upto - after)
        return await between(tx, types, after, upto)

    monkeypatch.setattr(span, "between", watched)
    assert await differences(db, events) == []
    seen.clear()
    day = day_of(Instant(NOW - 7 * DAY), ZONES[0])
    await count_cancellations(db, ZONES[0], day, day)
    assert 0 < sum(seen) < 30 < len(events)
