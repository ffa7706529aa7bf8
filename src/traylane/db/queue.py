"""What waits in a lane, and what lanes know of their database."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from enum import Enum
from typing import Generic, TypeVar

from traylane.errors import OutcomeUnknown, Unavailable

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")
LONGEST_WAIT = 1.0
"""Seconds of work that may wait, by how long batches take now."""
_WEIGHT = 0.2
"""Of the last batch's time in what batches take now."""
NO_ANSWER = "The database does not answer; nothing was done; try again"


class Again(Enum):
    """An item that its batch could not settle."""

    WAIT = "another item of the batch had to go first"
    MISSED = "the order or the configuration changed between look and write"


class Entry(Generic[Item, Outcome]):
    """An item, and whoever waits for its outcome.

    `since`: when it was submitted; `queued`: when it came into the queue, again after a try; `tries`: how often it was
    tried; `lost`: a try's outcome was lost on the way; `alone`: it goes without others.
    """

    __slots__ = ("alone", "future", "item", "lost", "queued", "since", "tries")

    def __init__(self, item: Item) -> None:
        self.item = item
        self.future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self.since = self.queued = time.monotonic()
        self.tries = 0
        self.lost = False
        self.alone = False

    def settle(self, outcome: Outcome) -> None:
        """Give the outcome."""
        # Whoever waited may have hung up.
        if not self.future.done():
            self.future.set_result(outcome)

    def fail(self, error: BaseException) -> None:
        """Raise the error where the outcome is waited for."""
        if not self.future.done():
            self.future.set_exception(error)

    def refuse(self, refusal: Unavailable) -> None:
        """Refuse what has nothing under way; of a lost outcome nobody says that nothing was done."""
        self.fail(OutcomeUnknown() if self.lost else refusal)


class Queue(Generic[Item, Outcome]):
    """Entries, first come, first served; what was tried before goes ahead."""

    def __init__(self) -> None:
        self._entries: deque[Entry[Item, Outcome]] = deque()
        self._taken_at = self._between = 0.0

    def __len__(self) -> int:
        return len(self._entries)

    def is_too_long(self, *, most: int) -> bool:
        """Whether batches of `most` will not have taken what waits within LONGEST_WAIT, as they go now.

        Two batches always have room.
        """
        batches = len(self._entries) / most
        return batches >= 2 and batches * self._between >= LONGEST_WAIT

    def append(self, entry: Entry[Item, Outcome]) -> None:
        """A new one."""
        self._entries.append(entry)

    def back(self, entry: Entry[Item, Outcome]) -> None:
        """One that was tried comes back."""
        entry.queued = time.monotonic()
        self._entries.appendleft(entry)

    def take(self, most: int, *, patience: float) -> list[Entry[Item, Outcome]]:
        """The next so many. What was never tried and waited for longer is refused."""
        taken: list[Entry[Item, Outcome]] = []
        now = time.monotonic()
        if self._taken_at:
            self._between += _WEIGHT * (now - self._taken_at - self._between)
        too_old = now - patience
        while self._entries and len(taken) < most:
            entry = self._entries.popleft()
            if entry.tries or entry.since >= too_old:
                taken.append(entry)
            else:
                entry.refuse(Unavailable("The queue is too long; nothing was done; try again"))
        if self._entries:
            self._taken_at = now
        else:  # how long until the next one says nothing
            self._taken_at = self._between = 0.0
        return taken

    def refuse(self, refusal: Unavailable, *, patience: float = 0.0) -> None:
        """Refuse all that have been here for longer."""
        too_old = time.monotonic() - patience
        entries, self._entries = self._entries, deque()
        for entry in entries:
            if entry.queued <= too_old:
                entry.refuse(refusal)
            else:
                self._entries.append(entry)


class Doubt:
    """Whether changes get through, as far as all lanes know that change one database."""

    __slots__ = ("is_there",)

    def __init__(self) -> None:
        self.is_there = False
