"""Orders as CSV: what comes from Excel and its like, and what goes there."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any

import msgspec
import pytest

from traylane.errors import Fault
from traylane.orders import spreadsheet
from traylane.orders.bad_line import BadLine
from traylane.orders.importing import lines_of
from traylane.orders.spreadsheet import HEADER, csv_lines, header_line, records

LEAST = b"orderNumber,customerNumber,status\n"


def read(data: bytes, **options: Any) -> list[tuple[int, Any]]:
    """What comes out of a file: numbers with documents, or with (field, problem)."""
    found = records(lines_of(io.BytesIO(data)), names=options.pop("names", {}), **options)
    return [
        (number, (line.field, line.problem) if isinstance(line, BadLine) else msgspec.json.decode(line))
        for number, line in found
    ]


def cell(column: str, text: str) -> Any:
    """What one cell becomes."""
    [(_, document)] = read(f'{column}\n"{text.replace(chr(34), chr(34) * 2)}"\n'.encode())
    return document[column] if isinstance(document, dict) else document


ONE = {"orderNumber": "A1", "customerNumber": "1001", "status": "V"}


@pytest.mark.parametrize(
    "data",
    [
        LEAST + b"A1,1001,V\n",
        LEAST + b"A1,1001,V",
        b"\xef\xbb\xbf" + LEAST + b"A1,1001,V\n",
        b"orderNumber;customerNumber;status\r\nA1;1001;V\r\n",
        b"orderNumber\tcustomerNumber\tstatus\nA1\t1001\tV\n",
        b'"orderNumber","customerNumber","status"\n"A1","1001","V"\n',
        b'orderNumber;customerNumber;status;poNumber\nA1;1001;V;""\n',
        b"orderNumber,customerNumber,status,,\nA1,1001,V,,\n",
    ],
)
def test_what_spreadsheets_make_of_the_same_order(data: bytes) -> None:
    assert read(data) == [(2, ONE)]


def test_no_line_is_no_order() -> None:
    assert (read(b""), read(LEAST)) == ([], [])


def test_records_are_counted_as_a_spreadsheet_counts_rows() -> None:
    rows = b'A1,1001,V,"two\nlines"\n\n,,,\nA2,1001,V,x\n'
    found = read(b"orderNumber,customerNumber,status,unvalidMessage\n" + rows)
    assert [(number, document["unvalidMessage"]) for number, document in found] == [(2, "two\nlines"), (5, "x")]


@pytest.mark.parametrize(
    ("column", "text", "value"),
    [
        ("poNumber", "007", "007"),
        ("poNumber", ' "x" ', ' "x" '),
        ("rtSPH", "-2.25", -2.25),
        ("rtSPH", "-2,25", "-2,25"),
        ("rtSPH", "+1", "+1"),
        ("rtSPH", "1e-308", 1e-308),
        ("rtSPH", "1e999", "1e999"),
        ("frameBridge", "18", 18),
        ("frameBridge", "9" * 5000, "9" * 5000),
        ("rtCalculated", "TRUE", True),
        ("rtCalculated", "ja", "ja"),
        ("dateWanted", "2026-11-02", "2026-11-02"),
        ("addons", "SRC", ["SRC"]),
        ("addons", "SRC|UV 400", ["SRC", "UV 400"]),
        ("addons", '["A|B"]', ["A|B"]),
        ("scans", "[]", []),
        ("scans", '[{"station":"RCV"}]', [{"station": "RCV"}]),
        ("scans", '[],"status":"C"', ("scans", "is not valid JSON")),
        ("scans", "[" * 100_000, ("scans", "is not valid JSON")),
        ("scans", "RCV", ("scans", "is not valid JSON")),
    ],
)
def test_what_a_cell_says(column: str, text: str, value: object) -> None:
    assert cell(column, text) == value


def test_a_cancellation_has_a_column_for_each_property() -> None:
    data = b"orderNumber,cancellation.dateTime,cancellation.override\nA1,2026-11-02T09:00:00.000Z,false\nA2,,\n"
    mark = {"dateTime": "2026-11-02T09:00:00.000Z", "override": False}
    assert read(data) == [(2, {"orderNumber": "A1", "cancellation": mark}), (3, {"orderNumber": "A2"})]


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (b"A1,1001\n", ("line", "has 2 cells where the header has 3")),
        (b"A1,1001,V,x\n", ("line", "has 4 cells where the header has 3")),
        (b'A1,"10"01,V\n', ("line", "is not valid CSV")),
        (b"A1,M\xfcller,V\n", ("customerNumber", "is not UTF-8")),
        (b"A1," + b"x" * 5_000_000 + b",V\n", ("line", "is longer than 4194304 bytes")),
    ],
)
def test_a_bad_record_does_not_spoil_its_neighbours(row: bytes, problem: tuple[str, str]) -> None:
    assert read(LEAST + row + b"A1,1001,V\n") == [(2, problem), (3, ONE)]


@pytest.mark.slow
def test_a_quotation_mark_that_nobody_closes_costs_no_memory() -> None:
    found = read(LEAST + b'A1,"' + b"x\n" * 3_000_000)
    assert found[0] == (2, ("line", "is not valid CSV"))


@pytest.mark.parametrize(
    ("header", "sentence"),
    [
        (b"Order No\n", "Column 'Order No' is not a property of an order: did you mean 'orderNumber'?; name it with"),
        (b"ordernumber\n", "did you mean 'orderNumber'?"),
        (b"status,status\n", "Two columns of the file are status"),
        (b"gr\xf6sse\n", "The file is not UTF-8"),
        ("orderNumber\n".encode("utf-16"), "The file is not UTF-8"),
        (b'"orderNumber\n', "The header of the file is not valid CSV"),
    ],
)
def test_a_header_that_cannot_be_read(header: bytes, sentence: str) -> None:
    with pytest.raises(Fault) as caught:
        read(header)
    assert sentence in str(caught.value)


def test_columns_with_names_of_their_own() -> None:
    data = b"Job;Kunde;Stand;Farbe\nA1;1001;V;rot\n"
    names = {"Job": "orderNumber", "Kunde": "customerNumber", "Stand": "status"}
    assert read(data, names=names, ignore_unknown=True) == [(2, ONE)]


def test_a_mapped_column_that_is_not_there_is_named() -> None:
    with pytest.raises(Fault, match="no column 'Jobb': did you mean 'Job'"):
        read(b"Job\n", names={"Jobb": "orderNumber"})


def test_a_property_cannot_come_from_two_columns() -> None:
    with pytest.raises(Fault, match="Two columns of the file are status"):
        read(b"status,Stand\n", names={"Stand": "status"})


def test_an_exported_order() -> None:
    document: dict[str, Any] = {
        "orderNumber": "A1",
        "poNumber": 'a "b", c',
        "rtSPH": -2.0,
        "rtCalculated": True,
        "addons": ["SRC", "UV"],
        "dateWanted": None,
        "scans": [{"station": "RCV"}],
        "cancellation": {"reason": "CUS", "override": False},
    }
    assert written([document]) == [document]


def test_lists_that_do_not_fit_between_separators_are_json() -> None:
    for addons in (["A|B"], ["[A"], ["A", "B"], []):
        assert written([{"addons": addons}])[0]["addons"] == addons


def test_the_header_begins_with_the_three_numbers_and_ends_with_the_history() -> None:
    assert header_line().startswith(b"orderNumber,trayNumber,poNumber,addons,")
    assert header_line().endswith(b",statusBeforeHold,trayReleased,trayTakenOverDateTime,scans\r\n")
    assert "revision" not in HEADER
    assert set(HEADER) <= set(spreadsheet.PROPERTIES)


def written(documents: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """What is left of documents that went into cells and came out again, by their own properties."""
    given = list(documents)
    data = header_line() + csv_lines([msgspec.json.encode(document) for document in given])
    found = records(lines_of(io.BytesIO(data)), names={})
    came = [msgspec.json.decode(line) for _, line in found if isinstance(line, bytes)]
    unset: dict[str, Any] = {"addons": [], "dateWanted": None}
    return [
        {name: one.get(name, unset.get(name)) for name in before}
        for one, before in zip([*came, *[{}] * (len(given) - len(came))], given, strict=True)
    ]
