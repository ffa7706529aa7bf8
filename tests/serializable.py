"""A plugin: only what runs on PostgreSQL, and PostgreSQL fails now and then, as a distributed one does.

`make serializable` runs the suite with it. Statements end with 40001 before they have done anything, and batches of the
desk whose commit has arrived lose the answer. Each test has faults of its own, the same every time.
"""

from __future__ import annotations

import functools
import random
from collections.abc import Awaitable, Callable, Generator, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import asyncpg
import pytest

from traylane.db import postgres
from traylane.db.database import ConnectionLost

RATE = 0.02
"""How often each of the two happens."""


def on_postgres(item: pytest.Function) -> bool:
    """Whether a test has a PostgreSQL database."""
    engine = getattr(item, "callspec", None)
    engines = set() if engine is None else {value for value in engine.params.values() if isinstance(value, str)}
    return "postgres" in engines or "postgres_server_url" in item.fixturenames


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Function]) -> None:
    """Leave out what never asks PostgreSQL."""
    kept = [item for item in items if on_postgres(item)]
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = kept


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """Let the database fail while a test runs that does not count tries or plant faults of its own."""
    rate = RATE if item.get_closest_marker("undisturbed") is None else 0
    chance = random.Random(item.nodeid)
    with failing(*[lambda: chance.random() < rate] * 2):
        yield


@contextmanager
def failing(refuses: Callable[[], bool], loses: Callable[[], bool]) -> Iterator[list[str]]:
    """Let statements and commits of the service fail when these say so; what was planted so far."""
    planted: list[str] = []
    with (
        mock.patch.object(postgres._Connection, "fetch", _refused(postgres._Connection.fetch, refuses, planted)),
        mock.patch.object(postgres.PostgresDatabase, "settle", _lost("settle", loses, planted)),
        mock.patch.object(postgres.PostgresDatabase, "settle_whole", _lost("settle_whole", loses, planted)),
    ):
        yield planted


Coroutine = Callable[..., Awaitable[Any]]


def _refused(fetch: Coroutine, now: Callable[[], bool], planted: list[str]) -> Coroutine:
    @functools.wraps(fetch)
    async def refused(*asked: Any, **more: Any) -> Any:
        if now():
            planted.append("40001")
            raise asyncpg.SerializationError("could not serialize access")
        return await fetch(*asked, **more)

    return refused


def _lost(name: str, now: Callable[[], bool], planted: list[str]) -> Coroutine:
    settle: Coroutine = getattr(postgres.PostgresDatabase, name)

    @functools.wraps(settle)
    async def lost(*asked: Any) -> Any:
        outcomes = await settle(*asked)
        if now():
            planted.append("lost")
            raise ConnectionLost("the answer to a commit did not arrive")
        return outcomes

    return lost
