"""Everything is a batch: what arrives while a commit is under way goes into the next one together.

No timer, and no added delay on an idle lane: it runs a batch of one at once.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from enum import Enum
from typing import Generic, TypeVar

from traylane.db.database import Collision, ConnectionLost, Database, Transaction
from traylane.errors import Busy, OutcomeUnknown, Unavailable

LARGEST = 64
ALONE = 4
"""How many items may run beside the batches at once, each on its own."""
WORTH_ANOTHER = 8
"""As many must wait before a second batch goes out beside the first: a few are served sooner by the next one."""
TURNS = 3
"""Turns of the event loop in which a lane that has company lets others arrive before it takes a batch.

Whoever was just answered is about to ask again; without it the first of them would go alone, and all others wait."""
LONGEST_QUEUE = 2_000
PATIENCE = 5.0
"""Seconds that an item may wait for its batch; nothing was done for one that waited longer."""
DEADLINE = 15.0
"""Seconds after which nobody waits for an outcome any more."""
TRIES = 5
BEHIND = (8, 200)
"""Fewest and most items of a batch behind another lane."""
BRIEF = 0.01
"""Seconds that such a batch should take: its size follows from what the last one took."""
GIVES_WAY = 0.05
"""Seconds that the next batch of a lane behind another one waits at most for those ahead."""


class Again(Enum):
    """An item that its batch could not settle."""

    WAIT = "another item of the batch had to go first"
    MISSED = "the order or the configuration changed between look and write"


Item = TypeVar("Item")
Outcome = TypeVar("Outcome")


class _Entry(Generic[Item, Outcome]):
    __slots__ = ("alone", "future", "item", "lost", "since", "tries")

    def __init__(self, item: Item) -> None:
        self.item = item
        self.future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self.since = time.monotonic()
        self.tries = 0
        self.lost = False
        self.alone = False

    def settle(self, outcome: Outcome) -> None:
        # Whoever waited may have hung up.
        if not self.future.done():
            self.future.set_result(outcome)

    def fail(self, error: BaseException) -> None:
        if not self.future.done():
            self.future.set_exception(error)


class Lane(Generic[Item, Outcome]):
    """Batches of one kind of change.

    `work` gets a transaction, the items, and for each whether an earlier try's outcome was lost on the way; it
    returns an outcome or Again for each, in the same order, and writes nothing for an item that it answers with
    Again. `whole`: each batch is a transaction of its own, however many statements it takes. `ahead`: a lane whose
    items go first, as long as that does not stop this one altogether, which then runs one batch at a time. `reads`:
    nothing is ever written. `taken` is told how many items each batch has.
    """

    def __init__(
        self,
        db: Database,
        work: Callable[[Transaction, Sequence[Item], Sequence[bool]], Awaitable[Sequence[Outcome | Again]]],
        *,
        whole: bool = False,
        ahead: Lane[Item, Outcome] | None = None,
        reads: bool = False,
        taken: Callable[[int], object] = abs,
    ) -> None:
        self._taken = taken
        self._ahead = ahead
        self._largest = LARGEST
        self._most_at_once = db.batches_in_flight if ahead is None else 1
        self._settle_in_db = db.read if reads else db.settle_whole if whole else db.settle
        self._too_late: type[Unavailable] = Unavailable if reads else OutcomeUnknown
        self._db = db
        self._work = work
        self._waiting: deque[_Entry[Item, Outcome]] = deque()
        self._workers: set[asyncio.Task[None]] = set()
        self._running = 0
        self._has_company = False
        self._alone = asyncio.Semaphore(ALONE)
        self._open: set[_Entry[Item, Outcome]] = set()
        self._watcher: asyncio.TimerHandle | None = None

    async def submit(self, item: Item) -> Outcome:
        """The item's outcome.

        Raises errors.Busy when others keep getting in the way, errors.Unavailable when nothing was done, and
        errors.OutcomeUnknown when that cannot be said.
        """
        if len(self._waiting) >= LONGEST_QUEUE:
            raise Unavailable("Too many requests are waiting; nothing was done; try again", retry_after=1)
        entry: _Entry[Item, Outcome] = _Entry(item)
        self._waiting.append(entry)
        self._open.add(entry)
        self._set_to_work()
        self._watch()
        try:
            return await entry.future
        finally:
            self._open.discard(entry)

    @property
    def length(self) -> int:
        """How many items wait for a batch."""
        return len(self._waiting)

    async def pause(self) -> None:
        """Wait until nothing is waiting or under way here, but at most GIVES_WAY seconds."""
        until = time.monotonic() + GIVES_WAY
        while (self._waiting or self._running) and time.monotonic() < until:  # noqa: ASYNC110 (an event costs each batch)
            await asyncio.sleep(0.001)

    async def drain(self) -> None:
        """Wait until every item that was submitted is settled."""
        while self._workers:
            await asyncio.gather(*self._workers)
        if self._watcher is not None:
            self._watcher.cancel()
            self._watcher = None

    def _watch(self) -> None:
        # One timer for all: one for each item would cost more than the item's place in the queue.
        if self._watcher is None and self._open:
            self._watcher = asyncio.get_running_loop().call_later(min(1.0, DEADLINE), self._give_up)

    def _give_up(self) -> None:
        self._watcher = None
        too_old = time.monotonic() - DEADLINE
        for entry in self._open:
            if entry.since <= too_old:
                entry.fail(self._too_late())
        self._watch()

    def _set_to_work(self) -> None:
        if self._running == 0 or (self._running < self._most_at_once and len(self._waiting) >= WORTH_ANOTHER):
            self._running += 1
            self._start(self._run())

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._workers.add(task)
        task.add_done_callback(self._workers.discard)

    async def _run(self) -> None:
        # Nothing may await between the last look at the queue and the count, or an item would wait for nobody.
        try:
            while self._waiting and (self._running == 1 or len(self._waiting) >= WORTH_ANOTHER):
                if self._ahead is not None:
                    await self._ahead.pause()
                if self._has_company:
                    for _ in range(TURNS):
                        await asyncio.sleep(0)
                batch = self._take()
                self._has_company = len(batch) > 1
                if batch:
                    self._taken(len(batch))
                    started = time.monotonic()
                    await self._settle(batch)
                    if self._ahead is not None:
                        self._largest = _fitting(len(batch), time.monotonic() - started)
        finally:
            self._running -= 1

    def _take(self) -> list[_Entry[Item, Outcome]]:
        batch: list[_Entry[Item, Outcome]] = []
        too_old = time.monotonic() - PATIENCE
        while self._waiting and len(batch) < self._largest:
            entry = self._waiting.popleft()
            if entry.tries or entry.since >= too_old:
                batch.append(entry)
            else:
                entry.fail(Unavailable("The queue is too long; nothing was done; try again"))
        return batch

    async def _settle(self, batch: list[_Entry[Item, Outcome]]) -> None:
        try:
            outcomes = await self._settle_in_db(
                lambda tx: self._work(tx, [entry.item for entry in batch], [entry.lost for entry in batch])
            )
        except Collision as collision:
            await self._after_collision(batch, collision)
        except ConnectionLost:
            self._try_again(batch, OutcomeUnknown(), lost=True)
        except Unavailable as refusal:
            for entry in batch:
                entry.fail(OutcomeUnknown() if entry.lost else refusal)
        except Exception as error:  # one bad item must not spoil its neighbours
            if len(batch) == 1:
                batch[0].fail(error)
            else:
                await self._halve(batch)
        else:
            self._deliver(batch, outcomes)

    def _deliver(self, batch: list[_Entry[Item, Outcome]], outcomes: Sequence[Outcome | Again]) -> None:
        for entry, outcome in reversed(list(zip(batch, outcomes, strict=True))):
            if not isinstance(outcome, Again):
                entry.settle(outcome)
                continue
            entry.tries += outcome is Again.MISSED
            if entry.tries > TRIES:
                entry.fail(OutcomeUnknown() if entry.lost else Busy())
            else:
                self._waiting.appendleft(entry)

    async def _after_collision(self, batch: list[_Entry[Item, Outcome]], collision: Collision) -> None:
        if len(batch) == 1:
            busy = Busy()
            busy.__cause__ = collision
            if collision.cause == "lock" and collision.table:
                # Another transaction is writing a row of the same key; the wait for it is over.
                batch[0].fail(busy)
            else:
                self._try_again(batch, busy, lost=batch[0].lost)
        elif collision.cause == "lock":
            # One of them waits for somebody. To find out which by halves would make all wait, again and again.
            for entry in batch:
                entry.alone = True
                self._start(self._settle_alone(entry))
        else:
            await self._halve(batch)

    async def _halve(self, batch: list[_Entry[Item, Outcome]]) -> None:
        middle = len(batch) // 2
        await self._settle(batch[:middle])
        await self._settle(batch[middle:])

    async def _settle_alone(self, entry: _Entry[Item, Outcome]) -> None:
        async with self._alone:
            await self._settle([entry])

    def _try_again(self, batch: list[_Entry[Item, Outcome]], refusal: Unavailable, *, lost: bool) -> None:
        remaining = []
        for entry in batch:
            entry.tries += 1
            entry.lost = lost
            if entry.tries > TRIES:
                entry.fail(OutcomeUnknown() if lost else refusal)
            else:
                remaining.append(entry)
        if remaining:
            self._start(self._come_back(remaining, pause=0.002 * 4 ** (remaining[0].tries - 1)))

    async def _come_back(self, batch: list[_Entry[Item, Outcome]], *, pause: float) -> None:
        # Meanwhile the lane goes on with others.
        await asyncio.sleep(pause)
        for entry in reversed(batch):
            if entry.alone:
                self._start(self._settle_alone(entry))
            else:
                self._waiting.appendleft(entry)
        self._set_to_work()


def _fitting(items: int, seconds: float) -> int:
    """How many items may go together, after so many took so long."""
    fewest, most = BEHIND
    return max(fewest, min(most, 2 * items, int(items * BRIEF / max(seconds, 0.0001))))
