"""Orders as CSV: one order a record, one property a column, named as in an import line.

A cell is what JSON would hold, in the published formats, without quotation marks; an empty one is a property that is
not given. `addons` are codes between `|`, `scans` a list in JSON, `cancellation` a column for each of its properties.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from enum import Enum
from itertools import chain
from typing import Any

import msgspec
from msgspec import inspect

from traylane.errors import Fault
from traylane.orders.bad_line import BadLine
from traylane.orders.document import OrderAnswer
from traylane.orders.interchange import MAX_LINE, ImportedCancellation, ImportedOrder
from traylane.orders.reading import Line

SEPARATOR = "|"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_BOM = b"\xef\xbb\xbf"
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,15})(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,3})?")
_SURROGATE = re.compile("[\ud800-\udfff]")
_NOT_UTF8 = 'The file is not UTF-8: save it as "CSV UTF-8", or convert it'


class _Kind(Enum):
    TEXT = "text"
    NUMBER = "number"
    FLAG = "flag"
    LIST = "list"
    JSON = "json"


def _bare(type_: inspect.Type) -> inspect.Type:
    return type_.type if isinstance(type_, inspect.Metadata) else type_


def _kind_of(type_: inspect.Type) -> _Kind:
    plain = _bare(type_)
    members = plain.types if isinstance(plain, inspect.UnionType) else (plain,)
    [kept] = [bare for bare in map(_bare, members) if not isinstance(bare, inspect.NoneType)]
    match kept:
        case inspect.FloatType() | inspect.IntType():
            return _Kind.NUMBER
        case inspect.BoolType():
            return _Kind.FLAG
        case inspect.ListType(item_type=inspect.StrType()):
            return _Kind.LIST
        case inspect.ListType():
            return _Kind.JSON
        case _:
            return _Kind.TEXT


def _kinds(struct: type[msgspec.Struct]) -> dict[str, _Kind]:
    info = inspect.type_info(struct)
    assert isinstance(info, inspect.StructType)
    return {field.encode_name: _kind_of(field.type) for field in info.fields}


_CANCELLATION = "cancellation"
_INSIDE = [f"{_CANCELLATION}.{name}" for name in ImportedCancellation.__struct_fields__]
_KINDS = {
    **{name: kind for name, kind in _kinds(ImportedOrder).items() if name != _CANCELLATION},
    **{f"{_CANCELLATION}.{name}": kind for name, kind in _kinds(ImportedCancellation).items()},
}
PROPERTIES = tuple(_KINDS)
"""Every column that import knows."""

_ANSWERED = [name for name in OrderAnswer.__struct_fields__ if name != "revision"]
HEADER = [
    *(column for name in _ANSWERED for column in (_INSIDE if name == _CANCELLATION else [name])),
    *("statusBeforeHold", "trayReleased", "trayTakenOverDateTime", "scans"),
]
"""The columns that export writes, in their order."""


def records(lines: Iterable[bytes], *, names: Mapping[str, str], ignore_unknown: bool = False) -> Iterator[Line]:
    """The records of a CSV file as numbered lines of JSON, the header being number 1; blank ones are left out.

    `names`: columns of the file that have another name there, with the property that they hold. The delimiter is
    what the header has most of: comma, semicolon or tab. Raises errors.Fault for a header that cannot be read or
    has a column that is no property (unless `ignore_unknown`).
    """
    source = _texts(lines)
    first = next(source, None)
    if first is None:
        return
    reader = csv.reader(chain([first], map(_short, source)), delimiter=_delimiter(first), strict=True)
    csv.field_size_limit(MAX_LINE)
    try:
        header = next(reader)
    except csv.Error as error:
        raise Fault("The header of the file is not valid CSV") from error
    columns = _columns(header, names, ignore_unknown=ignore_unknown)
    number = 1
    while True:
        number += 1
        try:
            cells = next(reader)
            if any(cells):
                yield number, _line(cells, columns)
        except StopIteration:
            return
        except BadLine as wrong:
            yield number, wrong
        except csv.Error:
            yield number, BadLine("line", "is not valid CSV")


def _texts(lines: Iterable[bytes]) -> Iterator[str]:
    """Lines as text; a byte that is not UTF-8 becomes half a surrogate pair, which `_line` names by its column."""
    for index, line in enumerate(lines):
        if index == 0 and line.startswith(_UTF16):
            raise Fault(_NOT_UTF8)
        yield (line.removeprefix(_BOM) if index == 0 else line).decode("utf-8", "surrogateescape")


def _short(text: str) -> str:
    if len(text) > MAX_LINE:
        raise BadLine("line", f"is longer than {MAX_LINE} bytes")
    return text


def _delimiter(header: str) -> str:
    unquoted = re.sub(r'"[^"]*"', "", header)
    return max(",;\t", key=unquoted.count)


def _columns(header: Sequence[str], names: Mapping[str, str], *, ignore_unknown: bool) -> list[str | None]:
    """The property that each column holds; None for one that is left out."""
    if any(map(_SURROGATE.search, header)):
        raise Fault(_NOT_UTF8)
    for foreign in names:
        if foreign not in header:
            raise Fault(f"The file has no column '{foreign[:60]}'{_meant(foreign, header)}")
    columns: list[str | None] = []
    for name in header:
        property_ = names.get(name, name)
        if property_ in _KINDS:
            if property_ in columns:
                raise Fault(f"Two columns of the file are {property_}")
            columns.append(property_)
        elif ignore_unknown or not name:
            columns.append(None)
        else:
            raise Fault(
                f"Column '{name[:60]}' is not a property of an order{_meant(name, PROPERTIES)}; "
                "name it with --map, or leave such columns out with --ignore-unknown"
            )
    return columns


def _meant(given: str, known: Iterable[str]) -> str:
    by_small = {name.lower(): name for name in known}
    close = get_close_matches(given.lower().replace(" ", ""), by_small, n=1, cutoff=0.5)
    return f": did you mean '{by_small[close[0]]}'?" if close else ""


def _line(cells: Sequence[str], columns: Sequence[str | None]) -> bytes:
    if len(cells) != len(columns):
        raise BadLine("line", f"has {len(cells)} cells where the header has {len(columns)}")
    document: dict[str, Any] = {}
    cancellation: dict[str, Any] = {}
    for column, cell in zip(columns, cells, strict=True):
        if not cell or column is None:
            continue
        if _SURROGATE.search(cell):
            raise BadLine(column, "is not UTF-8")
        value = _READ[_KINDS[column]](column, cell)
        outer, _, inner = column.partition(".")
        if inner:
            cancellation[inner] = value
        else:
            document[outer] = value
    if cancellation:
        document[_CANCELLATION] = cancellation
    return msgspec.json.encode(document)


def _number(_column: str, cell: str) -> object:
    # Whatever is no number stays text: the reader of lines then says what it should have been.
    if not _NUMBER.fullmatch(cell):
        return cell
    try:
        return msgspec.json.decode(cell)
    except msgspec.DecodeError:
        return cell


def _flag(_column: str, cell: str) -> object:
    return {"true": True, "false": False}.get(cell.lower(), cell)


def _list(column: str, cell: str) -> object:
    return _json(column, cell) if cell.startswith("[") else cell.split(SEPARATOR)


def _json(column: str, cell: str) -> object:
    try:
        return msgspec.json.decode(cell)
    except (msgspec.DecodeError, RecursionError):
        raise BadLine(column, "is not valid JSON") from None


_READ: dict[_Kind, Callable[[str, str], object]] = {
    _Kind.TEXT: lambda _, cell: cell,
    _Kind.NUMBER: _number,
    _Kind.FLAG: _flag,
    _Kind.LIST: _list,
    _Kind.JSON: _json,
}


def header_line() -> bytes:
    """The header that export writes."""
    return _written([HEADER])


def csv_lines(lines: Iterable[bytes]) -> bytes:
    """Lines of an export as records of CSV, comma between cells, CRLF at the end (RFC 4180), UTF-8."""
    return _written([_cells(msgspec.json.decode(line)) for line in lines])


def _written(rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _cells(document: Mapping[str, Any]) -> list[str]:
    cancellation = document.get(_CANCELLATION) or {}
    cells = []
    for column in HEADER:
        outer, _, inner = column.partition(".")
        cells.append(_cell(_KINDS[column], cancellation.get(inner) if inner else document.get(outer)))
    return cells


def _cell(kind: _Kind, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if kind is _Kind.LIST and _is_plain(value):
        return SEPARATOR.join(value)
    return msgspec.json.encode(value).decode()


def _is_plain(codes: Sequence[str]) -> bool:
    return not any(SEPARATOR in code for code in codes) and not (codes and codes[0].startswith("["))
