"""`traylane orders import` and `export`: orders as JSON Lines, one a line."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Annotated

import typer

from traylane.cli import output
from traylane.cli.opened import on_database
from traylane.cli.options import AsJson, DatabaseUrl
from traylane.cli.progress import Advance, progress
from traylane.clock import system_clock
from traylane.errors import Fault, Unavailable

if TYPE_CHECKING:
    from traylane.db.database import Database
    from traylane.orders.importing import Problem, Summary

MOST_SHOWN = 20
"""Bad lines that are shown to people; more are counted. --json lists all."""

Source = Annotated[str, typer.Argument(metavar="FILE", help="The file to read; - for standard input.")]
Target = Annotated[str, typer.Argument(metavar="FILE", help="The file to write; - (the default) for standard output.")]


def import_(file: Source, database: DatabaseUrl = "", as_json: AsJson = False) -> None:
    """Import orders from JSON Lines.

    Good lines are kept, bad ones listed, and the command ends with 1 when there were any. Existing orders are never
    changed: an equal one is skipped, so that the same file can simply be imported again.
    """
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
        summary = on_database(database, lambda db: _import(db, stream, bad, advance))
    if as_json:
        shown = [{"line": p.line, "field": p.field, "problem": p.problem} for p in problems]
        counts = {"imported": summary.imported, "skipped": summary.skipped, "bad": summary.bad}
        output.print_json({**counts, "problems": shown})
    else:
        if count > MOST_SHOWN:
            output.say(f"and {count - MOST_SHOWN} more bad lines")
        output.print_text(f"{summary.imported} imported, {summary.skipped} skipped, {summary.bad} bad")
    if summary.bad:
        raise typer.Exit(output.REFUSED)


def export(file: Target = "-", database: DatabaseUrl = "", as_json: AsJson = False) -> None:
    """Export all orders as JSON Lines that `import` reads."""
    if file == "-":
        if as_json:
            raise typer.BadParameter("needs a FILE: the orders themselves go to standard output", param_hint="--json")
        with progress("Exporting", total=None, unit="orders", data_on_stdout=True) as advance:
            on_database(database, lambda db: _export(db, output.print_bytes, advance))
        return
    with _writing(file) as stream, progress("Exporting", total=None, unit="orders") as advance:

        def put(data: bytes) -> None:
            stream.write(data)

        exported = on_database(database, lambda db: _export(db, put, advance))
    if as_json:
        output.print_json({"exported": exported, "file": file})
    else:
        output.print_text(f"{exported} exported to {file}")


async def _import(db: Database, stream: IO[bytes], bad: Callable[[Problem], None], advance: Advance) -> Summary:
    from traylane.access.actor import COMMAND_LINE
    from traylane.orders.importing import import_lines, lines_of

    read = 0

    def counted() -> Iterator[bytes]:
        nonlocal read
        for line in lines_of(stream):
            read += len(line)
            yield line

    try:
        return await import_lines(
            db, counted(), actor=COMMAND_LINE, clock=system_clock, bad=bad, progress=lambda _: advance(read)
        )
    except Unavailable as refusal:
        refusal.add_note("What was imported stays: run the import again for the rest")
        raise


async def _export(db: Database, put: Callable[[bytes], None], advance: Advance) -> int:
    from traylane.orders.exporting import export_pages

    exported = 0
    async for page in export_pages(db):
        put(b"".join(page))
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
