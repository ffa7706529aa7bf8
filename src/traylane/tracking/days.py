"""What came in, was completed and was cancelled, day by day, counted from the events (ours).

In: created, or imported while still to be done. In work: at the end of the day, counted back from what is open now.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import date

import msgspec

from traylane.clock import HOUR, Instant
from traylane.db.database import Database, Row, Sql, Transaction
from traylane.events import names
from traylane.policy.model import Policy
from traylane.tracking.calendar import beginning_of, day_of, days_until
from traylane.tracking.work import open_orders

EVENTS_AT_ONCE = 5_000
"""Events that one read passes."""
LATE_SEALING = HOUR
"""An event gets its position this much later than an event that happened after it, at most."""
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
    counts = await _counted(db, policy, beginning_of(wanted[0], zone), customer)
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


async def _counted(db: Database, policy: Policy, since: Instant, customer: str | None) -> Counter[tuple[date, str]]:
    counts: Counter[tuple[date, str]] = Counter()
    position, head = await _span(db, Instant(since - LATE_SEALING))

    async def piece(tx: Transaction) -> Sequence[Row]:
        return await tx.rows(_PIECE, position, position + EVENTS_AT_ONCE)

    while position < head:
        for type_, at, data in await db.read(piece):
            kind = _kind(type_, data, customer)
            if at >= since and kind:
                counts[day_of(at, policy.time_zone), kind] += 1
        position += EVENTS_AT_ONCE
        await asyncio.sleep(0)
    return counts


async def _span(db: Database, since: Instant) -> tuple[int, int]:
    """The position before the first event that can have happened at `since`, and the head's."""

    async def work(tx: Transaction) -> tuple[int, int]:
        head: int = (await tx.rows(_HEAD))[0][0] or 0
        low, high = 0, head
        while low < high:
            middle = (low + high) // 2
            [(at,)] = await tx.rows(_AT, middle)
            low, high = (low, middle) if at >= since else (middle + 1, high)
        return max(0, low - 1), head

    return await db.read(work)


class _After(msgspec.Struct, frozen=True):
    status: str = ""
    cancelled: bool = False


class _Data(msgspec.Struct):
    customerNumber: str = ""  # noqa: N815
    after: _After = _After()


_data = msgspec.json.Decoder(_Data).decode


def _kind(type_: str, data: str, customer: str | None) -> str:
    about = _data(data)
    if customer not in (None, about.customerNumber):
        return ""
    match type_:
        case "order.completed":
            return "out"
        case names.ORDER_CANCELLED:
            return "gone"
        case names.ORDER_RESTORED:
            return "back"
        case _:
            return "" if about.after.cancelled or about.after.status == "C" else "in"


_HEAD = Sql.same("SELECT max(position) FROM events WHERE position IS NOT NULL")
_AT = Sql.same("SELECT at FROM events WHERE position IS NOT NULL AND position > $1 ORDER BY position LIMIT 1")
_PIECE = Sql.same(
    "SELECT type, at, data FROM events WHERE position IS NOT NULL AND position > $1 AND position <= $2 "
    f"AND type IN ({', '.join(map(repr, COUNTED))})"
)
