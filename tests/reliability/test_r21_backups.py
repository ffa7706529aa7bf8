"""R21: a backup that is made while orders are cancelled comes back whole and in time, with every cancel before it.

The negative control copies the file as `cp` does.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
from pathlib import Path

import msgspec
import pytest

from tests import standstill
from tests.builders import NOW, cancel, desk, execute
from tests.reliability.promised import Tried, is_full, size
from traylane.access.actor import COMMAND_LINE
from traylane.cli import sample
from traylane.db import checkpointer, connect
from traylane.db.database import Database, Sql
from traylane.orders.change import Done
from traylane.orders.importing import import_lines
from traylane.policy import edit, setup_file

pytestmark = [pytest.mark.slow, pytest.mark.promise("R21"), pytest.mark.timeout(3_000 if is_full() else 300)]

ORDERS = size(2_000, 1_000_000)
CANCELS = 200
MOST_SECONDS = 60

_OPEN = Sql.same("""
    SELECT order_number FROM orders o WHERE status = 'V' AND cancelled_at IS NULL AND NOT on_hold
        AND NOT EXISTS (SELECT 1 FROM scans s WHERE s.order_id = o.id AND s.non_cancel) LIMIT $1""")
_CANCELLED = Sql.same("SELECT order_number FROM orders WHERE cancelled_at IS NOT NULL")


async def laboratory(db: Database) -> list[str]:
    """A laboratory of so many orders; the numbers of those that can be cancelled."""
    wanted = setup_file.read(sample.setup_text().encode())
    await db.write(lambda tx: edit.apply(tx, wanted, actor=COMMAND_LINE, now=NOW))
    done = await import_lines(db, sample.order_lines(ORDERS), actor=COMMAND_LINE, clock=lambda: NOW, bad=lambda _: None)
    assert (done.imported, done.bad) == (ORDERS, 0)
    return [row[0] for row in await execute(db, _OPEN, CANCELS)]


async def cancel_all(db: Database, numbers: list[str]) -> float:
    """Cancel one after the other; how long the slowest took."""
    at_the_desk, slowest = desk(db), 0.0
    for number in numbers:
        began = standstill.now()
        assert isinstance(await cancel(at_the_desk, number, reason="CUS"), Done)
        slowest = max(slowest, standstill.since(began))
    return slowest


async def traylane(*arguments: str) -> bytes:
    """What a command says, run to its end."""
    command = (sys.executable, "-m", "traylane", *arguments)
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    said, _ = await process.communicate()
    assert process.returncode == 0
    return said


async def lost(url: str, acknowledged: list[str]) -> set[str]:
    """The acknowledged cancels that a database does not have."""
    db = connect.database(url)
    await db.open()
    found = {row[0] for row in await execute(db, _CANCELLED)}
    await db.close()
    return set(acknowledged) - found


async def test_a_backup_beside_cancels_is_restored_whole_and_in_time(
    sqlite: Database, sqlite_url: str, tmp_path: Path, tried: Tried
) -> None:
    numbers = await laboratory(sqlite)
    before, meanwhile = numbers[: CANCELS // 2], numbers[CANCELS // 2 :]
    await cancel_all(sqlite, before)
    backing_up = asyncio.create_task(traylane("backup", str(tmp_path / "b.db"), "--database", sqlite_url))
    slowest = await cancel_all(sqlite, meanwhile)
    await backing_up

    began, restored = standstill.now(), f"sqlite:///{tmp_path}/lab.db"
    said = msgspec.json.decode(await traylane("restore", str(tmp_path / "b.db"), "--json", "--database", restored))
    seconds = standstill.since(began)

    assert await lost(restored, before) == set()
    assert said["events"] >= ORDERS
    assert seconds <= MOST_SECONDS
    assert slowest < 2.0
    audited = msgspec.json.decode(await traylane("verify", "--orders", "--json", "--database", restored))
    assert (audited["audit"]["orders"], [c for c in audited["audit"]["checks"] if c["broken"]]) == (ORDERS, [])
    tried(
        f"{ORDERS} orders, {said['bytes'] / 1e6:.0f} MB, restored and checked in {seconds:.1f} s: 0 of {len(before)} "
        f"acknowledged cancels lost, every invariant held; the slowest cancel beside the backup took {slowest:.3f} s"
    )


@pytest.mark.control
async def test_a_file_that_is_merely_copied_lacks_cancels(
    sqlite: Database, sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = await laboratory(sqlite)
    # Whether the log has been moved into the file a moment before is chance.
    monkeypatch.setattr(checkpointer, "CHECKPOINT_PAGES", 1_000_000)
    await cancel_all(sqlite, numbers)
    shutil.copyfile(sqlite_url.removeprefix("sqlite:///"), tmp_path / "cp.db")
    assert await lost(f"sqlite:///{tmp_path}/cp.db", numbers)
