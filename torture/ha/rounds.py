"""One round: clients cancel, the cluster breaks, and what was acknowledged is looked for afterwards."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tests.reliability.cancelling import Found, Heard, cancel_all, look
from torture.ha.cluster import Cluster
from torture.ha.faults import Fault
from traylane.db import connect

CLIENTS = 8
PAUSE = 0.04
BEFORE_SECONDS = 3.0
AFTER_SECONDS = 2.0
GIVE_UP_SECONDS = 90.0
ORDERS_A_ROUND = 10_000


@dataclass(frozen=True)
class Round:
    """What clients heard, when it was broken, and the longest time without an acknowledgement."""

    heard: Heard
    broken_at: float
    outage: float


class Load:
    """The clients of one service; no order is cancelled in two rounds."""

    def __init__(self, cluster: Cluster, port: int, key: str, orders: int) -> None:
        self._cluster = cluster
        self._port = port
        self._key = key
        self._numbers: Iterator[str] = map(str, range(orders))
        self.acknowledged = 0

    async def round(self, fault: Fault) -> Round:
        """Cancel while the fault happens, and until it is over."""
        heard, over = Heard(), asyncio.Event()
        clients = [
            asyncio.create_task(cancel_all(self._port, self._key, self._numbers, over, heard, pause=PAUSE))
            for _ in range(CLIENTS)
        ]
        leader = await asyncio.to_thread(self._cluster.leader)
        await asyncio.sleep(BEFORE_SECONDS)
        broken_at = time.monotonic()
        await fault.happen(self._cluster, leader)
        await _until_acknowledged_after(heard, time.monotonic())
        await asyncio.to_thread(fault.heal, self._cluster, leader)
        await asyncio.sleep(AFTER_SECONDS)
        over.set()
        await asyncio.gather(*clients)
        self.acknowledged += len(heard.acknowledged)
        return Round(heard, broken_at, longest_gap(heard.acknowledged.values()))

    async def found(self) -> Found:
        """What the database has, once all nodes are there again."""
        await asyncio.to_thread(self._cluster.wait_until_whole)
        db = connect.database(self._cluster.direct_url)
        await db.open()
        try:
            return await look(db)
        finally:
            await db.close()


def longest_gap(instants: Iterable[float]) -> float:
    """The longest time between two that follow each other."""
    return max((after - before for before, after in itertools.pairwise(sorted(instants))), default=0.0)


async def _until_acknowledged_after(heard: Heard, instant: float) -> None:
    """Until cancels are acknowledged again that nothing had acknowledged before. Raises TimeoutError."""
    give_up = time.monotonic() + GIVE_UP_SECONDS
    while sum(at > instant for at in heard.acknowledged.values()) < CLIENTS:
        if time.monotonic() > give_up:
            raise TimeoutError("nothing is acknowledged any more")
        await asyncio.sleep(0.1)
