"""Events are only ever appended; the sealer alone may give one its position and hash, once."""

from __future__ import annotations

import apsw
import asyncpg
import pytest

from tests.builders import NOW, cancel, count, desk, execute, make_order
from traylane.db.database import Database, Sql
from traylane.db.ids import new_id
from traylane.events import seal
from traylane.orders.desk import Desk

REFUSED = (apsw.ConstraintError, asyncpg.RaiseError)


async def one_sealed_event(db: Database) -> Desk:
    await make_order(db)
    at_the_desk = desk(db)
    await cancel(at_the_desk)
    if not db.seals_on_write:
        await db.write(lambda tx: seal.seal_some(tx, new_id(NOW)))
    return at_the_desk


EDITS = [
    "UPDATE events SET data = '{}'",
    "UPDATE events SET actor = 'somebody else'",
    "UPDATE events SET at = at + 1",
    "UPDATE events SET type = 'order.restored'",
    "UPDATE events SET seq = seq + 1",
    "UPDATE events SET position = position + 1",
    "UPDATE events SET position = NULL",
    "UPDATE events SET hash = NULL",
    "UPDATE events SET position = NULL, hash = NULL",
    "UPDATE events SET position = position",
    "DELETE FROM events",
]


@pytest.mark.parametrize("statement", EDITS)
async def test_an_event_cannot_be_changed_or_deleted(db: Database, statement: str) -> None:
    await one_sealed_event(db)
    read = Sql.same("SELECT subject_id, seq, id, type, at, actor, data, position, hash FROM events")
    before = [tuple(row) for row in await execute(db, read)]

    with pytest.raises(REFUSED, match="events are append-only"):
        await execute(db, Sql.same(statement))

    assert [tuple(row) for row in await execute(db, read)] == before


async def test_an_event_cannot_be_replaced(sqlite: Database) -> None:
    await one_sealed_event(sqlite)

    with pytest.raises(apsw.ConstraintError, match="events are append-only"):
        await execute(
            sqlite, Sql.same("REPLACE INTO events SELECT subject_id, seq, id, type, at, 'x', data, 9, '' FROM events")
        )

    assert (await execute(sqlite, Sql.same("SELECT actor FROM events")))[0][0] == "command line"


async def test_the_table_cannot_be_truncated(postgres: Database) -> None:
    await one_sealed_event(postgres)

    with pytest.raises(asyncpg.RaiseError, match="events are append-only"):
        await execute(postgres, Sql.same("TRUNCATE events"))

    assert await count(postgres, "events") == 1


async def test_an_unsealed_event_takes_nothing_but_position_and_hash_together(postgres: Database) -> None:
    await make_order(postgres)
    await cancel(desk(postgres))

    for change in ("position = 1", "hash = ''", "position = 1, hash = '', actor = 'x'"):
        with pytest.raises(asyncpg.RaiseError):
            await execute(postgres, Sql.same(f"UPDATE events SET {change}"))

    await execute(postgres, Sql.same("UPDATE events SET position = 1, hash = ''"))
