"""The guarded write of changes that take more than one statement: several orders at once, all of them or none.

Runs in a transaction of its own (`Lane(whole=True)`). The orders are locked by id, and only if they still have the
revision, and the configuration the version, that the rules judged by; what is missing then is not written at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from traylane.db.database import Sql, Transaction
from traylane.events.record import record
from traylane.events.seal import Event
from traylane.orders import write_sql
from traylane.orders.model import Order, OrderId
from traylane.orders.tray_store import put_moves
from traylane.orders.write import Answered, Change, put_answers, put_details

_GUARD = """
    FROM config c JOIN orders o ON c.one = 1 AND c.version = {version} {those}"""
_STILL_THERE = Sql(
    sqlite="SELECT o.id" + _GUARD.format(version="?3", those="AND o.id = ?1 AND o.revision = ?2"),
    postgres="SELECT o.id"
    + _GUARD.format(version="$3::int", those="AND o.id = $1::bytea AND o.revision = $2::int")
    + " FOR NO KEY UPDATE OF o",
    postgres_many="SELECT u.n, o.id FROM unnest($1::bytea[], $2::int[]) WITH ORDINALITY AS u(id, revision, n)"
    " JOIN orders o ON o.id = u.id AND o.revision = u.revision"
    " JOIN config c ON c.one = 1 AND c.version = $3::int ORDER BY o.id FOR NO KEY UPDATE OF o",
)


class WholeWrite:
    """Writes changes that set `columns`, each together with the orders beside it."""

    def __init__(self, *, columns: tuple[str, ...]) -> None:
        self._columns = columns

    async def write(
        self, tx: Transaction, changes: Sequence[Change], answers: Sequence[Answered], *, version: int
    ) -> set[OrderId]:
        """Write what passes the guard; the ids of the orders that were changed, those beside them left out.

        Raises Collision when another transaction is in the way.
        """
        there = await _still_there(tx, [order for change in changes for order in _orders(change)], version)
        written = [change for change in changes if all(order.id in there for order in _orders(change))]
        for change in written:
            # What another order gives up comes first: no two may hold one tray even for a moment.
            for beside in change.also:
                await tx.rows(_update(tuple(beside.columns)), beside.before.id, *beside.columns.values())
            await tx.rows(_update(self._columns), change.before.id, *change.values)
        await put_moves(tx, [changed for change in written for changed in self._changed(change)])
        await put_details(tx, written)
        if written:
            await record(tx, [event for change in written for event in _events(change)])
        ids = {change.before.id for change in written}
        await put_answers(tx, answers, ids)
        return ids

    def _changed(self, change: Change) -> list[tuple[Order, dict[str, Any]]]:
        beside = [(other.before, other.columns) for other in change.also]
        return [*beside, (change.before, dict(zip(self._columns, change.values, strict=True)))]


def _orders(change: Change) -> list[Order]:
    return [change.before, *(beside.before for beside in change.also)]


def _events(change: Change) -> list[Event]:
    return [*(beside.event for beside in change.also), change.event]


async def _still_there(tx: Transaction, orders: Sequence[Order], version: int) -> set[OrderId]:
    if not orders:
        return set()
    keys = sorted((order.id, order.revision) for order in orders)
    return {row[0] for rows in await tx.each(_STILL_THERE, keys, version) for row in rows}


@cache
def _update(columns: tuple[str, ...]) -> Sql:
    return Sql.same(write_sql.update(columns))
