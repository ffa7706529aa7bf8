"""What breaks the cluster, and how long the service may be without it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from torture.ha.cluster import Cluster
from torture.ha.network import NODES

CUT_SECONDS = 8.0
"""Longer than the service waits for a statement, so that it gives up commits that wait for a standby."""


@dataclass(frozen=True)
class Fault:
    """`happen` to the node that leads; `heal` it when somebody else leads, or it does again.

    `longest`: seconds that may pass between two acknowledged cancels, counted from when nothing can be acknowledged.
    """

    name: str
    longest: float
    happen: Callable[[Cluster, str], Awaitable[None]]
    heal: Callable[[Cluster, str], None]


async def _crash(cluster: Cluster, leader: str) -> None:
    cluster.kill_postgres(leader)


async def _lose_host(cluster: Cluster, leader: str) -> None:
    cluster.network.plug(leader, into=False)
    cluster.network.kill_all(leader)


async def _part(cluster: Cluster, leader: str) -> None:
    cluster.network.plug(leader, into=False)


async def _cut_replicas_then_lose(cluster: Cluster, leader: str) -> None:
    others = [node for node in NODES if node != leader]
    for node in others:
        cluster.network.plug(node, into=False)
    await asyncio.sleep(CUT_SECONDS)
    await _lose_host(cluster, leader)
    for node in others:
        cluster.network.plug(node, into=True)


def _nothing(cluster: Cluster, leader: str) -> None:
    """Patroni heals a crash by itself."""


def _plug_in(cluster: Cluster, leader: str) -> None:
    cluster.network.plug(leader, into=True)


def _start_host(cluster: Cluster, leader: str) -> None:
    _plug_in(cluster, leader)
    cluster.start_node(leader)


CRASH = Fault("crash", 5.0, _crash, _nothing)
HOST_LOST = Fault("host lost", 25.0, _lose_host, _start_host)
PARTITION = Fault("partition", 30.0, _part, _plug_in)
REPLICAS_CUT = Fault("replicas cut, then the leader lost", CUT_SECONDS + 30.0, _cut_replicas_then_lose, _start_host)
FAULTS = (CRASH, HOST_LOST, PARTITION, REPLICAS_CUT)
