"""R3: all interleavings of the statements of two changes of one order, on the real functions and PostgreSQL.

Each interleaving has orders of its own, and the audit looks at all of them. The negative control takes the guard out of
the writes, and must be caught.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import combinations_with_replacement
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from tests.builders import A_DAY, NOW, cancel, change, check_in, desk, make_customer, make_station, restore
from tests.reliability.careless import without_guard
from tests.reliability.promised import Tried
from tests.reliability.stepping import Scheduler, SteppedDatabase
from traylane.clock import Instant
from traylane.db.database import Database
from traylane.errors import Refused
from traylane.orders import write_sql
from traylane.orders.audit import Audit, audit
from traylane.orders.cancel_rules import ThroughNonCancelStation
from traylane.orders.complete import COMPLETE
from traylane.orders.complete_rules import CompleteRequest
from traylane.orders.create import CREATE
from traylane.orders.create_rules import CreateRequest
from traylane.orders.desk import Desk
from traylane.orders.details import Details
from traylane.orders.tray import ASSIGN
from traylane.orders.tray_rules import AssignRequest
from traylane.orders.verb import Done
from traylane.tracking.checkin_rules import OrderCancelled

pytestmark = [pytest.mark.slow, pytest.mark.promise("R3")]

MOST = 2_000
"""Interleavings of one pair: more would mean that they do not end."""


class Orders:
    """An order in a tray, and two others that may be given that tray."""

    def __init__(self, subject: str, tray: str, others: tuple[str, str]) -> None:
        self.subject, self.tray, self.others = subject, tray, others


Side = Callable[[Desk, Orders, int], Awaitable[object]]
SIDES: dict[str, Side] = {
    "cancel": lambda at, orders, _: cancel(at, orders.subject),
    "scan": lambda at, orders, _: check_in(at, orders.subject, "GEN"),
    "re-assign": lambda at, orders, place: change(
        at, ASSIGN, orders.others[place], AssignRequest(tray=orders.tray, reassign=True)
    ),
    "complete": lambda at, orders, _: change(at, COMPLETE, orders.subject, CompleteRequest()),
    "restore": lambda at, orders, _: restore(at, orders.subject),
}
PAIRS = list(combinations_with_replacement(SIDES, 2))


class Played:
    """What one pair's interleavings were, and what they left."""

    def __init__(self) -> None:
        self.interleavings = 0
        self.outcomes: Counter[tuple[str, str]] = Counter()


@asynccontextmanager
async def laboratory(url: str, db: Database) -> AsyncIterator[tuple[Scheduler, tuple[Desk, Desk]]]:
    await make_customer(db)
    await make_station(db, "RCV")
    await make_station(db, "GEN", non_cancel=True)
    databases = (SteppedDatabase(url), SteppedDatabase(url))
    desks = (desk(databases[0]), desk(databases[1]))
    monitor = await asyncpg.connect(url)
    for side, at in zip(databases, desks, strict=True):
        await side.open()
        await at.rulebook.refresh(side)
    try:
        yield Scheduler(databases, monitor), desks
    finally:
        await monitor.close()
        for side in databases:
            await side.close()


async def play_pair(
    scheduler: Scheduler, desks: tuple[Desk, Desk], db: Database, pair: tuple[str, str], *, cancelled: bool
) -> Played:
    """Every interleaving of the pair on an order that stands at RCV, cancelled or not."""
    played = Played()
    plain = desk(db)

    async def said(side: int, orders: Orders) -> str:
        try:
            return type(await SIDES[pair[side]](desks[side], orders, side)).__name__
        except Refused as refusal:
            return type(refusal).__name__

    async def both() -> tuple[Awaitable[object], Awaitable[object]]:
        orders = await arrive(plain, cancelled=cancelled)
        answers: dict[int, str] = {}

        async def one(side: int) -> None:
            answers[side] = await said(side, orders)
            if len(answers) == 2:
                played.outcomes[answers[0], answers[1]] += 1

        assert played.outcomes.total() < MOST
        return one(0), one(1)

    played.interleavings = await scheduler.every(both)
    return played


async def arrive(at: Desk, *, cancelled: bool) -> Orders:
    asked = CreateRequest(customer="1001", po="", details=Details(jobType="F"))
    made = await asyncio.gather(*(change(at, CREATE, "", asked) for _ in range(3)))
    subject, *others = [done.order for done in made if isinstance(done, Done)]
    await check_in(at, subject.number, "RCV")
    if cancelled:
        await cancel(at, subject.number)
    return Orders(subject.number, subject.tray, (others[0].number, others[1].number))


async def audited(db: Database) -> Audit:
    return await audit(db, ZoneInfo("UTC"), until=Instant(NOW + A_DAY))


async def test_every_interleaving_of_every_pair_keeps_every_invariant(
    postgres: Database, postgres_url: str, tried: Tried
) -> None:
    async with laboratory(postgres_url, postgres) as (scheduler, desks):
        played = {
            (pair, cancelled): await play_pair(scheduler, desks, postgres, pair, cancelled=cancelled)
            for pair in PAIRS
            for cancelled in (False, True)
        }

    interleavings = sum(one.interleavings for one in played.values())
    found = await audited(postgres)
    assert (found.orders, found.broken) == (3 * interleavings, ())
    # Two statements each can be mixed in six ways, and in each of them one wins, the other is told.
    assert played[("cancel", "scan"), False].interleavings == 6
    assert played[("cancel", "scan"), False].outcomes.keys() == {
        (Done.__name__, OrderCancelled.__name__),
        (ThroughNonCancelStation.__name__, Done.__name__),
    }
    tried(f"{interleavings} interleavings of {len(played)} pairs: 0 invariants broken")


@pytest.mark.control
async def test_without_the_guard_an_interleaving_is_found_that_breaks_them(
    postgres: Database, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(write_sql, "one_on_postgres", without_guard(write_sql.one_on_postgres))

    async with laboratory(postgres_url, postgres) as (scheduler, desks):
        await play_pair(scheduler, desks, postgres, ("cancel", "scan"), cancelled=False)

    broken = [check.invariant for check in (await audited(postgres)).broken]
    assert {"no_cancel_past_a_non_cancel_station", "nothing_is_done_to_what_is_gone"} <= set(broken)
