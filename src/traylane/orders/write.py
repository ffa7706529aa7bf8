"""The guarded write: state, event, scan and stored answer together, or nothing.

A change goes in only if the order still has the revision, and the configuration the version, that the rules judged
by. Whatever a rule reads bumps one of the two; so the write is the check.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from functools import cache
from typing import Any

import msgspec

from traylane.access.idempotency import StoredAnswer
from traylane.db.database import Row, Sql, Transaction
from traylane.events.record import record
from traylane.events.seal import Event
from traylane.orders import write_sql
from traylane.orders.model import Order, OrderId, Scan
from traylane.orders.tray_store import put_moves


class Beside(msgspec.Struct, frozen=True, kw_only=True):
    """Another order that changes in the same commit, or neither does."""

    before: Order
    columns: dict[str, Any]
    event: Event


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One order's way from `before` to its next revision.

    `values` belong to the columns of the writer; `details` is the new document, None to leave it.
    """

    before: Order
    values: tuple[Any, ...]
    event: Event
    scan: Scan | None = None
    details: str | None = None
    also: tuple[Beside, ...] = ()


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """An answer to be stored: at once, or only if the order `if_written` is changed by the same write.

    `revision`: the order's, that the answer tells of; a restore that comes after it ends the answer.
    """

    stored: StoredAnswer
    order_id: OrderId | None
    revision: int | None
    if_written: OrderId | None


class GuardedWrite:
    """Writes changes of one kind: those that set `columns`, record an event of type `event`, and scan or do not.

    `details`: whether such a change may write the order's document anew.
    """

    def __init__(self, *, columns: tuple[str, ...], event: str, scans: bool = False, details: bool = False) -> None:
        self._scans = scans
        self._details = details
        self._moves = "tray_key" in columns
        self._columns = columns
        fields = (
            write_sql.IDENTITY
            | (write_sql.SCAN if scans else {})
            | (write_sql.DETAILS if details else {})
            | (write_sql.TRAY if self._moves else {})
            | {name: write_sql.TYPES[name] for name in columns}
        )
        self._width = len(fields)
        self._one = Sql(sqlite="", postgres=write_sql.one_on_postgres(fields, columns, event))
        many = write_sql.many_on_postgres(fields, columns, event)
        self._many = Sql(sqlite="", postgres=f"{many} SELECT order_id FROM u")
        answers = write_sql.answers_on_postgres(first=len(fields) + 2)
        self._many_answered = Sql(sqlite="", postgres=f"{many}, {answers} SELECT order_id FROM u")

    async def write(
        self, tx: Transaction, changes: Sequence[Change], answers: Sequence[Answered], *, version: int
    ) -> set[OrderId]:
        """Write what passes the guard; the ids of the orders that were changed.

        Raises Collision when another transaction is in the way.
        """
        run = tx.pick(sqlite=self._write_on_sqlite, postgres=self._write_on_postgres)
        return await run(tx, changes, answers, version)

    async def _write_on_sqlite(
        self, tx: Transaction, changes: Sequence[Change], answers: Sequence[Answered], version: int
    ) -> set[OrderId]:
        written = [change for change in changes if await self._updated(tx, change, version)]
        ids = {change.before.id for change in written}
        if written:
            await record(tx, [change.event for change in written])
        if self._scans:
            await tx.many(_INSERT_SCAN, [(change.before.id, *_scan_row(change)) for change in written])
        if self._details:
            await put_details(tx, written)
        if self._moves:
            await put_moves(
                tx, [(change.before, dict(zip(self._columns, change.values, strict=True))) for change in written]
            )
        await put_answers(tx, answers, ids)
        return ids

    async def _updated(self, tx: Transaction, change: Change, version: int) -> bool:
        # SQLite writes every index of a column that is set, also when it is set to what it was.
        before, given = change.before, zip(self._columns, change.values, strict=True)
        new = {column: value for column, value in given if not before.has(column, value)}
        return bool(await tx.rows(_update(tuple(new)), before.id, *new.values(), before.revision, version))

    async def _write_on_postgres(
        self, tx: Transaction, changes: Sequence[Change], answers: Sequence[Answered], version: int
    ) -> set[OrderId]:
        rows: Sequence[Row]
        if len(changes) == 1 and not answers:
            rows = await tx.rows(self._one, version, *self._row(changes[0]))
            return {row[0] for row in rows}
        by_order = _transposed([self._row(change) for change in changes], self._width)
        if answers:
            width = len(write_sql.ANSWER) + 1
            by_key = _transposed([(*_answer_row(answer), answer.if_written) for answer in answers], width)
            rows = await tx.rows(self._many_answered, version, *by_order, *by_key)
        else:
            rows = await tx.rows(self._many, version, *by_order)
        return {row[0] for row in rows}

    def _row(self, change: Change) -> tuple[Any, ...]:
        event = change.event
        scan = _scan_row(change) if self._scans else ()
        details = (change.details,) if self._details else ()
        tray = (change.before.tray_key,) if self._moves else ()
        return (
            change.before.id,
            change.before.revision,
            event.id,
            event.at,
            event.actor,
            event.data,
            *scan,
            *details,
            *tray,
            *change.values,
        )


@cache
def _update(columns: tuple[str, ...]) -> Sql:
    revision, version = (f"${len(columns) + i}" for i in (2, 3))
    guard = f"revision = {revision} AND (SELECT version FROM config WHERE one = 1) = {version}"
    return Sql.same(f"{write_sql.update(columns)} AND {guard} RETURNING id")


async def put_details(tx: Transaction, changes: Sequence[Change]) -> None:
    """Write the documents that are new."""
    new = [(change.before.id, change.details) for change in changes if change.details is not None]
    if new:
        await tx.many(_PUT_DETAILS, new)


async def put_answers(tx: Transaction, answers: Sequence[Answered], written: Container[OrderId]) -> None:
    """Store the answers, those of changes only if these were `written`."""
    kept = [answer for answer in answers if answer.if_written is None or answer.if_written in written]
    if kept:
        await tx.many(_INSERT_ANSWER, [_answer_row(answer) for answer in kept])


def _scan_row(change: Change) -> tuple[Any, ...]:
    scan = change.scan
    assert scan is not None
    return change.before.scan_count + 1, scan.station, scan.operator, scan.at, scan.non_cancel, scan.device_at


def _answer_row(answer: Answered) -> tuple[Any, ...]:
    stored = answer.stored
    retry = stored.retry
    return (
        retry.integrator,
        retry.key,
        retry.fingerprint,
        answer.order_id,
        answer.revision,
        stored.at,
        stored.answer,
    )


def _transposed(rows: list[tuple[Any, ...]], width: int) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in range(width)]


_INSERT_SCAN = Sql(
    sqlite="""
        INSERT INTO scans (order_id, seq, station, operator, at, non_cancel, device_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)""",
    postgres="",
)
_INSERT_ANSWER = Sql.same("""
    INSERT INTO answers (integrator, key, fingerprint, order_id, revision, at, answer)
    VALUES ($1, $2, $3, $4, $5, $6, $7)""")
_PUT_DETAILS = Sql.same("""
    INSERT INTO order_details (order_id, data) VALUES ($1, $2)
    ON CONFLICT (order_id) DO UPDATE SET data = excluded.data""")
