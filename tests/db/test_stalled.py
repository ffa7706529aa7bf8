"""Nothing gets through to the database: what waits in a lane hears so soon, for nothing of it was done."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Sequence
from typing import TypeVar

import pytest

from tests import standstill
from tests.builders import execute
from tests.db.test_batch import NOTES, Notebook
from traylane.db import batch, queue
from traylane.db.batch import Again, Lane
from traylane.db.database import ConnectionLost, Database, Transaction, Work
from traylane.db.durable import until_durable
from traylane.db.queue import Doubt
from traylane.errors import OutcomeUnknown, Unavailable

pytestmark = pytest.mark.undisturbed

T = TypeVar("T")
PATIENCE = 0.3
SECOND = 1.0
TOO_MANY = "Service unavailable; Too many requests are waiting; nothing was done; try again"
NO_ANSWER = "Service unavailable; The database does not answer; nothing was done; try again"


async def pause(tx: Transaction, seconds: float) -> None:
    """Take so long, where the work runs: SQLite's is never suspended."""
    here, for_others = tx.pick(sqlite=(seconds, 0.0), postgres=(0.0, seconds))
    time.sleep(here)  # noqa: ASYNC251
    if for_others:
        await asyncio.sleep(for_others)


class Stalled(Notebook):
    """The same work, whose batches do not end before `let_go`."""

    def __init__(self) -> None:
        super().__init__()
        self._goes_on = threading.Event()

    async def __call__(self, tx: Transaction, items: Sequence[str], lost: Sequence[bool]) -> Sequence[str | Again]:
        outcomes = await super().__call__(tx, items, lost)
        while not self._goes_on.is_set():
            await pause(tx, 0.01)
        return outcomes

    def let_go(self) -> None:
        self._goes_on.set()


@pytest.fixture
def impatient(db: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """A database behind which nobody waits for long."""
    monkeypatch.setattr(db, "patience", PATIENCE)
    return db


async def test_what_waits_behind_a_batch_that_does_not_end_is_refused_and_not_done(impatient: Database) -> None:
    work = Stalled()
    lane = Lane(impatient, work)
    first = asyncio.create_task(lane.submit("first"))
    await asyncio.sleep(0.05)
    began = standstill.now()

    outcomes = await asyncio.gather(*map(lane.submit, "ab"), return_exceptions=True)
    longest, took = time.monotonic() - began, standstill.since(began)
    work.let_go()

    assert [str(outcome) for outcome in outcomes] == [NO_ANSWER] * 2
    assert longest >= PATIENCE
    assert took < SECOND
    assert await first == "FIRST"
    assert await lane.submit("c") == "C"
    assert await execute(impatient, NOTES) == [("c",), ("first",)]


async def test_whoever_comes_later_while_nothing_gets_through_is_refused_as_soon(impatient: Database) -> None:
    work = Stalled()
    lane = Lane(impatient, work)
    first = asyncio.create_task(lane.submit("first"))
    await asyncio.sleep(0.05)
    took = []
    for item in "abc":
        began = standstill.now()
        with pytest.raises(Unavailable):
            await lane.submit(item)
        took.append(standstill.since(began))
    work.let_go()
    await first

    assert max(took) < SECOND
    assert lane.length == 0


async def test_where_nothing_at_all_is_answered_everybody_is_held_back_and_waits(
    impatient: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    released = asyncio.Event()

    async def held_back(_work: Work[T]) -> None:
        await released.wait()

    monkeypatch.setattr(impatient, "read", held_back)
    work = Stalled()
    lane = Lane(impatient, work)
    first = asyncio.create_task(lane.submit("first"))
    await asyncio.sleep(0.05)
    second = asyncio.create_task(lane.submit("second"))
    await asyncio.sleep(3 * PATIENCE)
    work.let_go()
    released.set()

    assert (await first, await second) == ("FIRST", "SECOND")


async def test_a_long_queue_is_served_as_long_as_something_gets_through(
    impatient: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "LARGEST", 1)

    async def take_a_while(tx: Transaction, items: Sequence[int], lost: Sequence[bool]) -> Sequence[int | Again]:
        await pause(tx, PATIENCE / 3)
        return items

    assert await asyncio.gather(*map(Lane(impatient, take_a_while).submit, range(20))) == list(range(20))


async def test_a_slow_lane_refuses_at_once_who_would_wait_too_long_and_serves_whom_it_took_in(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "LARGEST", 1)
    monkeypatch.setattr(queue, "LONGEST_WAIT", 0.2)

    async def take_a_while(tx: Transaction, items: Sequence[int], lost: Sequence[bool]) -> Sequence[int | Again]:
        await pause(tx, 0.05)
        return items

    lane = Lane(db, take_a_while)
    first = await asyncio.gather(*map(lane.submit, range(20)))
    # Nobody is measured by a queue that has run empty: whoever comes together is taken in.
    asking = [asyncio.create_task(lane.submit(number)) for number in range(40)]
    await asyncio.wait(asking[:10])
    late = await asyncio.gather(*map(lane.submit, range(40, 100)), return_exceptions=True)
    taken_in = await asyncio.gather(*asking)

    assert first + taken_in == [*range(20), *range(40)]
    assert [str(one) for one in late] == [TOO_MANY] * 60


async def test_nobody_is_refused_because_the_event_loop_was_held_up(impatient: Database) -> None:
    lane = Lane(impatient, Notebook())
    asking = [asyncio.create_task(lane.submit("first"))]
    await asyncio.sleep(0)
    asking.append(asyncio.create_task(lane.submit("second")))
    await asyncio.sleep(0)
    time.sleep(PATIENCE + 0.2)  # noqa: ASYNC251 (that is what it is about)

    assert await asyncio.gather(*asking) == ["FIRST", "SECOND"]


class Away:
    """A database whose probes are answered with an error for a while. The batches are its own."""

    def __init__(self, db: Database, monkeypatch: pytest.MonkeyPatch, *errors: Exception) -> None:
        self._settle = db.settle
        self.errors = list(errors)
        self.probes = 0
        monkeypatch.setattr(db, "settle", self.settle)

    async def settle(self, work: Work[T]) -> T:
        self.probes += work is until_durable
        if work is until_durable and self.errors:
            raise self.errors.pop(0)
        return await self._settle(work)


async def test_after_a_lost_outcome_a_probe_goes_first_and_nothing_new_is_begun(
    impatient: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = Away(impatient, monkeypatch, *[ConnectionLost()] * 1_000)
    tries = 0

    async def break_once(tx: Transaction, items: Sequence[str], lost: Sequence[bool]) -> Sequence[str | Again]:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise ConnectionLost
        return items

    lane = Lane(impatient, break_once)
    with pytest.raises(OutcomeUnknown):
        await lane.submit("a")
    with pytest.raises(Unavailable, match="nothing was done"):
        await lane.submit("b")
    away.errors.clear()

    assert await lane.submit("c") == "c"
    assert tries == 2


async def test_what_one_lane_has_noticed_another_one_need_not_find_out(
    impatient: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    Away(impatient, monkeypatch, *[ConnectionLost()] * 1_000)
    stalled, work, doubt = Stalled(), Notebook(), Doubt()
    first = asyncio.create_task(Lane(impatient, stalled, doubt=doubt).submit("first"))
    async with asyncio.timeout(20):
        while not doubt.is_there:  # noqa: ASYNC110 (it tells nobody)
            await asyncio.sleep(0.01)

    with pytest.raises(Unavailable, match="nothing was done"):
        await Lane(impatient, work, doubt=doubt).submit("a")
    stalled.let_go()

    assert await first == "FIRST"
    assert work.batches == []


async def test_what_the_probe_hears_is_said_to_those_who_wait(
    impatient: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_only = Unavailable("Read-only just now", retry_after=5)
    Away(impatient, monkeypatch, read_only)
    work = Notebook()

    async def refuse_once(tx: Transaction, items: Sequence[str], lost: Sequence[bool]) -> Sequence[str | Again]:
        if "a" in items:
            raise Unavailable
        return await work(tx, items, lost)

    lane = Lane(impatient, refuse_once)
    with pytest.raises(Unavailable):
        await lane.submit("a")
    outcomes = await asyncio.gather(*map(lane.submit, "bc"), return_exceptions=True)

    assert outcomes == [read_only] * 2
    assert await lane.submit("d") == "D"
    assert work.batches == [["d"]]


async def test_whoever_asks_again_and_again_makes_no_more_probes(
    impatient: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = Away(impatient, monkeypatch, *[Unavailable()] * 1_000)

    async def refuse(tx: Transaction, items: Sequence[str], lost: Sequence[bool]) -> Sequence[str | Again]:
        raise Unavailable

    lane, began = Lane(impatient, refuse), time.monotonic()
    while away.probes < 3:
        with pytest.raises(Unavailable):
            await lane.submit("a")

    assert time.monotonic() - began >= 2 * batch.PROBE_PAUSE


async def test_a_probe_that_finds_another_fault_leaves_it_to_the_batch(
    impatient: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    Away(impatient, monkeypatch, ZeroDivisionError())
    first = True

    async def refuse_once(tx: Transaction, items: Sequence[str], lost: Sequence[bool]) -> Sequence[str | Again]:
        nonlocal first
        was_first, first = first, False
        if was_first:
            raise Unavailable
        return items

    lane = Lane(impatient, refuse_once)
    with pytest.raises(Unavailable):
        await lane.submit("a")

    assert await lane.submit("b") == "b"
