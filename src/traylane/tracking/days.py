"""What came in, was completed and was cancelled, day by day, counted from the events (ours).

In: created, or imported while still to be done. In work: at the end of the day, counted back from what is open now.
"""

from __future__ import annotations

from collections import Counter
from datetime import date

import msgspec

from traylane.calendar import day_of, days_until
from traylane.clock import Instant
from traylane.db.database import Database
from traylane.events import counting
from traylane.policy.model import Policy
from traylane.tracking.work import count_open


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """One day of the laboratory."""

    day: date
    came: int
    completed: int
    cancelled: int
    restored: int
    in_work: int


async def days(db: Database, policy: Policy, now: Instant, *, count: int, customer: str | None) -> list[Day]:
    """The last `count` days up to today, oldest first; of one customer's orders only, if one is named."""
    zone = policy.time_zone
    wanted = days_until(day_of(now, zone), count)
    counted = await counting.count_moves(db, zone, wanted[0], wanted[-1], customer)
    counts: Counter[tuple[date, str]] = Counter()
    for (kind, day, _hour), n in counted.moves.items():
        counts[day, kind] += n
    in_work = await count_open(db, customer)
    found: list[Day] = []
    for day in reversed(wanted):
        came, completed, cancelled, restored = (
            counts[day, kind] for kind in ("came", "completed", "cancelled", "restored")
        )
        found.append(
            Day(day=day, came=came, completed=completed, cancelled=cancelled, restored=restored, in_work=in_work)
        )
        in_work += completed + cancelled - came - restored
    return found[::-1]
