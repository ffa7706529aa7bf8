"""Refused attempts are counted by order, actor, code and minute, without a commit each."""

from __future__ import annotations

import pytest

from tests.builders import EARLIER, NOW, cancel, check_in, count, desk, execute, make_order, make_station
from traylane.access.actor import Actor
from traylane.clock import DAY, MINUTE, Instant
from traylane.db import connect
from traylane.db.database import Database, Sql
from traylane.errors import OrderChanged, Unavailable
from traylane.orders import attempts
from traylane.orders.attempts import MOST_WAITING, Attempts
from traylane.orders.cancel_rules import AlreadyCancelled
from traylane.orders.lookup import RecordNotFound
from traylane.orders.model import OrderId

ROWS = Sql.same("SELECT order_id, actor, code, minute, count FROM attempts ORDER BY actor, code, minute")
HALF_PAST = Instant(NOW + 30_000)


async def test_a_refusal_is_counted_once_it_is_flushed(db: Database) -> None:
    id_ = await make_order(db, cancelled_at=EARLIER)
    at_the_desk = desk(db)

    for _ in range(3):
        with pytest.raises(AlreadyCancelled):
            await cancel(at_the_desk, now=HALF_PAST)
    before_the_flush = await count(db, "attempts")
    await at_the_desk.close()

    assert before_the_flush == 0
    assert [tuple(row) for row in await execute(db, ROWS)] == [(id_, "command line", "already_cancelled", NOW, 3)]


async def test_order_actor_code_and_minute_are_counted_apart(db: Database) -> None:
    id_ = await make_order(db, cancelled_at=EARLIER, revision=2)
    await make_station(db)
    at_the_desk = desk(db)

    with pytest.raises(AlreadyCancelled):
        await cancel(at_the_desk)
    with pytest.raises(AlreadyCancelled):
        await cancel(at_the_desk, now=Instant(NOW + MINUTE))
    with pytest.raises(AlreadyCancelled):
        await cancel(at_the_desk, actor=Actor("portal", frozenset()))
    with pytest.raises(OrderChanged):
        await cancel(at_the_desk, if_match='"1001-1"')
    await at_the_desk.close()

    assert [tuple(row) for row in await execute(db, ROWS)] == [
        (id_, "command line", "already_cancelled", NOW, 1),
        (id_, "command line", "already_cancelled", NOW + MINUTE, 1),
        (id_, "command line", "changed", NOW, 1),
        (id_, "portal", "already_cancelled", NOW, 1),
    ]


async def test_counts_add_up_over_flushes(db: Database) -> None:
    id_ = await make_order(db)
    noted = Attempts()

    for _ in range(2):
        noted.note(order_id=id_, actor="portal", code="changed", now=NOW)
        await noted.flush(db)

    assert [row[4] for row in await execute(db, ROWS)] == [2]
    assert await noted.flush(db) == 0


async def test_a_success_and_an_unknown_order_are_no_attempts(db: Database) -> None:
    await make_order(db)
    await make_station(db)
    at_the_desk = desk(db)

    await check_in(at_the_desk)
    await cancel(at_the_desk)
    with pytest.raises(RecordNotFound):
        await cancel(at_the_desk, "nope")
    await at_the_desk.close()

    assert await count(db, "attempts") == 0


async def test_a_loop_of_refusals_buys_no_revision_and_no_event(db: Database) -> None:
    await make_order(db, cancelled_at=EARLIER, revision=2)
    at_the_desk = desk(db)

    for _ in range(20):
        with pytest.raises(AlreadyCancelled):
            await cancel(at_the_desk)
    await at_the_desk.close()

    assert (await execute(db, Sql.same("SELECT revision FROM orders")))[0][0] == 2
    assert await count(db, "events") == 0
    assert await count(db, "attempts") == 1


async def test_what_could_not_be_written_is_kept_for_the_next_time(db: Database, database_url: str) -> None:
    id_ = await make_order(db)
    closed = connect.database(database_url)
    noted = Attempts()
    noted.note(order_id=id_, actor="portal", code="changed", now=NOW)

    with pytest.raises(Unavailable):
        await noted.flush(closed)

    assert await noted.flush(db) == 1
    assert [row[4] for row in await execute(db, ROWS)] == [1]


async def test_memory_is_bounded_between_flushes(db: Database) -> None:
    noted = Attempts()

    for i in range(MOST_WAITING + 50):
        noted.note(order_id=OrderId(i.to_bytes(16, "big")), actor="portal", code="changed", now=NOW)

    assert await noted.flush(db) == 10_000


async def test_old_attempts_are_forgotten(db: Database) -> None:
    id_ = await make_order(db)
    noted = Attempts()
    noted.note(order_id=id_, actor="old", code="changed", now=Instant(NOW - 91 * DAY))
    noted.note(order_id=id_, actor="recent", code="changed", now=Instant(NOW - 89 * DAY))
    await noted.flush(db)

    await desk(db).tidy(NOW)

    assert [row[1] for row in await execute(db, ROWS)] == ["recent"]
    assert attempts.MOST_WAITING == 10_000
