"""traylane floor: scans, and what the floor asks, on the database itself."""

from __future__ import annotations

import msgspec
import pytest

from tests.cli.conftest import Traylane

ORDERS = (
    {"orderNumber": "1", "customerNumber": "1001", "status": "V", "trayNumber": "72544", "dateWanted": "2020-01-01"},
    {
        "orderNumber": "2",
        "customerNumber": "1001",
        "status": "P",
        "trayNumber": "00123",
        "scans": [{"station": "RCV", "operator": "TAL", "dateTime": "2026-11-02T09:15:00.000Z"}],
        "cancellation": {"dateTime": "2026-11-02T10:15:00.000Z", "actor": "desk"},
    },
)


@pytest.fixture
def floor(lab: Traylane) -> Traylane:
    """The laboratory with an order to scan and a cancelled one in its tray."""
    ended = lab("orders", "import", "-", given=b"\n".join(map(msgspec.json.encode, ORDERS)))
    assert ended.code == 0
    return lab


def test_a_scan_and_where_the_order_has_been(floor: Traylane) -> None:
    scanned = floor("floor", "check-in", "RCV", "72544", "--operator", "TAL", "--json")
    assert (scanned.code, scanned.json["orderNumber"], scanned.json["code"]) == (0, "1", "RCV")
    tracked = floor("floor", "tracking", "1", "--json").json
    assert [(scan["code"], scan["operator"]) for scan in tracked["items"]] == [("RCV", "TAL")]
    assert "RECEIVING" in floor("floor", "tracking", "1").out


def test_a_refused_scan_says_what_to_do_with_the_tray(floor: Traylane) -> None:
    ended = floor("floor", "check-in", "RCV", "00123")
    assert ended.code == 1
    assert ended.err == (
        "Checkin not performed; Order marked for cancelation; Take tray 00123 out of the line, and release it\n"
    )


def test_open_recalls(floor: Traylane) -> None:
    assert floor("floor", "recall", "--json").json["items"][0]["orderNumber"] == "2"
    assert "00123" in floor("floor", "recall").out


def test_work_in_process(floor: Traylane) -> None:
    floor("floor", "check-in", "RCV", "1")
    ended = floor("floor", "wip")
    assert ended.err == "1 in process, 1 late, 0 hot.\n"
    assert "RECEIVING" in ended.out
    assert [job["orderNumber"] for job in floor("floor", "wip", "--late", "--json").json["items"]] == ["1"]
    assert floor("floor", "wip", "--hot", "--json").json["total"] == 0


def test_days(floor: Traylane) -> None:
    assert floor("floor", "days", "--days", "1", "--json").json["items"][0]["in"] == 1
    assert floor("floor", "days", "--days", "93").code == 2
    assert "inWork" in floor("floor", "days").out


def test_who_is_in_a_tray(floor: Traylane) -> None:
    found = floor("floor", "tray", "123", "--json").json
    assert (found["trayNumber"], found["holds"], found["items"][0]["given"]) == ("123", "2", "order.imported")
    assert "order.imported" in floor("floor", "tray", "123").out
    assert floor("floor", "tray", "x").code == 1
