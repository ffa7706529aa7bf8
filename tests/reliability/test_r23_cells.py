"""Every operation × scope × {own, another customer's, absent}, made from the description (R23).

Whoever lacks the scope learns nothing at all; whoever has it learns of another customer's things what it learns of
things that are not there: the same bytes, in the same time.
"""

from __future__ import annotations

import math
import statistics
import time
from typing import Any

import pytest

from tests import builders
from tests.api import good_requests as good
from tests.api.asgi import Client, Reply
from tests.api.conftest import MakeKey, key
from tests.api.test_bad_input import dump
from tests.api.whose import OTHER, OWNER, Operation, Whose, furnish, lets_through, operations, served, shown
from tests.reliability.promised import engine, size
from traylane.access.actor import Scope
from traylane.api import service as door
from traylane.api.call import Call
from traylane.api.routes import ROUTES
from traylane.db.database import Database, Sql
from traylane.orders.lookup import BY, Ref

__all__ = ["key"]
pytestmark = [pytest.mark.slow, pytest.mark.promise("R23")]

WORLDS: tuple[Whose, ...] = ("own", "another's", "absent")
OPERATIONS = operations()
UNAUTHENTICATED = b'{"error":"Authentication required","details":[]}'
BOUND = b'{"error":"Not allowed","details":["The key is bound to a customer"]}'
THEIRS = ("orders", "order_details", "scans", "webhooks", "deliveries", "attempts", "events")
SUCCESS = {route.operation: good.status(route) for route in ROUTES}
MOST_MS = 1.0
ROUNDS = size(ci=60, full=1_000)
MOST_PAIRS = 8 * ROUNDS
THERE, NOT_THERE = "72544", "72545"


@pytest.fixture(autouse=True)
def _short_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("traylane.api.events.STREAM_SECONDS", 0.0)


async def faults(db: Database, key: MakeKey, operation: Operation) -> list[str]:
    """What is wrong in the cells of one operation."""
    keys = {(scope, who): await key(scope, customer=who) for scope in Scope for who in (OWNER, OTHER)}
    found, heard = [], {}
    for whose in WORLDS:
        mine = {scope: keys[scope, OWNER if whose == "own" else OTHER] for scope in Scope}
        await furnish(db, operation, whose)
        found += [f"{whose}, {wrong}" for wrong in await _let_in(db, operation, mine)]
        for scope in _scopes_of(operation):
            await furnish(db, operation, whose)
            before = await dump(db)
            async with served(db) as client:
                heard[whose, scope] = await operation.ask(client.using(mine[scope]))
            after = await dump(db)
            if whose == "another's" and (lost := [t for t in THEIRS if not set(before[t]) <= set(after[t])]):
                found.append(f"{whose}, {scope}: {lost} changed")
    return found + _wrong_answers(operation, heard)


async def _let_in(db: Database, operation: Operation, keys: dict[Scope, str]) -> list[str]:
    """Who is let in without a key, or without the scope."""
    found = []
    kept = await dump(db)
    async with served(db) as client:
        nobody = await operation.ask(client)
        replies = {s: await operation.ask(client.using(k)) for s, k in keys.items() if not lets_through(operation, s)}
    if (nobody.status, nobody.body) != (401, UNAUTHENTICATED):
        found.append(f"no key: {nobody.status} {nobody.body[:200]!r}")
    needed = b'{"error":"Not allowed","details":["Scope needed: %s"]}' % operation.scopes[0].encode()
    found += [
        f"{scope}: {reply.status} {reply.body[:200]!r}"
        for scope, reply in replies.items()
        if (reply.status, reply.body) != (403, needed)
    ]
    return found + (["something was written for who may not"] if await dump(db) != kept else [])


def _scopes_of(operation: Operation) -> list[Scope]:
    return [scope for scope in Scope if lets_through(operation, scope)]


def _wrong_answers(operation: Operation, heard: dict[tuple[Whose, Scope], Reply]) -> list[str]:
    found = []
    for scope in _scopes_of(operation):
        own, others, absent = (heard[whose, scope] for whose in WORLDS)
        if shown(others) != shown(absent):
            found.append(f"{scope}: another's {shown(others)}, absent {shown(absent)}")
        if operation.not_for_customers:
            if {(reply.status, reply.body) for reply in (own, others, absent)} != {(403, BOUND)}:
                found.append(f"{scope}: let through for a customer: {own.status} {own.body[:200]!r}")
        elif own.status != SUCCESS[operation.name]:
            found.append(f"{scope}: own is refused: {own.status} {own.body[:200]!r}")
    return found


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
async def test_every_cell_of_an_operation(db: Database, key: MakeKey, operation: Operation, tried: Any) -> None:
    assert await faults(db, key, operation) == []
    tried(f"{engine(db)}, an operation × {len(Scope) + 1} keys × own, another's, absent: as they must be")


def test_every_operation_of_the_route_table_is_in_the_description() -> None:
    assert sorted(operation.name for operation in OPERATIONS) == sorted(route.operation for route in ROUTES)


BY_NAME = {operation.name: operation for operation in OPERATIONS}


@pytest.mark.control
async def test_a_look_up_that_forgets_the_customer_is_noticed(
    db: Database, key: MakeKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Call, "ref", lambda _self, given, by=None: Ref(given, BY.get(by)))
    found = await faults(db, key, BY_NAME["cancelOrder"])
    assert [fault.partition(":")[0] for fault in found] == [
        *("another's, orders", "another's, admin", "orders", "admin"),
    ]


@pytest.mark.control
async def test_a_write_that_tells_nobody_is_noticed(
    db: Database, key: MakeKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer is the right one; the other customer's order was changed all the same."""
    asked = Operation.ask

    async def and_touch(operation: Operation, client: Client, order: str = THERE) -> Reply:
        await builders.execute(db, Sql.same("UPDATE orders SET po_number = 'touched'"))
        return await asked(operation, client, order)

    monkeypatch.setattr(Operation, "ask", and_touch)
    found = await faults(db, key, BY_NAME["fetchOrder"])
    assert "another's, orders:read: ['orders'] changed" in found
    assert "absent: something was written for who may not" not in found


@pytest.mark.control
async def test_a_door_that_asks_for_no_scope_is_noticed(
    db: Database, key: MakeKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "_require", lambda *_: None)
    found = await faults(db, key, BY_NAME["fetchOrder"])
    assert len(found) == len(WORLDS) * (len(Scope) - 2)


def _about_one_order() -> list[Operation]:
    return [operation for operation in OPERATIONS if "{orderIdentifier}" in operation.path]


async def milliseconds_apart(client: Client, operation: Operation) -> float:
    """By how much the median answer about another customer's order is later than the one about none, pair by pair.

    A busy machine gets more pairs before it is judged.
    """
    apart: list[float] = []
    while len(apart) < MOST_PAIRS and (len(apart) < ROUNDS or abs(statistics.median(apart)) > MOST_MS):
        first, second = (THERE, NOT_THERE) if len(apart) % 2 else (NOT_THERE, THERE)
        took = {first: await _milliseconds(client, operation, first)}
        took[second] = await _milliseconds(client, operation, second)
        apart.append(took[THERE] - took[NOT_THERE])
    return abs(statistics.median(apart))


async def _milliseconds(client: Client, operation: Operation, given: str) -> float:
    began = time.perf_counter()
    reply = await operation.ask(client, order=given)
    assert reply.status == 404
    return (time.perf_counter() - began) * 1000


@pytest.mark.parametrize("operation", _about_one_order(), ids=lambda operation: operation.name)
async def test_another_customers_order_takes_as_long_as_none(
    db: Database, key: MakeKey, operation: Operation, tried: Any
) -> None:
    apart = await _apart(db, key, operation)
    assert apart <= MOST_MS
    tenths = math.floor(apart * 10) / 10 + 0.1
    said = f"less than {tenths:.1f} ms apart in the median of {ROUNDS} pairs or more"
    tried(f"{engine(db)}, an operation on another's order and on none: {said}")


@pytest.mark.control
async def test_an_answer_that_comes_later_is_noticed(
    db: Database, key: MakeKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one that looks first whether the order exists, and then whose it is."""
    asked = Call.ref

    def slowly(call: Call, given: str, by: str | None = None) -> Ref:
        time.sleep(0.002 if given == THERE else 0)
        return asked(call, given, by)

    monkeypatch.setattr(Call, "ref", slowly)
    assert await _apart(db, key, BY_NAME["fetchOrder"]) > MOST_MS


async def _apart(db: Database, key: MakeKey, operation: Operation) -> float:
    await furnish(db, operation, "another's")
    secret = await key("admin", customer=OTHER)
    async with served(db) as client:
        return await milliseconds_apart(client.using(secret), operation)
