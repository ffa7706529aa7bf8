"""R13: the leader is changed on purpose, as deploy/ha/switchover.sh does it, and no request fails.

The clients never try again. The negative control holds nobody back.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.builders import count, make_key, make_orders, make_station
from tests.journeys.server import Server
from tests.reliability.promised import Tried, size
from tests.reliability.scanning import CLIENTS, Clients
from torture.ha.cluster import Cluster
from torture.ha.needs import rounds
from traylane.db import connect
from traylane.db.database import Database

pytestmark = [pytest.mark.promise("R13"), pytest.mark.timeout(1_700)]

ROUNDS = size(rounds(2), 10)


async def opened(cluster: Cluster) -> Database:
    db = connect.database(cluster.direct_url)
    await db.open()
    return db


async def laboratory(cluster: Cluster) -> str:
    db = await opened(cluster)
    try:
        await make_station(db, "RCV")
        await make_orders(db, [str(number) for number in range(CLIENTS)])
        return (await make_key(db, scopes=("tracking:write",)))[1]
    finally:
        await db.close()


async def scans(cluster: Cluster) -> int:
    db = await opened(cluster)
    try:
        return await count(db, "scans")
    finally:
        await db.close()


async def switch(cluster: Cluster, clients: Clients, change: Callable[[], None], times: int) -> list[str]:
    """Change the leader so often while clients scan; who led, one after the other."""
    leaders = [cluster.leader()]
    async with clients.at_work():
        for _ in range(times):
            await asyncio.to_thread(change)
            await asyncio.to_thread(cluster.wait_until_whole)
            leaders.append(await asyncio.to_thread(cluster.leader))
    return leaders


def test_the_leader_is_changed_and_no_request_fails(cluster: Cluster, tmp_path: Path, tried: Tried) -> None:
    key = asyncio.run(laboratory(cluster))
    with Server(cluster.url, tmp_path) as service:
        clients = Clients(service.port, key)
        leaders = asyncio.run(switch(cluster, clients, cluster.switch_over, ROUNDS))
    assert clients.failed == []
    assert asyncio.run(scans(cluster)) == clients.scanned
    assert all(before != after for before, after in itertools.pairwise(leaders))
    tried(
        f"{ROUNDS} switchovers through PgBouncer, {clients.scanned} requests: 0 failed, 0 lost, 0 doubled; the slowest "
        f"took {clients.slowest:.1f} s"
    )


@pytest.mark.control
def test_where_nobody_is_held_back_requests_fail(cluster: Cluster, tmp_path: Path) -> None:
    cluster.empty()
    key = asyncio.run(laboratory(cluster))
    with Server(cluster.url, tmp_path) as service:
        clients = Clients(service.port, key)
        asyncio.run(switch(cluster, clients, cluster.switch_over_at_once, 1))
    assert clients.failed
