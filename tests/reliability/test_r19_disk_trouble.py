"""R19: the disk fills up, or a sync fails, again and again: never an acknowledgement of what is not on the disk.

While it lasts the service says 503 and is not ready; afterwards it goes on by itself. At the end the power goes, too.
The negative control does not sync.
"""

from __future__ import annotations

import asyncio
import os
import random
from pathlib import Path

import pytest

from tests.api.asgi import Client, Reply
from tests.builders import make_key, make_orders
from tests.journeys.conftest import SetUp
from tests.reliability.disk import Disk, faulty_disk
from tests.reliability.promised import Tried, seed, size
from tests.reliability.test_r06_power_cuts import look
from traylane.api import pages
from traylane.app import App
from traylane.config import Config
from traylane.db import checkpointer, sqlite_file
from traylane.db.database import Database

pytestmark = [pytest.mark.slow, pytest.mark.promise("R19")]

ROUNDS = size(300, 3_000)
LARGEST_LOG = 2_000_000
"""Bytes: checkpoints keep it below; it grows with every change when they end."""
SEED = seed(20_261_102)
TROUBLES = ["is_full", "syncs_fail"]


@pytest.fixture
def path(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The database; it is asked each time whether it is ready, and its log is begun anew every few changes."""
    monkeypatch.setattr(pages, "READY_FOR_SECONDS", 0.0)
    monkeypatch.setattr(checkpointer, "CHECKPOINT_PAGES", 20)
    monkeypatch.setattr(checkpointer, "RESTART_PAGES", 60)
    monkeypatch.setattr(checkpointer, "RESTART_PAUSE", 0.0)
    return Path(sqlite_url.removeprefix("sqlite:///"))


async def laboratory(db: Database) -> str:
    await make_orders(db, [str(number) for number in range(4 * ROUNDS)])
    return (await make_key(db))[1]


class Rounds:
    """What was answered: in trouble and after it, to cancels and to whoever asked whether it is ready."""

    def __init__(self, disk: Disk, trouble: str) -> None:
        self.acknowledged: set[str] = set()
        self.in_trouble: list[Reply] = []
        self.after: list[Reply] = []
        self._disk = disk
        self._trouble = trouble

    async def go(self, client: Client) -> None:
        for first in range(0, 4 * ROUNDS, 4):
            setattr(self._disk, self._trouble, True)
            self.in_trouble += await asyncio.gather(*(self._cancel(client, str(first + n)) for n in range(2)))
            self.in_trouble.append(await client.get("/readyz"))
            setattr(self._disk, self._trouble, False)
            self.after += await asyncio.gather(*(self._cancel(client, str(first + n)) for n in range(1, 4)))
            self.after.append(await client.get("/readyz"))

    async def _cancel(self, client: Client, number: str) -> Reply:
        reply = await client.delete(f"/api/v2/orders/{number}")
        if reply.status == 200:
            self.acknowledged.add(number)
        return reply


async def run(path: Path, key: str, trouble: str, found: Path) -> Rounds:
    """All rounds; at the end `found` is what is there when the power has gone."""
    with faulty_disk() as disk:
        app = App(Config(database=f"sqlite:///{path}", dispatch=False))
        await app.start()
        rounds = Rounds(disk, trouble)
        await rounds.go(Client(app, key))
        disk.leave_after_the_cut(found, random.Random(SEED))
        assert os.path.getsize(f"{path}-wal") < LARGEST_LOG
        await app.stop()
    return rounds


@pytest.mark.parametrize("trouble", TROUBLES)
def test_in_trouble_nothing_is_acknowledged_and_afterwards_it_goes_on(
    path: Path, sqlite_url: str, tmp_path: Path, set_up: SetUp, runner: asyncio.Runner, trouble: str, tried: Tried
) -> None:
    key = set_up(sqlite_url, laboratory)
    rounds = runner.run(run(path, key, trouble, tmp_path))
    assert {(reply.status, reply.header("retry-after") is not None) for reply in rounds.in_trouble} == {(503, True)}
    assert {reply.status for reply in rounds.after} == {200}
    assert look(tmp_path / "lab.db", rounds.acknowledged).total() == 0
    tried(
        f"{trouble.replace('_', ' ')}, {ROUNDS} times, and a power cut at the end: 503 {len(rounds.in_trouble)} times, "
        f"of {len(rounds.acknowledged)} acknowledged cancels 0 lost, ready again at once"
    )


@pytest.mark.control
def test_a_service_that_does_not_sync_is_found_out(
    path: Path, sqlite_url: str, tmp_path: Path, set_up: SetUp, runner: asyncio.Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    pragmas = tuple(pragma.replace("synchronous=FULL", "synchronous=OFF") for pragma in sqlite_file._PRAGMAS)
    monkeypatch.setattr(sqlite_file, "_PRAGMAS", pragmas)
    key = set_up(sqlite_url, laboratory)
    rounds = runner.run(run(path, key, "syncs_fail", tmp_path))
    assert 200 in {reply.status for reply in rounds.in_trouble}
    assert look(tmp_path / "lab.db", rounds.acknowledged).total() > 0
