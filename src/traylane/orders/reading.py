"""Lines of an import file become rows."""

from __future__ import annotations

import marshal
from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

import msgspec

from traylane.clock import Instant
from traylane.db.ids import new_id
from traylane.events import names
from traylane.events.record import new_event
from traylane.events.seal import sealed_text
from traylane.orders.bad_line import BadLine
from traylane.orders.import_store import COLUMNS
from traylane.orders.interchange import Rows, read_line, rows_of

_BOM = b"\xef\xbb\xbf"

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


def read(block: Sequence[Line], setting: Setting) -> list[Item]:
    """Read the lines of a block, here."""
    return items_of(block, read_all([line for _, line in block if isinstance(line, bytes)], setting))


def items_of(block: Sequence[Line], outcomes: Iterable[_Written | tuple[str, str]]) -> list[Item]:
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


def read_all(lines: Sequence[bytes], setting: Setting) -> list[_Written | tuple[str, str]]:
    # Ids of one moment are random. In order, each row goes beside the one before: that saves a third of the writing.
    order_ids, event_ids = (sorted(new_id(setting.now) for _ in lines) for _ in range(2))
    return [
        _read_one(line, order_id, event_id, setting)
        for line, order_id, event_id in zip(lines, order_ids, event_ids, strict=True)
    ]


def _read_one(line: bytes, order_id: bytes, event_id: bytes, setting: Setting) -> _Written | tuple[str, str]:
    try:
        rows = rows_of(read_line(line), order_id=order_id, non_cancel=setting.non_cancel)
    except BadLine as wrong:
        return wrong.field, wrong.problem
    scans = [(order_id, *scan) for scan in rows.scans]
    event = event_of(rows.order, event_id, actor=setting.actor, now=setting.now)
    return _columns(rows.order), rows.details, scans, event


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
