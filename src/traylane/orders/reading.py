"""Lines of an import file become rows."""

from __future__ import annotations

import marshal
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from operator import itemgetter
from typing import Any, NamedTuple

import msgspec

from traylane.clock import Instant
from traylane.db.ids import new_id
from traylane.events import names
from traylane.events.record import new_event
from traylane.events.seal import sealed_text
from traylane.orders.bad_line import BadLine
from traylane.orders.import_check import Codes, codes_of
from traylane.orders.import_store import COLUMNS, Tables
from traylane.orders.interchange import Rows, rows_of_line

_BOM = b"\xef\xbb\xbf"

Line = tuple[int, bytes | BadLine]
"""A line with its number, or what is wrong with it."""
_ORDER_NUMBER = COLUMNS.index("order_number")
_TRAY_KEY = COLUMNS.index("tray_key")
_SCAN_COUNT = COLUMNS.index("scan_count")
_columns: Callable[[dict[str, Any]], tuple[Any, ...]] = itemgetter(*COLUMNS)


class Problem(msgspec.Struct, frozen=True):
    """One bad line: its number from 1, the property by its name in the file ("line" for the whole), what is wrong."""

    line: int
    field: str
    problem: str


class Ready(NamedTuple):
    """A good line: as it came, and as it goes into the tables (see import_store.Tables.add)."""

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


Item = Ready | Problem

PIECE_LINES = 20
"""So few that an import which gives way on a slow machine still takes whole pieces (import_pace.FEWEST_ROWS)."""


class Piece(NamedTuple):
    """Lines next to each other, the good ones as they all go into the tables.

    `lines`: how many there are; `problems`: (number, field, problem) each; `codes`: what has to be set up for them.
    """

    lines: int
    problems: list[tuple[int, str, str]]
    codes: Codes
    rows: Tables

    @classmethod
    def loaded(cls, data: bytes) -> Piece:
        """What was `dumped`."""
        lines, problems, codes, rows = marshal.loads(data)  # noqa: S302
        return cls(lines, problems, Codes(*codes), Tables(*rows))

    def dumped(self) -> bytes:
        """As bytes for another process of the same Python: marshal is the quickest there is."""
        return marshal.dumps((self.lines, self.problems, tuple(self.codes), tuple(self.rows)))


def items_of(pieces: Iterable[bytes], lines: Iterable[Line]) -> list[Item]:
    """The lines one by one; `lines`: those that the pieces were read from."""
    each, items = iter(lines), list[Item]()
    for piece in map(Piece.loaded, pieces):
        items += _items_of(piece, islice(each, piece.lines))
    return items


def _items_of(piece: Piece, lines: Iterable[Line]) -> Iterator[Item]:
    wrong = {problem[0]: Problem(*problem) for problem in piece.problems}
    rows, scans = piece.rows, iter(piece.rows.scans)
    orders = zip(rows.orders, rows.details, zip(rows.events, rows.texts, strict=True), strict=True)
    for number, line in lines:
        if isinstance(line, BadLine) or number in wrong:
            yield wrong[number]
        else:
            order, (_, details), event = next(orders)
            yield Ready(number, line, order, details, list(islice(scans, order[_SCAN_COUNT])), event)


def numbered(lines: Iterable[bytes], first: int = 1) -> Iterator[Line]:
    """Lines with their numbers, from `first` on; blank ones and a byte order mark are left out."""
    for number, line in enumerate(lines, first):
        text = line.removeprefix(_BOM) if number == 1 else line
        if text and not text.isspace():
            yield number, text


def read(block: Sequence[Line], setting: Setting) -> Iterator[bytes]:
    """Read the lines of a block: its pieces, `dumped`."""
    # Ids of one moment are random. In order, each row goes beside the one before: that saves a third of the writing.
    order_ids, event_ids = (sorted(new_id(setting.now) for _ in block) for _ in range(2))
    lines = list(zip(block, order_ids, event_ids, strict=True))
    for start in range(0, len(block), PIECE_LINES):
        yield _piece(lines[start : start + PIECE_LINES], setting).dumped()


def _piece(lines: Sequence[tuple[Line, bytes, bytes]], setting: Setting) -> Piece:
    problems, rows = [], Tables.empty()
    for (number, line), order_id, event_id in lines:
        try:
            if isinstance(line, BadLine):
                raise line
            read = rows_of_line(line, order_id=order_id, non_cancel=setting.non_cancel)
        except BadLine as wrong:
            problems.append((number, wrong.field, wrong.problem))
        else:
            scans = [(order_id, *scan) for scan in read.scans]
            event = event_of(read.order, event_id, actor=setting.actor, now=setting.now)
            rows.add(_columns(read.order), read.details, scans, event)
    return Piece(len(lines), problems, codes_of(rows.orders, rows.scans), rows)


def event_of(order: dict[str, Any], event_id: bytes, *, actor: str, now: Instant) -> tuple[tuple[Any, ...], bytes]:
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
        id_=event_id,
        subject=order["id"],
        seq=order["revision"],
        type_=names.ORDER_IMPORTED,
        at=now,
        actor=actor,
        fields=fields,
    )
    return msgspec.structs.astuple(event), sealed_text(event)
