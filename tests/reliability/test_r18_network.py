"""R18: the network to PostgreSQL, or to a webhook receiver, is slow, breaks, and swallows everything.

Nothing hangs past its deadline, nothing acknowledged is lost, nothing is done twice, every message arrives, and when
the network is well again there are no more connections than before. The negative control has no deadlines.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import msgspec
import pytest

from tests import standstill
from tests.builders import NOW, cancel, desk, make_orders
from tests.journeys.conftest import SetUp
from tests.journeys.server import Server
from tests.reliability.cancelling import Heard, cancel_all, laboratory, look
from tests.reliability.network import Network, network
from tests.reliability.promised import Tried, is_full, seed, size
from tests.webhooks.receiver import Receiver, receiving
from traylane.access.actor import COMMAND_LINE
from traylane.clock import system_clock
from traylane.db import batch, connect, postgres
from traylane.db.database import ConnectionLost, Database, Sql
from traylane.events.feed import Feed
from traylane.webhooks import manage, model
from traylane.webhooks.dispatch import Dispatcher
from traylane.webhooks.manage import Wanted

pytestmark = [pytest.mark.slow, pytest.mark.promise("R18"), pytest.mark.timeout(1_500 if is_full() else 900)]

SECONDS = size(12, 600)
CLIENTS = 4
ORDERS = 50_000
DEADLINE = batch.DEADLINE + 1.0
"""No request takes longer; the service looks once a second. Whoever waits for a place in a batch, and then for a
statement, is told after eleven seconds."""
HOLE_SECONDS = DEADLINE + 4.0
NOTICED_SECONDS = 1.0
"""Whoever asks so long after everything began to be swallowed has nothing under way, and hears within SOON_SECONDS."""
SOON_SECONDS = 1.0
RECOVERY_SECONDS = 5.0
EVENTS = 60
SEED = seed(20_261_102)


async def trouble(between: Network, seconds: float) -> Counter[str]:
    """One fault after the other, each followed by a good moment."""
    chance, done, end = random.Random(SEED), Counter[str](), time.monotonic() + seconds
    while time.monotonic() < end:
        what = chance.choice(("slow", "cut", "hole"))
        between.delay, between.is_hole = 0.05 * (what == "slow"), what == "hole"
        await asyncio.sleep(chance.uniform(0.2, 1.0))
        if what != "slow":
            between.cut()
        between.delay, between.is_hole = 0.0, False
        done[what] += 1
        await asyncio.sleep(chance.uniform(0.2, 0.6))
    return done


async def long_hole(between: Network) -> None:
    """Everything is swallowed, for longer than anybody may wait; then what hangs breaks."""
    between.is_hole = True
    await asyncio.sleep(HOLE_SECONDS)
    between.cut()
    between.is_hole = False


def _place(url: str) -> tuple[str, int]:
    """Host and port of a database."""
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or 0


def _through(url: str, between: Network) -> str:
    """The database through the network."""
    parts = urlsplit(url)
    account = parts.netloc.rpartition("@")[0]
    return parts._replace(netloc=f"{account}@127.0.0.1:{between.port}").geturl()


class Run(NamedTuple):
    """What clients heard, what was done to them, seconds until a cancel afterwards, connections that were open then.

    `in_hole`: how long refusals took that were asked for when everything was swallowed, shortest first.
    """

    heard: Heard
    done: Counter[str]
    recovery: float
    at_once: int
    in_hole: list[float]


async def cancels_over(
    url: str, key: str, folder: Path, seconds: float, *, program: tuple[str, ...] = ("-m", "traylane")
) -> Run:
    """Clients of a service whose network to PostgreSQL is in trouble."""
    heard, over, numbers = Heard(), asyncio.Event(), map(str, range(ORDERS))
    async with network(*_place(url)) as between:
        server = Server(_through(url, between), folder, program=program)
        await asyncio.to_thread(server.start)
        heard.watch.processes.add(server.pid)
        clients = [asyncio.create_task(cancel_all(server.port, key, numbers, over, heard)) for _ in range(CLIENTS)]
        try:
            done = await trouble(between, seconds)
            hole = time.monotonic()
            await long_hole(between)
            well = standstill.now()
            while max(heard.acknowledged.values(), default=0) < well and time.monotonic() < well + 30:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            recovery = standstill.since(well)
            await asyncio.sleep(1)
        finally:
            over.set()
            await asyncio.gather(*clients)
            at_once = between.at_once
            await asyncio.to_thread(server.stop)
    asked = [refusal for refusal in heard.unavailable if hole + NOTICED_SECONDS < refusal.asked < well]
    return Run(heard, done, recovery, at_once, sorted(refusal.seconds for refusal in asked))


def test_a_faulty_network_to_the_database_loses_nothing_and_holds_nobody(
    postgres_url: str, tmp_path: Path, set_up: SetUp, runner: asyncio.Runner, tried: Tried
) -> None:
    key = set_up(postgres_url, lambda db: laboratory(db, ORDERS))
    heard, done, recovery, at_once, in_hole = runner.run(cancels_over(postgres_url, key, tmp_path, SECONDS))
    found, cancels = set_up(postgres_url, look), len(heard.acknowledged)
    assert (heard.refused, heard.broken) == ([], 0)
    assert (heard.acknowledged.keys() - found.cancelled, found.wrong) == (set(), [])
    assert found.events == cancels + 1  # the key's
    assert SECONDS < cancels < ORDERS
    assert heard.slowest < DEADLINE
    assert len(in_hole) > HOLE_SECONDS
    assert in_hole[-1] < SOON_SECONDS
    assert recovery < RECOVERY_SECONDS
    assert at_once <= postgres.POOL_SIZE
    troubles = ", ".join(f"{what} {times} times" for what, times in sorted(done.items()))
    tried(
        f"{SECONDS} s of trouble ({troubles}) and a hole of {HOLE_SECONDS:.0f} s to PostgreSQL, seed {SEED}: of "
        f"{cancels} acknowledged cancels 0 lost, 0 doubled; the slowest answer after {heard.slowest:.1f} s, "
        f"{len(in_hole)} refusals in the hole within {in_hole[-1]:.2f} s, cancels again after {recovery:.2f} s, "
        f"{at_once} connections"
    )


@pytest.mark.control
def test_without_deadlines_somebody_hangs(
    postgres_url: str, tmp_path: Path, set_up: SetUp, runner: asyncio.Runner
) -> None:
    key = set_up(postgres_url, lambda db: laboratory(db, ORDERS))
    patient = ("-m", "tests.reliability.patient")
    run = runner.run(cancels_over(postgres_url, key, tmp_path, 0.0, program=patient))
    assert run.heard.slowest > DEADLINE


async def test_what_is_swallowed_is_a_lost_connection_and_the_next_one_serves(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with network(*_place(postgres_url)) as between:
        database = connect.database(_through(postgres_url, between))
        await database.open()
        await database.check_writable()
        monkeypatch.setattr(postgres, "STATEMENT_WAIT", -0.7)  # and one second more
        monkeypatch.setattr(postgres, "ACQUIRE_WAIT", 0.1)
        between.is_hole = True
        with pytest.raises(ConnectionLost):
            await database.settle(lambda tx: tx.rows(Sql.same("SELECT 1")))
        between.is_hole = False
        monkeypatch.setattr(postgres, "STATEMENT_WAIT", 20.0)
        monkeypatch.setattr(postgres, "ACQUIRE_WAIT", 20.0)
        await database.check_writable()
        await database.close()


async def test_over_a_faulty_network_every_message_arrives(
    sqlite: Database, monkeypatch: pytest.MonkeyPatch, tried: Tried
) -> None:
    monkeypatch.setattr(model, "PAUSES", (200,) * len(model.PAUSES))
    orders = [str(number) for number in range(EVENTS)]
    async with receiving() as receiver, network("127.0.0.1", receiver.port) as between:
        await make_orders(sqlite, orders)
        await _told_at(sqlite, between.port)
        sending = asyncio.create_task(_dispatch(sqlite))
        cancelling = asyncio.create_task(_cancel_slowly(sqlite, orders, SECONDS / 2 / EVENTS))
        done = await trouble(between, SECONDS / 2)
        await cancelling
        give_up = time.monotonic() + 30
        while len(_ids(receiver)) < EVENTS and time.monotonic() < give_up:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
    assert _ids(receiver).keys() == set(orders)
    assert {len(ids) for ids in _ids(receiver).values()} == {1}
    troubles = ", ".join(f"{what} {times} times" for what, times in sorted(done.items()))
    tried(f"{troubles} to a webhook receiver: 0 of {EVENTS} messages lost, {len(receiver.got) - EVENTS} doubled")


async def _told_at(db: Database, port: int) -> None:
    wanted, allowed = Wanted(url=f"http://127.0.0.1:{port}/", types=("order.cancelled",)), frozenset({"127.0.0.1"})
    await db.write(lambda tx: manage.create(tx, wanted, position=0, allowed=allowed, actor=COMMAND_LINE, now=NOW))


async def _dispatch(db: Database) -> None:
    async def allowed() -> frozenset[str]:
        return frozenset({"127.0.0.1"})

    await Dispatcher(db, Feed(db, system_clock), system_clock, allowed=allowed).run()


async def _cancel_slowly(db: Database, orders: list[str], pause: float) -> None:
    at_the_desk = desk(db)
    for number in orders:
        await cancel(at_the_desk, number)
        await asyncio.sleep(pause)


def _ids(receiver: Receiver) -> dict[str, set[str]]:
    """Order → every `webhook-id` under which its cancel came."""
    ids: dict[str, set[str]] = {}
    for got in receiver.got:
        ids.setdefault(msgspec.json.decode(got.body)["data"]["orderNumber"], set()).add(got.headers["webhook-id"])
    return ids
