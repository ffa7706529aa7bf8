"""A long file is read in a process beside, so that reading and writing go on at once.

The process beside reads one block while this one writes the block before. It gets its work on standard input, ends
when that ends, and never sees the database.
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
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing, suppress
from queue import Queue, SimpleQueue
from typing import IO, Any

from traylane.errors import Unavailable
from traylane.orders.reading import Item, Line, Setting, items_of, read, read_all

FIRST_LINES = 100
MOST_LINES = 4_000
BLOCK_BYTES = 2 * 1024 * 1024
"""A block ends with the line that reaches this size: memory stays small however long lines are."""
ALONE = 3_000
"""Lines that are read here before a process beside is worth its start."""
SWITCH_SECONDS = 0.0005
"""How long the reading in the process beside holds up what it is sent."""
END_SECONDS = 1.0
"""How long the end waits for what was read ahead in vain."""
_PREFIX = 8

_Outcomes = tuple[list[Line], Setting, Any]
"""A block, what it was read under, and what `read_all` said of it."""


def read_ahead(lines: Iterable[Line], setting: Callable[[], Setting]) -> Generator[list[Item], None, None]:
    """Blocks of read lines, in order; `setting` is asked for each block.

    Raises errors.Unavailable when the process beside died.
    """
    alone = 0
    blocks = _blocks(lines)
    for block in blocks:
        yield read(block, setting())
        alone += len(block)
        if alone >= ALONE:
            break
    else:
        return
    with closing(_Ahead(_beside(blocks, setting))) as outcomes_of_blocks:
        for block, read_by, outcomes in outcomes_of_blocks:
            now = setting()
            yield items_of(block, outcomes) if now.non_cancel == read_by.non_cancel else read(block, now)


def _blocks(lines: Iterable[Line]) -> Iterator[list[Line]]:
    """Ever larger, so that a short file shows progress and a long one is cheap."""
    block: list[Line] = []
    size, most = 0, FIRST_LINES
    for number, line in lines:
        block.append((number, line))
        size += len(line) if isinstance(line, bytes) else 0
        if len(block) >= most or size >= BLOCK_BYTES:
            yield block
            block, size, most = [], 0, min(2 * most, MOST_LINES)
    if block:
        yield block


def _beside(blocks: Iterable[list[Line]], setting: Callable[[], Setting]) -> Generator[_Outcomes, None, None]:
    beside = _Beside()
    try:
        yield from beside.read_all(blocks, setting)
    finally:
        beside.close()


class _Ahead:
    """What `source` gives, the next one made ready in a thread while the caller works on the one before; no more than
    that, for each lies in memory.
    """

    def __init__(self, source: Generator[_Outcomes, None, None]) -> None:
        self._source = source
        self._wanted, self._ready = SimpleQueue[bool](), SimpleQueue[_Outcomes | BaseException]()
        self._wanted.put(True)
        # A daemon: it may wait for standard input, which nobody can end.
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def __iter__(self) -> Iterator[_Outcomes]:
        return self

    def __next__(self) -> _Outcomes:
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
    """The process beside. It takes blocks whenever they come, and so always has the next one to go on with."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", f"from {__name__} import work_beside; work_beside()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def read_all(self, blocks: Iterable[list[Line]], setting: Callable[[], Setting]) -> Iterator[_Outcomes]:
        """Read each block while the caller works on the one before."""
        given = deque[tuple[list[Line], Setting]]()
        try:
            for block in blocks:
                given.append((block, setting()))
                self._give(*given[-1])
                if len(given) > 1:
                    yield *given.popleft(), self._take()
            while given:
                yield *given.popleft(), self._take()
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

    def _give(self, block: Sequence[Line], setting: Setting) -> None:
        assert self._process.stdin is not None
        # marshal is the quickest there is, and both ends are the same Python.
        work: Any = [line for _, line in block if isinstance(line, bytes)], tuple(setting)
        _put(self._process.stdin, marshal.dumps(work))

    def _take(self) -> Any:
        assert self._process.stdout is not None
        return marshal.loads(_get(self._process.stdout))  # noqa: S302


def work_beside() -> None:
    """What the process beside does until its standard input ends."""
    # Ctrl-C is for the import, which then closes the pipe.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Nothing that is made for a line refers to itself.
    gc.disable()
    # A pipe takes little at a time, and for each piece a thread waits until this one lets it.
    sys.setswitchinterval(SWITCH_SECONDS)
    blocks, outcomes = SimpleQueue[bytes](), Queue[bytes](1)
    threads = [
        threading.Thread(target=_receive, args=(blocks,), daemon=True),
        threading.Thread(target=_send, args=(outcomes,), daemon=True),
    ]
    for thread in threads:
        thread.start()
    while block := blocks.get():
        lines, setting = marshal.loads(block)  # noqa: S302
        outcomes.put(marshal.dumps(read_all(lines, Setting(*setting))))
    outcomes.put(b"")
    threads[1].join()


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
