"""Numbers of cancellations, counted from the events of a span of days in the laboratory's time zone.

One definition: a cancellation is an event `order.cancelled`, also when the order was restored later. It is late when
the order had been checked in anywhere before. It counts in the hour of the day, and at the station, in which it was
made. Orders that came in cancelled by an import have no such event and do not count.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from traylane.clock import Instant
from traylane.db.database import Database
from traylane.events import names
from traylane.events.seal import Event
from traylane.events.span import events_between

MOST_DAYS = 92
USUAL_DAYS = 30


class _After(msgspec.Struct):
    reason: str | None = None
    station: str | None = None
    override: bool = False


class _Data(msgspec.Struct, rename={"customer": "customerNumber"}):
    customer: str
    after: _After


_read = msgspec.json.Decoder(_Data).decode


@dataclass
class CancellationCounts:
    """What was counted. Reasons and stations are codes, empty for none; `hours` are those of the day, 0 to 23."""

    total: int = 0
    late: int = 0
    overrides: int = 0
    restored: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    customers: Counter[str] = field(default_factory=Counter)
    stations: Counter[str] = field(default_factory=Counter)
    hours: list[int] = field(default_factory=lambda: [0] * 24)

    @property
    def late_share(self) -> float:
        """Late ones among all, 0 to 1; 0 when there are none."""
        return round(self.late / self.total, 4) if self.total else 0.0

    def count(self, event: Event, data: _Data, zone: ZoneInfo) -> None:
        """Count one event."""
        if event.type == names.ORDER_RESTORED:
            self.restored += 1
            return
        after = data.after
        self.total += 1
        self.late += after.station is not None
        self.overrides += after.override
        self.reasons[after.reason or ""] += 1
        self.customers[data.customer] += 1
        self.stations[after.station or ""] += 1
        self.hours[datetime.fromtimestamp(event.at / 1000, zone).hour] += 1


async def count_cancellations(
    db: Database, zone: ZoneInfo, first: date, last: date, *, customer: str | None = None
) -> CancellationCounts:
    """The numbers of the days `first` to `last`, both included; with `customer` of its orders only.

    Raises errors.Unavailable.
    """
    counts = CancellationCounts()
    types = (names.ORDER_CANCELLED, names.ORDER_RESTORED)
    async for event in events_between(db, types, midnight(first, zone), midnight(last + timedelta(days=1), zone)):
        data = _read(event.data)
        if customer is None or data.customer == customer:
            counts.count(event, data, zone)
    return counts


def midnight(day: date, zone: ZoneInfo) -> Instant:
    """The first instant of a day in a time zone."""
    return Instant(int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp() * 1000))


def today(now: Instant, zone: ZoneInfo) -> date:
    """The day that it is in a time zone."""
    return datetime.fromtimestamp(now / 1000, UTC).astimezone(zone).date()
