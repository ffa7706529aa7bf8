"""A restore against a cancel, another restore, and whoever wants its tray: one of them wins, nothing is half done."""

from __future__ import annotations

import asyncio
import random

import pytest

from tests.builders import (
    EARLIER,
    NOW,
    answer_of,
    cancel,
    count,
    desk,
    execute,
    make_order,
    order,
    restore,
)
from traylane.access.idempotency import RestoredSince
from traylane.db.database import Collision, Database, Sql
from traylane.errors import Refused
from traylane.orders.change import Done, Replayed

TIMES = 60
SEED = 20261102
_GIVE = Sql.same("UPDATE orders SET tray_key = $1, tray_number = $2, revision = revision + 1 WHERE order_number = $3")
_RELEASE = Sql.same("UPDATE orders SET tray_key = NULL, revision = revision + 1 WHERE order_number = $1")
_HOLDERS = Sql.same("SELECT count(*) FROM orders WHERE tray_key = $1")


async def told(asking: object) -> object:
    """The outcome, or the refusal."""
    try:
        return await asking  # type: ignore[misc]
    except Refused as refusal:
        return refusal


async def test_of_many_restores_of_one_order_one_is_made(db: Database) -> None:
    await make_order(db, "1001", cancelled_at=NOW)
    at_the_desk, other = desk(db), desk(db)
    said = await asyncio.gather(*[told(restore(one, "1001")) for _ in range(8) for one in (at_the_desk, other)])
    assert sum(isinstance(outcome, Done) for outcome in said) == 1
    assert {outcome.code for outcome in said if isinstance(outcome, Refused)} == {"not_cancelled"}
    assert await count(db, "events") == 1


async def test_a_restore_and_a_cancel_of_one_order_take_turns(db: Database) -> None:
    """Whatever comes first: every event follows from the one before it, and the row is what the last one says."""
    await make_order(db, "1001")
    at_the_desk, other = desk(db), desk(db)
    rng = random.Random(SEED)
    both = [told(cancel(at_the_desk, "1001")) for _ in range(TIMES)] + [told(restore(other)) for _ in range(TIMES)]
    rng.shuffle(both)
    said = await asyncio.gather(*both)
    types = [row[0] for row in await execute(db, Sql.same("SELECT type FROM events ORDER BY seq"))]
    assert types == (["order.cancelled", "order.restored"] * TIMES)[: len(types)]
    assert len(types) == sum(isinstance(outcome, Done) for outcome in said)
    assert (await order(db)).is_cancelled is (types[-1] == "order.cancelled")


async def test_two_restored_orders_never_hold_one_tray(db: Database) -> None:
    for n in range(TIMES):
        for number in (f"A{n}", f"B{n}"):
            await make_order(db, number, tray=str(n), cancelled_at=NOW, released=True)
    at_the_desk, other = desk(db), desk(db)
    said = await asyncio.gather(
        *[restore(one, f"{name}{n}") for n in range(TIMES) for one, name in ((at_the_desk, "A"), (other, "B"))]
    )
    pairs = [
        [outcome.order.tray for outcome in said[2 * n : 2 * n + 2] if isinstance(outcome, Done)] for n in range(TIMES)
    ]
    assert [sorted(pair) for pair in pairs] == [sorted(["", str(n)]) for n in range(TIMES)]
    holders = [(await execute(db, _HOLDERS, n))[0][0] for n in range(TIMES)]
    assert holders == [1] * TIMES


async def test_a_tray_that_is_given_away_meanwhile_has_one_holder(db: Database) -> None:
    rng = random.Random(SEED)
    for n in range(TIMES):
        await make_order(db, f"A{n}", tray=str(n), cancelled_at=NOW, released=True)
        await make_order(db, f"B{n}")
    at_the_desk = desk(db)

    async def give(n: int) -> bool:
        await asyncio.sleep(rng.uniform(0, 0.01))
        try:
            await execute(db, _GIVE, n, str(n), f"B{n}")
        except Collision:
            return False
        return True

    async def take_back(n: int) -> str:
        await asyncio.sleep(rng.uniform(0, 0.01))
        outcome = await restore(at_the_desk, f"A{n}")
        assert isinstance(outcome, Done)
        return outcome.order.tray

    said = [await asyncio.gather(give(n), take_back(n)) for n in range(TIMES)]
    assert {(True, ""), (False, "x")} >= {(given, "x" if tray else "") for given, tray in said}
    assert [(await execute(db, _HOLDERS, n))[0][0] for n in range(TIMES)] == [1] * TIMES


@pytest.mark.promise("R10")
async def test_r10_a_late_retry_after_a_restore_cancels_nothing(db: Database) -> None:
    """The answer is lost, the order restored, its tray re-used: the retry by tray with its key meets neither order."""
    for n in range(TIMES):
        await make_order(db, f"A{n}", tray=str(n), details={})
        await make_order(db, f"B{n}")
    at_the_desk = desk(db)
    lost = await asyncio.gather(*[cancel(at_the_desk, str(n), key=f"k{n}") for n in range(TIMES)])
    await asyncio.gather(*[restore(at_the_desk, f"A{n}") for n in range(TIMES)])
    for n in range(TIMES):
        await execute(db, _RELEASE, f"A{n}")
        await execute(db, _GIVE, n, str(n), f"B{n}")
    again = await asyncio.gather(*[told(cancel(at_the_desk, str(n), key=f"k{n}")) for n in range(TIMES)])
    assert all(isinstance(first, Done) for first in lost)
    assert {type(outcome) for outcome in again} == {RestoredSince}
    assert await count(db, "orders WHERE cancelled_at IS NOT NULL") == 0


async def test_a_restores_own_answer_is_repeated(db: Database) -> None:
    await make_order(db, "1001", cancelled_at=EARLIER)
    at_the_desk = desk(db, now=EARLIER)
    first = await restore(at_the_desk, key="k", now=EARLIER)
    again = await restore(at_the_desk, key="k", now=EARLIER)
    assert isinstance(first, Done)
    assert again == Replayed(answer_of(first))
