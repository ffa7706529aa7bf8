"""Every operation of the description, asked of a customer's own, of another one's, and of what is absent."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from tests import builders
from tests.api import good_requests as good
from tests.api.asgi import Client, Reply
from traylane.access.actor import Scope
from traylane.api.openapi import encoded
from traylane.api.router import Router
from traylane.api.routes import ROUTES
from traylane.api.service import Service
from traylane.db.database import Database, Sql

Whose = Literal["own", "another's", "absent"]
OWNER, OTHER = "1001", "1002"
TRAY = "123"
JSON = {"content-type": "application/json"}


@dataclass(frozen=True)
class Operation:
    """One operation as the description has it. `scopes`: what its security names, for any use of it."""

    name: str
    method: str
    path: str
    scopes: tuple[str, ...]
    codes: frozenset[str]

    @property
    def not_for_customers(self) -> bool:
        """Whether the description says that keys of customers are refused."""
        return "bound_to_customer" in self.codes

    async def ask(self, client: Client, order: str = "72544") -> Reply:
        """The request that succeeds for who may see the things."""
        route = next(route for route in ROUTES if route.operation == self.name)
        target = good.target(route, orderIdentifier=order, trayNumber=TRAY)
        return await client.send(self.method, target, body=good.body(route), headers=JSON)


def operations() -> list[Operation]:
    """Every operation that needs a key, from the description as clients get it."""
    return list(_operations(msgspec.json.decode(encoded())))


def _operations(description: dict[str, Any]) -> Iterator[Operation]:
    for path, methods in description["paths"].items():
        for method, said in methods.items():
            if not said["security"]:
                continue
            refused = said["responses"]["403"]["content"]["application/problem+json"]["schema"]["properties"]
            yield Operation(
                name=said["operationId"],
                method=method.upper(),
                path=path,
                scopes=tuple(scope for way in said["security"] for scope in way.get("bearer", ())),
                codes=frozenset(refused["code"]["enum"]),
            )


def lets_through(operation: Operation, scope: Scope) -> bool:
    """Whether a key with this scope alone may make the plain request (what is for a dry run is not enough)."""
    return scope is Scope.ADMIN or scope == operation.scopes[0]


async def furnish(db: Database, operation: Operation, whose: Whose) -> None:
    """The laboratory of the good requests, made anew; what they are about is OWNER's, or not there."""
    for table in _MADE_ANEW:
        await builders.execute(db, Sql.same(f"DELETE FROM {table}"))
    await builders.execute(db, Sql.same("DELETE FROM keys WHERE name = 'spare'"))
    await good.furnish(db)
    await good.make_the_order(db, operation.name, customer=OWNER)
    await builders.execute(db, Sql.same("UPDATE webhooks SET customer = $1"), OWNER)
    await builders.make_customer(db, OTHER)
    if whose == "absent":
        for table in _ABOUT:
            await builders.execute(db, Sql.same(f"DELETE FROM {table}"))
        await builders.execute(db, Sql.same("DELETE FROM customers WHERE number = $1"), OWNER)
        await builders.bump_version(db)


@asynccontextmanager
async def served(db: Database) -> AsyncIterator[Client]:
    """A service that remembers nothing of the laboratory before."""
    desk = builders.desk(db)
    yield Client(Service(desk, Router(ROUTES), {}))
    await desk.close()


def shown(reply: Reply) -> tuple[int, bytes, list[tuple[bytes, bytes]]]:
    """An answer byte for byte, but for the request's name, the set-up's version and what a new endpoint got by lot."""
    body = _DRAWN.sub(b'"drawn"', reply.body) if reply.status == 201 else reply.body
    headers = [(name, _VERSION.sub(b'"setup"', value)) for name, value in reply.headers if name != b"x-request-id"]
    return reply.status, body, headers


_VERSION = re.compile(rb'"setup-[0-9]+"')
_DRAWN = re.compile(rb'"(whsec_[^"]+|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})"')
_ABOUT = ("orders", "order_details", "scans", "webhooks")
_MADE_ANEW = (*_ABOUT, "stations", "customers", "reasons", "addons", "breakages", "employees", "settings")
