"""R14: services are restarted one after the other under clients that keep their connections and never try again.

The negative control stops without a drain.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.builders import count, make_key, make_orders, make_station
from tests.journeys.server import Server
from tests.reliability.balancer import balancing
from tests.reliability.promised import Tried, size
from tests.reliability.scanning import CLIENTS, Clients
from tests.reliability.worker_processes import workers
from traylane.db.database import Database

pytestmark = [pytest.mark.slow, pytest.mark.promise("R14"), pytest.mark.timeout(900)]

BEHIND_A_BALANCER = size(6, 30)
OF_WORKERS = size(4, 20)
DRAIN = ("--drain", "2")
"""Much longer than a balancer takes to look, on a machine that is busy starting the next service, too."""


async def laboratory(db: Database) -> str:
    await make_station(db, "RCV")
    await make_orders(db, [str(number) for number in range(CLIENTS)])
    return (await make_key(db, scopes=("tracking:write",)))[1]


async def roll(new: Callable[[], Server], times: int, key: str) -> tuple[Clients, list[int]]:
    """Put a new service beside the old one and stop the old one, so often; how the old ones ended."""
    ended = []
    async with balancing() as balancer:
        old = new()
        await asyncio.to_thread(old.start)
        await balancer.add(old.port)
        clients = Clients(balancer.port, key)
        try:
            async with clients.at_work():
                for _ in range(times):
                    next_ = new()
                    await asyncio.to_thread(next_.start)
                    await balancer.add(next_.port)
                    leaving, old = old, next_
                    ended.append(await asyncio.to_thread(leaving.stop))
                    balancer.remove(leaving.port)
        finally:
            await asyncio.to_thread(old.stop)
    return clients, ended


async def test_services_behind_a_balancer_are_restarted_and_no_request_fails(
    postgres: Database, postgres_url: str, tmp_path: Path, tried: Tried
) -> None:
    key = await laboratory(postgres)
    clients, ended = await roll(lambda: Server(postgres_url, tmp_path, *DRAIN), BEHIND_A_BALANCER, key)
    assert clients.failed == []
    assert await count(postgres, "scans") == clients.scanned
    assert ended == [0] * BEHIND_A_BALANCER
    tried(f"{BEHIND_A_BALANCER} restarts behind a balancer, {clients.scanned} requests: 0 failed")


async def test_workers_are_replaced_and_no_request_fails(
    postgres: Database, postgres_url: str, tmp_path: Path, tried: Tried
) -> None:
    key = await laboratory(postgres)
    server = Server(postgres_url, tmp_path, "--workers", "2", *DRAIN)
    await asyncio.to_thread(server.start)
    clients = Clients(server.port, key)
    try:
        async with clients.at_work():
            for _ in range(OF_WORKERS // 2):
                await _replaced(server)
    finally:
        ended = await asyncio.to_thread(server.stop)
    assert ended == 0
    assert clients.failed == []
    assert await count(postgres, "scans") == clients.scanned
    tried(f"{OF_WORKERS} workers replaced on SIGHUP, {clients.scanned} requests: 0 failed")


async def _replaced(server: Server) -> None:
    """Every worker is another one after SIGHUP."""
    before = workers(server)
    os.kill(server.pid, signal.SIGHUP)
    await asyncio.to_thread(psutil.wait_procs, before, timeout=60)
    assert not set(before) & set(workers(server))


@pytest.mark.control
async def test_without_a_drain_requests_fail(postgres: Database, postgres_url: str, tmp_path: Path) -> None:
    key = await laboratory(postgres)
    deaf = ("-m", "tests.reliability.undrained")
    clients, _ = await roll(lambda: Server(postgres_url, tmp_path, program=deaf), 2, key)
    assert clients.failed
