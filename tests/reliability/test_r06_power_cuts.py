"""R6: the power goes during cancels on SQLite: no acknowledged cancel lost, none half done, no file damaged.

The real service's database on a disk that is cut at any write or sync. The negative control is `synchronous=NORMAL`.
"""

from __future__ import annotations

import asyncio
import random
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from tests.builders import cancel, desk, make_orders
from tests.journeys.conftest import SetUp
from tests.reliability.disk import faulty_disk
from tests.reliability.promised import Tried, is_full, seed, size
from traylane.db import checkpointer, sqlite_file
from traylane.db.sqlite import SqliteDatabase, SqliteTransaction, run_now
from traylane.errors import Fault
from traylane.events import seal

pytestmark = [pytest.mark.slow, pytest.mark.promise("R6"), pytest.mark.timeout(1_500 if is_full() else 900)]

CUTS = size(2_000, 10_000)
CONTROL_CUTS = 60
ORDERS = [str(number) for number in range(60)]
CLIENTS = 2
NEVER = 1_000_000
SEED = seed(20_261_102)

_WRONG = """
    SELECT count(*) FROM orders o WHERE o.revision <> 1 + (o.cancelled_at IS NOT NULL)
        OR (SELECT count(*) FROM events e WHERE e.subject_id = o.id) <> (o.cancelled_at IS NOT NULL)"""


@pytest.fixture
def template(sqlite_url: str, set_up: SetUp, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A database with orders; its log is moved and begun anew every few cancels."""
    monkeypatch.setattr(checkpointer, "CHECKPOINT_PAGES", 20)
    monkeypatch.setattr(checkpointer, "RESTART_PAGES", 60)
    set_up(sqlite_url, lambda db: make_orders(db, ORDERS))
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    folders = [path.parent / name for name in ("before", "after")]
    yield path
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


async def cancel_until_the_cut(path: Path, then: Callable[[], object]) -> set[str]:
    """Some clients cancel all orders, or as many as they can; which ones were acknowledged. `then`: before closing."""
    database, acknowledged, numbers = SqliteDatabase(str(path)), set[str](), iter(ORDERS)
    try:
        await database.open()
    except Fault:
        then()
        return acknowledged
    at_the_desk = desk(database)

    async def client() -> None:
        for number in numbers:
            await cancel(at_the_desk, number)
            acknowledged.add(number)

    await asyncio.gather(*(client() for _ in range(CLIENTS)), return_exceptions=True)
    then()
    await database.close()
    return acknowledged


def one_cut(template: Path, number: int, most: int) -> Counter[str]:
    """What one cut did, at one of the first `most` changes of a file."""
    chance = random.Random(SEED + number)
    before, after = template.parent / "before", template.parent / "after"
    for folder in (before, after):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
    shutil.copyfile(template, before / "lab.db")
    with faulty_disk() as disk:
        disk.changes_left = chance.randint(1, most)

        def found() -> None:
            disk.leave_after_the_cut(after, chance)
            disk.changes_left = None

        acknowledged = asyncio.run(cancel_until_the_cut(before / "lab.db", found))
    return Counter(acknowledged=len(acknowledged)) + look(after / "lab.db", acknowledged)


def look(path: Path, acknowledged: set[str]) -> Counter[str]:
    """What is wrong with what was found after the cut."""
    try:
        with closing(apsw.Connection(str(path))) as link:
            intact = link.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            [(wrong,)] = link.execute(_WRONG).fetchall()
            rows = link.execute("SELECT order_number FROM orders WHERE cancelled_at IS NOT NULL").fetchall()
            run_now(seal.follow(SqliteTransaction(link), after=0, hash_=seal.GENESIS, limit=1_000))
    except (apsw.Error, ValueError):
        return Counter(damaged=1)
    lost = acknowledged - {str(row[0]) for row in rows}
    return Counter(damaged=int(not intact), wrong=int(str(wrong)), lost=len(lost))


def many_cuts(template: Path, cuts: int) -> Counter[str]:
    most, found = changes_of_all(template), Counter[str]()
    for number in range(cuts):
        found += one_cut(template, number, most)
    return found


def changes_of_all(template: Path) -> int:
    """Writes and syncs that all cancels take when the power stays."""
    path = template.parent / "whole.db"
    shutil.copyfile(template, path)
    with faulty_disk() as disk:
        disk.changes_left = NEVER
        left: list[int | None] = []
        assert asyncio.run(cancel_until_the_cut(path, lambda: left.append(disk.changes_left))) == set(ORDERS)
        return NEVER - (left[0] or 0)


def test_no_acknowledged_cancel_is_lost_when_the_power_goes(template: Path, tried: Tried) -> None:
    began = time.monotonic()
    found = many_cuts(template, CUTS)
    assert found.keys() == {"acknowledged"}
    assert found["acknowledged"] > 5 * CUTS
    tried(
        f"{CUTS} cuts in {time.monotonic() - began:.0f} s, seed {SEED}: of {found['acknowledged']} acknowledged "
        "cancels 0 lost, 0 half done, 0 files damaged"
    )


@pytest.mark.control
def test_with_synchronous_normal_cancels_are_lost(template: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pragmas = tuple(pragma.replace("synchronous=FULL", "synchronous=NORMAL") for pragma in sqlite_file._PRAGMAS)
    monkeypatch.setattr(sqlite_file, "_PRAGMAS", pragmas)
    assert many_cuts(template, CONTROL_CUTS)["lost"] > 0
