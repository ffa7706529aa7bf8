"""Bring orders in from a file: good lines are kept, bad ones reported, and the same file can simply come again.

Lines go in as chunks, each in a short transaction of its own, so that a busy service beside the import hardly notices
and a kill leaves whole orders only. An existing order is never changed (contract: Set-up and import files).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import IO

import msgspec

from traylane.access.actor import Actor
from traylane.clock import Clock, Instant
from traylane.db.database import Collision, Database, Transaction
from traylane.db.ids import new_id
from traylane.errors import Unavailable
from traylane.events import names
from traylane.events.record import new_event
from traylane.events.seal import Event
from traylane.orders import import_store
from traylane.orders.bad_line import BadLine
from traylane.orders.import_check import Known, differing_fields, unknown_code
from traylane.orders.interchange import MAX_LINE, ImportedOrder, Rows, read_line, rows_of
from traylane.policy import store as policy_store

CHUNK_ROWS = 200
CHUNK_BYTES = 512 * 1024
"""A chunk ends with the line that reaches this size: memory stays small however long lines are."""
FEWEST_ROWS = 20
TRIES = 5
_BOM = b"\xef\xbb\xbf"


class Problem(msgspec.Struct, frozen=True):
    """One bad line: its number from 1, the property by its name in the file ("line" for the whole), what is wrong."""

    line: int
    field: str
    problem: str


class Summary(msgspec.Struct):
    """What became of the lines that were read so far."""

    imported: int = 0
    skipped: int = 0
    bad: int = 0


class _Line(msgspec.Struct, frozen=True):
    number: int
    order: ImportedOrder


class _Verdicts(msgspec.Struct):
    """What one chunk came to."""

    new: list[Rows] = msgspec.field(default_factory=list)
    skipped: int = 0
    problems: list[Problem] = msgspec.field(default_factory=list)


class _Pace:
    """How many lines a chunk has, so that others never wait long for its transaction."""

    def __init__(self) -> None:
        self.rows = CHUNK_ROWS

    def note(self, tx: Transaction, *, rows: int, seconds: float) -> None:
        """Aim at 10 ms where everybody waits for the one writer, at 100 ms where nobody does."""
        aim = tx.pick(sqlite=0.010, postgres=0.100)
        self.rows = max(FEWEST_ROWS, min(CHUNK_ROWS, int(rows * aim / max(seconds, 1e-6))))


def lines_of(stream: IO[bytes]) -> Iterator[bytes]:
    """The lines of a file, of each at most one byte more than MAX_LINE: `read_line` refuses those."""
    while line := stream.readline(MAX_LINE + 1):
        yield line
        while len(line) > MAX_LINE and not line.endswith(b"\n"):
            line = stream.readline(MAX_LINE + 1)


async def import_lines(
    db: Database,
    lines: Iterable[bytes],
    *,
    actor: Actor,
    clock: Clock,
    bad: Callable[[Problem], None],
    progress: Callable[[Summary], None] = lambda _: None,
) -> Summary:
    """Import `lines`, blank ones left out; `bad` is told each bad line, in order, and `progress` after each chunk.

    Raises errors.Unavailable when the database went away: what was imported stays, the rest comes with the next try.
    """
    summary = Summary()
    importer = _Importer(db, actor, clock)
    for chunk, unreadable in _chunks(lines, importer.pace):
        verdicts = await importer.settle(chunk)
        problems = sorted([*unreadable, *verdicts.problems], key=lambda problem: problem.line)
        for problem in problems:
            bad(problem)
        summary.imported += len(verdicts.new)
        summary.skipped += verdicts.skipped
        summary.bad += len(problems)
        progress(summary)
    return summary


def _chunks(lines: Iterable[bytes], pace: _Pace) -> Iterator[tuple[list[_Line], list[Problem]]]:
    chunk: list[_Line] = []
    problems: list[Problem] = []
    size = rows = 0
    for number, line in enumerate(lines, 1):
        text = line.removeprefix(_BOM) if number == 1 else line
        if not text.isspace() and text:
            rows += 1
            size += len(text)
            try:
                chunk.append(_Line(number, read_line(text)))
            except BadLine as wrong:
                problems.append(Problem(number, wrong.field, wrong.problem))
        if rows >= pace.rows or size >= CHUNK_BYTES:
            yield chunk, problems
            chunk, problems, size, rows = [], [], 0, 0
    if rows:
        yield chunk, problems


class _Importer:
    def __init__(self, db: Database, actor: Actor, clock: Clock) -> None:
        self._db = db
        self._actor = actor
        self._clock = clock
        self._known: Known | None = None
        self.pace = _Pace()

    async def settle(self, chunk: Sequence[_Line]) -> _Verdicts:
        """Import a chunk in one transaction; line by line when somebody else creates one of its orders meanwhile."""
        if not chunk:
            return _Verdicts()
        now = self._clock()
        known = self._known
        # Outside the transaction, which nobody should wait for longer than needed.
        mapped = [] if known is None else _mapped(chunk, known, now)

        async def work(tx: Transaction) -> _Verdicts:
            began = time.perf_counter()
            current = self._known = await _current(tx, known)
            verdicts = await _judge(tx, chunk, mapped if current is known else _mapped(chunk, current, now), current)
            if verdicts.new:
                events = [_event(rows, self._actor, now) for rows in verdicts.new]
                await import_store.insert(tx, verdicts.new, events)
            self.pace.note(tx, rows=len(chunk), seconds=time.perf_counter() - began)
            return verdicts

        for _ in range(TRIES):
            try:
                return await self._db.write(work)
            except Collision:
                if len(chunk) > 1:
                    return await self._one_by_one(chunk)
        raise Unavailable("Others keep changing the same order; run the import again")

    async def _one_by_one(self, chunk: Sequence[_Line]) -> _Verdicts:
        together = _Verdicts()
        for line in chunk:
            verdicts = await self.settle([line])
            together.new += verdicts.new
            together.skipped += verdicts.skipped
            together.problems += verdicts.problems
        return together


async def _current(tx: Transaction, known: Known | None) -> Known:
    version = await policy_store.version(tx)
    if known is not None and known.policy.version == version:
        return known
    return Known(await policy_store.load(tx, version=version), await import_store.customers(tx))


def _mapped(chunk: Sequence[_Line], known: Known, now: Instant) -> list[Rows]:
    return [rows_of(line.order, order_id=new_id(now), policy=known.policy) for line in chunk]


async def _judge(tx: Transaction, chunk: Sequence[_Line], mapped: Sequence[Rows], known: Known) -> _Verdicts:
    """Which lines are new, which are there already, and which are bad. As if they came one after the other."""
    trays = [rows.order["tray_key"] for rows in mapped if rows.order["tray_key"] is not None]
    # Trays first: an order that is created between the two looks is then there, not the holder of its own tray.
    holders = await import_store.holders(tx, trays)
    there = await import_store.stored(tx, [rows.order["order_number"] for rows in mapped])
    verdicts = _Verdicts()
    for line, rows in zip(chunk, mapped, strict=True):
        existing = there.get(rows.order["order_number"])
        wrong = (
            _wrong_beside(existing, rows, line.order) if existing else _wrong_alone(rows, line.order, known, holders)
        )
        if wrong is not None:
            verdicts.problems.append(Problem(line.number, wrong.field, wrong.problem))
        elif existing is not None:
            verdicts.skipped += 1
        else:
            verdicts.new.append(rows)
            there[rows.order["order_number"]] = rows
            if rows.order["tray_key"] is not None:
                holders[rows.order["tray_key"]] = rows.order["order_number"]
    return verdicts


def _wrong_beside(existing: Rows, rows: Rows, given: ImportedOrder) -> BadLine | None:
    differing = differing_fields(existing, rows, given)
    return BadLine("orderNumber", f"exists and differs in {', '.join(differing)}") if differing else None


def _wrong_alone(rows: Rows, given: ImportedOrder, known: Known, holders: Mapping[int, str]) -> BadLine | None:
    tray = rows.order["tray_key"]
    if tray is not None and tray in holders:
        return BadLine("trayNumber", f"is held by order {holders[tray]}")
    return unknown_code(given, rows, known)


def _event(rows: Rows, actor: Actor, now: Instant) -> Event:
    order = rows.order
    after = {
        "status": order["status"],
        "onHold": order["on_hold"],
        "cancelled": order["cancelled_at"] is not None,
        "scans": order["scan_count"],
    }
    fields = names.order_fields(
        number=order["order_number"], customer=order["customer_number"], tray=order["tray_number"], after=after
    )
    return new_event(
        id_=new_id(now),
        subject=order["id"],
        seq=order["revision"],
        type_=names.ORDER_IMPORTED,
        at=now,
        actor=actor.name,
        fields=fields,
    )
