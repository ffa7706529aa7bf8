"""What is exported can be imported, and is the same again."""

from __future__ import annotations

import asyncio
import io
from typing import Any

import msgspec
import pytest

from tests.builders import (
    EARLIER,
    NOW,
    cancel,
    change,
    check_in,
    desk,
    make_customer,
    make_order,
    make_orders,
    make_station,
    order,
    scanned,
)
from traylane.access.actor import COMMAND_LINE
from traylane.cli import sample
from traylane.db.database import Database
from traylane.orders.exporting import PAGE, count, export_pages
from traylane.orders.importing import Problem, Summary, import_from, import_lines, lines_of
from traylane.orders.spreadsheet import csv_lines, header_line, records
from traylane.orders.tray import ASSIGN
from traylane.orders.tray_rules import AssignRequest
from traylane.policy import edit, setup_file
from traylane.tracking.checkin import CHECK_IN
from traylane.tracking.checkin_rules import CheckInRequest


async def exported(db: Database) -> list[bytes]:
    return [line async for page in export_pages(db) for line in page]


async def imported(db: Database, lines: list[bytes]) -> tuple[Summary, list[Problem]]:
    problems: list[Problem] = []
    summary = await import_lines(db, lines, actor=COMMAND_LINE, clock=lambda: NOW, bad=problems.append)
    return summary, problems


async def sample_laboratory(db: Database) -> None:
    wanted = setup_file.read(sample.setup_text().encode())
    await db.write(lambda tx: edit.apply(tx, wanted, actor=COMMAND_LINE, now=NOW))


@pytest.fixture
def lab(db: Database, runner: asyncio.Runner) -> Database:
    """A laboratory with a customer and two stations."""

    async def work() -> None:
        await make_customer(db)
        await make_station(db, "RCV")
        await make_station(db, "GEN", sequence=30, non_cancel=True)

    runner.run(work())
    return db


async def one(db: Database) -> dict[str, Any]:
    [line] = await exported(db)
    document: dict[str, Any] = msgspec.json.decode(line)
    return document


async def test_export_import_export_gives_the_same_bytes(db: Database, other: Database) -> None:
    await sample_laboratory(db)
    await sample_laboratory(other)
    assert await imported(db, list(sample.order_lines(500))) == (Summary(imported=500), [])
    first = await exported(db)
    assert await imported(other, first) == (Summary(imported=500), [])
    assert await exported(other) == first


async def test_an_export_imported_where_it_came_from_is_skipped(db: Database) -> None:
    await sample_laboratory(db)
    await imported(db, list(sample.order_lines(300)))
    assert await imported(db, await exported(db)) == (Summary(skipped=300), [])


async def test_what_was_done_since_is_exported_too(lab: Database, other: Database) -> None:
    await make_order(lab, "A1", tray="00123")
    await check_in(desk(lab), "A1", "RCV")
    await cancel(desk(lab), "A1")
    await make_customer(other)
    await make_station(other, "RCV")
    await make_station(other, "GEN", sequence=30, non_cancel=True)
    lines = await exported(lab)
    assert await imported(other, lines) == (Summary(imported=1), [])
    assert await exported(other) == lines
    assert (await order(other, "A1")).cancelled_at == NOW


async def test_pages_follow_each_other_without_gap_or_repetition(lab: Database) -> None:
    numbers = [f"A{n}" for n in range(2 * PAGE + 1)]
    await make_orders(lab, numbers)
    pages = [len(page) async for page in export_pages(lab)]
    found = [msgspec.json.decode(line)["orderNumber"] for line in await exported(lab)]
    assert pages == [PAGE, PAGE, 1]
    assert sorted(found) == sorted(numbers)
    assert await count(lab) == 2 * PAGE + 1


async def test_an_empty_database_exports_nothing(db: Database) -> None:
    assert await exported(db) == []


async def test_scans_come_oldest_first_with_what_the_station_was(lab: Database) -> None:
    scans = [scanned("GEN", non_cancel=False, operator="TAL"), scanned("RCV", non_cancel=True)]
    await make_order(lab, "A1", status="P", scans=scans)
    assert (await one(lab))["scans"] == [
        {"station": "GEN", "dateTime": "2026-11-01T08:00:00.000Z", "nonCancel": False, "operator": "TAL"},
        {"station": "RCV", "dateTime": "2026-11-01T08:00:00.000Z", "nonCancel": True},
    ]


async def test_a_held_order_says_what_it_was(lab: Database) -> None:
    await make_order(lab, "A1", status="P", on_hold=True)
    document = await one(lab)
    assert (document["status"], document["statusBeforeHold"]) == ("W", "P")


async def test_a_released_tray_is_not_held_after_an_import(lab: Database) -> None:
    await make_order(lab, "A1", tray="00123", cancelled_at=EARLIER, released=True)
    assert (await one(lab))["trayReleased"] is True


async def test_a_revision_stays_where_it_belongs(lab: Database) -> None:
    await make_order(lab, "A1", revision=7)
    assert "revision" not in await one(lab)


async def test_csv_to_another_laboratory_and_back_gives_the_same_bytes(db: Database, other: Database) -> None:
    await sample_laboratory(db)
    await sample_laboratory(other)
    await imported(db, list(sample.order_lines(300)))
    data = header_line() + csv_lines(await exported(db))
    found = records(lines_of(io.BytesIO(data)), names={})
    problems: list[Problem] = []
    summary = await import_from(other, found, actor=COMMAND_LINE, clock=lambda: NOW, bad=problems.append)
    assert (summary, problems) == (Summary(imported=300), [])
    assert header_line() + csv_lines(await exported(other)) == data
    assert await exported(other) == await exported(db)


async def test_what_the_terminal_said_and_a_lost_tray_are_carried(lab: Database, other: Database) -> None:
    for number, tray in (("A1", "00123"), ("B1", "")):
        await make_order(lab, number, tray=tray)
    await change(desk(lab), CHECK_IN, "A1", CheckInRequest("RCV", device_at=EARLIER))
    await cancel(desk(lab), "A1")
    await change(desk(lab), ASSIGN, "B1", AssignRequest(tray="123", reassign=True))
    await make_customer(other)
    await make_station(other, "RCV")
    lines = await exported(lab)
    taken = msgspec.json.decode(lines[0])
    assert taken["scans"][0]["deviceDateTime"] == "2026-11-01T08:00:00.000Z"
    assert (taken["trayReleased"], taken["trayTakenOverDateTime"]) == (True, "2026-11-02T09:15:00.000Z")
    assert await imported(other, lines) == (Summary(imported=2), [])
    assert await exported(other) == lines
    assert (await order(other, "A1")).taken_over_at == NOW
    assert await imported(other, lines) == (Summary(skipped=2), [])
