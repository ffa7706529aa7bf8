"""Whatever an order holds: as CSV it is the same order as in JSON Lines."""

from __future__ import annotations

import io
import string
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from traylane.clock import Instant, to_text
from traylane.orders.importing import lines_of
from traylane.orders.interchange import rows_of_line
from traylane.orders.spreadsheet import csv_lines, header_line, records

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
AWKWARD = st.text('",;|\r\n\t[]{}= ä\ufeff', max_size=20)
CODES = st.text('",;|\r\n[] aä', min_size=1, max_size=5) | st.sampled_from(["SRC", "UV", "[]", "|"])
MOMENTS = st.integers(0, 4_000_000_000_000).map(lambda at: to_text(Instant(at)))
SCANS = st.lists(
    st.fixed_dictionaries(
        {"station": CODES, "dateTime": MOMENTS}, optional={"operator": CODES, "nonCancel": st.booleans()}
    ),
    max_size=4,
).map(lambda scans: sorted(scans, key=lambda scan: str(scan["dateTime"])))
DOCUMENTS = st.fixed_dictionaries(
    {
        "orderNumber": st.text(string.ascii_letters + string.digits, min_size=1, max_size=8),
        "customerNumber": st.text('10,;"', min_size=1, max_size=8),
        "status": st.sampled_from("UVP"),
    },
    optional={
        "trayNumber": st.text(string.digits, max_size=5),
        "poNumber": st.text('",;\r\n =-aä', max_size=20),
        "trayReleased": st.booleans(),
        "addons": st.lists(CODES, max_size=4),
        "unvalidMessage": TEXTS | AWKWARD,
        "rtTrace": TEXTS | AWKWARD,
        "frameBridge": st.integers(0, 99),
        "frameTemple": st.floats(0, 9_999_999),
        "rtSPH": st.floats(-99.99, 99.99) | st.none(),
        "ltPRVM1": st.floats(0, 99.99),
        "rtCalculated": st.booleans(),
        "dateWanted": st.dates().map(str) | st.none(),
        "dateTimeValid": MOMENTS | st.none(),
        "scans": SCANS,
        "cancellation": st.none()
        | st.fixed_dictionaries(
            {"dateTime": MOMENTS},
            optional={"actor": TEXTS, "reason": CODES, "station": CODES, "override": st.booleans()},
        ),
    },
)


@given(st.lists(DOCUMENTS, max_size=4), st.sampled_from([b"", b"\xef\xbb\xbf"]))
def test_csv_and_json_lines_say_the_same(documents: list[dict[str, Any]], mark: bytes) -> None:
    lines = [msgspec.json.encode(document) for document in documents]
    data = mark + header_line() + csv_lines(lines)
    came = [line for _, line in records(lines_of(io.BytesIO(data)), names={})]
    assert [rows(line) for line in came] == [rows(line) for line in lines]


def rows(line: object) -> object:
    """What a line is in the tables."""
    assert isinstance(line, bytes)
    return rows_of_line(line, order_id=bytes(16), non_cancel=("GEN",))
