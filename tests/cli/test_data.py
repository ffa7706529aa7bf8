"""traylane orders import, export."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import msgspec

from tests.cli.conftest import Traylane

GOOD = b'{"orderNumber":"A1","customerNumber":"1001","status":"V","poNumber":"\xc3\xa4"}\n'
BAD = b'{"orderNumber":"A2","customerNumber":"7777","status":"V"}\n'


def test_good_lines_are_kept_and_bad_ones_listed(lab: Traylane) -> None:
    ended = lab("orders", "import", "-", given=BAD + GOOD + b"{\n")
    assert (ended.code, ended.out) == (1, "1 imported, 0 skipped, 2 bad\n")
    assert ended.err == "line 1: customerNumber does not exist\nline 3: line is not valid JSON\n"


def test_an_import_as_json(lab: Traylane) -> None:
    ended = lab("orders", "import", "-", "--json", given=BAD + GOOD)
    assert (ended.code, ended.err) == (1, "")
    assert ended.json == {
        "imported": 1,
        "skipped": 0,
        "bad": 1,
        "problems": [{"line": 1, "field": "customerNumber", "problem": "does not exist"}],
    }


def test_a_file_can_be_imported_again(lab: Traylane, tmp_path: Path) -> None:
    (tmp_path / "orders.jsonl").write_bytes(GOOD)
    assert lab("orders", "import", str(tmp_path / "orders.jsonl")).code == 0
    again = lab("orders", "import", str(tmp_path / "orders.jsonl"))
    assert (again.code, again.out) == (0, "0 imported, 1 skipped, 0 bad\n")


def test_20_bad_lines_are_shown_and_the_rest_counted(lab: Traylane) -> None:
    plain, as_json = (lab("orders", "import", "-", *more, given=BAD * 25) for more in ((), ("--json",)))
    assert plain.err.count("\n") == 21
    assert plain.err.endswith("and 5 more bad lines\n")
    assert len(as_json.json["problems"]) == 25


def test_an_export_goes_to_standard_output_as_it_is(lab: Traylane) -> None:
    lab("orders", "import", "-", given=GOOD)
    ended = lab("orders", "export")
    assert (ended.code, ended.err) == (0, "")
    assert msgspec.json.decode(ended.out)["poNumber"] == "ä"


def test_an_export_to_standard_output_is_no_json_document(lab: Traylane) -> None:
    ended = lab("orders", "export", "--json")
    assert (ended.code, ended.json["details"]) == (2, [])
    assert ended.json["error"].startswith("Invalid value for --json: needs a FILE")


def test_an_exported_file_is_whole_and_its_owner_s_alone(lab: Traylane, tmp_path: Path) -> None:
    lab("orders", "import", "-", given=GOOD)
    ended = lab("orders", "export", str(tmp_path / "out.jsonl"), "--json")
    assert ended.json == {"exported": 1, "file": f"{tmp_path}/out.jsonl"}
    assert [path.name for path in tmp_path.glob("out*")] == ["out.jsonl"]
    assert (tmp_path / "out.jsonl").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "out.jsonl").read_text() == lab("orders", "export").out


def test_an_export_into_a_pipe_is_written_as_it_is(lab: Traylane, tmp_path: Path) -> None:
    lab("orders", "import", "-", given=GOOD)
    os.mkfifo(tmp_path / "pipe")
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append((tmp_path / "pipe").read_bytes()))
    reader.start()
    assert lab("orders", "export", str(tmp_path / "pipe")).code == 0
    reader.join()
    assert read[0].startswith(b'{"orderNumber":"A1"')


def test_a_file_that_cannot_be_read_or_written(lab: Traylane, tmp_path: Path) -> None:
    read = lab("orders", "import", str(tmp_path / "none.jsonl"))
    written = lab("orders", "export", str(tmp_path / "none" / "out.jsonl"))
    folder = lab("orders", "import", str(tmp_path))
    assert (read.code, read.err) == (3, f"Cannot read {tmp_path}/none.jsonl: No such file or directory\n")
    assert (written.code, written.err) == (3, f"Cannot write {tmp_path}/none/out.jsonl: No such file or directory\n")
    assert (folder.code, folder.err) == (3, f"Cannot read {tmp_path}: Is a directory\n")


def test_an_empty_file_is_no_order(lab: Traylane) -> None:
    assert lab("orders", "import", "-").out == "0 imported, 0 skipped, 0 bad\n"


CSV = b"orderNumber;customerNumber;status;poNumber\r\nA1;1001;V;\xc3\xa4\r\nA2;7777;V;\r\n"


def test_an_import_of_csv_by_its_ending(lab: Traylane, tmp_path: Path) -> None:
    (tmp_path / "orders.CSV").write_bytes(CSV)
    ended = lab("orders", "import", str(tmp_path / "orders.CSV"))
    assert (ended.code, ended.out) == (1, "1 imported, 0 skipped, 1 bad\n")
    assert ended.err == "line 3: customerNumber does not exist\n"
    assert msgspec.json.decode(lab("orders", "export").out)["poNumber"] == "ä"


def test_a_dry_run_writes_nothing(lab: Traylane) -> None:
    ended = lab("orders", "import", "-", "--format", "csv", "--dry-run", given=CSV)
    assert (ended.code, ended.out) == (1, "1 imported, 0 skipped, 1 bad\n")
    assert ended.err == "line 3: customerNumber does not exist\nThis was a dry run: nothing was written.\n"
    assert lab("orders", "export").out == ""


def test_columns_with_other_names(lab: Traylane, tmp_path: Path) -> None:
    (tmp_path / "columns.toml").write_text('"Kunde" = "customerNumber"\n"A=B" = "poNumber"\n')
    names = ("--map", str(tmp_path / "columns.toml"), "--map", "Job No=orderNumber")
    data = b"Job No,Kunde,status,A=B,Farbe\nA1,1001,V,7,rot\n"
    unknown = lab("orders", "import", "-", "--format", "csv", *names, given=data)
    assert (unknown.code, unknown.err[:49]) == (3, "Column 'Farbe' is not a property of an order: did")
    ended = lab("orders", "import", "-", "--format", "csv", "--ignore-unknown", *names, given=data)
    assert (ended.code, ended.out) == (0, "1 imported, 0 skipped, 0 bad\n")


def test_what_is_wrong_with_a_map(lab: Traylane, tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text("x")
    (tmp_path / "nested.toml").write_text("[columns]\nx = 'status'\n")

    def asked(*options: str) -> tuple[int, str]:
        ended = lab("orders", "import", "-", *options, given=CSV)
        return ended.code, ended.err

    code, said = asked("--format", "csv", "--map", "Job=ordernumber")
    assert code == 2
    assert "'ordernumber', for column 'Job', is not a property of an order. Did you mean 'orderNumber'?" in said
    assert asked("--format", "csv", "--map", "none.toml")[0] == 3
    assert asked("--format", "csv", "--map", str(tmp_path / "bad.toml"))[1].startswith(f"{tmp_path}/bad.toml is not")
    assert "holds more than lines" in asked("--format", "csv", "--map", str(tmp_path / "nested.toml"))[1]
    assert "is for CSV" in asked("--map", "Job=orderNumber")[1]
    assert "is for CSV" in asked("--ignore-unknown")[1]
    assert "Did you mean 'csv'?" in asked("--format", "cvs")[1]


def test_csv_is_exported_by_its_ending_and_can_be_imported(lab: Traylane, tmp_path: Path) -> None:
    lab("orders", "import", "-", given=GOOD)
    assert lab("orders", "export", str(tmp_path / "out.csv")).code == 0
    assert (tmp_path / "out.csv").read_bytes().decode() == lab("orders", "export", "--format", "csv").out
    again = lab("orders", "import", str(tmp_path / "out.csv"))
    assert (again.code, again.out) == (0, "0 imported, 1 skipped, 0 bad\n")
