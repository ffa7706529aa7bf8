"""R7: kill -9 of PostgreSQL during cancels: no acknowledged cancel lost, and the service is ready again by itself.

The negative control is a server that acknowledges before it writes (`synchronous_commit=off`).
"""

from __future__ import annotations

import asyncio
import random
import time
from pathlib import Path
from typing import NamedTuple

import pytest

from tests import postgres_server, standstill
from tests.conftest import execute
from tests.journeys.conftest import SetUp
from tests.journeys.server import Server
from tests.reliability.cancelling import Found, Heard, cancel_all, laboratory, look
from tests.reliability.own_server import DURABLE, a_server
from tests.reliability.promised import Tried, is_full, seed, size
from tests.standstill import Watch

pytestmark = [pytest.mark.slow, pytest.mark.promise("R7"), pytest.mark.timeout(1_500 if is_full() else 600)]

KILLS = size(30, 1_000)
CONTROL_KILLS = 5
ORDERS_A_KILL = 1_000
CLIENTS = 6
READY_SECONDS = 5.0
GIVE_UP_SECONDS = 20.0
REFUSED_SECONDS = 1.0
SEED = seed(20_261_102)


class Run(NamedTuple):
    """What clients heard, the seconds until a cancel after each kill, and what the database has."""

    heard: Heard
    waits: list[float]
    found: Found


async def kill_often(folder: Path, service: Server, key: str, kills: int) -> tuple[Heard, list[float]]:
    """Clients cancel while PostgreSQL is killed and started; what they heard, and how long each was until a cancel."""
    heard, over, chance = Heard(watch=Watch(service.pid)), asyncio.Event(), random.Random(SEED)
    numbers = map(str, range(kills * ORDERS_A_KILL))
    clients = [asyncio.create_task(cancel_all(service.port, key, numbers, over, heard)) for _ in range(CLIENTS)]
    waits = []
    for _ in range(kills):
        await asyncio.sleep(chance.uniform(0.05, 0.2))
        await asyncio.to_thread(postgres_server.kill, folder)
        await asyncio.to_thread(postgres_server.start_again, folder)
        started = standstill.now()
        await _until_a_cancel(heard, started)
        waits.append(standstill.since(started))
    over.set()
    await asyncio.gather(*clients)
    return heard, waits


async def _until_a_cancel(heard: Heard, after: float) -> None:
    """Until a cancel was acknowledged after an instant, or it takes far too long."""
    give_up = after + GIVE_UP_SECONDS
    while max(heard.acknowledged.values(), default=0.0) < after and time.monotonic() < give_up:  # noqa: ASYNC110
        await asyncio.sleep(0.005)


def run(set_up: SetUp, runner: asyncio.Runner, tmp_path: Path, kills: int, settings: dict[str, str]) -> Run:
    """A service on a PostgreSQL that is killed so often, and what the database has afterwards."""
    with a_server(settings) as (folder, url):
        key = set_up(url, lambda db: laboratory(db, kills * ORDERS_A_KILL))
        asyncio.run(execute(url, "CHECKPOINT"))
        with Server(url, tmp_path) as service:
            heard, waits = runner.run(kill_often(folder, service, key, kills))
        return Run(heard, waits, set_up(url, look))


def test_no_acknowledged_cancel_is_lost_and_the_service_goes_on(
    set_up: SetUp, runner: asyncio.Runner, tmp_path: Path, tried: Tried
) -> None:
    heard, waits, found = run(set_up, runner, tmp_path, KILLS, DURABLE)
    cancels = len(heard.acknowledged)
    assert (heard.refused, heard.broken) == ([], 0)
    assert (heard.acknowledged.keys() - found.cancelled, found.wrong) == (set(), [])
    assert found.events == cancels + 1  # the key's
    assert KILLS < cancels < KILLS * ORDERS_A_KILL
    assert max(waits) < READY_SECONDS
    assert len(heard.unavailable) > KILLS
    refused = sorted(refusal.seconds for refusal in heard.unavailable)
    assert refused[len(refused) * 99 // 100] < REFUSED_SECONDS
    assert refused[-1] < 2 * REFUSED_SECONDS, "even where the machine has other work"
    tried(
        f"{KILLS} kills, seed {SEED}: of {cancels} acknowledged cancels 0 lost, 0 half done, 0 doubled; cancels again "
        f"{sorted(waits)[len(waits) // 2]:.2f} s after PostgreSQL was back, at most {max(waits):.2f} s; meanwhile 503 "
        f"within {refused[len(refused) * 99 // 100]:.2f} s in 99 of 100 cases, within {refused[-1]:.2f} s in all"
    )


@pytest.mark.control
def test_a_server_that_acknowledges_first_is_found_out(set_up: SetUp, runner: asyncio.Runner, tmp_path: Path) -> None:
    slow = {"synchronous_commit": "off", "wal_writer_delay": "10s"}
    heard, _, found = run(set_up, runner, tmp_path, CONTROL_KILLS, slow)
    assert heard.acknowledged.keys() - found.cancelled
