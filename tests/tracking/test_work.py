"""What reads many orders lets others have their turn, and what the database adds up is what is there."""

from __future__ import annotations

import asyncio

import pytest

from tests.builders import NOW, make_order, make_orders, make_station, scanned
from traylane.clock import MINUTE, Instant
from traylane.db.database import Database, Sql
from traylane.policy.model import Policy
from traylane.policy.rulebook import Rulebook
from traylane.tracking import work
from traylane.tracking.recall import open_recalls


async def test_a_long_read_lets_others_have_their_turn(sqlite: Database) -> None:
    await make_orders(sqlite, [f"{number:05}" for number in range(3 * work.PAGE)])
    turns = 0

    async def another() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    other = asyncio.create_task(another())
    await work.work_in_process(sqlite, Policy(1), NOW)
    between = turns
    await open_recalls(sqlite, Policy(1), customer=None)
    other.cancel()
    assert between >= 3
    assert turns - between >= 20


async def test_the_boards_sums_are_those_of_the_jobs(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    statement, many = work._AT_STATIONS, f"LIMIT {work.COUNTED}"
    few = Sql(statement.sqlite.replace(many, "LIMIT 7"), statement.postgres)
    monkeypatch.setattr(work, "_AT_STATIONS", few)
    await make_station(db, "POL", sequence=20)
    await make_station(db, "BLK", sequence=10)
    for n in range(60):
        scans = [scanned(("BLK", "POL", "OLD")[n % 3], at=Instant(NOW - n * MINUTE))] * (n % 5 > 0)
        wanted = ("", "2026-11-01", "2026-11-02", "2026-11-03")[n % 4]
        status = ("P" if scans else "V") if n % 11 else "C"
        gone = NOW if n % 7 == 0 and status != "C" else None
        details = {"dateWanted": wanted}
        await make_order(
            db, f"{n:03}", status=status, on_hold=n % 8 == 1, scans=scans, details=details, cancelled_at=gone
        )
    await make_orders(db, [str(number) for number in range(900, 910)])  # a page with nothing at a station
    policy = (await Rulebook().refresh(db)).policy
    jobs = await work.work_in_process(db, policy, NOW)

    found = await work.at_stations(db, policy, NOW)

    assert found == work.by_station(jobs, policy)
    assert [at.code for at in found] == ["BLK", "POL", "OLD"]
    assert all(at.late and at.hot and at.on_hold for at in found)
