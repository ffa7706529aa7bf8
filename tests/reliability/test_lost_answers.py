"""R9 and R10: the answer is lost after the commit, and the client asks again; perhaps too late."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable

import pytest

from tests.builders import (
    answer_of,
    cancel,
    check_in,
    count,
    desk,
    execute,
    make_orders,
    make_station,
)
from tests.reliability.promised import Tried, engine, seed, size
from traylane.access.idempotency import KeyInUse
from traylane.db.database import Database, Sql
from traylane.errors import OrderChanged, Refused, Unavailable
from traylane.orders.change import Done, Replayed
from traylane.orders.desk import Desk

SEED = seed(20261102)
CUT = size(500, 10_000)
REUSED = size(1_000, 10_000)
CLIENTS = 500
"""Fewer than have room in the desk's queue. Who is told by a slow one that nothing was done asks again."""
Ask = Callable[[Desk], Awaitable[Done | Replayed]]


async def cut(asking: Awaitable[Done | Replayed], after: float) -> bool:
    """The connection breaks after some milliseconds; whether the answer was too late for it."""
    task = asyncio.ensure_future(asking)
    await asyncio.wait([task], timeout=after)
    task.cancel()
    [ended] = await asyncio.gather(task, return_exceptions=True)
    return isinstance(ended, asyncio.CancelledError)


async def answered(ask: Callable[[], Awaitable[Done | Replayed]]) -> bytes:
    """Ask until there is an answer; the answer's bytes."""
    async with asyncio.timeout(30):
        while True:
            try:
                return answer_of(await ask())
            except KeyInUse:
                await asyncio.sleep(0.005)
            except Refused as refusal:
                return answer_of(refusal)


@pytest.mark.promise("R9")
async def test_r9_a_cut_answer_and_a_retry_with_the_key(db: Database, tried: Tried) -> None:
    numbers = [str(n) for n in range(CUT)]
    await make_orders(db, numbers)
    await make_station(db)
    rng = random.Random(SEED)
    first_desk, second_desk = desk(db), desk(db)
    at_once = asyncio.Semaphore(24)

    async def one_client(number: str) -> tuple[bool, bytes, bytes]:
        async with at_once:
            too_late = await cut(check_in(first_desk, number, key=number), rng.choice((0.0, rng.uniform(0.0, 0.03))))
            retried = await answered(lambda: check_in(rng.choice((first_desk, second_desk)), number, key=number))
            again = await answered(lambda: check_in(second_desk, number, key=number))
            return too_late, retried, again

    answers = await asyncio.gather(*map(one_client, numbers))

    assert [retried for _, retried, _ in answers] == [f'[200,"{number}",2,""]'.encode() for number in numbers]
    assert [again for _, _, again in answers] == [retried for _, retried, _ in answers]
    assert [await count(db, table) for table in ("scans", "events", "answers")] == [CUT, CUT, CUT]
    lost = sum(too_late for too_late, _, _ in answers)
    assert lost > CUT / 10
    tried(f"{engine(db)}: {CUT} check-ins, {lost} answers lost, seed {SEED}: 0 lost, 0 doubled, every answer repeated")


@pytest.mark.promise("R9")
@pytest.mark.control
async def test_r9_without_a_key_it_happens_twice(db: Database) -> None:
    """The negative control."""
    numbers = [str(n) for n in range(50)]
    await make_orders(db, numbers)
    await make_station(db)
    at_the_desk = desk(db)

    for number in numbers:
        await cut(check_in(at_the_desk, number), after=1.0)
        await check_in(at_the_desk, number)

    assert await count(db, "scans") > 50


async def cancelled_by_tray(at_the_desk: Desk, **protection: object) -> list[Done | Replayed | BaseException]:
    """Cancel what is in each of the trays."""
    given = [{name: value(tray) for name, value in protection.items() if callable(value)} for tray in range(REUSED)]
    at_once = asyncio.Semaphore(CLIENTS)

    async def one_client(tray: int) -> Done | Replayed:
        async with at_once, asyncio.timeout(60):
            while True:
                try:
                    return await cancel(at_the_desk, f"{tray:05}", **given[tray])
                except Unavailable:
                    await asyncio.sleep(0.1)

    return await asyncio.gather(*map(one_client, range(REUSED)), return_exceptions=True)


async def trays_in_use(db: Database) -> None:
    """Orders A0, A1, … in trays 0, 1, …, and B0, B1, … without one."""
    await make_orders(db, [f"{kind}{n}" for n in range(REUSED) for kind in "AB"])
    await execute(db, _GIVE_TRAYS)


async def trays_reused(db: Database) -> None:
    """Each tray goes from A to B."""
    await execute(db, _RELEASE)
    await execute(db, _REUSE)


_NUMBER = "CAST(substr(order_number, 2) AS integer)"
_GIVE_TRAYS = Sql.same(f"UPDATE orders SET tray_key = {_NUMBER} WHERE order_number LIKE 'A%'")
_RELEASE = Sql.same("UPDATE orders SET tray_key = NULL, revision = revision + 1 WHERE order_number LIKE 'A%'")
_REUSE = Sql.same(f"UPDATE orders SET tray_key = {_NUMBER}, revision = revision + 1 WHERE order_number LIKE 'B%'")
_WRONG = Sql.same("SELECT count(*) FROM orders WHERE order_number LIKE 'B%' AND cancelled_at IS NOT NULL")
_RIGHT = Sql.same("SELECT count(*) FROM orders WHERE order_number LIKE 'A%' AND cancelled_at IS NOT NULL")


async def right_and_wrong(db: Database) -> tuple[int, int]:
    return (await execute(db, _RIGHT))[0][0], (await execute(db, _WRONG))[0][0]


@pytest.mark.promise("R10")
async def test_r10_with_a_key_the_retry_gets_the_first_answer(db: Database, tried: Tried) -> None:
    await trays_in_use(db)
    lost = await cancelled_by_tray(desk(db), key=str)
    await trays_reused(db)

    again = await cancelled_by_tray(desk(db), key=str)

    assert await right_and_wrong(db) == (REUSED, 0)
    assert again == [Replayed(answer_of(first)) for first in lost if isinstance(first, Done)]
    tried(f"{engine(db)}: {REUSED} trays re-used, retries with a key: 0 wrong orders cancelled")


@pytest.mark.promise("R10")
async def test_r10_with_an_entity_tag_the_retry_is_refused(db: Database, tried: Tried) -> None:
    await trays_in_use(db)
    await cancelled_by_tray(desk(db), if_match=lambda tray: f'"A{tray}-1"')
    await trays_reused(db)

    again = await cancelled_by_tray(desk(db), if_match=lambda tray: f'"A{tray}-1"')

    assert await right_and_wrong(db) == (REUSED, 0)
    assert {type(outcome) for outcome in again} == {OrderChanged}
    tried(f"{engine(db)}: {REUSED} trays re-used, retries with If-Match: 0 wrong orders cancelled")


@pytest.mark.promise("R10")
@pytest.mark.control
async def test_r10_without_either_the_next_order_is_cancelled(db: Database) -> None:
    """The negative control: this is what the key and the entity tag are for."""
    await trays_in_use(db)
    await cancelled_by_tray(desk(db))
    await trays_reused(db)

    await cancelled_by_tray(desk(db))

    assert await right_and_wrong(db) == (REUSED, REUSED)
