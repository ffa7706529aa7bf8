"""A long file is read in a process beside, so that reading and writing go on at once.

The process beside reads one block while this one writes the block before. It is told on standard input what to read:
lines, or that it is the next block of a file that it opens itself. It ends when that ends, and never sees the database.
"""

from __future__ import annotations

import gc
import marshal
import os
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing, suppress
from itertools import chain, repeat
from queue import Queue, SimpleQueue
from typing import IO, Any

from traylane.errors import Unavailable
from traylane.orders.bad_line import BadLine
from traylane.orders.import_blocks import MOST_LINES, Block, LinesFile, Place, in_blocks, reopened
from traylane.orders.reading import Line, Setting, read

ALONE = 3_000
"""Lines that are read here before a process beside is worth its start, or while it starts."""
SWITCH_SECONDS = 0.0005
"""How long the reading in the process beside holds up what it is sent."""
END_SECONDS = 1.0
"""How long the end waits for what was read ahead in vain."""
_PREFIX = 8

Source = LinesFile | Iterable[Line]
_Wanted = list[Line] | tuple[Any, ...] | None
"""What is to be read: these lines, a file from a place on, or its next block."""


def read_ahead(source: Source, setting: Callable[[], Setting]) -> Generator[Block, None, None]:
    """Blocks of read lines, in order; `setting` is asked for each block.

    Raises errors.Unavailable when the process beside died.
    """
    file = source if isinstance(source, LinesFile) else None
    # It starts while the first lines are read here.
    early = _Beside(file) if file else None
    try:
        alone = 0
        blocks = in_blocks(source) if not isinstance(source, LinesFile) else source.blocks()
        for block in blocks:
            by = setting()
            yield Block(block.copy, by, list(read(block, by)))
            alone += len(block)
            del block
            if alone >= ALONE:
                break
        else:
            return
        beside, early = early or _Beside(None), None
    finally:
        if early:
            early.close()
    with closing(_Ahead(_blocks_of(beside, blocks, setting))) as ahead:
        yield from ahead


def _blocks_of(
    beside: _Beside, blocks: Iterable[list[Line]], setting: Callable[[], Setting]
) -> Generator[Block, None, None]:
    try:
        yield from beside.read_all(blocks, setting)
    finally:
        beside.close()


class _Ahead:
    """What `source` gives, the next one made ready in a thread while the caller works on the one before; no more than
    that, for each lies in memory.
    """

    def __init__(self, source: Generator[Block, None, None]) -> None:
        self._source = source
        self._wanted, self._ready = SimpleQueue[bool](), SimpleQueue[Block | BaseException]()
        self._wanted.put(True)
        # A daemon: it may wait for standard input, which nobody can end.
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def __iter__(self) -> Iterator[Block]:
        return self

    def __next__(self) -> Block:
        one = self._ready.get()
        if isinstance(one, BaseException):
            raise one
        self._wanted.put(True)
        return one

    def close(self) -> None:
        self._wanted.put(False)
        self._thread.join(END_SECONDS)

    def _run(self) -> None:
        try:
            with closing(self._source) as source:
                while self._wanted.get():
                    self._ready.put(next(source))
        except BaseException as error:
            self._ready.put(error)


class _Beside:
    """The process beside. It is told of the next block before it is done with one, and so always has something to do.

    `file`: what it reads by itself; None: it is given the lines.
    """

    def __init__(self, file: LinesFile | None) -> None:
        self._file = file
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", f"from {__name__} import work_beside; work_beside()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def read_all(self, blocks: Iterable[list[Line]], setting: Callable[[], Setting]) -> Iterator[Block]:
        """Read each block while the caller works on the one before."""
        wanted: Iterable[_Wanted] = blocks
        if self._file:
            wanted = chain([(*self._file.opened_by, *self._file.place)], repeat(None))
        given = deque[tuple[_Wanted, Setting]]()
        try:
            for one in chain(wanted, repeat([])):
                given.append((one, setting()))
                self._give(*given[-1])
                if len(given) > 1:
                    block = self._take(*given.popleft())
                    if not block.pieces:
                        return
                    yield block
        except (EOFError, OSError) as error:
            raise Unavailable("The process that read the file died") from error

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdout.close()
        with suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _give(self, wanted: _Wanted, setting: Setting) -> None:
        assert self._process.stdin is not None
        if isinstance(wanted, list):
            # What is wrong with a line already, told apart by its type.
            lines: Any = [(n, (one.field, one.problem) if isinstance(one, BadLine) else one) for n, one in wanted]
            _put(self._process.stdin, marshal.dumps((lines, tuple(setting))))
        else:
            _put(self._process.stdin, marshal.dumps((wanted, tuple(setting))))

    def _take(self, wanted: _Wanted, setting: Setting) -> Block:
        assert self._process.stdout is not None
        place, count, end, pieces = marshal.loads(_get(self._process.stdout))  # noqa: S302
        file = self._file
        if file is None:
            assert isinstance(wanted, list)
            return Block(wanted.copy, setting, pieces)
        file.done = end
        return Block(lambda: file.again(Place(*place), count), setting, pieces)


def work_beside() -> None:
    """What the process beside does until its standard input ends."""
    # Ctrl-C is for the import, which then closes the pipe.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Nothing that is made for a line refers to itself.
    gc.disable()
    # A pipe takes little at a time, and for each piece a thread waits until this one lets it.
    sys.setswitchinterval(SWITCH_SECONDS)
    requests, outcomes = SimpleQueue[bytes](), Queue[bytes](1)
    threads = [
        threading.Thread(target=_receive, args=(requests,), daemon=True),
        threading.Thread(target=_send, args=(outcomes,), daemon=True),
    ]
    for thread in threads:
        thread.start()
    reader = _Reader()
    while request := requests.get():
        wanted, setting = marshal.loads(request)  # noqa: S302
        outcomes.put(marshal.dumps(reader.read(wanted, Setting(*setting))))
    outcomes.put(b"")
    threads[1].join()


class _Reader:
    """Reads what is wanted: (place, how many lines, bytes done, pieces) of a block."""

    _file: LinesFile
    _blocks: Iterator[list[Line]]

    def read(self, wanted: Any, setting: Setting) -> tuple[tuple[int, int], int, int, list[bytes]]:
        if isinstance(wanted, list):
            lines = [(number, BadLine(*one) if isinstance(one, tuple) else one) for number, one in wanted]
            return (0, 0), len(lines), 0, list(read(lines, setting))
        if wanted is not None:
            self._file = reopened(*wanted[:3])
            self._file.begin_at(Place(*wanted[3:]))
            self._blocks = self._file.blocks(first=MOST_LINES)
        place = self._file.place
        block = next(self._blocks, [])
        return (place.offset, place.number), len(block), self._file.done, list(read(block, setting))


def _receive(blocks: SimpleQueue[bytes]) -> None:
    with suppress(EOFError):
        while True:
            blocks.put(_get(sys.stdin.buffer))
    blocks.put(b"")


def _send(outcomes: Queue[bytes]) -> None:
    try:
        while data := outcomes.get():
            _put(sys.stdout.buffer, data)
    except OSError:
        # Nobody wants the rest.
        os._exit(0)


def _put(stream: IO[bytes], data: bytes) -> None:
    stream.write(len(data).to_bytes(_PREFIX, "big"))
    stream.write(data)
    stream.flush()


def _get(stream: IO[bytes]) -> bytes:
    prefix = stream.read(_PREFIX)
    if len(prefix) < _PREFIX:
        raise EOFError
    return stream.read(int.from_bytes(prefix, "big"))
