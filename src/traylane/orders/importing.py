"""Bring orders in from a file: good lines are kept, bad ones reported, and the same file can simply come again.

Lines go in as chunks, each in a transaction of its own that ends as soon as somebody else wants to write, so that a
busy service beside the import hardly notices and a kill leaves whole orders only. An existing order is never changed
(contract: Set-up and import files).
"""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import IO, NamedTuple, TypeVar

import msgspec

from traylane.access.actor import Actor
from traylane.clock import Clock
from traylane.db.database import Collision, Database, Transaction, Work
from traylane.db.scratch import Scratch
from traylane.errors import Unavailable
from traylane.orders import import_store
from traylane.orders.bad_line import BadLine
from traylane.orders.import_check import Known, differing_fields, unknown_code
from traylane.orders.import_pace import CHUNK_ROWS, Pace
from traylane.orders.interchange import MAX_LINE, Rows, read_line
from traylane.orders.reading import Item, Line, Problem, Ready, Setting, numbered, packed, read, unpacked
from traylane.orders.reading_beside import read_ahead
from traylane.policy import store as policy_store

__all__ = ["CHUNK_ROWS", "Problem", "Summary", "import_lines", "import_numbered", "lines_of"]

TRIES = 5

T = TypeVar("T")


class _There(NamedTuple):
    """Which orders are there, and who holds which tray."""

    orders: dict[str, Rows | Ready]
    holders: dict[int, str]


class Summary(msgspec.Struct):
    """What became of the lines that were read so far."""

    imported: int = 0
    skipped: int = 0
    bad: int = 0


class _Verdicts(msgspec.Struct):
    """What the first `lines` of some lines came to."""

    lines: int = 0
    imported: int = 0
    skipped: int = 0
    problems: list[Problem] = msgspec.field(default_factory=list)


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
    dry_run: bool = False,
) -> Summary:
    """Import `lines` of JSON, blank ones left out; as `import_numbered`."""
    lines_ = numbered(lines)
    return await import_numbered(db, lines_, actor=actor, clock=clock, bad=bad, progress=progress, dry_run=dry_run)


async def import_numbered(
    db: Database,
    lines: Iterable[Line],
    *,
    actor: Actor,
    clock: Clock,
    bad: Callable[[Problem], None],
    progress: Callable[[Summary], None] = lambda _: None,
    dry_run: bool = False,
) -> Summary:
    """Import numbered lines; `bad` is told each bad line, in order, and `progress` after each chunk.

    `dry_run`: judge each line as if those before it were there, and write nothing.

    Raises errors.Unavailable when the database went away: what was imported stays, the rest comes with the next try.
    """
    summary = Summary()
    importer = (_Rehearsal if dry_run else _Importer)(db, actor, clock)
    await importer.learn()
    with closing(importer), closing(read_ahead(lines, importer.setting)) as blocks, _without_gc():
        for block in blocks:
            async for verdicts in importer.settle(block):
                for problem in verdicts.problems:
                    bad(problem)
                summary.imported += verdicts.imported
                summary.skipped += verdicts.skipped
                summary.bad += len(verdicts.problems)
                progress(summary)
    return summary


@contextmanager
def _without_gc() -> Iterator[None]:
    """Nothing that is made for a line refers to itself: looking for such garbage would cost a tenth of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


class _Importer:
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

    async def settle(self, items: Sequence[Item]) -> AsyncIterator[_Verdicts]:
        """Import `items`; verdicts come after each commit. Halved when somebody else creates one of the orders."""
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
                    async for verdicts in self.settle(items[:half]):
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

    def _must_look(self, verdicts: _Verdicts) -> bool:
        return verdicts.imported < verdicts.lines

    def _read_again(self, items: Sequence[Item]) -> Sequence[Item]:
        setting = self.setting()
        return [read([(i.number, i.line)], setting)[0] if isinstance(i, Ready) else i for i in items]

    async def _some(self, tx: Transaction, items: Sequence[Item]) -> _Verdicts | None:
        """Import from the front until all is done or somebody waits; None when the set-up has changed."""
        if await policy_store.version(tx) != self._known.policy.version:
            return None
        verdicts = _Verdicts()
        is_over = False
        while verdicts.lines < len(items) and not is_over:
            self._pace.begin()
            some = items[verdicts.lines : verdicts.lines + self._pace.rows]
            new = await self._judge(tx, some, verdicts)
            await self._keep(tx, new)
            verdicts.lines += len(some)
            verdicts.imported += len(new)
            one_writer = tx.pick(sqlite=True, postgres=False)
            is_over = self._pace.end(len(some), others_wait=await tx.others_wait(), one_writer=one_writer)
        return verdicts

    async def _judge(self, tx: Transaction, items: Sequence[Item], verdicts: _Verdicts) -> list[Ready]:
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
        await import_store.append(tx, new)


class _Rehearsal(_Importer):
    """Judges as an import does and writes nothing: what would be there by now is kept aside."""

    _looks = True

    def __init__(self, db: Database, actor: Actor, clock: Clock) -> None:
        super().__init__(db, actor, clock)
        self._aside = Scratch()

    def close(self) -> None:
        self._aside.close()

    def _must_look(self, verdicts: _Verdicts) -> bool:
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
    if known.covers(line.order, line.scans):
        return None
    return unknown_code(read_line(line.line), line.rows, known)
