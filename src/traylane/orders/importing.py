"""Bring orders in from a file: good lines are kept, bad ones reported, and the same file can simply come again.

Lines go in as chunks, each in a transaction of its own that ends as soon as somebody else wants to write, so that a
busy service beside the import hardly notices and a kill leaves whole orders only. An existing order is never changed
(contract: Set-up and import files).
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager

import msgspec

from traylane.access.actor import Actor
from traylane.clock import Clock
from traylane.db.database import Database
from traylane.orders.import_blocks import LinesFile, lines_of
from traylane.orders.import_pace import CHUNK_ROWS
from traylane.orders.import_steps import Importer, Rehearsal
from traylane.orders.reading import Problem, numbered
from traylane.orders.reading_beside import Source, read_ahead

__all__ = ["CHUNK_ROWS", "LinesFile", "Problem", "Source", "Summary", "import_from", "import_lines", "lines_of"]


class Summary(msgspec.Struct):
    """What became of the lines that were read so far."""

    imported: int = 0
    skipped: int = 0
    bad: int = 0


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
    """Import `lines` of JSON, blank ones left out; as `import_from`."""
    source = numbered(lines)
    return await import_from(db, source, actor=actor, clock=clock, bad=bad, progress=progress, dry_run=dry_run)


async def import_from(
    db: Database,
    source: Source,
    *,
    actor: Actor,
    clock: Clock,
    bad: Callable[[Problem], None],
    progress: Callable[[Summary], None] = lambda _: None,
    dry_run: bool = False,
) -> Summary:
    """Import numbered lines, or a file of them; `bad` is told each bad line, in order, and `progress` after each chunk.

    `dry_run`: judge each line as if those before it were there, and write nothing.

    Raises errors.Unavailable when the database went away: what was imported stays, the rest comes with the next try.
    """
    summary = Summary()
    importer = (Rehearsal if dry_run else Importer)(db, actor, clock)
    await importer.learn()
    with closing(importer), closing(read_ahead(source, importer.setting)) as blocks, _without_gc():
        for block in blocks:
            async for verdicts in importer.settle(block):
                for problem in verdicts.problems:
                    bad(problem)
                summary.imported += verdicts.imported
                summary.skipped += verdicts.skipped
                summary.bad += len(verdicts.problems)
                progress(summary)
            # Or it would lie in memory beside the next.
            del block
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
