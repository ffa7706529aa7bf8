"""What is wrong with a line of an import file, in words for people."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from traylane.orders.bad_line import explained
from traylane.orders.interchange import BadLine, ImportedOrder, read_line

LEAST = {"orderNumber": "337178", "customerNumber": "1001", "status": "V"}
SCANS = [
    {"station": "RCV", "operator": "OPA", "dateTime": "2026-11-02T09:00:00.000Z"},
    {"station": "GEN", "dateTime": "2026-11-02T11:00:00.250+01:00"},
]


def a_line(**properties: Any) -> bytes:
    return msgspec.json.encode(LEAST | properties)


def bad(line: bytes) -> tuple[str, str]:
    with pytest.raises(BadLine) as caught:
        read_line(line)
    return caught.value.field, caught.value.problem


@pytest.mark.parametrize(
    ("line", "field", "problem"),
    [
        (b"", "line", "is not valid JSON"),
        (b"[]", "line", "is not a JSON object"),
        (b'{"poNumber":"\xff"}', "line", "is not UTF-8"),
        (b'{"customerNumber":"1001","status":"V"}', "orderNumber", "is missing"),
        (a_line(orderNumber=""), "orderNumber", "is empty"),
        (a_line(orderNumber="123456789"), "orderNumber", "has more than 8 characters"),
        (a_line(orderNumber="12-4"), "orderNumber", "is not 1 to 8 letters or digits (A-Z, a-z, 0-9)"),
        (a_line(orderNumber="1234\n"), "orderNumber", "is not 1 to 8 letters or digits (A-Z, a-z, 0-9)"),
        (a_line(orderNumber=337178), "orderNumber", "is not text"),
        (a_line(trayNumber="12A"), "trayNumber", "is not up to 5 digits"),
        (a_line(trayNumber="1\n"), "trayNumber", "is not up to 5 digits"),
        (a_line(trayNumber="١٢"), "trayNumber", "is not up to 5 digits"),
        (a_line(customerNumber="123456789"), "customerNumber", "has more than 8 characters"),
        (a_line(status="X"), "status", "is not one of C, P, U, V, W"),
        (a_line(poNumber="x" * 21), "poNumber", "has more than 20 characters"),
        (a_line(poNumber="\u0958" * 11), "poNumber", "has more than 20 characters"),  # NFC makes it two each
        (a_line(poNumber="a\0b"), "poNumber", "holds a NUL character"),
        (a_line(addons=["\0"]), "addons", "holds a NUL character"),
        (a_line()[:-1] + b',"poNumber":"a\x00b"}', "line", "is not valid JSON"),
        (a_line()[:-1] + b',"poNumber":"\\ud800"}', "line", "is not valid JSON"),
        (a_line()[:-1] + b',"poNumber":"\\udc00x"}', "line", "is not valid JSON"),
        (a_line()[:-1] + b',"poNumber":"\xed\xa0\x80"}', "line", "is not UTF-8"),
        (a_line(colour="red"), "colour", "is not a property of an order"),
        (a_line(dateWanted="2026-02-30"), "dateWanted", "is not a date (yyyy-mm-dd)"),
        (a_line(dateWanted="2026-11-02T00:00:00.000Z"), "dateWanted", "is not a date (yyyy-mm-dd)"),
        (
            a_line(dateTimeValid="2026-11-02T09:00:00"),
            "dateTimeValid",
            "is not a date and time with a time zone (yyyy-mm-ddThh:mm:ss.fffZ)",
        ),
        (a_line(dateTimeValid="1969-12-31T23:59:59.999Z"), "dateTimeValid", "is not in the years 1970 to 9999"),
        (a_line(frameA=29), "frameA", "is less than 30 (0 when unset)"),
        (a_line(frameA=80.5), "frameA", "is more than 80"),
        (a_line(frameBridge=17.5), "frameBridge", "is not a whole number"),
        (a_line(rtSPH="-2.00"), "rtSPH", "is not a number"),
        (a_line(rtCalculated=1), "rtCalculated", "is not true or false"),
        (a_line(frameStatusCode="X"), "frameStatusCode", "is not one of blank, E, F, L, N, O, S, U"),
        (a_line(addons=["x"] * 51), "addons", "has more than 50 entries"),
        (a_line(scans=[{"station": "GEN"}]), "scans[0].dateTime", "is missing"),
        (a_line(scans=[SCANS[0], SCANS[1] | {"tray": "1"}]), "scans[1].tray", "is not a property of an order"),
        (a_line(scans=SCANS[::-1]), "scans[1].dateTime", "is before the scan ahead of it (oldest first)"),
        (a_line(status="W", onHold=False), "onHold", "is false although the status is W"),
        (a_line(status="P", onHold=True), "onHold", "is true although the status is not W"),
        (a_line(statusBeforeHold="V"), "statusBeforeHold", "is only for a held order (status W)"),
        (a_line(status="W", statusBeforeHold="C"), "statusBeforeHold", "is not one of P, U, V"),
        (
            a_line(status="C", cancellation={"dateTime": "2026-11-03T10:00:00.000Z"}),
            "cancellation",
            "is given for a completed order",
        ),
        (
            a_line(currentStation="GEN"),
            "currentStationDateTime",
            "is needed beside currentStation when there are no scans",
        ),
    ],
)
def test_a_bad_line_names_its_field_and_its_problem(line: bytes, field: str, problem: str) -> None:
    assert bad(line) == (field, problem)


def test_a_problem_does_not_repeat_what_the_line_holds() -> None:
    assert "Someone" not in "".join(bad(a_line(status="Someone")) + bad(a_line(orderNumber="Someone's")))


@given(st.binary() | st.recursive(st.none() | st.text() | st.floats(), st.lists).map(msgspec.json.encode))
def test_any_other_line_is_a_bad_line(line: bytes) -> None:
    assert all(map(len, bad(line)))


def test_a_word_inside_a_list_is_named_without_its_choices() -> None:
    wrong = explained("Invalid enum value 'AAA' - at `$[0].by`", ImportedOrder)
    assert wrong.problem.startswith("is not one of")
