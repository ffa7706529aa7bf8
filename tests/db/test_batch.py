"""The lane that makes batches: what it promises to whoever submits, whatever the work does."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from tests import standstill
from tests.builders import execute
from traylane.db import batch
from traylane.db.batch import Again, Lane
from traylane.db.database import Collision, ConnectionLost, Database, Sql, Transaction
from traylane.errors import Busy, OutcomeUnknown, Unavailable

pytestmark = pytest.mark.undisturbed

NOTE = Sql.same("INSERT INTO settings (name, value) VALUES ($1, '1')")
NOTES = Sql.same("SELECT name FROM settings ORDER BY name")


class Notebook:
    """Work that writes one row for each item, and remembers its batches."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []

    async def __call__(self, tx: Transaction, items: Sequence[str], lost: Sequence[bool]) -> Sequence[str | Again]:
        self.batches.append(list(items))
        for item in items:
            await tx.rows(NOTE, item)
        return [item.upper() for item in items]


async def test_an_idle_lane_runs_a_batch_of_one_at_once(db: Database) -> None:
    work = Notebook()

    assert await Lane(db, work).submit("a") == "A"
    assert work.batches == [["a"]]


async def test_what_arrives_together_goes_together_and_never_more_than_64(db: Database) -> None:
    work = Notebook()
    lane = Lane(db, work)
    items = [f"i{n:03}" for n in range(150)]

    outcomes = await asyncio.gather(*map(lane.submit, items))

    assert outcomes == [item.upper() for item in items]
    assert sorted(len(one) for one in work.batches) == [22, 64, 64]
    assert [row[0] for row in await execute(db, NOTES)] == items


async def test_what_arrives_while_a_batch_is_under_way_goes_into_the_next_one(sqlite: Database) -> None:
    work = Notebook()
    lane = Lane(sqlite, work)
    first = asyncio.create_task(lane.submit("first"))
    for _ in range(3):
        await asyncio.sleep(0)

    await asyncio.gather(first, *map(lane.submit, "abc"))

    assert work.batches == [["first"], ["a", "b", "c"]]


async def test_an_item_that_waits_goes_into_the_next_batch_without_losing_a_try(db: Database) -> None:
    rounds = 0

    async def one_at_a_time(tx: Transaction, items: Sequence[int], lost: Sequence[bool]) -> Sequence[int | Again]:
        nonlocal rounds
        rounds += 1
        return [items[0], *[Again.WAIT] * (len(items) - 1)]

    assert await asyncio.gather(*map(Lane(db, one_at_a_time).submit, range(20))) == list(range(20))
    assert rounds == 20


async def test_items_keep_their_order(sqlite: Database) -> None:
    settled = []

    async def first_of_the_batch(tx: Transaction, items: Sequence[int], lost: Sequence[bool]) -> Sequence[int | Again]:
        settled.append(items[0])
        return [items[0], *[Again.WAIT] * (len(items) - 1)]

    await asyncio.gather(*map(Lane(sqlite, first_of_the_batch).submit, range(8)))

    assert settled == list(range(8))


async def test_an_item_that_always_misses_is_busy_after_five_more_tries(db: Database) -> None:
    tries = 0

    async def miss(tx: Transaction, items: Sequence[str], lost: Sequence[bool]) -> Sequence[str | Again]:
        nonlocal tries
        tries += 1
        return [Again.MISSED]

    with pytest.raises(Busy):
        await Lane(db, miss).submit("a")

    assert tries == 6


async def test_a_lost_outcome_is_told_to_the_next_try(db: Database) -> None:
    told = []

    async def break_once(tx: Transaction, items: Sequence[str], lost: Sequence[bool]) -> Sequence[str | Again]:
        told.append(list(lost))
        if len(told) == 1:
            raise ConnectionLost
        return items

    assert await asyncio.gather(*map(Lane(db, break_once).submit, "ab")) == ["a", "b"]
    assert told == [[False, False], [True, True]]


async def test_an_outcome_that_stays_lost_is_unknown(db: Database) -> None:
    async def break_always(tx: Transaction, items: Sequence[str], lost: Sequence[bool]) -> Sequence[str | Again]:
        raise ConnectionLost

    with pytest.raises(OutcomeUnknown):
        await Lane(db, break_always).submit("a")


@pytest.mark.parametrize("then", ["missed", "away", "locked"])
async def test_after_a_lost_outcome_nobody_says_that_nothing_was_done(db: Database, then: str) -> None:
    tries = 0

    async def break_then(tx: Transaction, items: Sequence[str], lost: Sequence[bool]) -> Sequence[str | Again]:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise ConnectionLost
        if then == "away":
            raise Unavailable
        if then == "locked":
            raise Collision("lock")
        return [Again.MISSED]

    with pytest.raises(OutcomeUnknown):
        await Lane(db, break_then).submit("a")


async def test_a_collision_is_narrowed_down_to_the_item_that_collides(db: Database) -> None:
    work = Notebook()
    await execute(db, NOTE, "i05")

    outcomes = await asyncio.gather(*[Lane(db, work).submit("i05")], return_exceptions=True)
    lane = Lane(db, work)
    together = await asyncio.gather(*[lane.submit(f"i{n:02}") for n in range(8, 12)])

    assert [type(outcome) for outcome in outcomes] == [Busy]
    assert together == ["I08", "I09", "I10", "I11"]


@pytest.mark.parametrize("cause", ["unique", "serialization", "lock"])
async def test_whatever_collides_the_neighbours_go_in(db: Database, cause: str) -> None:
    async def collide(tx: Transaction, items: Sequence[int], lost: Sequence[bool]) -> Sequence[int | Again]:
        if 5 in items:
            raise Collision(cause)  # type: ignore[arg-type]
        return items

    lane = Lane(db, collide)
    outcomes = await asyncio.gather(*map(lane.submit, range(20)), return_exceptions=True)

    assert [type(outcome).__name__ for outcome in outcomes] == ["int"] * 5 + ["Busy"] + ["int"] * 14


async def test_an_error_in_the_work_fails_alone_and_the_lane_goes_on(db: Database) -> None:
    async def fail(tx: Transaction, items: Sequence[int], lost: Sequence[bool]) -> Sequence[int | Again]:
        if 5 in items:
            raise ZeroDivisionError
        return items

    lane = Lane(db, fail)
    outcomes = await asyncio.gather(*map(lane.submit, range(8)), return_exceptions=True)

    assert [type(outcome).__name__ for outcome in outcomes] == ["int"] * 5 + ["ZeroDivisionError"] + ["int"] * 2
    assert await lane.submit(9) == 9


async def test_an_item_that_waited_too_long_for_its_batch_is_given_up(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "PATIENCE", 0.0)
    lane = Lane(db, Notebook())

    outcomes = await asyncio.gather(*map(lane.submit, "ab"), return_exceptions=True)

    assert [str(outcome) for outcome in outcomes] == [
        "Service unavailable; The queue is too long; nothing was done; try again"
    ] * 2
    assert await execute(db, NOTES) == []


async def test_nobody_waits_longer_than_the_deadline(postgres: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "DEADLINE", 0.1)
    heard = asyncio.Event()

    async def not_before(tx: Transaction, items: Sequence[str], lost: Sequence[bool]) -> Sequence[str | Again]:
        await heard.wait()
        return items

    lane = Lane(postgres, not_before)
    started = standstill.now()
    with pytest.raises(OutcomeUnknown):
        await lane.submit("a")

    assert standstill.since(started) < 0.4
    heard.set()
    await lane.drain()


async def test_draining_ends_when_the_work_has_just_ended(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """From Python 3.12 on `gather` gives nobody else a turn when all that it waits for has ended."""
    lane, gathered = Lane(db, Notebook()), list[int]()

    def gather(*ended: asyncio.Task[None]) -> asyncio.Future[None]:
        gathered.append(len(ended))
        assert len(gathered) < 10
        future = asyncio.get_running_loop().create_future()
        future.set_result(None)
        return future

    await lane.submit("a")
    await asyncio.gather(*lane._workers)
    ended = asyncio.create_task(asyncio.sleep(0))
    await ended
    lane._workers.add(ended)  # its callback, which would take it away, has yet to come
    with monkeypatch.context() as patched:
        patched.setattr(asyncio, "gather", gather)
        await lane.drain()
    assert gathered == [1]


async def test_draining_waits_for_what_is_tried_again(db: Database) -> None:
    tries = 0

    async def collide_twice(tx: Transaction, items: Sequence[str], lost: Sequence[bool]) -> Sequence[str | Again]:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise Collision("serialization")
        return items

    lane = Lane(db, collide_twice)
    asking = asyncio.create_task(lane.submit("a"))
    await asyncio.sleep(0)
    await lane.drain()

    assert asking.done()
    assert await asking == "a"


async def test_a_lane_that_has_company_lets_the_next_ones_arrive(sqlite: Database) -> None:
    work = Notebook()
    lane = Lane(sqlite, work)
    await asyncio.gather(*map(lane.submit, "ab"))

    async def a_moment_later(item: str, turns: int) -> None:
        for _ in range(turns):
            await asyncio.sleep(0)
        await lane.submit(item)

    await asyncio.gather(*[a_moment_later(item, turns) for turns, item in enumerate("cde")])

    assert work.batches == [["a", "b"], ["c", "d", "e"]]
