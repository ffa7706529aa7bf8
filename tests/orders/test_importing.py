"""Importing orders: good lines in, bad ones named, nothing twice and nothing changed."""

from __future__ import annotations

import asyncio
import io
import shutil
import sys
import tracemalloc
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import pytest

from tests import standstill
from tests.builders import (
    NOW,
    bump_version,
    count,
    execute,
    make_customer,
    make_order,
    make_reason,
    make_station,
    order,
    scanned,
    set_setting,
)
from traylane.access.actor import COMMAND_LINE
from traylane.db import connect
from traylane.db.database import Database, Sql, Transaction
from traylane.db.ids import new_id
from traylane.errors import Unavailable
from traylane.events import seal
from traylane.events.record import history
from traylane.events.verify import verify
from traylane.orders import import_blocks, import_store, importing, reading_beside
from traylane.orders.importing import Problem, Summary, import_lines, lines_of
from traylane.orders.interchange import Rows
from traylane.policy import catalogue

LEAST = {"orderNumber": "A1", "customerNumber": "1001", "status": "V"}
FULL = LEAST | {
    "status": "P",
    "trayNumber": "00123",
    "poNumber": "LOT-7",
    "rtSPH": -2.25,
    "frameColor": "GREY",
    "scans": [
        {"station": "RCV", "dateTime": "2026-11-02T09:00:00.000Z"},
        {"station": "GEN", "dateTime": "2026-11-02T10:00:00.000Z", "operator": "TAL"},
    ],
}


def a_line(**properties: Any) -> bytes:
    return msgspec.json.encode(LEAST | properties) + b"\n"


def full(**properties: Any) -> bytes:
    return msgspec.json.encode(FULL | properties) + b"\n"


async def import_(db: Database, lines: Iterable[bytes]) -> tuple[Summary, list[Problem]]:
    problems: list[Problem] = []
    summary = await import_lines(db, lines, actor=COMMAND_LINE, clock=lambda: NOW, bad=problems.append)
    return summary, problems


async def problem(db: Database, line: bytes) -> tuple[str, str]:
    """The one thing that is wrong with a line, of which nothing was kept."""
    before = await count(db, "orders")
    _, [found] = await import_(db, [line])
    assert found.line == 1
    assert await count(db, "orders") == before
    return found.field, found.problem


@pytest.fixture
def lab(db: Database, runner: asyncio.Runner) -> Database:
    """A laboratory with a customer, two stations, an operator and a reason."""

    async def work() -> None:
        await make_customer(db)
        await make_station(db, "RCV")
        await make_station(db, "GEN", sequence=30, non_cancel=True)
        await make_station(db, "TAL", is_operator=True)
        await make_reason(db, "CUS")

    runner.run(work())
    return db


async def test_a_line_becomes_an_order_with_its_history(lab: Database) -> None:
    assert (await import_(lab, [full()]))[0] == Summary(imported=1)
    found = await order(lab, "A1")
    assert (found.tray, found.po, found.status, found.station, found.scan_count) == ("00123", "LOT-7", "P", "GEN", 2)
    assert found.revision == 1
    assert found.non_cancel_scan is not None
    assert found.non_cancel_scan.station == "GEN"
    assert msgspec.json.decode(found.details) == {"frameColor": "GREY", "rtSPH": -2.25}


async def test_what_lists_ask_for_stands_in_the_row_too(lab: Database) -> None:
    await import_(lab, [a_line(customerJobId="J-1", dateWanted="2026-11-09"), a_line(orderNumber="A2")])

    rows = await execute(
        lab, Sql.same("SELECT customer_job_id, date_wanted, date_ordered FROM orders ORDER BY order_number")
    )

    assert [tuple(row) for row in rows] == [("J-1", "2026-11-09", ""), ("", "", "")]


async def test_an_imported_order_has_one_event(lab: Database) -> None:
    await import_(lab, [full()])
    total, [event] = await lab.read(lambda tx: _history(tx, lab))
    assert (total, event.seq, event.type, event.actor, event.at) == (1, 1, "order.imported", "command line", NOW)
    assert msgspec.json.decode(event.data) == {
        "orderNumber": "A1",
        "customerNumber": "1001",
        "trayNumber": "00123",
        "after": {"status": "P", "onHold": False, "cancelled": False, "scans": 2},
    }


async def test_the_feed_stays_a_chain(lab: Database) -> None:
    await import_(lab, [a_line(orderNumber=f"A{n}") for n in range(300)])
    await lab.write(lambda tx: _seal_all(tx, lab))
    assert (await verify(lab, ())).events == 300


async def test_the_same_file_again_is_skipped(lab: Database) -> None:
    lines = [full(), a_line(orderNumber="A2"), full(orderNumber="A3", trayNumber="7", status="W")]
    assert (await import_(lab, lines))[0] == Summary(imported=3)
    assert await import_(lab, lines) == (Summary(skipped=3), [])
    assert await count(lab, "events") == 3


async def test_half_a_file_and_then_the_whole_is_the_whole(lab: Database) -> None:
    lines = [a_line(orderNumber=f"A{n}", trayNumber=str(n)) for n in range(450)]

    def killed() -> Iterator[bytes]:
        yield from lines[:300]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await import_(lab, killed())
    kept = await count(lab, "orders")
    assert 0 < kept <= 300
    assert (await import_(lab, lines))[0] == Summary(imported=450 - kept, skipped=kept)
    assert await count(lab, "events") == 450


async def test_bad_lines_do_not_spoil_their_neighbours(lab: Database) -> None:
    lines = [a_line(orderNumber="A1"), b"{", a_line(orderNumber="A2", customerNumber="9"), a_line(orderNumber="A3")]
    summary, problems = await import_(lab, lines)
    assert summary == Summary(imported=2, bad=2)
    assert problems == [
        Problem(2, "line", "is not valid JSON"),
        Problem(3, "customerNumber", "does not exist"),
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"null\n", ("line", "is not a JSON object")),
        (b'{"orderNumber":"A1"}\n', ("customerNumber", "is missing")),
        (a_line(orderNumber=1), ("orderNumber", "is not text")),
        (a_line(status="X"), ("status", "is not one of C, P, U, V, W")),
        (a_line(colour="red"), ("colour", "is not a property of an order")),
        (a_line(poNumber="a\0b"), ("poNumber", "holds a NUL character")),
        (a_line(poNumber="@").replace(b"@", b"\\ud800"), ("line", "is not valid JSON")),
        (a_line(poNumber="@").replace(b"@", b"\xff"), ("line", "is not UTF-8")),
        (b"\x00\x00\n", ("line", "is not valid JSON")),
        (a_line(customerNumber="9999"), ("customerNumber", "does not exist")),
        (
            full(scans=[{"station": "NOPE", "dateTime": "2026-11-02T09:00:00Z"}]),
            ("scans[0].station", "is not a station of the set-up"),
        ),
        (
            full(scans=[{"station": "TAL", "dateTime": "2026-11-02T09:00:00Z"}]),
            ("scans[0].station", "is not a station of the set-up"),
        ),
        (
            full(scans=[{"station": "RCV", "operator": "RCV", "dateTime": "2026-11-02T09:00:00Z"}]),
            ("scans[0].operator", "is not an operator of the set-up"),
        ),
        (
            a_line(currentStation="NOPE", currentStationDateTime="2026-11-02T09:00:00Z"),
            ("currentStation", "is not a station of the set-up"),
        ),
        (
            a_line(cancellation={"dateTime": "2026-11-02T09:00:00Z", "reason": "NOPE"}),
            ("cancellation.reason", "is not a delete reason of the set-up"),
        ),
        (
            a_line(cancellation={"dateTime": "2026-11-02T09:00:00Z", "station": "TAL"}),
            ("cancellation.station", "is not a station of the set-up"),
        ),
    ],
)
async def test_what_is_wrong_with_a_line(lab: Database, line: bytes, expected: tuple[str, str]) -> None:
    assert await problem(lab, line) == expected


async def test_a_huge_line_is_bad_and_does_not_fill_memory(lab: Database) -> None:
    huge = io.BytesIO(b'{"orderNumber":"' + b"9" * 40_000_000 + b'"}\n' + a_line())
    tracemalloc.start()
    summary, problems = await import_(lab, lines_of(huge))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert summary == Summary(imported=1, bad=1)
    assert problems == [Problem(1, "line", "is longer than 4194304 bytes")]
    assert peak < 20_000_000


async def test_memory_does_not_grow_with_the_file(lab: Database) -> None:
    lines = (a_line(orderNumber=f"A{n}", customerNumber="9999", rtTrace="t" * 10_000) for n in range(2_000))
    tracemalloc.start()
    summary = await import_lines(lab, lines, actor=COMMAND_LINE, clock=lambda: NOW, bad=lambda _: None)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert summary == Summary(bad=2_000)
    assert peak < 10_000_000


async def test_blank_lines_and_a_byte_order_mark_are_left_out(lab: Database) -> None:
    summary, problems = await import_(lab, [b"\xef\xbb\xbf" + a_line(), b"\n", b" \r\n", b"x\n"])
    assert (summary, problems) == (Summary(imported=1, bad=1), [Problem(4, "line", "is not valid JSON")])


async def test_a_different_order_names_its_fields_and_stays(lab: Database) -> None:
    await import_(lab, [full()])
    changed = full(poNumber="LOT-8", rtSPH=-3, frameColor="", scans=FULL["scans"][:1])  # type: ignore[index]
    assert await problem(lab, changed) == ("orderNumber", "exists and differs in poNumber, scans, frameColor, rtSPH")
    assert (await order(lab, "A1")).po == "LOT-7"


@pytest.mark.parametrize(
    ("properties", "field"),
    [
        ({"trayNumber": "124"}, "trayNumber"),
        ({"trayReleased": True}, "trayNumber"),
        ({"status": "V"}, "status"),
        ({"status": "W", "statusBeforeHold": "P"}, "onHold"),
        ({"cancellation": {"dateTime": "2026-11-02T11:00:00Z", "reason": "CUS"}}, "cancellation"),
        ({"addons": ["SRC"]}, "addons"),
    ],
)
async def test_each_difference_has_its_name(lab: Database, properties: dict[str, Any], field: str) -> None:
    await import_(lab, [full()])
    assert await problem(lab, full(**properties)) == ("orderNumber", f"exists and differs in {field}")


async def test_an_order_that_moved_on_is_not_equal(lab: Database) -> None:
    await make_order(lab, "A1", status="P", scans=[scanned("RCV")], revision=2)
    assert await problem(lab, a_line()) == ("orderNumber", "exists and differs in status, scans")


async def test_a_revision_makes_no_difference(lab: Database) -> None:
    await make_order(lab, "A1", revision=7)
    assert await import_(lab, [a_line(revision=1)]) == (Summary(skipped=1), [])


async def test_a_set_up_that_changed_since_makes_no_difference(lab: Database) -> None:
    await import_(lab, [full()])
    await make_station(lab, "GEN", non_cancel=False)
    assert await import_(lab, [full()]) == (Summary(skipped=1), [])


async def test_a_held_tray_names_its_holder(lab: Database) -> None:
    await import_(lab, [full()])
    assert await problem(lab, full(orderNumber="A2", trayNumber="123")) == ("trayNumber", "is held by order A1")


async def test_the_tray_of_a_completed_order_is_free(lab: Database) -> None:
    await import_(lab, [full(status="C")])
    assert (await import_(lab, [full(orderNumber="A2")]))[0] == Summary(imported=1)


async def test_lines_of_one_chunk_see_each_other(lab: Database) -> None:
    lines = [
        a_line(orderNumber="A1", trayNumber="5"),
        a_line(orderNumber="A2", trayNumber="05"),
        a_line(orderNumber="A1", trayNumber="5"),
        a_line(orderNumber="A1", trayNumber="6"),
    ]
    summary, problems = await import_(lab, lines)
    assert summary == Summary(imported=1, skipped=1, bad=2)
    assert problems == [
        Problem(2, "trayNumber", "is held by order A1"),
        Problem(4, "orderNumber", "exists and differs in trayNumber"),
    ]


async def test_a_set_up_that_changes_during_the_import_is_heeded(lab: Database, database_url: str) -> None:
    async def add_customer() -> None:
        beside = connect.database(database_url)
        await beside.open()
        await make_customer(beside, "2002")
        await beside.close()

    def lines() -> Iterator[bytes]:
        yield from (a_line(orderNumber=f"A{n}") for n in range(importing.CHUNK_ROWS))
        with ThreadPoolExecutor(1) as another:
            another.submit(asyncio.run, add_customer()).result()
        yield a_line(orderNumber="B1", customerNumber="2002")

    assert await import_(lab, lines()) == (Summary(imported=importing.CHUNK_ROWS + 1), [])


async def test_an_order_created_meanwhile_does_not_spoil_its_neighbours(postgres: Database) -> None:
    await make_customer(postgres)
    lines = [a_line(orderNumber=f"A{n}", trayNumber=str(n)) for n in range(1, 150)]
    outcomes = await asyncio.gather(*(import_(postgres, lines) for _ in range(4)))
    imported = [summary.imported for summary, _ in outcomes]
    assert sum(imported) == 149
    assert [summary.skipped for summary, _ in outcomes] == [149 - n for n in imported]
    assert await count(postgres, "events") == 149


async def test_progress_comes_with_each_chunk(lab: Database) -> None:
    seen: list[int] = []
    lines = [a_line(orderNumber=f"A{n}") for n in range(450)]
    await import_lines(
        lab,
        lines,
        actor=COMMAND_LINE,
        clock=lambda: NOW,
        bad=lambda _: None,
        progress=lambda summary: seen.append(summary.imported),
    )
    assert seen == sorted(set(seen))
    assert (len(seen) >= 3, seen[-1]) == (True, 450)


async def test_settings_do_not_stand_in_the_way(lab: Database) -> None:
    await set_setting(lab, catalogue.JOB_TRACKER, False)
    assert (await import_(lab, [full()]))[0] == Summary(imported=1)


async def _history(tx: Any, db: Database) -> tuple[int, Sequence[Any]]:
    found = await order(db, "A1")
    return await history(tx, found.id, limit=10, offset=0)


async def _seal_all(tx: Any, db: Database) -> int:
    return 0 if db.seals_on_write else await seal.seal_some(tx, new_id(NOW))


async def test_a_chunk_ends_when_somebody_else_wants_to_write(sqlite: Database, sqlite_url: str) -> None:
    """Beside an import, a writer of another process waits for one slice, not for a block of thousands."""
    await make_customer(sqlite)
    lines = [a_line(orderNumber=f"A{n}") for n in range(importing.CHUNK_ROWS * 40)]
    beside = connect.database(sqlite_url)
    await beside.open()
    waits: list[float] = []

    async def write_beside() -> None:
        while True:
            began = standstill.now()
            await bump_version(beside)
            waits.append(standstill.since(began))
            await asyncio.sleep(0.005)

    writer = asyncio.create_task(write_beside())
    summary, problems = await import_(sqlite, lines)
    writer.cancel()
    await asyncio.gather(writer, return_exceptions=True)
    await beside.close()
    assert (summary, problems) == (Summary(imported=len(lines)), [])
    assert len(waits) > 5
    assert sorted(waits)[len(waits) // 2] < 0.2


async def test_a_long_file_is_read_by_a_process_beside(lab: Database) -> None:
    """Bad lines keep their places, and an order at the end may be one from the beginning."""
    many = reading_beside.ALONE + 2 * import_blocks.MOST_LINES
    lines = [a_line(orderNumber=f"A{n}", poNumber=f"ä{n}") for n in range(many)]
    lines[-10] = full(orderNumber="B1")
    lines += [b"{\n", lines[0], a_line(orderNumber="A1")]
    summary, problems = await import_(lab, lines)
    assert summary == Summary(imported=many, skipped=1, bad=2)
    assert problems == [
        Problem(many + 1, "line", "is not valid JSON"),
        Problem(many + 3, "orderNumber", "exists and differs in poNumber"),
    ]
    assert (await order(lab, "B1")).scan_count == 2
    assert (await order(lab, f"A{many - 1}")).po == f"ä{many - 1}"
    await lab.write(lambda tx: _seal_all(tx, lab))
    assert (await verify(lab, ())).events > 0


async def test_what_reads_beside_may_die(lab: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was imported stays, and nothing of the rest."""
    monkeypatch.setattr(reading_beside, "ALONE", 0)
    monkeypatch.setattr(sys, "executable", shutil.which("true"))
    with pytest.raises(Unavailable, match="died"):
        await import_(lab, [a_line(orderNumber=f"A{n}") for n in range(150)])
    assert await count(lab, "orders") == import_blocks.FIRST_LINES


async def test_a_block_that_was_read_before_the_set_up_changed_is_read_again(
    lab: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process beside has it already when the station becomes non-cancel."""
    monkeypatch.setattr(reading_beside, "ALONE", 0)

    async def change() -> None:
        beside = connect.database(database_url)
        await beside.open()
        await make_station(beside, "RCV", non_cancel=True)
        await beside.close()

    scans = [{"station": "RCV", "dateTime": "2026-11-02T09:00:00.000Z"}]

    def lines() -> Iterator[bytes]:
        for n in range(2_000):
            if n == 1_500:
                with ThreadPoolExecutor(1) as another:
                    another.submit(asyncio.run, change()).result()
            yield a_line(orderNumber=f"A{n}", status="P", scans=scans)

    assert (await import_(lab, lines()))[0] == Summary(imported=2_000)
    told = await execute(
        lab,
        Sql.same(
            "SELECT count(*) FROM scans s JOIN orders o ON o.id = s.order_id"
            " WHERE s.non_cancel AND o.order_number >= 'A1500' AND length(o.order_number) = 5"
        ),
    )
    assert told[0][0] == 500


async def test_what_is_there_is_only_asked_for_where_it_is_in_the_way(
    lab: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """New orders are written at once; the database refuses what is there, and then the same lines are looked at."""
    looks: list[int] = []

    async def stored(tx: Transaction, numbers: Sequence[str]) -> dict[str, Rows]:
        looks.append(len(numbers))
        return await there(tx, numbers)

    there = import_store.stored
    monkeypatch.setattr(import_store, "stored", stored)
    lines = [a_line(orderNumber=f"A{n}", trayNumber=str(n)) for n in range(1, 151)]
    assert (await import_(lab, lines))[0] == Summary(imported=150)
    assert looks == []
    assert (await import_(lab, lines))[0] == Summary(skipped=150)
    assert sum(looks) == 150
    held = a_line(orderNumber="B1", trayNumber="7")
    assert (await import_(lab, [*lines[:50], held]))[1] == [Problem(51, "trayNumber", "is held by order A7")]


async def test_that_an_order_is_there_comes_before_what_is_wrong_with_its_line(lab: Database) -> None:
    await import_(lab, [full()])
    assert await problem(lab, full(customerNumber="9")) == ("orderNumber", "exists and differs in customerNumber")


async def rehearsed(db: Database, lines: Iterable[bytes]) -> tuple[Summary, list[Problem]]:
    problems: list[Problem] = []
    summary = await import_lines(db, lines, actor=COMMAND_LINE, clock=lambda: NOW, bad=problems.append, dry_run=True)
    return summary, problems


async def test_a_dry_run_reports_what_the_import_would_and_writes_nothing(lab: Database) -> None:
    await import_(lab, [full()])
    lines = [
        full(),
        full(poNumber="LOT-8"),
        a_line(orderNumber="A2", trayNumber="5"),
        a_line(orderNumber="A3", trayNumber="05"),
        a_line(orderNumber="A2", trayNumber="5"),
        a_line(orderNumber="A2", trayNumber="6"),
        a_line(orderNumber="A4", trayNumber="123"),
        b"{\n",
        a_line(orderNumber="A5", customerNumber="9"),
    ]
    foreseen = await rehearsed(lab, lines)
    assert (await count(lab, "orders"), await count(lab, "scans"), await count(lab, "events")) == (1, 2, 1)
    assert foreseen[0] == Summary(imported=1, skipped=2, bad=6)
    assert foreseen == await import_(lab, lines)


async def test_a_dry_run_remembers_across_blocks(lab: Database) -> None:
    """Also when the first of two is thousands of lines away, and long out of memory."""
    lines = [a_line(orderNumber=f"A{n}", trayNumber=str(n)) for n in range(1, 2_500)]
    lines += [lines[0], a_line(orderNumber="A2", trayNumber="3"), a_line(orderNumber="B1", trayNumber="00007")]
    assert await rehearsed(lab, lines) == (
        Summary(imported=2_499, skipped=1, bad=2),
        [
            Problem(2_501, "orderNumber", "exists and differs in trayNumber"),
            Problem(2_502, "trayNumber", "is held by order A7"),
        ],
    )
