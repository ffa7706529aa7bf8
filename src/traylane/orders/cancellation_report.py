"""Numbers of cancellations, counted from the events of a span of days in the laboratory's time zone.

One definition: a cancellation is an event `order.cancelled`, also when the order was restored later. It is late when
the order had been checked in anywhere before. It counts in the hour of the day, and at the station, in which it was
made. Orders that came in cancelled by an import have no such event and do not count.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from zoneinfo import ZoneInfo

from traylane.db.database import Database
from traylane.events import counting

MOST_DAYS = 92
USUAL_DAYS = 30


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
    days: Counter[date] = field(default_factory=Counter)
    restored_days: Counter[date] = field(default_factory=Counter)

    @property
    def late_share(self) -> float:
        """Late ones among all, 0 to 1; 0 when there are none."""
        return round(self.late / self.total, 4) if self.total else 0.0


async def count_cancellations(
    db: Database, zone: ZoneInfo, first: date, last: date, *, customer: str | None = None
) -> CancellationCounts:
    """The numbers of the days `first` to `last`, both included; with `customer` of its orders only.

    Raises errors.Unavailable.
    """
    counted = await counting.count_cancels(db, zone, first, last, customer)
    counts = CancellationCounts(customers=counted.whose)
    for how, n in counted.how.items():
        counts.total += n
        counts.late += n if how.station else 0
        counts.overrides += n if how.override else 0
        counts.reasons[how.reason] += n
        counts.stations[how.station] += n
    for (kind, day, hour), n in counted.moves.items():
        if kind == "restored":
            counts.restored += n
            counts.restored_days[day] += n
        else:
            counts.hours[hour] += n
            counts.days[day] += n
    return counts
