"""A long file: the process beside opens it itself, and lines are read again where they have to be looked at."""

from __future__ import annotations

import asyncio
import io
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.builders import NOW, count, execute, make_customer, make_station, order
from tests.orders.test_importing import a_line, full
from traylane.access.actor import COMMAND_LINE
from traylane.db import connect
from traylane.db.database import Database, Sql
from traylane.errors import Unavailable
from traylane.orders import import_blocks, reading_beside
from traylane.orders.importing import LinesFile, Problem, Summary, import_from
from traylane.orders.interchange import MAX_LINE

SCANS = [{"station": "RCV", "dateTime": "2026-11-02T09:00:00.000Z"}]
MANY = 1_000


@pytest.fixture(autouse=True)
def beside_at_once(monkeypatch: pytest.MonkeyPatch, db: Database, runner: asyncio.Runner) -> None:
    """The process beside reads all but the first block."""
    monkeypatch.setattr(reading_beside, "ALONE", 0)

    async def work() -> None:
        await make_customer(db)
        await make_station(db, "RCV")
        await make_station(db, "GEN")
        await make_station(db, "TAL", is_operator=True)

    runner.run(work())


async def import_file(
    db: Database, file: Path, progress: Callable[[Summary], None] = lambda _: None
) -> tuple[Summary, list[Problem]]:
    problems: list[Problem] = []
    with file.open("rb") as stream:
        summary = await import_from(
            db,
            LinesFile(stream),
            actor=COMMAND_LINE,
            clock=lambda: NOW,
            bad=problems.append,
            progress=progress,
        )
    return summary, problems


def written(file: Path, lines: list[bytes]) -> Path:
    file.write_bytes(b"".join(lines))
    return file


async def test_all_lines_of_a_file_keep_their_numbers(db: Database, tmp_path: Path) -> None:
    """Blank ones count, one that is too long is one, and an order at the end may be one from the beginning."""
    lines = [b"\xef\xbb\xbf" + a_line(orderNumber="A0"), b"\n"]
    lines += [a_line(orderNumber=f"A{n}", poNumber=f"ä{n}") for n in range(1, MANY)]
    lines += [b"\r\n", b"{\n", b'"' + b"x" * 2 * MAX_LINE + b'"\n', full(orderNumber="B1")]
    lines += [lines[2], a_line(orderNumber="A1"), a_line(orderNumber="C1", customerNumber="9")]
    summary, problems = await import_file(db, written(tmp_path / "orders.jsonl", lines))
    assert summary == Summary(imported=MANY + 1, skipped=1, bad=4)
    assert problems == [
        Problem(MANY + 3, "line", "is not valid JSON"),
        Problem(MANY + 4, "line", "is longer than 4194304 bytes"),
        Problem(MANY + 7, "orderNumber", "exists and differs in poNumber"),
        Problem(MANY + 8, "customerNumber", "does not exist"),
    ]
    assert (await order(db, f"A{MANY - 1}")).po == f"ä{MANY - 1}"
    assert (await order(db, "B1")).scan_count == 2


async def test_the_same_file_again_is_skipped(db: Database, tmp_path: Path) -> None:
    file = written(tmp_path / "orders.jsonl", [full(orderNumber=f"A{n}", trayNumber=str(n)) for n in range(1, MANY)])
    assert await import_file(db, file) == (Summary(imported=MANY - 1), [])
    assert await import_file(db, file) == (Summary(skipped=MANY - 1), [])
    assert (await count(db, "orders"), await count(db, "scans")) == (MANY - 1, 2 * (MANY - 1))


async def test_what_was_read_before_the_set_up_changed_is_read_again(
    db: Database, database_url: str, tmp_path: Path
) -> None:
    """The process beside has the lines already when the station becomes non-cancel."""
    file = written(tmp_path / "orders.jsonl", [a_line(orderNumber=f"A{n}", scans=SCANS) for n in range(MANY)])

    async def change() -> None:
        beside = connect.database(database_url)
        await beside.open()
        await make_station(beside, "RCV", non_cancel=True)
        await beside.close()

    changed: list[Summary] = []

    def once(summary: Summary) -> None:
        if not changed:
            changed.append(summary)
            with ThreadPoolExecutor(1) as another:
                another.submit(asyncio.run, change()).result()

    assert await import_file(db, file, once) == (Summary(imported=MANY), [])
    told = await execute(db, Sql.same("SELECT count(*) FROM scans WHERE non_cancel"))
    assert told[0][0] == MANY - import_blocks.FIRST_LINES


async def test_another_file_in_its_place_is_not_read(db: Database, tmp_path: Path) -> None:
    """What was imported stays; nothing of the other one comes in."""
    file = written(tmp_path / "orders.jsonl", [a_line(orderNumber=f"A{n}") for n in range(MANY)])
    other = written(tmp_path / "other.jsonl", [a_line(orderNumber=f"B{n}") for n in range(MANY)])

    def replace(_: Summary) -> None:
        if other.exists():
            other.replace(file)

    with pytest.raises(Unavailable, match="died"):
        await import_file(db, file, replace)
    assert await count(db, "orders") == import_blocks.FIRST_LINES


def test_only_a_long_regular_file_is_opened_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = written(tmp_path / "orders.jsonl", [a_line()])
    with file.open("rb") as stream, open("/dev/null", "rb") as device:
        assert LinesFile.of(stream) is None
        monkeypatch.setattr(import_blocks, "LONG_FILE", 1)
        assert LinesFile.of(stream) is not None
        assert LinesFile.of(device) is None


async def test_a_piece_with_bad_lines_goes_in_without_a_look(db: Database, tmp_path: Path) -> None:
    lines = [a_line(orderNumber=f"A{n}") for n in range(300)]
    lines[150] = b"{\n"
    summary, problems = await import_file(db, written(tmp_path / "orders.jsonl", lines))
    assert (summary, problems) == (
        Summary(imported=299, bad=1),
        [Problem(151, "line", "is not valid JSON")],
    )


def test_only_a_long_file_with_a_name_is_opened_again(tmp_path: Path) -> None:
    file = written(tmp_path / "orders.jsonl", [b" " * import_blocks.LONG_FILE])
    short = written(tmp_path / "short.jsonl", [b"{}"])
    with file.open("rb") as long, open(os.dup(long.fileno()), "rb") as nameless, short.open("rb") as brief:
        assert LinesFile.of(long) is not None
        assert [LinesFile.of(stream) for stream in (nameless, brief, io.BytesIO(b"{}"))] == [None] * 3
        file.rename(tmp_path / "moved.jsonl")
        assert LinesFile.of(long) is None
