"""How an import gives way: short steps and rests while others want to write, at full speed when nobody does."""

from __future__ import annotations

import asyncio
from time import perf_counter

from traylane.orders.import_blocks import MOST_LINES
from traylane.orders.reading import PIECE_LINES

CHUNK_ROWS = 200
"""Orders that are written before a look whether somebody else waits."""
FEWEST_ROWS = PIECE_LINES
AIM_SECONDS = 0.010
"""So long a step should take where somebody could wait for it,"""
BRIEF_SECONDS = 0.005
"""and with its commit where somebody does."""
RESTS = 9
"""While others write, the import rests so many times as long as it has kept them waiting,"""
LONGEST_REST = 1.0
"""but never longer than so many seconds."""


class Pace:
    """`rows`: how many lines are written between two looks at who waits.

    As many as are written within AIM_SECONDS or BRIEF_SECONDS; on PostgreSQL, where a large step is in nobody's way, it
    grows to a whole block while nobody waits.
    """

    def __init__(self) -> None:
        self.rows = CHUNK_ROWS
        self._began = 0.0
        self._written = 0
        self._crowded = False

    def begin(self) -> None:
        """A step begins."""
        self._began = perf_counter()

    def end(self, rows: int, *, others_wait: bool, one_writer: bool) -> bool:
        """A step ended, but for the commit; whether it has to be made now."""
        self._written, self._crowded = rows, others_wait
        if one_writer:
            self._fit(AIM_SECONDS)
        else:
            self.rows = min(2 * self.rows, MOST_LINES)
        return others_wait

    async def rest(self) -> None:
        """After the commit: leave the database to others if they waited for the last step."""
        if self._crowded:
            took = self._fit(BRIEF_SECONDS)
            await asyncio.sleep(min(LONGEST_REST, RESTS * took))

    def _fit(self, seconds: float) -> float:
        """Write as many rows in a step as take so long, by what the last one took, which is returned."""
        took = perf_counter() - self._began
        self.rows = max(FEWEST_ROWS, min(CHUNK_ROWS, int(self._written * seconds / max(took, 1e-6))))
        return took
