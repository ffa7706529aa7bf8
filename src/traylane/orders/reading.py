"""Lines of an import file become rows: here, or in a process beside, so that reading and writing go on at once.

The process beside reads one block while this one writes the block before. It gets its work on standard input, ends
when that ends, and never sees the database.
"""

from __future__ import annotations

import gc
import marshal
import signal
import subprocess
import sys
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import suppress
from operator import itemgetter
from typing import IO, Any, NamedTuple

import msgspec

from traylane.clock import Instant
from traylane.db.ids import new_id
from traylane.errors import Unavailable
from traylane.events import names
from traylane.events.record import new_event
from traylane.events.seal import sealed_text
from traylane.orders.bad_line import BadLine
from traylane.orders.import_store import COLUMNS
from traylane.orders.interchange import Rows, read_line, rows_of

FIRST_LINES = 100
MOST_LINES = 2_000
BLOCK_BYTES = 1024 * 1024
"""A block ends with the line that reaches this size: memory stays small however long lines are."""
ALONE = 3_000
"""Lines that are read here before a process beside is worth its start."""
_BOM = b"\xef\xbb\xbf"
_PREFIX = 8

Line = tuple[int, bytes | BadLine]
"""A line with its number, or what is wrong with it."""
_ORDER_NUMBER = COLUMNS.index("order_number")
_TRAY_KEY = COLUMNS.index("tray_key")
_columns: Callable[[dict[str, Any]], tuple[Any, ...]] = itemgetter(*COLUMNS)


class Problem(msgspec.Struct, frozen=True):
    """One bad line: its number from 1, the property by its name in the file ("line" for the whole), what is wrong."""

    line: int
    field: str
    problem: str


class Ready(NamedTuple):
    """A good line: as it came, and as it goes into the tables (see import_store.Written)."""

    number: int
    line: bytes
    order: tuple[Any, ...]
    details: str
    scans: list[tuple[Any, ...]]
    event: tuple[tuple[Any, ...], bytes]

    @property
    def order_number(self) -> str:
        number: str = self.order[_ORDER_NUMBER]
        return number

    @property
    def tray_key(self) -> int | None:
        key: int | None = self.order[_TRAY_KEY]
        return key

    @property
    def rows(self) -> Rows:
        columns = dict(zip(COLUMNS, self.order, strict=True))
        return Rows(order=columns, details=self.details, scans=[scan[1:] for scan in self.scans])


def packed(line: Ready) -> bytes:
    """What a good line is in the tables, as bytes for this process alone."""
    return marshal.dumps(line[2:])


def unpacked(data: bytes) -> Ready:
    """What was `packed`."""
    return Ready(0, b"", *marshal.loads(data))  # noqa: S302


class Setting(NamedTuple):
    """What reading a line depends on: which stations are non-cancel, who imports, and when."""

    non_cancel: tuple[str, ...]
    actor: str
    now: Instant


_Written = tuple[tuple[Any, ...], str, list[tuple[Any, ...]], tuple[tuple[Any, ...], bytes]]
Item = Ready | Problem


def numbered(lines: Iterable[bytes]) -> Iterator[Line]:
    """Lines with their numbers from 1; blank ones and a byte order mark are left out."""
    for number, line in enumerate(lines, 1):
        text = line.removeprefix(_BOM) if number == 1 else line
        if text and not text.isspace():
            yield number, text


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
    beside = _Beside()
    try:
        yield from beside.read_all(blocks, setting)
    finally:
        beside.close()


def read(block: Sequence[Line], setting: Setting) -> list[Item]:
    """Read the lines of a block, here."""
    return _items(block, _read_all([line for _, line in block if isinstance(line, bytes)], setting))


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


def _items(block: Sequence[Line], outcomes: Iterable[_Written | tuple[str, str]]) -> list[Item]:
    each, items = iter(outcomes), list[Item]()
    for number, line in block:
        if isinstance(line, BadLine):
            items.append(Problem(number, line.field, line.problem))
            continue
        outcome = next(each)
        # Told apart by their length: types do not survive the way between processes.
        if len(outcome) == 2:
            items.append(Problem(number, *outcome))
        else:
            items.append(Ready(number, line, *outcome))
    return items


def _read_all(lines: Iterable[bytes], setting: Setting) -> list[_Written | tuple[str, str]]:
    return [_read_one(line, setting) for line in lines]


def _read_one(line: bytes, setting: Setting) -> _Written | tuple[str, str]:
    order_id = new_id(setting.now)
    try:
        rows = rows_of(read_line(line), order_id=order_id, non_cancel=setting.non_cancel)
    except BadLine as wrong:
        return wrong.field, wrong.problem
    scans = [(order_id, *scan) for scan in rows.scans]
    return _columns(rows.order), rows.details, scans, event_of(rows.order, actor=setting.actor, now=setting.now)


def event_of(order: dict[str, Any], *, actor: str, now: Instant) -> tuple[tuple[Any, ...], bytes]:
    """The event of an imported order as a row, and its text for the seal."""
    after = {
        "status": order["status"],
        "onHold": order["on_hold"],
        "cancelled": order["cancelled_at"] is not None,
        "scans": order["scan_count"],
    }
    fields = names.order_fields(
        number=order["order_number"], customer=order["customer_number"], tray=order["tray_number"], after=after
    )
    event = new_event(
        id_=new_id(now),
        subject=order["id"],
        seq=order["revision"],
        type_=names.ORDER_IMPORTED,
        at=now,
        actor=actor,
        fields=fields,
    )
    return msgspec.structs.astuple(event), sealed_text(event)


class _Beside:
    """The process beside. It has at most one block: whoever sends the next one before taking the answer may wait for
    ever, since both sides would be writing.
    """

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", f"from {__name__} import work_beside; work_beside()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def read_all(self, blocks: Iterable[list[Line]], setting: Callable[[], Setting]) -> Iterator[list[Item]]:
        """Read each block while the caller works on the one before."""
        before: list[Line] | None = None
        try:
            for block in blocks:
                outcomes = [] if before is None else self._take()
                self._give(block, setting())
                if before is not None:
                    yield _items(before, outcomes)
                before = block
            if before is not None:
                yield _items(before, self._take())
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
        _put(self._process.stdin, ([line for _, line in block if isinstance(line, bytes)], tuple(setting)))

    def _take(self) -> Any:
        assert self._process.stdout is not None
        return _get(self._process.stdout)


def work_beside() -> None:
    """What the process beside does until its standard input ends."""
    # Ctrl-C is for the import, which then closes the pipe.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Nothing that is made for a line refers to itself.
    gc.disable()
    with suppress(EOFError, BrokenPipeError):
        while True:
            lines, setting = _get(sys.stdin.buffer)
            _put(sys.stdout.buffer, _read_all(lines, Setting(*setting)))


def _put(stream: IO[bytes], what: Any) -> None:
    # The quickest there is, and both ends are the same Python.
    data = marshal.dumps(what)
    stream.write(len(data).to_bytes(_PREFIX, "big"))
    stream.write(data)
    stream.flush()


def _get(stream: IO[bytes]) -> Any:
    prefix = stream.read(_PREFIX)
    if len(prefix) < _PREFIX:
        raise EOFError
    return marshal.loads(stream.read(int.from_bytes(prefix, "big")))  # noqa: S302
