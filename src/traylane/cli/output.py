"""Data goes to standard output, everything else to standard error."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import typer

DONE = 0
REFUSED = 1
WRONG_USAGE = 2
CANNOT_USE = 3
FAULT = 70
INTERRUPTED = 130
NOBODY_READS = 141
"""Whoever read standard output has gone, as a shell reports it for programs that a closed pipe ends."""


@contextmanager
def reading_may_end() -> Iterator[None]:
    """Ends the program quietly when nobody reads standard output any more."""
    try:
        yield
    except BrokenPipeError:
        # The interpreter flushes at its end and would complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(NOBODY_READS) from None


def print_bytes(data: bytes) -> None:
    """Write `data` to standard output as it is."""
    with reading_may_end():
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()


def print_json(document: object) -> None:
    """One JSON document, on one line."""
    import msgspec

    print_bytes(msgspec.json.encode(document) + b"\n")


def print_text(text: str) -> None:
    """One line of text."""
    print_bytes(text.encode("utf-8", "replace") + b"\n")


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table for people; as wide as its content when standard output is no terminal."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text("" if value is None else str(value)) for value in row))
    console = Console(width=None if sys.stdout.isatty() else 1000, highlight=False)
    with console.capture() as captured:
        console.print(table)
    print_bytes(_without_padding(captured.get()).encode("utf-8", "replace"))


def say(sentence: str) -> None:
    """One sentence for people, on standard error."""
    sys.stderr.write(sentence.encode("utf-8", "replace").decode() + "\n")
    sys.stderr.flush()


def _without_padding(text: str) -> str:
    return "".join(line.rstrip() + "\n" for line in text.split("\n") if line.strip())
