"""Ways to change history behind the service's back, for somebody who may write to every table."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from tests.builders import execute
from traylane.db.database import Database, Row, Sql, Transaction
from traylane.db.schema import metadata
from traylane.events import seal
from traylane.events.seal import Event

Tamper = Callable[["Intruder"], Awaitable[str]]
KEPT = ("events", "orders", "order_details", "scans", "tray_events")
_COLUMNS = "subject_id, seq, id, type, at, actor, data, position, hash"
_UNLOCK = Sql(sqlite="DROP TRIGGER IF EXISTS {0}", postgres="DROP TRIGGER IF EXISTS {0} ON events")
_INSERT = Sql.same(f"INSERT INTO events ({_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)")


class Intruder:
    """Somebody with the database's own password. `lot` decides what is hit."""

    def __init__(self, db: Database, lot: random.Random) -> None:
        self.db = db
        self.lot = lot

    async def break_in(self) -> None:
        """Take the locks off, and remember how all was."""
        for trigger in ("events_keep", "events_stay"):
            await execute(self.db, Sql(*(text.format(trigger) for text in (_UNLOCK.sqlite, _UNLOCK.postgres))))
        for table in KEPT:
            await execute(self.db, Sql.same(f"CREATE TABLE kept_{table} AS SELECT * FROM {table}"))

    async def put_back(self) -> None:
        """As it was before."""

        async def work(tx: Transaction) -> None:
            for table in KEPT:
                await tx.rows(Sql.same(f"DELETE FROM {table}"))
                names = ", ".join(c.name for c in metadata.tables[table].columns if c.computed is None)
                await tx.rows(Sql.same(f"INSERT INTO {table} ({names}) SELECT {names} FROM kept_{table}"))

        await self.db.write(work)

    async def events(self) -> list[list[Any]]:
        """Every sealed event in its place."""
        found = await execute(self.db, Sql.same(f"SELECT {_COLUMNS} FROM events ORDER BY position"))
        return [list(row) for row in found]

    async def write(self, events: Sequence[Sequence[Any]]) -> None:
        """These events instead of all that are there."""

        async def work(tx: Transaction) -> None:
            await tx.rows(Sql.same("DELETE FROM events"))
            for event in events:
                await tx.rows(_INSERT, *event)

        await self.db.write(work)

    def pick(self, among: Sequence[Any]) -> int:
        return self.lot.randrange(len(among))


def resealed(events: Sequence[Sequence[Any]]) -> list[list[Any]]:
    """The same with positions without a gap, and every hash computed anew."""
    hash_, made = seal.GENESIS, []
    for position, row in enumerate(events, 1):
        subject, seq, id_, type_, at, actor, data = row[:7]
        hash_ = seal.chained(hash_, Event(id_, subject, seq, type_, at, actor, data))
        made.append([subject, seq, id_, type_, at, actor, data, position, hash_])
    return made


def _edited(row: list[Any], lot: random.Random) -> str:
    column = lot.choice(["data", "actor", "at", "type", "id"])
    match column:
        case "data":
            row[6] = row[6].replace(":", ": ", 1) if lot.random() < 0.5 else row[6].replace("1", "2", 1) + " "
        case "actor":
            row[5] += "x"
        case "at":
            row[4] += lot.choice([-1, 1, 60_000])
        case "type":
            row[3] = "order.released" if row[3] != "order.released" else "order.held"
        case _:
            row[2] = bytes([row[2][0] ^ 1]) + row[2][1:]
    return column


async def an_edit(intruder: Intruder) -> str:
    """One event says something else."""
    events = await intruder.events()
    place = intruder.pick(events)
    column = _edited(events[place], intruder.lot)
    await intruder.write(events)
    return f"{column} of event {place + 1}"


async def a_deletion(intruder: Intruder) -> str:
    """One event is gone."""
    events = await intruder.events()
    place = intruder.pick(events[:-1])
    del events[place]
    await intruder.write(events)
    return f"event {place + 1}"


async def a_swap(intruder: Intruder) -> str:
    """Two events have each other's place."""
    events = await intruder.events()
    one, other = intruder.lot.sample(range(len(events)), 2)
    for column in intruder.lot.choice([(7,), (7, 8)]):
        events[one][column], events[other][column] = events[other][column], events[one][column]
    await intruder.write(events)
    return f"events {one + 1} and {other + 1}"


async def a_cut_tail(intruder: Intruder) -> str:
    """The last events are gone."""
    events = await intruder.events()
    left = intruder.pick(events)
    await intruder.write(events[:left])
    return f"{left} events left"


async def a_recomputed_chain(intruder: Intruder) -> str:
    """An event edited, or left out, and the chain computed anew from there: whole in itself."""
    events = await intruder.events()
    place = intruder.pick(events)
    what = "left out" if intruder.lot.random() < 0.5 else _edited(events[place], intruder.lot)
    if what == "left out":
        del events[place]
    await intruder.write(resealed(events))
    return f"{what}, event {place + 1}"


async def a_removed_order(intruder: Intruder) -> str:
    """A whole order, its scans and its events, and the chain computed anew."""
    order = await _an_order(intruder)
    await _remove_rows(intruder, order)
    await intruder.write(resealed([event for event in await intruder.events() if event[0] != order[0]]))
    return f"order {order[1]} with its events"


async def removed_rows(intruder: Intruder) -> str:
    """A whole order and its scans; the events stay as they are."""
    order = await _an_order(intruder)
    await _remove_rows(intruder, order)
    return f"order {order[1]} without its events"


async def an_edited_order(intruder: Intruder) -> str:
    """An order that is not what its events made of it."""
    order = await _an_order(intruder)
    change = intruder.lot.choice(["revision = revision + 1", "on_hold = NOT on_hold", "scan_count = scan_count + 1"])
    await execute(intruder.db, Sql.same(f"UPDATE orders SET {change} WHERE id = $1"), order[0])
    return f"{change} of order {order[1]}"


async def _an_order(intruder: Intruder) -> Row:
    orders = await execute(intruder.db, Sql.same("SELECT id, order_number FROM orders ORDER BY order_number"))
    return orders[intruder.pick(orders)]


async def _remove_rows(intruder: Intruder, order: Row) -> None:
    for table, column in (
        ("scans", "order_id"),
        ("order_details", "order_id"),
        ("tray_events", "order_id"),
        ("orders", "id"),
    ):
        await execute(intruder.db, Sql.same(f"DELETE FROM {table} WHERE {column} = $1"), order[0])


OF_THE_CHAIN: tuple[Tamper, ...] = (an_edit, a_deletion, a_swap, a_cut_tail, a_recomputed_chain, a_removed_order)
"""What `verify` with the signed heads must find by itself."""
OF_THE_ORDERS: tuple[Tamper, ...] = (removed_rows, an_edited_order)
"""What `verify --orders` must find."""
