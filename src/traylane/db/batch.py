"""Everything is a batch: what arrives while a commit is under way goes into the next one together.

No timer, and no added delay on an idle lane: it runs a batch of one at once.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from typing import Generic

from traylane.db.batch_size import fitting
from traylane.db.database import Collision, ConnectionLost, Database, Transaction
from traylane.db.durable import until_answered, until_durable
from traylane.db.queue import NO_ANSWER, Again, Doubt, Entry, Item, Outcome, Queue
from traylane.errors import Busy, OutcomeUnknown, Unavailable

__all__ = ["Again", "Lane"]

LARGEST = 64
ALONE = 4
"""How many items may run beside the batches at once, each on its own."""
WORTH_ANOTHER = 8
"""As many must wait before a second batch goes out beside the first: a few are served sooner by the next one."""
TURNS = 3
"""Turns of the event loop in which a lane that has company lets others arrive: who was just answered asks again."""
LONGEST_QUEUE = 1_000
"""And at most a second of work: who would wait longer is told at once."""
PATIENCE = 5.0
"""Seconds that an item may wait for its batch; nothing was done for one that waited longer."""
DEADLINE = 15.0
"""Seconds after which nobody waits for an outcome any more."""
TICK = 0.1
"""How often a lane looks who has waited for too long, in seconds."""
HELD_BACK = 4.0
"""Seconds that batches may take longer after reads were held back, too."""
PROBE_PAUSE = 0.2
"""Seconds between a probe that failed and the next one: who asks again and again does not make the trouble worse."""
TRIES = 5
QUIET = 0.5
"""Seconds after which a lane that nobody came to lets batches behind it be as large as they may."""
GIVES_WAY = 0.05
"""Seconds that the next batch of a lane behind another one waits at most for those ahead."""


class Lane(Generic[Item, Outcome]):
    """Batches of one kind of change.

    `work` gets a transaction, the items, and for each whether an earlier try's outcome was lost on the way; it
    returns an outcome or Again for each, in the same order, and writes nothing for an item that it answers with
    Again. `whole`: each batch is a transaction of its own, however many statements it takes. `ahead`: a lane whose
    items go first, as long as that does not stop this one altogether, which then runs one batch at a time. `reads`:
    nothing is ever written. `taken` is told how many items each batch has.

    When a batch failed, or does not end although the database answers, what waits is refused after the database's
    patience, and a probe goes first, so that nobody's change finds out; `doubt` is shared by all lanes that change the
    database. Where nothing at all is answered everybody is held back (PgBouncer's PAUSE), and waits.
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
        doubt: Doubt | None = None,
    ) -> None:
        self._taken = taken
        self._ahead = ahead
        self._largest = LARGEST
        self._most_at_once = db.batches_in_flight if ahead is None else 1
        self._settle_in_db = db.read if reads else db.settle_whole if whole else db.settle
        self._too_late: type[Unavailable] = Unavailable if reads else OutcomeUnknown
        self._db = db
        self._work = work
        self._waiting: Queue[Item, Outcome] = Queue()
        self._workers: set[asyncio.Task[None]] = set()
        self._running = 0
        self._has_company = False
        self._patience = db.patience
        self._through = self._began = 0.0
        self._is_asking = False
        self._last = 0.0
        self._doubt = doubt or Doubt()
        self._probe = until_answered if reads else until_durable
        self._alone = asyncio.Semaphore(ALONE)
        self._open: set[Entry[Item, Outcome]] = set()
        self._watcher: asyncio.TimerHandle | None = None
        self._looks_at = 0.0

    async def submit(self, item: Item) -> Outcome:
        """The item's outcome.

        Raises errors.Busy when others keep getting in the way, errors.Unavailable when nothing was done, and
        errors.OutcomeUnknown when that cannot be said.
        """
        if len(self._waiting) >= LONGEST_QUEUE or (self._ahead is None and self._waiting.is_too_long(most=LARGEST)):
            raise Unavailable("Too many requests are waiting; nothing was done; try again", retry_after=1)
        entry: Entry[Item, Outcome] = Entry(item)
        self._waiting.append(entry)
        self._last = entry.since
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

    @property
    def is_busy(self) -> bool:
        """Whether anything waits for a batch or is under way in one."""
        return bool(self._waiting) or self._running > 0

    @property
    def is_quiet(self) -> bool:
        """Whether nobody has come for a while."""
        return not self.is_busy and time.monotonic() - self._last > QUIET

    async def pause(self) -> None:
        """Wait until nothing is waiting or under way here, but at most GIVES_WAY seconds."""
        until = time.monotonic() + GIVES_WAY
        while self.is_busy and time.monotonic() < until:  # noqa: ASYNC110 (an event costs each batch)
            await asyncio.sleep(0.001)

    async def drain(self) -> None:
        """Wait until every item that was submitted is settled."""
        while workers := list(self._workers):
            await asyncio.gather(*workers)
            self._workers.difference_update(workers)  # since Python 3.12 nobody else gets a turn when all have ended
        if self._watcher is not None:
            self._watcher.cancel()
            self._watcher = None

    def _watch(self) -> None:
        # One timer for all: one for each item would cost more than the item's place in the queue.
        if self._watcher is None and self._open:
            self._looks_at = time.monotonic() + TICK
            self._watcher = asyncio.get_running_loop().call_later(TICK, self._give_up)

    def _give_up(self) -> None:
        self._watcher = None
        now = time.monotonic()
        for entry in filter(lambda entry: entry.since <= now - DEADLINE, self._open):
            entry.fail(self._too_late())
        # An event loop that was held up itself has yet to see what came through.
        if now < self._looks_at + TICK and self._through <= now - self._patience:
            if self._doubt.is_there:
                self._waiting.refuse(Unavailable(NO_ANSWER), patience=self._patience)
            elif self._through < self._began <= now - self._patience and not self._is_asking:
                self._start(self._ask())
        self._watch()

    async def _ask(self) -> None:
        """Doubt that changes get through when a read is answered at once, and still no batch has ended."""
        self._is_asking, asked = True, time.monotonic()
        with suppress(Unavailable):
            await self._db.read(until_answered)
        self._is_asking, now = False, time.monotonic()
        if now < asked + TICK:
            self._doubt.is_there |= self._through < self._began
        else:  # what was held back has been let go, and a new leader's commits wait for its standby
            self._began = now + HELD_BACK

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
                if self._doubt.is_there:
                    await self._find_out()
                    continue
                if self._has_company:
                    for _ in range(TURNS):
                        await asyncio.sleep(0)
                batch = self._waiting.take(self._largest, patience=PATIENCE)
                self._has_company = len(batch) > 1
                if batch:
                    self._taken(len(batch))
                    self._began = max(self._began, started := time.monotonic())
                    await self._settle(batch)
                    if self._ahead is not None:
                        took = time.monotonic() - started
                        self._largest = fitting(len(batch), took, alone=self._ahead.is_quiet)
        finally:
            self._running -= 1

    async def _find_out(self) -> None:
        try:
            await self._settle_in_db(self._probe)
        except ConnectionLost:
            await asyncio.sleep(PROBE_PAUSE / 10)  # the next connection may be sound
        except Unavailable as refusal:
            self._waiting.refuse(refusal)
            await asyncio.sleep(PROBE_PAUSE)
        except Exception:  # it answers, and the batch finds out what is wrong
            self._doubt.is_there = False
        else:
            self._doubt.is_there = False
            self._through = time.monotonic()

    async def _settle(self, batch: list[Entry[Item, Outcome]]) -> None:
        try:
            outcomes = await self._settle_in_db(
                lambda tx: self._work(tx, [entry.item for entry in batch], [entry.lost for entry in batch])
            )
        except Collision as collision:
            await self._after_collision(batch, collision)
        except ConnectionLost:
            self._doubt.is_there = True
            self._try_again(batch, OutcomeUnknown(), lost=True)
        except Unavailable as refusal:
            self._doubt.is_there = True
            for entry in batch:
                entry.refuse(refusal)
        except Exception as error:  # one bad item must not spoil its neighbours
            if len(batch) == 1:
                batch[0].fail(error)
            else:
                await self._halve(batch)
        else:
            self._deliver(batch, outcomes)

    def _deliver(self, batch: list[Entry[Item, Outcome]], outcomes: Sequence[Outcome | Again]) -> None:
        self._through = time.monotonic()
        for entry, outcome in reversed(list(zip(batch, outcomes, strict=True))):
            if not isinstance(outcome, Again):
                entry.settle(outcome)
                continue
            entry.tries += outcome is Again.MISSED
            if entry.tries > TRIES:
                entry.refuse(Busy())
            else:
                self._waiting.back(entry)

    async def _after_collision(self, batch: list[Entry[Item, Outcome]], collision: Collision) -> None:
        if len(batch) == 1:
            busy = Busy()
            busy.__cause__ = collision
            if collision.cause == "lock" and collision.table:
                # Another transaction is writing a row of the same key; the wait for it is over.
                batch[0].refuse(busy)
            else:
                self._try_again(batch, busy, lost=batch[0].lost)
        elif collision.cause == "lock":
            # One of them waits for somebody. To find out which by halves would make all wait, again and again.
            for entry in batch:
                entry.alone = True
                self._start(self._settle_alone(entry))
        else:
            await self._halve(batch)

    async def _halve(self, batch: list[Entry[Item, Outcome]]) -> None:
        middle = len(batch) // 2
        await self._settle(batch[:middle])
        await self._settle(batch[middle:])

    async def _settle_alone(self, entry: Entry[Item, Outcome]) -> None:
        async with self._alone:
            await self._settle([entry])

    def _try_again(self, batch: list[Entry[Item, Outcome]], refusal: Unavailable, *, lost: bool) -> None:
        remaining = []
        for entry in batch:
            entry.tries += 1
            entry.lost = lost
            if entry.tries > TRIES:
                entry.refuse(refusal)
            else:
                remaining.append(entry)
        if remaining:
            self._start(self._come_back(remaining, pause=0.002 * 4 ** (remaining[0].tries - 1)))

    async def _come_back(self, batch: list[Entry[Item, Outcome]], *, pause: float) -> None:
        # Meanwhile the lane goes on with others.
        await asyncio.sleep(pause)
        for entry in reversed(batch):
            self._start(self._settle_alone(entry)) if entry.alone else self._waiting.back(entry)
        self._set_to_work()
