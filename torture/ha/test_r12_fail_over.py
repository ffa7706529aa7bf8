"""R12: PostgreSQL fails over under cancels: no acknowledged cancel is lost, and cancels go on soon.

The negative control does not wait for a standby (`synchronous_mode: false`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.journeys.server import Server
from tests.reliability.cancelling import Heard, laboratory
from tests.reliability.promised import Tried, size
from torture.ha.cluster import Cluster
from torture.ha.faults import FAULTS, REPLICAS_CUT, Fault
from torture.ha.needs import rounds
from torture.ha.rounds import ORDERS_A_ROUND, Load, Round
from traylane.db import batch, connect

pytestmark = [pytest.mark.promise("R12"), pytest.mark.timeout(1_700)]

ROUNDS = size(rounds(1), 10)
NOTICED_SECONDS = 2.0
"""HAProxy has noticed by then that the leader is gone, or the service that commits do not end; whoever asked before
may have a statement on its way there."""
REFUSED_SECONDS = 1.0


def meanwhile(round_: Round) -> list[float]:
    """How long each refusal took that was asked for when everybody could know, shortest first."""
    after = round_.broken_at + NOTICED_SECONDS
    return sorted(refusal.seconds for refusal in round_.heard.unavailable if refusal.asked > after)


def share(seconds: Sequence[float]) -> float:
    """What 99 of 100 stay below."""
    return seconds[len(seconds) * 99 // 100] if seconds else 0.0


def orders_of(cluster: Cluster, number: int) -> str:
    """So many orders more, and a key."""

    async def make() -> str:
        db = connect.database(cluster.direct_url)
        await db.open()
        try:
            return await laboratory(db, number)
        finally:
            await db.close()

    return asyncio.run(make())


async def break_often(load: Load, faults: Sequence[Fault]) -> list[Round]:
    """One round for each fault; whatever is acknowledged has to be there after each."""
    rounds = []
    for fault in faults:
        round_ = await load.round(fault)
        found = await load.found()
        heard: Heard = round_.heard
        assert (heard.refused, heard.broken) == ([], 0), fault.name
        assert (heard.acknowledged.keys() - found.cancelled, found.wrong) == (set(), []), fault.name
        assert found.events == load.acknowledged + 1, fault.name  # the key's
        assert round_.outage < fault.longest, fault.name
        assert heard.slowest < batch.DEADLINE + 1, fault.name
        rounds.append(round_)
    return rounds


def story(fault: Fault, rounds: Sequence[Round]) -> str:
    """What the rounds of a fault have shown."""
    outages = sorted(round_.outage for round_ in rounds)
    cancels = sum(len(round_.heard.acknowledged) for round_ in rounds)
    refused = sorted(seconds for round_ in rounds for seconds in meanwhile(round_))
    return (
        f"{fault.name}: {len(rounds)} rounds, of {cancels} acknowledged cancels 0 lost, 0 half done, 0 doubled; no "
        f"cancel for {outages[len(outages) // 2]:.1f} s, at most {outages[-1]:.1f} s; {len(refused)} refusals with "
        f"Retry-After meanwhile, 99 of 100 within {share(refused):.2f} s, all within {(refused or [0.0])[-1]:.2f} s"
    )


def test_no_acknowledged_cancel_is_lost_and_cancels_go_on(cluster: Cluster, tmp_path: Path, tried: Tried) -> None:
    faults = [fault for _ in range(ROUNDS) for fault in FAULTS]
    orders = ORDERS_A_ROUND * len(faults)
    key = orders_of(cluster, orders)
    with Server(cluster.url, tmp_path) as service:
        rounds = asyncio.run(break_often(Load(cluster, service.port, key, orders), faults))
    refused = {}
    for fault in FAULTS:
        of_fault = [round_ for round_, what in zip(rounds, faults, strict=True) if what is fault]
        tried(story(fault, of_fault))
        refused[fault.name] = sorted(seconds for round_ in of_fault for seconds in meanwhile(round_))
    assert sum(map(len, refused.values())) > len(faults)
    assert {name: share(seconds) for name, seconds in refused.items() if share(seconds) >= REFUSED_SECONDS} == {}


@pytest.mark.control
def test_without_a_synchronous_standby_acknowledged_cancels_are_lost(cluster: Cluster, tmp_path: Path) -> None:
    cluster.empty()
    cluster.set_synchronous(on=False)
    key = orders_of(cluster, ORDERS_A_ROUND)
    with Server(cluster.url, tmp_path) as service:
        load = Load(cluster, service.port, key, ORDERS_A_ROUND)
        heard = asyncio.run(load.round(REPLICAS_CUT)).heard
        found = asyncio.run(load.found())
    assert heard.acknowledged.keys() - found.cancelled
