"""Check a whole laboratory against everything that must be true of it, from the database alone."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import msgspec

from traylane.calendar import beginning_of, day_of
from traylane.clock import Instant
from traylane.db.database import Database
from traylane.events import names
from traylane.events.verify import ChainBroken, verify
from traylane.orders import presence_audit, tray_audit
from traylane.orders.cancellation_report import MOST_DAYS, CancellationCounts, count_cancellations
from traylane.orders.histories import History, histories
from traylane.orders.invariants import INVARIANTS

FIRST = 5
"""So many places are named of a broken invariant."""
OVER_ORDERS = (
    "no_tray_has_two_holders",
    "tray_events_lead_to_the_holders",
    "orders_told_of_are_there",
    "report_counts_the_events",
    "seal_is_whole",
)


class Checked(msgspec.Struct, frozen=True, rename="camel"):
    """One invariant: how often it is broken, and where first."""

    invariant: str
    broken: int = 0
    first: tuple[str, ...] = ()


class Audit(msgspec.Struct, frozen=True, rename="camel"):
    """What was looked at, and what was found."""

    orders: int
    scans: int
    events: int
    checks: tuple[Checked, ...]

    @property
    def broken(self) -> tuple[Checked, ...]:
        """The invariants that do not hold."""
        return tuple(check for check in self.checks if check.broken)


@dataclass
class _Notes:
    orders: int = 0
    scans: int = 0
    events: int = 0
    found: dict[str, list[str]] = field(default_factory=dict)
    counts: CancellationCounts = field(default_factory=CancellationCounts)
    first_at: int | None = None

    def note(self, invariant: str, where: str) -> None:
        self.found.setdefault(invariant, []).append(where)

    def checked(self, invariant: str) -> Checked:
        found = self.found.get(invariant, [])
        return Checked(invariant, len(found), tuple(found[:FIRST]))


async def audit(db: Database, zone: ZoneInfo, *, until: Instant) -> Audit:
    """Check every invariant, in short reads.

    The report of cancellations is compared for the days that were over at `until`, in the laboratory's time zone.
    Raises errors.Unavailable.
    """
    notes = _Notes()
    end = beginning_of(day_of(until, zone), zone)
    async for history in histories(db):
        _look_at(notes, history, zone, end)
    async for invariant, where in tray_audit.check(db):
        notes.note(invariant, where)
    async for invariant, where in presence_audit.check(db):
        notes.note(invariant, where)
    if notes.first_at is not None:
        for what in await _report_differences(db, notes, zone, end):
            notes.note("report_counts_the_events", what)
    try:
        await verify(db, ())
    except ChainBroken as broken:
        notes.note("seal_is_whole", broken.details()[0])
    every = (*(invariant.__name__ for invariant in INVARIANTS), *OVER_ORDERS)
    return Audit(notes.orders, notes.scans, notes.events, tuple(map(notes.checked, every)))


def _look_at(notes: _Notes, history: History, zone: ZoneInfo, end: Instant) -> None:
    notes.orders += 1
    notes.scans += len(history.scans)
    notes.events += len(history.events)
    for invariant in INVARIANTS:
        broken = invariant(history)
        if broken is not None:
            notes.note(invariant.__name__, f"order {history.number}: {broken}")
    _recount(notes, history, zone, end)


def _recount(notes: _Notes, history: History, zone: ZoneInfo, end: Instant) -> None:
    """Count an order's cancels and restores by what the order was then, not by what their events tell."""
    counts = notes.counts
    scans = sum(1 for event in history.events if event.type == names.ORDER_CHECKED_IN)
    scanned = len(history.scans) - scans
    for event in history.events:
        if notes.first_at is None or event.at < notes.first_at:
            notes.first_at = event.at
        scanned += event.type == names.ORDER_CHECKED_IN
        if event.at >= end:
            continue
        if event.type == names.ORDER_RESTORED:
            counts.restored += 1
        elif event.type == names.ORDER_CANCELLED:
            after = event.fields["after"]
            counts.total += 1
            counts.late += scanned > 0
            counts.overrides += after["override"]
            counts.reasons[after["reason"] or ""] += 1
            counts.customers[history.customer] += 1
            counts.stations[history.scans[scanned - 1].station if scanned else ""] += 1
            counts.hours[datetime.fromtimestamp(event.at / 1000, zone).hour] += 1


async def _report_differences(db: Database, notes: _Notes, zone: ZoneInfo, end: Instant) -> list[str]:
    assert notes.first_at is not None
    first = datetime.fromtimestamp(notes.first_at / 1000, zone).date()
    last = datetime.fromtimestamp(end / 1000, zone).date() - timedelta(days=1)
    reported = CancellationCounts()
    for start, stop in _spans(first, last):
        _add(reported, await count_cancellations(db, zone, start, stop))
    return [
        f"{name}: the report says {said}, the orders say {is_}"
        for name in ("total", "late", "overrides", "restored", "reasons", "customers", "stations", "hours")
        if (said := getattr(reported, name)) != (is_ := getattr(notes.counts, name))
    ]


def _spans(first: date, last: date) -> list[tuple[date, date]]:
    """The days from `first` to `last` in spans that a report may have."""
    starts = [first + timedelta(days=n) for n in range(0, (last - first).days + 1, MOST_DAYS)]
    return [(start, stop - timedelta(days=1)) for start, stop in pairwise([*starts, last + timedelta(days=1)])]


def _add(total: CancellationCounts, more: CancellationCounts) -> None:
    for name in ("total", "late", "overrides", "restored"):
        setattr(total, name, getattr(total, name) + getattr(more, name))
    for name in ("reasons", "customers", "stations"):
        counter: Counter[str] = getattr(total, name)
        counter.update(getattr(more, name))
    total.hours = [a + b for a, b in zip(total.hours, more.hours, strict=True)]
