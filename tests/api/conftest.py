"""The service without sockets, over a fresh database of either engine."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from typing import Protocol

import pytest

from tests import builders
from tests.api.asgi import Client
from traylane.api.pages import Readiness, pages
from traylane.api.router import Router
from traylane.api.routes import ROUTES
from traylane.api.service import Service
from traylane.clock import Instant
from traylane.db import connect
from traylane.db.database import Database, Sql
from traylane.orders.desk import Desk
from traylane.tracking.verbs import VERBS


class Watch:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = builders.NOW

    def __call__(self) -> Instant:
        return self.now

    def pass_(self, milliseconds: int) -> None:
        """Let time pass."""
        self.now = Instant(self.now + milliseconds)


class MakeKey(Protocol):
    """What the fixture `key` gives."""

    async def __call__(
        self,
        *scopes: str,
        name: str | None = None,
        customer: str | None = None,
        rate: int | None = None,
        expires_at: Instant | None = None,
    ) -> str: ...


@pytest.fixture
def watch() -> Watch:
    """The service's clock: `builders.NOW` until it is moved."""
    return Watch()


@pytest.fixture
def desk(db: Database, watch: Watch, runner: asyncio.Runner) -> Iterator[Desk]:
    """The service's desk."""
    desk = Desk(db=db, clock=watch, verbs=VERBS)
    yield desk
    runner.run(desk.close())


@pytest.fixture
def service(desk: Desk, database_url: str) -> Service:
    """The service itself: an ASGI application."""

    async def check() -> None:
        await connect.require_usable(database_url)
        await desk.db.check_writable()

    return Service(desk, Router(ROUTES), pages(Readiness(check)))


@pytest.fixture
def http(service: Service) -> Client:
    """A client of the service that has no key; `http.using(secret)` has one."""
    return Client(service)


@pytest.fixture
def key(db: Database) -> MakeKey:
    """Makes an access key and gives its secret: `await key("orders:cancel", customer="1001")`.

    The first key of a test is `portal`'s, the next ones are `portal2`'s, `portal3`'s …; a customer that does not
    exist yet is made.
    """
    made: list[str] = []

    async def make(
        *scopes: str,
        name: str | None = None,
        customer: str | None = None,
        rate: int | None = None,
        expires_at: Instant | None = None,
    ) -> str:
        if customer is not None and not await builders.execute(db, _CUSTOMER, customer):
            await builders.make_customer(db, customer)
        made.append(name or (f"portal{len(made) + 1}" if made else "portal"))
        allowed: Sequence[str] = scopes or ("orders:cancel",)
        _, secret = await builders.make_key(
            db, made[-1], scopes=allowed, customer=customer, rate=rate, expires_at=expires_at
        )
        return secret

    return make


@pytest.fixture
def portal(http: Client, key: MakeKey, runner: asyncio.Runner) -> Client:
    """A client whose key has every scope that an integrator's orders need."""
    scopes = ("orders:read", "orders:write", "orders:cancel", "tracking:read", "tracking:write", "events:read")
    return http.using(runner.run(key(*scopes, name="portal")))


_CUSTOMER = Sql.same("SELECT 1 FROM customers WHERE number = $1")
