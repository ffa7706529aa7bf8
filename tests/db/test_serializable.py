"""SERIALIZABLE, with statements that fail by 40001 and commits whose answer is lost: nothing is lost or done twice."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.builders import cancel, desk, execute, make_orders, make_reason
from tests.serializable import failing
from traylane.db.database import Collision, Database, Sql, Transaction
from traylane.db.postgres import PostgresDatabase
from traylane.errors import Unavailable
from traylane.orders import change
from traylane.orders.change import Outcome

pytestmark = [pytest.mark.undisturbed, pytest.mark.again]

EVENTS = Sql.same("SELECT count(*), count(DISTINCT subject_id) FROM events WHERE type = 'order.cancelled'")
NUMBERS = [str(n) for n in range(40)]


@asynccontextmanager
async def strict(url: str) -> AsyncIterator[Database]:
    db = PostgresDatabase(url, session={"default_transaction_isolation": "serializable"})
    await db.open()
    try:
        yield db
    finally:
        await db.close()


async def cancelled(db: Database) -> tuple[Counter[str], list[str]]:
    """What forty orders come to, each of them cancelled three times at once, and what was planted."""
    await make_reason(db, "CUS")
    await make_orders(db, NUMBERS)
    statements, commits = itertools.count(1), itertools.count()
    with failing(lambda: next(statements) % 11 == 0, lambda: next(commits) in {0, 2}) as planted:
        at_the_desk = desk(db)
        outcomes = await asyncio.gather(
            *[cancel(at_the_desk, number) for number in NUMBERS * 3], return_exceptions=True
        )
        await at_the_desk.close()
    return Counter(type(outcome).__name__ for outcome in outcomes), planted


async def test_each_order_is_cancelled_once_whatever_fails(postgres_url: str) -> None:
    async with strict(postgres_url) as db:
        kinds, planted = await cancelled(db)
        [(events, orders)] = await execute(db, EVENTS)
    assert kinds == {"Done": 40, "AlreadyCancelled": 80}
    assert (events, orders) == (40, 40)
    assert set(planted) == {"40001", "lost"}


async def test_a_desk_that_does_not_look_for_its_event_is_found_out(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(*_: object) -> dict[int, Outcome]:
        return {}

    monkeypatch.setattr(change, "recovered", nothing)
    async with strict(postgres_url) as db:
        kinds, planted = await cancelled(db)
    assert "lost" in planted
    assert kinds["Done"] < 40


@pytest.mark.parametrize("ask", ["read", "write", "browse"])
async def test_a_conflict_is_tried_again_by_the_database_itself(postgres: Database, ask: str) -> None:
    tried = []

    async def work(tx: Transaction) -> str:
        tried.append(1)
        if len(tried) < 4:
            raise Collision("serialization")
        return "done"

    assert await getattr(postgres, ask)(work) == "done"


async def test_a_read_that_always_collides_ends(postgres: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("random.uniform", lambda *_: 0.0)
    tried = []

    async def work(tx: Transaction) -> None:
        tried.append(1)
        raise Collision("serialization")

    with pytest.raises(Unavailable):
        await postgres.read(work)
    assert len(tried) == 8
