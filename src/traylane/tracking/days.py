"""What came in, was completed and was cancelled, day by day, counted from the events (ours).

In: created, or imported while still to be done. In work: at the end of the day, counted back from what is open now.
"""

from __future__ import annotations

from collections import Counter
from datetime import date

import msgspec

from traylane.clock import Instant
from traylane.db.database import Database
from traylane.events import names
from traylane.events.seal import Event
from traylane.events.span import SLACK, events_between
from traylane.policy.model import Policy
from traylane.tracking.calendar import beginning_of, day_of, days_until
from traylane.tracking.work import open_orders

COUNTED = ("order.created", names.ORDER_IMPORTED, "order.completed", names.ORDER_CANCELLED, names.ORDER_RESTORED)


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """One day of the laboratory."""

    day: date
    came: int
    completed: int
    cancelled: int
    restored: int
    in_work: int


async def days(db: Database, policy: Policy, now: Instant, *, count: int, customer: str | None) -> list[Day]:
    """The last `count` days up to today, oldest first; of one customer's orders only, if one is named.

    Reads the events of those days in pieces, each a short read of its own.
    """
    zone = policy.time_zone
    wanted = days_until(day_of(now, zone), count)
    counts = await _counted(db, policy, beginning_of(wanted[0], zone), now, customer)
    in_work = await _open_now(db, customer)
    found: list[Day] = []
    for day in reversed(wanted):
        came, completed, cancelled, restored = (counts[day, kind] for kind in ("in", "out", "gone", "back"))
        found.append(
            Day(day=day, came=came, completed=completed, cancelled=cancelled, restored=restored, in_work=in_work)
        )
        in_work += completed + cancelled - came - restored
    return found[::-1]


async def _open_now(db: Database, customer: str | None) -> int:
    return sum([sum(customer in (None, row[3]) for row in rows) async for rows in open_orders(db)])


async def _counted(
    db: Database, policy: Policy, since: Instant, now: Instant, customer: str | None
) -> Counter[tuple[date, str]]:
    counts: Counter[tuple[date, str]] = Counter()
    # A server's clock may be ahead of ours.
    async for event in events_between(db, COUNTED, since, Instant(now + SLACK)):
        if kind := _kind(event, customer):
            counts[day_of(event.at, policy.time_zone), kind] += 1
    return counts


class _After(msgspec.Struct, frozen=True):
    status: str = ""
    cancelled: bool = False


class _Data(msgspec.Struct):
    customerNumber: str = ""  # noqa: N815
    after: _After = _After()


_data = msgspec.json.Decoder(_Data).decode


def _kind(event: Event, customer: str | None) -> str:
    about = _data(event.data)
    if customer not in (None, about.customerNumber):
        return ""
    match event.type:
        case "order.completed":
            return "out"
        case names.ORDER_CANCELLED:
            return "gone"
        case names.ORDER_RESTORED:
            return "back"
        case _:
            return "" if about.after.cancelled or about.after.status == "C" else "in"
