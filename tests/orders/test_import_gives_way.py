"""An import beside others who write: short steps and rests, at full speed when nobody does."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest

from tests.builders import make_customer, make_order
from tests.orders.test_importing import a_line, import_
from traylane.db.database import Database, Sql, Transaction
from traylane.db.postgres import PostgresTransaction
from traylane.db.sqlite import SqliteTransaction
from traylane.orders import import_pace
from traylane.orders.import_blocks import FIRST_LINES, MOST_LINES
from traylane.orders.import_pace import AIM_SECONDS, BRIEF_SECONDS, CHUNK_ROWS, FEWEST_ROWS, LONGEST_REST, Pace
from traylane.orders.importing import Summary

LINES = [a_line(orderNumber=f"A{n}") for n in range(FIRST_LINES)]


@pytest.fixture
def rests(db: Database, monkeypatch: pytest.MonkeyPatch, runner: asyncio.Runner) -> list[float]:
    """How long the import rested each time; nobody waits for it."""
    rested: list[float] = []

    async def rest(seconds: float) -> None:
        rested.append(seconds)

    runner.run(make_customer(db))
    monkeypatch.setattr(import_pace, "CHUNK_ROWS", 20)
    monkeypatch.setattr(asyncio, "sleep", rest)
    return rested


def others(monkeypatch: pytest.MonkeyPatch, *, wait: bool) -> None:
    async def others_wait(_: Transaction) -> bool:
        return wait

    for transaction in (SqliteTransaction, PostgresTransaction):
        monkeypatch.setattr(transaction, "others_wait", others_wait)


async def test_it_rests_after_each_step_that_others_waited_for(
    db: Database, rests: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    others(monkeypatch, wait=True)
    assert await import_(db, LINES) == (Summary(imported=FIRST_LINES), [])
    assert len(rests) == FIRST_LINES / 20
    assert all(0 < seconds <= LONGEST_REST for seconds in rests)


async def test_it_never_rests_for_long(db: Database, rests: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    others(monkeypatch, wait=True)
    monkeypatch.setattr(import_pace, "RESTS", 1e9)
    await import_(db, LINES)
    assert set(rests) == {LONGEST_REST}


async def test_it_does_not_rest_when_nobody_waits(
    db: Database, rests: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    others(monkeypatch, wait=False)
    await import_(db, LINES)
    assert rests == []


@pytest.mark.parametrize(
    ("seconds", "others_wait", "one_writer", "expected"),
    [
        (0.001, True, True, CHUNK_ROWS),
        (BRIEF_SECONDS * 2, True, True, CHUNK_ROWS // 2),
        (BRIEF_SECONDS * 2, True, False, CHUNK_ROWS // 2),
        (AIM_SECONDS * 2, False, True, CHUNK_ROWS // 2),
        (60, True, True, FEWEST_ROWS),
        (60, False, False, 2 * CHUNK_ROWS),
    ],
)
async def test_a_step_is_brief_where_others_wait(
    monkeypatch: pytest.MonkeyPatch, seconds: float, others_wait: bool, one_writer: bool, expected: int
) -> None:
    """Its commit is a part of it: on a slow disk it is the larger one."""
    times = iter([0.0, *([seconds] if one_writer else []), seconds])
    monkeypatch.setattr(import_pace, "perf_counter", lambda: next(times))
    monkeypatch.setattr(import_pace, "RESTS", 0)
    pace = Pace()
    pace.begin()
    assert pace.end(CHUNK_ROWS, others_wait=others_wait, one_writer=one_writer) is others_wait
    await pace.rest()
    assert pace.rows == expected


def test_a_step_that_nobody_waits_for_grows_to_a_whole_block() -> None:
    pace = Pace()
    for _ in range(10):
        pace.end(pace.rows, others_wait=False, one_writer=False)
    assert pace.rows == MOST_LINES


@pytest.mark.parametrize(
    ("statement", "waits"),
    [
        ("UPDATE orders SET revision = revision", True),
        ("SELECT * FROM orders", False),
        ("UPDATE config SET version = version", False),
    ],
)
async def test_on_postgresql_others_wait_while_they_change_an_order(
    postgres: Database, postgres_url: str, statement: str, waits: bool
) -> None:
    """The sealer and the counter, which follow the import itself, are nobody who waits."""
    await make_order(postgres)
    beside = await asyncpg.connect(postgres_url)
    changing = beside.transaction()
    await changing.start()
    await beside.execute(statement)
    during = await postgres.read(lambda tx: tx.others_wait())
    await changing.rollback()
    after = await postgres.read(lambda tx: tx.others_wait())
    await beside.close()
    assert (during, after) == (waits, False)


async def test_on_postgresql_nobody_waits_for_himself(postgres: Database) -> None:
    async def work(tx: Transaction) -> bool:
        await tx.rows(Sql.same("UPDATE orders SET revision = revision"))
        return await tx.others_wait()

    assert await postgres.write(work) is False
