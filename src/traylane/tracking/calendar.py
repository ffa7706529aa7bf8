"""The laboratory's days: they begin and end at midnight in its time zone, and have 23 or 25 hours twice a year."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from traylane.clock import Instant


def day_of(at: Instant, zone: ZoneInfo) -> date:
    """The day in `zone` that `at` belongs to."""
    return datetime.fromtimestamp(at // 1000, UTC).astimezone(zone).date()


def beginning_of(day: date, zone: ZoneInfo) -> Instant:
    """The first instant of a day in `zone`."""
    return Instant(int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()) * 1000)


def days_until(last: date, count: int) -> list[date]:
    """`count` days, `last` being the last of them."""
    return [last - timedelta(days=back) for back in range(count - 1, -1, -1)]
