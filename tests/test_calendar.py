"""How long something stood, in the hours in which the laboratory works."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from traylane.calendar import offsets, working_minutes
from traylane.clock import Instant

BERLIN = ZoneInfo("Europe/Berlin")
DAY = (6 * 60, 22 * 60)
NIGHT = (22 * 60, 6 * 60)
ALWAYS = (0, 24 * 60)


def at(text: str) -> Instant:
    """What the clock on the laboratory's wall shows."""
    return Instant(int(datetime.fromisoformat(text).replace(tzinfo=BERLIN).timestamp() * 1000))


@pytest.mark.parametrize(
    ("hours", "since", "until", "minutes"),
    [
        (DAY, "2026-11-02T09:00", "2026-11-02T09:45", 45),
        (DAY, "2026-11-02T05:00", "2026-11-02T06:30", 30),
        (DAY, "2026-11-02T21:30", "2026-11-03T06:15", 45),
        (DAY, "2026-11-02T22:00", "2026-11-03T06:00", 0),
        (DAY, "2026-11-02T12:00", "2026-11-05T12:00", 3 * 16 * 60),
        (NIGHT, "2026-11-02T09:00", "2026-11-02T22:10", 10),
        (NIGHT, "2026-11-02T23:00", "2026-11-03T07:00", 7 * 60),
        (NIGHT, "2026-11-03T01:00", "2026-11-03T02:00", 60),
        (ALWAYS, "2026-11-02T23:00", "2026-11-03T07:00", 8 * 60),
        # the night that has an hour more, and the one that has an hour less
        (NIGHT, "2026-10-24T20:00", "2026-10-25T20:00", 9 * 60),
        (NIGHT, "2026-03-28T20:00", "2026-03-29T20:00", 7 * 60),
        (DAY, "2026-10-24T20:00", "2026-10-25T08:00", 4 * 60),
        (DAY, "2026-11-02T09:45", "2026-11-02T09:00", 0),
        (ALWAYS, "2026-11-02T09:45", "2026-11-02T09:00", 0),
    ],
)
def test_only_working_hours_count(hours: tuple[int, int], since: str, until: str, minutes: int) -> None:
    assert working_minutes(at(since), at(until), BERLIN, hours) == minutes


@pytest.mark.parametrize("hours", [DAY, NIGHT, (13 * 60, 13 * 60 + 1), (0, 24 * 60)])
def test_whatever_the_parts_they_add_up_to_the_whole(hours: tuple[int, int]) -> None:
    moments = [Instant(at("2026-10-20T00:00") + place * 7 * 3_600_000) for place in range(60)]
    parts = [working_minutes(a, b, BERLIN, hours) for a, b in pairwise(moments)]
    assert sum(parts) == working_minutes(moments[0], moments[-1], BERLIN, hours)


@pytest.mark.parametrize(
    ("zone", "first", "end", "found"),
    [
        ("UTC", "2026-10-01", "2026-12-01", [("2026-12-01T00:00+00:00", 0)]),
        (
            "Europe/Berlin",
            "2026-10-20",
            "2026-11-03",
            [("2026-10-25T01:00+00:00", 120), ("2026-11-03T00:00+00:00", 60)],
        ),
        (
            "Africa/Casablanca",
            "2026-02-01",
            "2026-04-01",
            [("2026-02-15T02:00+00:00", 60), ("2026-03-22T02:00+00:00", 0), ("2026-04-01T00:00+00:00", 60)],
        ),
        ("Asia/Kathmandu", "2026-10-20", "2026-11-03", [("2026-11-03T00:00+00:00", 345)]),
    ],
)
def test_how_far_a_zone_is_ahead(zone: str, first: str, end: str, found: list[tuple[str, int]]) -> None:
    begins, ends = (
        Instant(int(datetime.fromisoformat(f"{day}T00:00+00:00").timestamp() * 1000)) for day in (first, end)
    )
    told = [
        (datetime.fromtimestamp(until / 1000, UTC).isoformat(timespec="minutes"), ahead // 60_000)
        for until, ahead in offsets(begins, ends, ZoneInfo(zone))
    ]
    assert told == found
