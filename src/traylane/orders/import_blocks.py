"""The lines of an import in blocks: large enough to be cheap, small enough for memory."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import IO, NamedTuple

from traylane.orders.interchange import MAX_LINE
from traylane.orders.reading import Line, Setting, numbered

FIRST_LINES = 100
MOST_LINES = 4_000
BLOCK_BYTES = 2 * 1024 * 1024
"""A block ends with the line that reaches this size: memory stays small however long lines are."""
LONG_FILE = 4 * 1024 * 1024
"""A file of this size is worth a process beside from its first line on."""


class Block(NamedTuple):
    """Lines next to each other, and what reading them came to. `pieces`: see reading.Piece.

    `lines` brings the lines themselves, for when they have to be looked at again.
    """

    lines: Callable[[], Iterable[Line]]
    setting: Setting
    pieces: list[bytes]


class Place(NamedTuple):
    """Where lines begin in a file: its first byte, and the number of the line that stands there."""

    offset: int
    number: int


class LinesFile:
    """A regular file of JSON lines. Both processes open it: its lines need not go from one to the other."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._number = 1
        self.done = 0
        """How many bytes were read."""

    @classmethod
    def of(cls, stream: IO[bytes]) -> LinesFile | None:
        """None when it is not a regular file that another process can open by its name, or not a long one."""
        try:
            found, there = os.fstat(stream.fileno()), os.stat(str(stream.name))
        except (OSError, AttributeError):  # no file at all, or one that has no name, as standard input
            return None
        is_it = stat.S_ISREG(found.st_mode) and os.path.samestat(found, there)
        return cls(stream) if is_it and found.st_size >= LONG_FILE else None

    @property
    def opened_by(self) -> tuple[str, int, int]:
        """What `reopened` needs."""
        return os.path.abspath(self._stream.name), *_identity(self._stream)

    @property
    def place(self) -> Place:
        """Where the next block begins."""
        return Place(self._stream.tell(), self._number)

    def blocks(self, *, first: int = FIRST_LINES) -> Iterator[list[Line]]:
        """The blocks from here on."""
        for block in in_blocks(numbered(lines_of(self._stream), self._number), first=first):
            self._number = block[-1][0] + 1
            self.done = self._stream.tell()
            yield block

    def begin_at(self, place: Place) -> None:
        """The next block begins there."""
        self._stream.seek(place.offset)
        self._number = place.number

    def again(self, place: Place, count: int) -> Iterator[Line]:
        """So many lines from `place` on."""
        self._stream.seek(place.offset)
        return islice(numbered(lines_of(self._stream), place.number), count)


def reopened(path: str, device: int, inode: int) -> LinesFile:
    """The same file. Raises OSError when another one has its name now."""
    stream = open(path, "rb")  # noqa: SIM115
    if _identity(stream) != (device, inode):
        raise OSError("replaced")
    return LinesFile(stream)


def lines_of(stream: IO[bytes]) -> Iterator[bytes]:
    """The lines of a file, of each at most one byte more than MAX_LINE: `read_line` refuses those."""
    while line := stream.readline(MAX_LINE + 1):
        rest = line
        while len(rest) > MAX_LINE and not rest.endswith(b"\n"):
            rest = stream.readline(MAX_LINE + 1)
        yield line


def in_blocks(lines: Iterable[Line], *, first: int = FIRST_LINES) -> Iterator[list[Line]]:
    """Ever larger, so that a short file shows progress and a long one is cheap."""
    block: list[Line] = []
    size, most = 0, first
    for number, line in lines:
        block.append((number, line))
        size += len(line) if isinstance(line, bytes) else 0
        if len(block) >= most or size >= BLOCK_BYTES:
            yield block
            block, size, most = [], 0, min(2 * most, MOST_LINES)
    if block:
        yield block


def _identity(stream: IO[bytes]) -> tuple[int, int]:
    found = os.fstat(stream.fileno())
    return found.st_dev, found.st_ino
