"""`traylane orders import` and `export`: orders as JSON Lines, one a line, or as CSV."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Annotated

import typer

from traylane.cli import output
from traylane.cli.columns import Format, IgnoreUnknown, Map, is_csv, names_of, only_for_csv
from traylane.cli.opened import on_database
from traylane.cli.options import AsJson, DatabaseUrl
from traylane.cli.progress import Advance, progress
from traylane.clock import system_clock
from traylane.errors import Fault, Unavailable

if TYPE_CHECKING:
    from traylane.db.database import Database
    from traylane.orders.importing import Problem, Summary
    from traylane.orders.reading import Line

    Reader = Callable[[Iterable[bytes]], Iterator[Line]]

MOST_SHOWN = 20
"""Bad lines that are shown to people; more are counted. --json lists all."""

Source = Annotated[str, typer.Argument(metavar="FILE", help="The file to read; - for standard input.")]
Target = Annotated[str, typer.Argument(metavar="FILE", help="The file to write; - (the default) for standard output.")]


DryRun = Annotated[bool, typer.Option("--dry-run", help="Judge every line and report as ever, and write nothing.")]


def import_(
    file: Source,
    format_: Format = None,
    names: Map = None,
    ignore_unknown: IgnoreUnknown = False,
    dry_run: DryRun = False,
    database: DatabaseUrl = "",
    as_json: AsJson = False,
) -> None:
    """Import orders from JSON Lines or CSV.

    Good lines are kept, bad ones listed, and the command ends with 1 when there were any. Existing orders are never
    changed: an equal one is skipped, so that the same file can simply be imported again.
    """
    read = _reader(file, format_, names, ignore_unknown=ignore_unknown)
    problems: list[Problem] = []
    count = 0

    def bad(problem: Problem) -> None:
        nonlocal count
        count += 1
        if as_json:
            problems.append(problem)
        elif count <= MOST_SHOWN:
            output.say(f"line {problem.line}: {problem.field} {problem.problem}")

    with _reading(file) as stream, progress("Importing", total=_size(stream), unit="bytes") as advance:
        summary = on_database(database, lambda db: _import(db, stream, read, bad, advance, dry_run=dry_run))
    if as_json:
        shown = [{"line": p.line, "field": p.field, "problem": p.problem} for p in problems]
        counts = {"imported": summary.imported, "skipped": summary.skipped, "bad": summary.bad}
        output.print_json({**counts, "problems": shown})
    else:
        if count > MOST_SHOWN:
            output.say(f"and {count - MOST_SHOWN} more bad lines")
        output.print_text(f"{summary.imported} imported, {summary.skipped} skipped, {summary.bad} bad")
        if dry_run:
            output.say("This was a dry run: nothing was written.")
    if summary.bad:
        raise typer.Exit(output.REFUSED)


def export(file: Target = "-", format_: Format = None, database: DatabaseUrl = "", as_json: AsJson = False) -> None:
    """Export all orders as JSON Lines, or CSV, that `import` reads."""
    as_csv = is_csv(file, format_)
    if file == "-":
        if as_json:
            raise typer.BadParameter("needs a FILE: the orders themselves go to standard output", param_hint="--json")
        with progress("Exporting", total=None, unit="orders", data_on_stdout=True) as advance:
            on_database(database, lambda db: _export(db, output.print_bytes, advance, as_csv=as_csv))
        return
    with _writing(file) as stream, progress("Exporting", total=None, unit="orders") as advance:

        def put(data: bytes) -> None:
            stream.write(data)

        exported = on_database(database, lambda db: _export(db, put, advance, as_csv=as_csv))
    if as_json:
        output.print_json({"exported": exported, "file": file})
    else:
        output.print_text(f"{exported} exported to {file}")


def _reader(file: str, format_: str | None, names: list[str] | None, *, ignore_unknown: bool) -> Reader:
    """What makes numbered lines of the lines of the file."""
    from traylane.orders.reading import numbered
    from traylane.orders.spreadsheet import records

    if not is_csv(file, format_):
        only_for_csv(names=names, ignore_unknown=ignore_unknown)
        return numbered
    columns = names_of(names or [])
    return lambda lines: records(lines, names=columns, ignore_unknown=ignore_unknown)


async def _import(
    db: Database, stream: IO[bytes], read: Reader, bad: Callable[[Problem], None], advance: Advance, *, dry_run: bool
) -> Summary:
    from traylane.access.actor import COMMAND_LINE
    from traylane.orders.importing import LinesFile, import_from, lines_of
    from traylane.orders.reading import numbered

    done = 0

    def counted() -> Iterator[bytes]:
        nonlocal done
        for line in lines_of(stream):
            done += len(line)
            yield line

    file = LinesFile.of(stream) if read is numbered else None
    try:
        return await import_from(
            db,
            file or read(counted()),
            actor=COMMAND_LINE,
            clock=system_clock,
            bad=bad,
            progress=lambda _: advance(file.done if file else done),
            dry_run=dry_run,
        )
    except Unavailable as refusal:
        if not dry_run:
            refusal.add_note("What was imported stays: run the import again for the rest")
        raise


async def _export(db: Database, put: Callable[[bytes], None], advance: Advance, *, as_csv: bool) -> int:
    from traylane.orders.exporting import export_pages
    from traylane.orders.spreadsheet import csv_lines, header_line

    exported = 0
    if as_csv:
        put(header_line())
    async for page in export_pages(db):
        put(csv_lines(page) if as_csv else b"".join(page))
        exported += len(page)
        advance(exported)
    return exported


@contextmanager
def _reading(file: str) -> Iterator[IO[bytes]]:
    if file == "-":
        yield sys.stdin.buffer
        return
    try:
        stream = open(file, "rb")  # noqa: SIM115
    except OSError as error:
        raise Fault(f"Cannot read {file}: {error.strerror}") from error
    with stream:
        yield stream


@contextmanager
def _writing(file: str) -> Iterator[IO[bytes]]:
    """A file that has its name only once it is complete and on the disk; only its owner may read it.

    Raises errors.Fault.
    """
    partial = file if _is_device(file) else f"{file}.part"
    try:
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(descriptor, "wb") as stream:
            yield stream
            stream.flush()
            if partial != file:
                os.fsync(descriptor)
        if partial != file:
            os.replace(partial, file)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise Fault(f"Cannot write {file}: {error.strerror}") from error


def _is_device(file: str) -> bool:
    """A pipe or a device, which is written as it is."""
    try:
        return not stat.S_ISREG(os.stat(file).st_mode)
    except OSError:
        return False


def _size(stream: IO[bytes]) -> int | None:
    try:
        mode = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return None
    return mode.st_size if stat.S_ISREG(mode.st_mode) else None
