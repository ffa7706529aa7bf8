"""The traps on the way of a cancel, each by its name.

What happens between look and write is in tests/orders/test_change.py; SQLite's own traps are in test_sqlite.py.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest

from tests import standstill
from tests.builders import (
    EARLIER,
    NOW,
    answer_of,
    cancel,
    check_in,
    count,
    desk,
    execute,
    fingerprint_of,
    make_order,
    make_orders,
    make_station,
    order,
)
from tests.db import outside
from traylane.access.actor import COMMAND_LINE, Actor
from traylane.access.idempotency import KeyInUse, KeyReused, Retry
from traylane.db import connect
from traylane.db.batch import Lane
from traylane.db.database import Database, Row, Sql, Transaction
from traylane.db.postgres import PostgresDatabase
from traylane.errors import Busy, OutcomeUnknown, Unavailable
from traylane.orders import store
from traylane.orders.attempts import Attempts
from traylane.orders.cancel import CANCEL
from traylane.orders.cancel_rules import AlreadyCancelled, CancelRequest
from traylane.orders.change import Changer, Done, Outcome, Replayed, Request
from traylane.orders.desk import Desk
from traylane.orders.lookup import Kind, RecordNotFound, Ref
from traylane.policy.model import Policy
from traylane.policy.rulebook import Rulebook


async def all_at_once(at_the_desk: Desk, numbers: Sequence[str], **asked: Any) -> list[Any]:
    """Cancel orders in one batch: all are waiting before the lane takes the first."""
    return await asyncio.gather(*[cancel(at_the_desk, number, **asked) for number in numbers], return_exceptions=True)


@asynccontextmanager
async def patient(url: str, *, seconds: int = 20) -> AsyncIterator[Database]:
    """A database that waits for a lock until the test has done what it waits for, or so long."""
    db = PostgresDatabase(url, session={"lock_timeout": str(1_000 * seconds)})
    await db.open()
    try:
        yield db
    finally:
        await db.close()


def kinds(outcomes: Sequence[object]) -> Counter[str]:
    return Counter(type(outcome).__name__ for outcome in outcomes)


# --- two items for one order, or one idempotency key, in one batch ---


async def test_two_items_for_one_order_in_one_batch(db: Database) -> None:
    await make_order(db)

    outcomes = await all_at_once(desk(db), ["1001"] * 8)

    assert kinds(outcomes) == {"Done": 1, "AlreadyCancelled": 7}
    assert await count(db, "events") == 1
    assert (await order(db)).revision == 2


async def test_two_items_for_one_order_by_different_numbers(db: Database) -> None:
    await make_order(db, "1001", tray="00123", po="A/17")

    outcomes = await all_at_once(desk(db), ["A/17", "123", "1001", "00123"])

    assert kinds(outcomes) == {"Done": 1, "AlreadyCancelled": 3}
    assert await count(db, "events") == 1


async def test_eight_scans_of_one_order_at_once_are_eight_places(db: Database) -> None:
    await make_station(db)
    await make_order(db)
    at_the_desk = desk(db)

    outcomes = await asyncio.gather(*[check_in(at_the_desk) for _ in range(8)])

    assert sorted(o.order.scan_count for o in outcomes if isinstance(o, Done)) == [1, 2, 3, 4, 5, 6, 7, 8]
    rows = await execute(db, Sql.same("SELECT seq FROM scans ORDER BY seq"))
    assert [row[0] for row in rows] == [1, 2, 3, 4, 5, 6, 7, 8]


def keyed(given: str, key: str) -> Request[CancelRequest]:
    retry = Retry("portal", key, fingerprint_of(given))
    return Request(Ref(given), CancelRequest(), COMMAND_LINE, NOW, retry=retry, present=answer_of)


async def test_two_items_with_one_idempotency_key_in_one_batch(db: Database) -> None:
    await make_orders(db, ["1", "2"])
    lane: Lane[Request[CancelRequest], Outcome] = Lane(db, Changer(CANCEL, Rulebook(), Attempts()).run)

    outcomes = await asyncio.gather(
        *[lane.submit(keyed(given, "k1")) for given in ("1", "1", "2")], lane.submit(keyed("2", "k2"))
    )

    first = outcomes[0]
    assert isinstance(first, Done)
    assert outcomes[1] == Replayed(answer_of(first))
    assert isinstance(outcomes[2], KeyReused)
    assert isinstance(outcomes[3], Done)
    assert [await count(db, table) for table in ("events", "answers")] == [2, 2]


async def test_outcomes_are_matched_by_position(db: Database) -> None:
    await make_orders(db, [str(n) for n in range(40)])
    given = [str(n) if n % 3 else f"no{n}" for n in range(40)]

    outcomes = await all_at_once(desk(db), given)

    got = [outcome.order.number if isinstance(outcome, Done) else outcome.data["provided"] for outcome in outcomes]
    assert got == given


# --- one bad item never spoils its neighbours ---


async def test_an_item_that_no_engine_can_store_fails_alone(db: Database) -> None:
    await make_orders(db, [str(n) for n in range(8)])
    at_the_desk = desk(db)
    broken = Actor("\ud800", frozenset())

    outcomes = await asyncio.gather(
        *[cancel(at_the_desk, str(n), actor=broken if n == 5 else COMMAND_LINE) for n in range(8)],
        return_exceptions=True,
    )

    assert isinstance(outcomes.pop(5), (UnicodeEncodeError, asyncpg.DataError))
    assert kinds(outcomes) == {"Done": 7}
    assert await count(db, "events") == 7


async def test_a_unique_violation_fails_alone(db: Database) -> None:
    await make_orders(db, [str(n) for n in range(8)])
    # Somebody has put an event where the next one of order 5 belongs.
    await execute(
        db,
        Sql.same("""
            INSERT INTO events (id, subject_id, seq, type, at, actor, data)
            SELECT id, id, 2, 't', 1, 'a', '{}' FROM orders WHERE order_number = '5'"""),
    )

    outcomes = await all_at_once(desk(db), [str(n) for n in range(8)])

    assert kinds(outcomes) == {"Done": 7, "Busy": 1}
    assert isinstance(outcomes[5], Busy)
    assert not (await order(db, "5")).is_cancelled
    assert await count(db, "events") == 8


async def test_an_item_that_is_tried_again_and_again_does_not_hold_up_the_lane(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its long pauses last until somebody else was served."""
    sleep, pauses, served = asyncio.sleep, asyncio.Event(), asyncio.Event()

    async def pause(seconds: float) -> None:
        if seconds < 0.1:
            await sleep(seconds)
        else:
            pauses.set()
            await served.wait()

    monkeypatch.setattr(asyncio, "sleep", pause)
    await make_orders(db, ["1", "2"])
    await execute(
        db,
        Sql.same("""
            INSERT INTO events (id, subject_id, seq, type, at, actor, data)
            SELECT id, id, 2, 't', 1, 'a', '{}' FROM orders WHERE order_number = '1'"""),
    )
    at_the_desk = desk(db)
    bad = asyncio.create_task(cancel(at_the_desk, "1"))
    async with asyncio.timeout(20):
        await pauses.wait()
        await cancel(at_the_desk, "2")

    assert not bad.done()
    served.set()
    assert kinds(await asyncio.gather(bad, return_exceptions=True)) == {"Busy": 1}


async def test_refusals_in_a_batch_that_is_split_are_counted_once(db: Database) -> None:
    await make_orders(db, ["1", "2"])
    await make_order(db, "3", cancelled_at=EARLIER)
    await execute(
        db,
        Sql.same("""
            INSERT INTO events (id, subject_id, seq, type, at, actor, data)
            SELECT id, id, 2, 't', 1, 'a', '{}' FROM orders WHERE order_number = '1'"""),
    )
    at_the_desk = desk(db)

    await all_at_once(at_the_desk, ["1", "2", "3"])
    await at_the_desk.close()

    assert [row[0] for row in await execute(db, Sql.same("SELECT count FROM attempts"))] == [1]


async def test_a_serialization_failure_is_tried_again(postgres: Database, postgres_url: str) -> None:
    await make_orders(postgres, [str(n) for n in range(8)])
    strict = {"default_transaction_isolation": "repeatable read", "lock_timeout": "20000"}
    db = PostgresDatabase(postgres_url, session=strict)
    await db.open()
    async with outside.transaction(
        postgres_url, "UPDATE orders SET revision = revision + 1 WHERE order_number = '5'"
    ) as other:
        asking = asyncio.create_task(all_at_once(desk(db), [str(n) for n in range(8)]))
        await outside.until_somebody_waits(other)
        # The batch waits for this row under a snapshot that is now too old: 40001.
        await other.execute("COMMIT")
        outcomes = await asking
    await db.close()

    assert kinds(outcomes) == {"Done": 8}
    assert outcomes[5].order.revision == 3


async def test_the_batch_that_loses_a_deadlock_is_tried_again(postgres: Database, postgres_url: str) -> None:
    await make_orders(postgres, [str(n) for n in range(8)])
    first, last = [row[0] for row in await execute(postgres, _BY_ID)][::7]
    await outside.execute(postgres_url, _set(postgres_url, "deadlock_timeout = '100ms'"))
    async with (
        patient(postgres_url) as db,
        outside.transaction(
            postgres_url,
            "SET LOCAL deadlock_timeout = '10s'",
            f"SELECT FROM orders WHERE order_number = '{last}' FOR UPDATE",
        ) as other,
    ):
        asking = asyncio.create_task(all_at_once(desk(db), [str(n) for n in range(8)]))
        await outside.until_somebody_waits(other)
        # The batch holds the first row and waits for the last; this session the other way round.
        await other.execute(f"SELECT FROM orders WHERE order_number = '{first}' FOR UPDATE")
        await other.execute("COMMIT")
        outcomes = await asking

    assert kinds(outcomes) == {"Done": 8}
    assert await _deadlocks(postgres_url, at_least=1) >= 1


_BY_ID = Sql.same("SELECT order_number FROM orders ORDER BY id")


def _set(url: str, what: str) -> str:
    return f'ALTER DATABASE "{url.rpartition("/")[2]}" SET {what}'


async def _deadlocks(url: str, *, at_least: int = 0) -> int:
    """How many sessions of this database had to give way.

    Sessions report when they end, and end some time after they were closed: `at_least` so many are waited for.
    """
    link = await asyncpg.connect(url)
    try:
        async with asyncio.timeout(20):
            while (found := await link.fetchval(_GAVE_WAY)) < at_least:  # noqa: ASYNC110 (only the server knows)
                await asyncio.sleep(0.01)
        return int(found)
    finally:
        await link.close()


async def _others(url: str) -> set[int]:
    """The other sessions of this database. One that has gone from here has reported."""
    link = await asyncpg.connect(url)
    try:
        return {row[0] for row in await link.fetch(_SESSIONS)}
    finally:
        await link.close()


_GAVE_WAY = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
_SESSIONS = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


async def test_rows_are_locked_in_id_order(postgres: Database, postgres_url: str) -> None:
    """Two services whose batches cross never deadlock."""
    numbers = [str(n) for n in range(24)]
    await make_orders(postgres, numbers)
    await make_station(postgres)
    await outside.execute(postgres_url, _set(postgres_url, "deadlock_timeout = '1ms'"))
    before, there = await _deadlocks(postgres_url), await _others(postgres_url)
    services = [connect.database(postgres_url) for _ in range(2)]
    for db in services:
        await db.open()
    one, two = map(desk, services)

    for _ in range(15):
        up, down = [check_in(one, n) for n in numbers], [check_in(two, n) for n in reversed(numbers)]
        outcomes = await asyncio.gather(*up, *down, return_exceptions=True)
        assert set(kinds(outcomes)) <= {"Done", "Busy"}
    for db in services:
        await db.close()
    async with asyncio.timeout(20):
        while await _others(postgres_url) - there:  # noqa: ASYNC110 (only the server knows)
            await asyncio.sleep(0.01)

    assert await _deadlocks(postgres_url) == before


async def test_a_deadlock_would_be_counted(postgres: Database, postgres_url: str) -> None:
    """The negative control of the test above: without an order of the locks it happens, and shows."""
    await make_orders(postgres, ["1", "2"])
    before = await _deadlocks(postgres_url)
    lock = "SELECT FROM orders WHERE order_number = '{}' FOR UPDATE"
    quick = "SET LOCAL deadlock_timeout = '10ms'"

    async with (
        outside.transaction(postgres_url, quick, lock.format(1)) as one,
        outside.transaction(postgres_url, quick, lock.format(2)) as two,
    ):
        outcomes = await asyncio.gather(
            one.execute(lock.format(2)), two.execute(lock.format(1)), return_exceptions=True
        )

    assert kinds(outcomes)["DeadlockDetectedError"] == 1
    assert await _deadlocks(postgres_url, at_least=before + 1) == before + 1


# --- a failed commit fails all ---


async def test_a_failed_commit_fails_all_on_postgres(postgres: Database, postgres_url: str) -> None:
    await make_orders(postgres, [str(n) for n in range(8)])
    await outside.execute(
        postgres_url,
        """CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'no space' USING ERRCODE = '53100'; END $$""",
        """CREATE CONSTRAINT TRIGGER at_the_commit AFTER INSERT ON events DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION fail()""",
    )

    outcomes = await all_at_once(desk(postgres), [str(n) for n in range(8)])

    assert kinds(outcomes) == {"Unavailable": 8}
    assert str(outcomes[0]) == "Service unavailable; The database's disk is full; nothing was done"
    assert await _cancelled(postgres) == 0


async def test_a_full_disk_fails_all_on_sqlite_and_passes(sqlite: Database) -> None:
    numbers = [str(n) for n in range(300)]
    await make_orders(sqlite, numbers)
    at_the_desk = desk(sqlite)
    limit = (await execute(sqlite, Sql.same("PRAGMA page_count")))[0][0]
    await execute(sqlite, Sql.same(f"PRAGMA max_page_count = {limit}"))

    outcomes = await all_at_once(at_the_desk, numbers[:64])
    cancelled_meanwhile = await _cancelled(sqlite)
    await execute(sqlite, Sql.same("PRAGMA max_page_count = 1000000"))
    again = await all_at_once(at_the_desk, numbers[:64])

    assert kinds(outcomes) == {"Unavailable": 64}
    assert "is full: free some space" in str(outcomes[0].__cause__)
    assert cancelled_meanwhile == 0
    assert kinds(again) == {"Done": 64}


async def test_a_database_that_became_read_only_fails_all(postgres: Database, postgres_url: str) -> None:
    await make_orders(postgres, ["1", "2"])
    await outside.execute(postgres_url, _set(postgres_url, "default_transaction_read_only = on"))
    db = connect.database(postgres_url)
    await db.open()

    outcomes = await all_at_once(desk(db), ["1", "2"])
    await db.close()

    assert kinds(outcomes) == {"Unavailable": 2}
    assert "read-only just now" in str(outcomes[0])


async def _cancelled(db: Database) -> int:
    rows = await execute(db, Sql.same("SELECT count(*) FROM orders WHERE cancelled_at IS NOT NULL"))
    cancelled: int = rows[0][0]
    return cancelled


# --- a scan that holds an order's row ---


async def test_a_held_row_does_not_stall_the_batch(postgres: Database, postgres_url: str) -> None:
    """The batch waits for it once; then each goes alone, and nobody else waits for it again."""
    await make_orders(postgres, [str(n) for n in range(64)])
    hold = "SELECT FROM orders WHERE order_number = '3' FOR UPDATE"

    async with patient(postgres_url, seconds=3) as db, outside.transaction(postgres_url, hold) as other:
        at_the_desk = desk(db)
        started = standstill.now()
        held, *others = [asyncio.create_task(cancel(at_the_desk, str(n))) for n in (3, *range(3), *range(4, 64))]
        outcomes = await asyncio.gather(*others)
        longest, took, was_done = time.monotonic() - started, standstill.since(started), held.done()
        await other.execute("COMMIT")
        outcomes.append(await held)

    assert kinds(outcomes) == {"Done": 64}
    assert longest >= 3
    assert took < 2 * 3
    assert not was_done


async def test_a_row_that_stays_held_is_busy(postgres: Database, postgres_url: str) -> None:
    await make_orders(postgres, [str(n) for n in range(8)])

    async with outside.transaction(postgres_url, "SELECT FROM orders WHERE order_number = '3' FOR UPDATE"):
        started = standstill.now()
        outcomes = await all_at_once(desk(postgres), [str(n) for n in range(8)])
        took = standstill.since(started)

    assert isinstance(outcomes.pop(3), Busy)
    assert kinds(outcomes) == {"Done": 7}
    assert took < 5.0


async def test_a_held_row_is_waited_for(postgres: Database, postgres_url: str) -> None:
    await make_order(postgres)

    async with outside.transaction(postgres_url, "SELECT FROM orders FOR UPDATE") as other:
        asking = asyncio.create_task(cancel(desk(postgres)))
        await outside.until_somebody_waits(other)
        await asyncio.sleep(0.3)
        await other.execute("COMMIT")

        assert isinstance(await asking, Done)


async def test_who_comes_after_a_held_row_is_served(postgres: Database, postgres_url: str) -> None:
    await make_orders(postgres, ["1", "2", "3"])
    at_the_desk = desk(postgres)

    async with outside.transaction(postgres_url, "SELECT FROM orders WHERE order_number = '1' FOR UPDATE") as other:
        held = asyncio.create_task(cancel(at_the_desk, "1"))
        await outside.until_somebody_waits(other)
        started = standstill.now()
        await cancel(at_the_desk, "2")
        took = standstill.since(started)

    assert took < 0.5
    assert isinstance(await held, Done)


# --- the kinds are ranked ---


class Reversed:
    """A transaction that hands out the rows of each answer back to front: SQL promises no order."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self.pick, self.append, self.others_wait = tx.pick, tx.append, tx.others_wait

    async def rows(self, sql: Sql, *parameters: Any) -> Sequence[Row]:
        return list(await self._tx.rows(sql, *parameters))[::-1]

    async def each(self, sql: Sql, tuples: Sequence[tuple[Any, ...]], *common: Any) -> Sequence[Sequence[Row]]:
        return [list(rows)[::-1] for rows in await self._tx.each(sql, tuples, *common)]

    async def many(self, sql: Sql, tuples: Sequence[tuple[Any, ...]]) -> None:
        await self._tx.many(sql, tuples)


async def test_the_kinds_are_ranked_whatever_order_the_rows_come_in(db: Database) -> None:
    await make_order(db, "55")
    await make_order(db, "2", tray="55")
    await make_order(db, "3", po="55")

    refs = [Ref("55"), Ref("55")]
    _, found = await db.read(lambda tx: store.find(Reversed(tx), refs, Policy(1)))
    _, [alone] = await db.read(lambda tx: store.find(Reversed(tx), refs[:1], Policy(1)))

    for hits in (*found, alone):
        assert [(hit.kind, hit.order.number) for hit in hits] == [(Kind.ORDER, "55"), (Kind.TRAY, "2"), (Kind.PO, "3")]


# --- a client hangs up ---


async def test_a_client_that_hangs_up_does_not_kill_the_writer(db: Database) -> None:
    await make_orders(db, [str(n) for n in range(10)])
    at_the_desk = desk(db)
    asking = [asyncio.create_task(cancel(at_the_desk, str(n))) for n in range(10)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)

    for hung_up in asking[2:5]:
        hung_up.cancel()
    outcomes = await asyncio.gather(*asking, return_exceptions=True)
    await at_the_desk.close()

    assert kinds(outcomes) == {"Done": 7, "CancelledError": 3}
    assert await _cancelled(db) == 10
    assert isinstance((await all_at_once(at_the_desk, ["0"]))[0], AlreadyCancelled)


async def test_all_clients_of_a_batch_hang_up(db: Database) -> None:
    await make_orders(db, [str(n) for n in range(10)])
    at_the_desk = desk(db)
    for pause in range(4):
        asking = [asyncio.create_task(cancel(at_the_desk, str(n))) for n in range(5)]
        for _ in range(pause):
            await asyncio.sleep(0)
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)

    assert kinds(await all_at_once(at_the_desk, ["8", "9"])) == {"Done": 2}


# --- an idempotency key under way in another process ---

UNDER_WAY = f"INSERT INTO answers VALUES ('portal', 'k1', '\\x{{}}', NULL, {NOW}, 'theirs')"


async def test_a_key_under_way_in_another_process_is_in_use(postgres: Database, postgres_url: str) -> None:
    await make_order(postgres)

    async with outside.transaction(postgres_url, UNDER_WAY.format("00")):
        started = standstill.now()
        with pytest.raises(KeyInUse):
            await cancel(desk(postgres), key="k1")
        longest, took = time.monotonic() - started, standstill.since(started)

    assert longest > 0.15
    assert took < 0.6
    assert not (await order(postgres)).is_cancelled


async def test_a_key_under_way_elsewhere_does_not_hold_up_the_batch(postgres: Database, postgres_url: str) -> None:
    await make_orders(postgres, [str(n) for n in range(8)])
    at_the_desk = desk(postgres)

    async with outside.transaction(postgres_url, UNDER_WAY.format("00")):
        outcomes = await asyncio.gather(
            *[cancel(at_the_desk, str(n), key="k1" if n == 5 else None) for n in range(8)], return_exceptions=True
        )

    assert kinds(outcomes) == {"Done": 7, "KeyInUse": 1}


async def test_a_key_that_the_other_process_finishes_with_is_repeated(postgres: Database, postgres_url: str) -> None:
    await make_order(postgres)
    fingerprint = fingerprint_of("1001").hex()

    async with patient(postgres_url) as db, outside.transaction(postgres_url, UNDER_WAY.format(fingerprint)) as other:
        asking = asyncio.create_task(cancel(desk(db), key="k1"))
        await outside.until_somebody_waits(other)
        await other.execute("COMMIT")

        assert await asking == Replayed(b"theirs")
    assert not (await order(postgres)).is_cancelled


async def test_a_key_that_the_other_process_gives_up_is_free(postgres: Database, postgres_url: str) -> None:
    await make_order(postgres)

    async with patient(postgres_url) as db, outside.transaction(postgres_url, UNDER_WAY.format("00")) as other:
        asking = asyncio.create_task(cancel(desk(db), key="k1"))
        await outside.until_somebody_waits(other)
        await other.execute("ROLLBACK")

        assert isinstance(await asking, Done)


# --- the outcome of a commit is not known ---


async def test_a_session_that_is_ended_while_it_writes_is_tried_again(postgres: Database, postgres_url: str) -> None:
    await make_order(postgres)

    async with patient(postgres_url) as db, outside.transaction(postgres_url, "SELECT FROM orders FOR UPDATE") as other:
        asking = asyncio.create_task(cancel(desk(db)))
        await outside.until_somebody_waits(other)
        await outside.end_whoever_waits(other)
        await other.execute("COMMIT")
        done = await asking

    assert isinstance(done, Done)
    assert done.order == await order(postgres)
    assert await count(postgres, "events") == 1


@pytest.mark.parametrize("size", [1, 8])
async def test_an_answer_that_was_lost_after_the_commit_is_found_by_the_events_id(
    postgres: Database, postgres_url: str, size: int
) -> None:
    await make_orders(postgres, [str(n) for n in range(size)])

    async with outside.Proxy(postgres_url, cut_after=b"through the proxy") as proxy:
        db = connect.database(proxy.url)
        await db.open()
        actor = Actor("through the proxy", frozenset())
        outcomes = await all_at_once(desk(db), [str(n) for n in range(size)], actor=actor)
        await db.close()

    assert proxy.cuts == 0
    assert kinds(outcomes) == {"Done": size}
    assert [outcome.order for outcome in outcomes] == [await order(postgres, str(n)) for n in range(size)]
    assert await count(postgres, "events") == size


async def test_a_scan_whose_answer_was_lost_is_not_doubled(postgres: Database, postgres_url: str) -> None:
    await make_station(postgres)
    await make_order(postgres)

    async with outside.Proxy(postgres_url, cut_after=b"through the proxy", cuts=3) as proxy:
        db = connect.database(proxy.url)
        await db.open()
        done = await check_in(desk(db), key="k1", actor=Actor("through the proxy", frozenset()))
        await db.close()

    assert isinstance(done, Done)
    assert [await count(postgres, table) for table in ("scans", "events", "answers")] == [1, 1, 1]


async def test_when_the_database_stays_away_the_outcome_is_unknown(postgres: Database, postgres_url: str) -> None:
    await make_order(postgres)

    async with outside.Proxy(postgres_url, cut_after=b"through the proxy", then_closes=True) as proxy:
        db = connect.database(proxy.url)
        await db.open()
        with pytest.raises(OutcomeUnknown) as refused:
            await cancel(desk(db), actor=Actor("through the proxy", frozenset()))
        await db.close()

    assert refused.value.details() == ["Fetch the order, or repeat the request with its Idempotency-Key"]
    assert (await order(postgres)).is_cancelled


async def test_a_database_that_is_away_from_the_start_has_done_nothing(postgres: Database, postgres_url: str) -> None:
    await make_order(postgres)

    async with outside.Proxy(postgres_url, cut_after=b"SELECT 'go'", then_closes=True) as proxy:
        db = connect.database(proxy.url)
        await db.open()
        with pytest.raises(Unavailable):
            await execute(db, Sql.same("SELECT 'go'"))
        with pytest.raises(Unavailable) as refused:
            await cancel(desk(db))
        await db.close()

    assert not isinstance(refused.value, OutcomeUnknown)
    assert not (await order(postgres)).is_cancelled


async def test_the_service_recovers_when_every_session_was_ended(postgres: Database, postgres_url: str) -> None:
    await make_orders(postgres, [str(n) for n in range(20)])
    at_the_desk = desk(postgres)
    await all_at_once(at_the_desk, [str(n) for n in range(10)])

    await outside.execute(
        postgres_url,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )

    assert kinds(await all_at_once(at_the_desk, [str(n) for n in range(10, 20)])) == {"Done": 10}


# --- too many wait ---


async def test_a_queue_that_is_full_refuses_and_has_done_nothing(db: Database) -> None:
    outcomes = await all_at_once(desk(db), ["nope"] * 1_100)

    assert kinds(outcomes) == {"RecordNotFound": 1_000, "Unavailable": 100}
    assert isinstance(outcomes[999], RecordNotFound)
    assert "Too many requests are waiting" in str(outcomes[1_000])
