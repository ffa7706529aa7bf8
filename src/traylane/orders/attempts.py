"""Refused attempts on existing orders: who tried what, counted by the minute.

They are kept in memory and written once a second, so that a loop of refusals buys no commits; what was not written
yet when the process dies is lost.
"""

from __future__ import annotations

import threading
from collections import Counter

from traylane.clock import MINUTE, Instant
from traylane.db.database import Collision, Database, Sql, Transaction
from traylane.errors import Unavailable
from traylane.orders.model import OrderId

MOST_WAITING = 10_000
_Row = tuple[bytes, str, str, int]


class Attempts:
    """Attempts that are not written yet."""

    def __init__(self) -> None:
        self._counts: Counter[_Row] = Counter()
        # An engine's writer thread notes while the loop flushes.
        self._lock = threading.Lock()

    def note(self, *, order_id: OrderId, actor: str, code: str, now: Instant) -> None:
        """Count one refused attempt; new rows beyond MOST_WAITING are dropped until the next flush."""
        row = (order_id, actor, code, now - now % MINUTE)
        with self._lock:
            if row in self._counts or len(self._counts) < MOST_WAITING:
                self._counts[row] += 1

    async def flush(self, db: Database) -> int:
        """Write what was counted; how many rows. What could not be written is kept for the next time."""
        with self._lock:
            counts, self._counts = self._counts, Counter()
        if not counts:
            return 0
        rows = [(*row, count) for row, count in sorted(counts.items())]

        async def work(tx: Transaction) -> None:
            await tx.many(_COUNT, rows)

        try:
            await db.write(work)
        except (Unavailable, Collision):
            with self._lock:
                self._counts.update(counts)
            raise
        return len(rows)


async def forget_old(tx: Transaction, before: Instant) -> None:
    """Drop the attempts of minutes before `before`."""
    await tx.rows(_FORGET, before)


_COUNT = Sql.same("""
    INSERT INTO attempts (order_id, actor, code, minute, count) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (order_id, actor, code, minute) DO UPDATE SET count = attempts.count + excluded.count""")
_FORGET = Sql.same("DELETE FROM attempts WHERE minute < $1")
