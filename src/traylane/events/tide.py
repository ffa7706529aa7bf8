"""Wait for the feed to grow: one look at its head for all who wait, and none when nobody does."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from traylane.db.database import Collision, ConnectionLost, Database
from traylane.errors import Unavailable
from traylane.events import seal

LOOK_SECONDS = 0.05
MOST_WAITING = 1_000


class Tide:
    """Tells those who wait when there is an event after the one that they know."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._waiting = 0
        self._looking: asyncio.Task[None] | None = None
        self._rose = asyncio.Event()
        self._nudged = asyncio.Event()
        self._head = 0
        self._closed = False

    async def rises_above(self, position: int, *, seconds: float) -> bool:
        """Whether the feed has got an event after `position` within `seconds`; False at once when it is closing.

        Raises errors.Unavailable when too many wait already.
        """
        if self._waiting >= MOST_WAITING:
            raise Unavailable("Too many wait for events; ask without wait")
        self._waiting += 1
        try:
            async with asyncio.timeout(seconds):
                while self._head <= position and not self._closed:
                    rose = self._rose
                    self._look()
                    await rose.wait()
        except TimeoutError:
            return False
        finally:
            self._waiting -= 1
        return not self._closed

    @property
    def is_closed(self) -> bool:
        """Whether nobody is told any more."""
        return self._closed

    @property
    def is_watched(self) -> bool:
        """Whether somebody waits."""
        return self._waiting > 0

    def nudge(self) -> None:
        """Look at once: something was sealed."""
        self._nudged.set()

    def close(self) -> None:
        """Let everybody go who waits."""
        self._closed = True
        self._wake()

    def _wake(self) -> None:
        self._rose.set()
        self._rose = asyncio.Event()

    def _look(self) -> None:
        if self._looking is None or self._looking.done():
            self._head = 0  # what was known when the last one left may be long past
            self._looking = asyncio.create_task(self._look_while_anybody_waits())

    async def _look_while_anybody_waits(self) -> None:
        while self._waiting and not self._closed:
            try:
                head, _ = await self._db.read(seal.head)
            except (Unavailable, Collision, ConnectionLost):
                head = self._head  # who waits is told by the next look, or by the end of its time
            if head != self._head:
                self._head = head
                self._wake()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._nudged.wait(), LOOK_SECONDS)
            self._nudged.clear()
