"""An import step by step: what nothing is in the way of as it is, the rest line by line."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple, TypeVar

import msgspec

from traylane.access.actor import Actor
from traylane.clock import Clock
from traylane.db.database import Collision, Database, Transaction, Work
from traylane.db.scratch import Scratch
from traylane.errors import Unavailable
from traylane.orders import import_store
from traylane.orders.bad_line import BadLine
from traylane.orders.import_blocks import Block
from traylane.orders.import_check import Known, codes_of, differing_fields, unknown_code
from traylane.orders.import_pace import Pace
from traylane.orders.import_store import Tables
from traylane.orders.interchange import Rows, read_line
from traylane.orders.reading import (
    PIECE_LINES,
    Item,
    Line,
    Piece,
    Problem,
    Ready,
    Setting,
    items_of,
    packed,
    read,
    unpacked,
)
from traylane.policy import store as policy_store

TRIES = 5
MOST_PIECES = 50
"""Pieces that go to the database at a time: each row of them is an object meanwhile."""

T = TypeVar("T")


class _There(NamedTuple):
    """Which orders are there, and who holds which tray."""

    orders: dict[str, Rows | Ready]
    holders: dict[int, str]


class Verdicts(msgspec.Struct):
    """What the first `lines` of some lines came to, or the first `pieces` of a block."""

    lines: int = 0
    imported: int = 0
    skipped: int = 0
    problems: list[Problem] = msgspec.field(default_factory=list)
    pieces: int = 0


class Importer:
    """`_looks`: whether it asks what is there before it writes. It begins without, and after a block of new orders:
    the database itself refuses an order number or a tray that is there, and the same lines are then looked at.
    """

    _known: Known
    _looks = False

    def __init__(self, db: Database, actor: Actor, clock: Clock) -> None:
        self._db = db
        self._actor = actor
        self._clock = clock
        self._pace = Pace()

    def close(self) -> None: ...

    async def learn(self) -> None:
        """Read the set-up that lines are read and judged by."""

        async def work(tx: Transaction) -> Known:
            version = await policy_store.version(tx)
            return Known(await policy_store.load(tx, version=version), await import_store.customers(tx))

        self._known = await self._db.read(work)

    def setting(self) -> Setting:
        return Setting(self._known.policy.non_cancel_stations, self._actor.name, self._clock())

    async def settle(self, block: Block) -> AsyncIterator[Verdicts]:
        """Import a block; verdicts come after each commit.

        As long as nothing is in the way its pieces go to the database as they are, and nobody touches a single line.
        """
        lines, pieces = 0, block.pieces
        while pieces and self._may_be_whole(block):
            try:
                verdicts = await self._run(lambda tx, pieces=pieces: self._pieces(tx, pieces))  # type: ignore[misc]
            except Collision:
                self._looks = True
                break
            if verdicts is None:
                await self.learn()
                continue
            if verdicts.lines:
                await self._pace.rest()
                yield verdicts
            lines, pieces = lines + verdicts.lines, pieces[verdicts.pieces :]
        if pieces:
            each = islice(block.lines(), lines, None)
            for start in range(0, len(pieces), MOST_PIECES):
                items = self._items(block.setting, pieces[start : start + MOST_PIECES], each)
                async for verdicts in self._one_by_one(items):
                    yield verdicts

    def _may_be_whole(self, block: Block) -> bool:
        return not self._looks and self._still_reads_so(block.setting)

    def _still_reads_so(self, setting: Setting) -> bool:
        return setting.non_cancel == self._known.policy.non_cancel_stations

    async def _pieces(self, tx: Transaction, pieces: Sequence[bytes]) -> Verdicts | None:
        """Import from the front until all is done or somebody waits; None when the set-up has changed."""
        if await policy_store.version(tx) != self._known.policy.version:
            return None
        verdicts = Verdicts()
        is_over = False
        while verdicts.pieces < len(pieces) and not is_over:
            self._pace.begin()
            most = min(MOST_PIECES, max(1, self._pace.rows // PIECE_LINES))
            some = [Piece.loaded(data) for data in pieces[verdicts.pieces : verdicts.pieces + most]]
            if not all(self._known.covers(piece.codes) for piece in some):
                # What is there says more than what is wrong with a line alone.
                self._looks = True
                break
            await import_store.append(tx, Tables.joined([piece.rows for piece in some]))
            verdicts.pieces += len(some)
            verdicts.problems += (Problem(*one) for piece in some for one in piece.problems)
            lines = sum(piece.lines for piece in some)
            verdicts.lines += lines
            verdicts.imported += sum(len(piece.rows.orders) for piece in some)
            is_over = await self._step_ends(tx, lines)
        return verdicts

    async def _step_ends(self, tx: Transaction, lines: int) -> bool:
        one_writer = tx.pick(sqlite=True, postgres=False)
        return self._pace.end(lines, others_wait=await tx.others_wait(), one_writer=one_writer)

    def _items(self, setting: Setting, pieces: Sequence[bytes], each: Iterator[Line]) -> list[Item]:
        """The next lines one by one, as far as pieces go; read again if the set-up has changed what they say."""
        if self._still_reads_so(setting):
            return items_of(pieces, each)
        lines = list(islice(each, sum(Piece.loaded(piece).lines for piece in pieces)))
        return items_of(read(lines, self.setting()), lines)

    async def _one_by_one(self, items: Sequence[Item]) -> AsyncIterator[Verdicts]:
        """The same for lines; halved when somebody else creates one of the orders."""
        tries = 0
        while items:
            try:
                verdicts = await self._run(lambda tx, items=items: self._some(tx, items))  # type: ignore[misc]
            except Collision:
                if not self._looks:
                    self._looks = True
                    continue
                tries += 1
                half = len(items) // 2
                if half:
                    async for verdicts in self._one_by_one(items[:half]):
                        yield verdicts
                    items = items[half:]
                elif tries == TRIES:
                    raise Unavailable("Others keep changing the same order; run the import again") from None
                continue
            if verdicts is None:
                await self.learn()
                items = self._read_again(items)
            else:
                self._looks = self._must_look(verdicts)
                await self._pace.rest()
                yield verdicts
                items = items[verdicts.lines :]

    def _must_look(self, verdicts: Verdicts) -> bool:
        return verdicts.imported < verdicts.lines

    def _read_again(self, items: Sequence[Item]) -> list[Item]:
        lines: list[Line] = [
            (i.number, i.line) if isinstance(i, Ready) else (i.line, BadLine(i.field, i.problem)) for i in items
        ]
        return items_of(read(lines, self.setting()), lines)

    async def _some(self, tx: Transaction, items: Sequence[Item]) -> Verdicts | None:
        """As `_pieces`."""
        if await policy_store.version(tx) != self._known.policy.version:
            return None
        verdicts = Verdicts()
        is_over = False
        while verdicts.lines < len(items) and not is_over:
            self._pace.begin()
            some = items[verdicts.lines : verdicts.lines + self._pace.rows]
            new = await self._judge(tx, some, verdicts)
            await self._keep(tx, new)
            verdicts.lines += len(some)
            verdicts.imported += len(new)
            is_over = await self._step_ends(tx, len(some))
        return verdicts

    async def _judge(self, tx: Transaction, items: Sequence[Item], verdicts: Verdicts) -> list[Ready]:
        """Which lines are new; the others are noted as skipped or bad. As if they came one after the other."""
        lines = [item for item in items if isinstance(item, Ready)]
        trays = [line.tray_key for line in lines if line.tray_key is not None]
        numbers = [line.order_number for line in lines]
        there, holders = await self._look(tx, numbers, trays) if self._looks else _There({}, {})
        new: list[Ready] = []
        for item in items:
            if isinstance(item, Problem):
                verdicts.problems.append(item)
                continue
            existing = there.get(item.order_number)
            wrong = _wrong_beside(existing, item) if existing else _wrong_alone(item, self._known, holders)
            if wrong is not None and not self._looks:
                # What is there says more than what is wrong with a line alone.
                raise Collision("unique")
            if wrong is not None:
                verdicts.problems.append(Problem(item.number, wrong.field, wrong.problem))
            elif existing is not None:
                verdicts.skipped += 1
            else:
                new.append(item)
                there[item.order_number] = item
                if item.tray_key is not None:
                    holders[item.tray_key] = item.order_number
        return new

    async def _run(self, work: Work[T]) -> T:
        return await self._db.write(work)

    async def _look(self, tx: Transaction, numbers: Sequence[str], trays: Sequence[int]) -> _There:
        # Trays first: an order that is created between the two looks is then there, not the holder of its own tray.
        holders = await import_store.holders(tx, trays)
        return _There({**await import_store.stored(tx, numbers)}, holders)

    async def _keep(self, tx: Transaction, new: Sequence[Ready]) -> None:
        rows = Tables.empty()
        for line in new:
            rows.add(*line[2:])
        await import_store.append(tx, rows)


class Rehearsal(Importer):
    """Judges as an import does and writes nothing: what would be there by now is kept aside."""

    _looks = True

    def __init__(self, db: Database, actor: Actor, clock: Clock) -> None:
        super().__init__(db, actor, clock)
        self._aside = Scratch()

    def close(self) -> None:
        self._aside.close()

    def _must_look(self, verdicts: Verdicts) -> bool:
        del verdicts
        return True

    async def _run(self, work: Work[T]) -> T:
        return await self._db.read(work)

    async def _look(self, tx: Transaction, numbers: Sequence[str], trays: Sequence[int]) -> _There:
        there, holders = await super()._look(tx, numbers, trays)
        there |= {number: unpacked(data) for number, data in self._aside.get(numbers)}
        holders |= {tray: number.decode() for tray, number in self._aside.get(trays)}
        return _There(there, holders)

    async def _keep(self, tx: Transaction, new: Sequence[Ready]) -> None:
        del tx
        self._aside.put([(line.order_number, packed(line)) for line in new])
        self._aside.put([(line.tray_key, line.order_number.encode()) for line in new if line.tray_key is not None])


def _wrong_beside(existing: Rows | Ready, line: Ready) -> BadLine | None:
    before = existing.rows if isinstance(existing, Ready) else existing
    differing = differing_fields(before, line.rows, read_line(line.line))
    return BadLine("orderNumber", f"exists and differs in {', '.join(differing)}") if differing else None


def _wrong_alone(line: Ready, known: Known, holders: Mapping[int, str]) -> BadLine | None:
    if line.tray_key is not None and line.tray_key in holders:
        return BadLine("trayNumber", f"is held by order {holders[line.tray_key]}")
    if known.covers(codes_of([line.order], line.scans)):
        return None
    return unknown_code(read_line(line.line), line.rows, known)
