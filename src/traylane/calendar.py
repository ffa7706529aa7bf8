"""The laboratory's days: they begin and end at midnight in its time zone, and have 23 or 25 hours twice a year."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from traylane.clock import DAY, MINUTE, Instant

QUARTER = 15 * MINUTE
"""Midnight and every full hour of all time zones fall on a quarter of an hour of UTC."""


def day_of(at: Instant, zone: ZoneInfo) -> date:
    """The day in `zone` that `at` belongs to."""
    return datetime.fromtimestamp(at // 1000, UTC).astimezone(zone).date()


def beginning_of(day: date, zone: ZoneInfo) -> Instant:
    """The first instant of a day in `zone`."""
    return Instant(int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()) * 1000)


def offsets(first: Instant, end: Instant, zone: ZoneInfo) -> list[tuple[Instant, int]]:
    """How far `zone` is ahead of UTC from `first` until `end`: until when (not included), and how many milliseconds.

    To a quarter of an hour, which is when clocks are changed.
    """
    found: list[tuple[Instant, int]] = []
    while first < end:
        ahead, until = _ahead(first, zone), end
        for day in range(first, end, DAY):
            if _ahead(min(day + DAY, end), zone) != ahead:
                until = Instant(next(at for at in range(day, end + 1, QUARTER) if _ahead(at, zone) != ahead))
                break
        found.append((until, ahead))
        first = until
    return found


def _ahead(at: int, zone: ZoneInfo) -> int:
    ahead = datetime.fromtimestamp(at // 1000, zone).utcoffset()
    assert ahead is not None
    return round(ahead.total_seconds()) * 1000


def days_until(last: date, count: int) -> list[date]:
    """`count` days, `last` being the last of them."""
    return [last - timedelta(days=back) for back in range(count - 1, -1, -1)]


def working_minutes(since: Instant, until: Instant, zone: ZoneInfo, hours: tuple[int, int]) -> int:
    """Whole minutes between two instants in which the laboratory works; 0 when `until` comes first.

    `hours`: minutes since midnight in `zone`, from and to, past midnight when the second is the smaller one, of every
    day of the week (the setting `Laboratory:Working hours`).
    """
    if hours == _ALWAYS:
        return max(0, until - since) // MINUTE
    worked = 0
    day, last = day_of(since, zone) - timedelta(days=1), day_of(until, zone)
    while day <= last:
        begins, ends = _shift(day, zone, hours)
        worked += max(0, min(until, ends) - max(since, begins))
        day += timedelta(days=1)
    return worked // MINUTE


_ALWAYS = (0, 24 * 60)


@lru_cache(maxsize=1024)
def _shift(day: date, zone: ZoneInfo, hours: tuple[int, int]) -> tuple[Instant, Instant]:
    """When the work that begins on a day begins and ends."""
    first, last = hours
    midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 (hours are those that the clock on the wall shows)
    begins, ends = (
        Instant(int((midnight + timedelta(minutes=minutes)).replace(tzinfo=zone).timestamp()) * 1000)
        for minutes in (first, last if last > first else last + 24 * 60)
    )
    return begins, ends
