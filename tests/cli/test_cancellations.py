"""traylane orders cancel --file, --override, --disposition; restore; disposition; reports: on both sides the same."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from tests.cli.conftest import Traylane

ORDERS = (
    {"orderNumber": "337177", "customerNumber": "1001", "status": "V", "trayNumber": "72544", "poNumber": "P-1"},
    {
        "orderNumber": "337178",
        "customerNumber": "1001",
        "status": "P",
        "scans": [{"station": "GEN", "operator": "TAL", "dateTime": "2026-11-02T09:15:00.000Z"}],
    },
    {"orderNumber": "337179", "customerNumber": "1001", "status": "V"},
)
SETUP = b"""
[[reasons]]
code = "BRK"
desc = "Broken"
allowsOverride = true
[[breakages]]
code = "SCR"
desc = "Scratched"
[[employees]]
code = "TL"
name = "Somebody"
"""


@pytest.fixture
def desk(anywhere: Traylane) -> Traylane:
    """The laboratory with three orders, and codes for what breaks."""
    assert anywhere("setup", "apply", "-", given=SETUP).code == 0
    ended = anywhere("orders", "import", "-", given=b"\n".join(map(msgspec.json.encode, ORDERS)))
    assert (ended.code, ended.out) == (0, "3 imported, 0 skipped, 0 bad\n")
    return anywhere


def results(path: Path) -> list[tuple[int, int]]:
    found = [msgspec.json.decode(line) for line in path.read_bytes().splitlines()]
    return [(row["row"], row["status"]) for row in found]


def test_an_override_needs_its_reason(desk: Traylane) -> None:
    refused = desk("orders", "cancel", "337178", "--reason", "CUS", "--override", "--json")
    assert (refused.code, refused.json["error"]) == (1, "Delete reason does not allow an override")
    done = desk("orders", "cancel", "337178", "--reason", "BRK", "--override", "--json")
    assert (done.code, done.json["cancellation"]["override"]) == (0, True)


def test_a_cancel_with_its_disposition_a_correction_and_a_restore_by_force(desk: Traylane) -> None:
    broken = ("--disposition", "rt=broken:SCR:TL", "--disposition", "lt=stock")
    assert desk("orders", "cancel", "337177", "--reason", "CUS", *broken).code == 0
    told = desk("orders", "disposition", "337177", *broken)
    assert (told.code, told.err) == (0, "Nothing was changed: the same was posted before.\n")
    refused = desk("orders", "restore", "337177", "--dry-run")
    assert (refused.code, refused.out) == (1, "Order 337177 cannot be restored.\n")
    assert refused.err == "Order has a broken lens; Broken: rt\nThe right lens was written off as broken.\n"
    done = desk("orders", "restore", "72544", "--force")
    assert (done.code, done.out) == (0, "Order 337177 is restored.\n")


@pytest.mark.parametrize("said", ["rt", "rt=lost", "rt=broken", "rt=broken:SCR", "rt=stock:SCR:TL", "xx=stock"])
def test_a_disposition_that_is_none(traylane: Traylane, said: str) -> None:
    ended = traylane("orders", "cancel", "337177", "--disposition", said)
    assert (ended.code, "is not like rt=stock or rt=broken:SCR:TL" in ended.err) == (2, True)


def test_a_file_is_cancelled_row_by_row_and_can_be_run_again(desk: Traylane, tmp_path: Path) -> None:
    file, out = tmp_path / "cancel.txt", tmp_path / "out.jsonl"
    file.write_text('72544\n\n337178\n{"orderIdentifier": "337179", "deleteReason": "XXX"}\n{"order": 5}\n9999999\n')
    command = ("orders", "cancel", "--file", str(file), "--reason", "CUS", "--result", str(out))
    for _ in range(2):
        ended = desk(*command)
        assert (ended.code, ended.out) == (1, f"1 cancelled, 4 refused; each with its answer in {out}\n")
        assert results(out) == [(1, 200), (2, 400), (3, 400), (4, 400), (5, 404)]
    assert [event["type"] for event in desk("orders", "events", "337177", "--json").json["items"]] == [
        "order.imported",
        "order.cancelled",
    ]


def test_a_json_list_with_its_results_beside_it(desk: Traylane, tmp_path: Path) -> None:
    file = tmp_path / "cancel.json"
    file.write_bytes(msgspec.json.encode([{"orderIdentifier": n, "deleteReason": "CUS"} for n in ("337177", "337179")]))
    ended = desk("orders", "cancel", "--file", str(file), "--json")
    assert (ended.code, ended.json["cancelled"], ended.json["refused"]) == (0, 2, 0)
    assert results(Path(f"{file}.results.jsonl")) == [(1, 200), (2, 200)]


def test_an_order_or_a_file(traylane: Traylane, tmp_path: Path) -> None:
    assert traylane("orders", "cancel").code == 2
    assert traylane("orders", "cancel", "1", "--file", "x").code == 2
    missing = traylane("orders", "cancel", "--file", str(tmp_path / "no"))
    assert (missing.code, "cannot read" in missing.err) == (2, True)


def test_the_report(desk: Traylane) -> None:
    desk("orders", "cancel", "337177", "--reason", "CUS")
    desk("orders", "cancel", "337178", "--reason", "BRK", "--override")
    report = desk("reports", "cancellations", "--json").json
    assert (report["total"], report["late"], report["lateShare"], report["overrides"]) == (2, 1, 0.5, 1)
    shown = desk("reports", "cancellations")
    assert (shown.code, "50.0%" in shown.out) == (0, True)
    assert desk("reports", "cancellations", "--from", "soon").code == 2
