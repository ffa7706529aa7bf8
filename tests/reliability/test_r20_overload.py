"""R20, overload: ten times as many clients as the queue has places ask at once, and again the moment they are refused.

They are what can be offered here: a rate of ten times the best would need more machines than the service has. The best
is what CLIENTS clients get, each with a request under way, in the same run; a success within ten seconds counts. How
soon a refusal comes is told by the service's own log, and by a newcomer who asks ten times a second. Those who ask
again although they were told to wait are not listened to before (`api/door.py`): their clock says nothing.

The small size has a queue of a hundred places, and holds only what no neighbour on the machine can disturb. The
negative control listens to everybody again at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from tests.builders import make_key, make_reason, make_station
from tests.journeys.server import Server
from tests.reliability import small_queue
from tests.reliability.many_orders import fill
from tests.reliability.overload import Newcomer, Work, come_down, refusals_ms, storm
from tests.reliability.promised import Tried, engine, is_full
from tests.reliability.storm import Seen
from traylane.api import door
from traylane.db import batch
from traylane.db.database import Database
from traylane.db.postgres import POOL_SIZE

pytestmark = [pytest.mark.slow, pytest.mark.promise("R20"), pytest.mark.timeout(600 if is_full() else 300)]

CLIENTS = 64
ROUNDS = 2 if is_full() else 1
CALM_SECONDS = 5.0 if is_full() else 0.5
STORM_SECONDS = 10.0 if is_full() else 1.5
ORDERS = 400_000 if is_full() else 30_000
QUEUE = batch.LONGEST_QUEUE if is_full() else small_queue.QUEUE
REFUSALS = door.REFUSALS if is_full() else small_queue.REFUSALS
FAR_TOO_MANY = 10 * QUEUE
LEAST = 0.8 if is_full() else 0.0
"""The share of the best that is served. At the small size a neighbour's work is in it, as in a newcomer's time."""
RAMP = FAR_TOO_MANY / 2_000
"""Clients come at two thousand a second; what they get until all are there and were answered once does not count."""
SETTLE = 1.5 * RAMP
SOON_SECONDS = 1.0 if is_full() else 5.0
MOST_MS = 50.0
MOST_NEWCOMER_MS = MOST_MS if is_full() else 1_000.0
SHORT = ("-m", "tests.reliability.small_queue", "short")
OPEN = ("-m", "tests.reliability.small_queue", "open")
AS_IT_IS = ("-m", "traylane")


async def laboratory(db: Database) -> tuple[str, Work]:
    """A key, and the work that there is: cancels and check-ins, one after the other."""
    await make_station(db, "RCV")
    await make_reason(db, "CUS")
    await fill(db, ORDERS)
    key = (await make_key(db, scopes=("orders:cancel", "tracking:write")))[1]
    return key, Work(ORDERS)


@dataclass
class Total:
    """Of all rounds."""

    best: float = 0.0
    served: float = 0.0
    best_for_cpu: float = 0.0
    served_for_cpu: float = 0.0
    refused: float = 0.0
    newcomer_ms: float = 0.0

    def add(self, calm: Seen, seen: Seen, newcomer_ms: float) -> None:
        self.best += calm.done / calm.seconds
        self.served += seen.done / seen.seconds
        self.best_for_cpu += calm.done / calm.cpu
        self.served_for_cpu += seen.done / seen.cpu
        self.refused += seen.refused / seen.seconds
        self.newcomer_ms = max(self.newcomer_ms, newcomer_ms)

    def said(self) -> str:
        return (
            f"{FAR_TOO_MANY} clients for {QUEUE} places got {self.served / ROUNDS:.0f} changes/s, "
            f"{self.served / self.best:.0%} of the best ({self.best / ROUNDS:.0f}), for each second of the service's "
            f"processor time {self.served_for_cpu / self.best_for_cpu:.0%}; {self.refused / ROUNDS:.0f} refusals/s"
        )


async def overloaded(server: Server, key: str, work: Work) -> tuple[Seen, Newcomer]:
    """What far too many get, and a newcomer beside them."""
    newcomer = Newcomer(server, key)
    async with newcomer.asking():
        seen = await storm(server, key, work, clients=FAR_TOO_MANY, seconds=STORM_SECONDS, settle=SETTLE, ramp=RAMP)
    return seen, newcomer


def is_held_off(seen: Seen) -> bool:
    """Whether those who are refused are kept from asking all the time."""
    return seen.refused / seen.seconds <= 2 * REFUSALS


async def test_whoever_is_served_is_served_as_ever_and_whoever_is_not_is_told_at_once(
    db: Database, database_url: str, tmp_path: Path, tried: Tried
) -> None:
    key, work = await laboratory(db)
    total = Total()
    with Server(database_url, tmp_path, program=AS_IT_IS if is_full() else SHORT) as server:
        descriptors = psutil.Process(server.pid).num_fds() + POOL_SIZE
        for _ in range(ROUNDS):
            calm = await storm(server, key, work, clients=CLIENTS, seconds=CALM_SECONDS, settle=CALM_SECONDS / 5)
            seen, newcomer = await overloaded(server, key, work)
            assert (calm.refused, calm.others, calm.broken) == (0, {}, 0)
            assert (seen.untold, seen.others, seen.broken) == (0, {}, 0)
            assert is_held_off(seen)
            assert seen.refused
            assert newcomer.wrong == []
            assert await newcomer.is_served_within(SOON_SECONDS)
            total.add(calm, seen, newcomer.most_ms())
        # That a client has gone is seen when its turn to be read has come.
        assert await come_down(server, descriptors, seconds=FAR_TOO_MANY / REFUSALS + 5.0)
        by_the_log = refusals_ms(server)
    tried(
        f"{engine(db)}: {total.said()}, 99 of 100 made within {by_the_log:.1f} ms by the service's log, and with a "
        f"newcomer within {total.newcomer_ms:.0f} ms"
    )
    assert by_the_log < MOST_MS
    assert total.served >= LEAST * total.best
    assert total.newcomer_ms < MOST_NEWCOMER_MS


@pytest.mark.control
async def test_a_door_that_is_always_open_is_found_out(sqlite: Database, sqlite_url: str, tmp_path: Path) -> None:
    key, work = await laboratory(sqlite)
    with Server(sqlite_url, tmp_path, program=OPEN) as server:
        seen, _ = await overloaded(server, key, work)
    assert not is_held_off(seen)
