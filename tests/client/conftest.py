"""A served laboratory of five orders, and clients of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from tests import builders
from tests.served import served
from traylane.client import Client
from traylane.db import connect
from traylane.db.database import Database

SCOPES = ("orders:read", "orders:cancel", "tracking:read", "tracking:write", "events:read")


async def _fill(db: Database) -> dict[str, str]:
    await builders.make_reason(db, "CUS")
    await builders.set_setting(db, "Orders1:Enter reason code when deleting order", value=True)
    await builders.make_station(db, "RCV", sequence=10)
    await builders.make_station(db, "GEN", sequence=30, non_cancel=True)
    await builders.make_order(db, "1001", tray="123", po="A/17")
    await builders.make_order(db, "1002", po="..")
    await builders.make_order(db, "1003", status="C")
    await builders.make_order(db, "1004", status="P", scans=[builders.scanned("GEN", non_cancel=True)])
    await builders.make_order(db, "1005", po="Grüße 1&2%")
    wanted = {"portal": SCOPES, "reader": ("orders:read",)}
    return {name: (await builders.make_key(db, name, scopes=scopes))[1] for name, scopes in wanted.items()}


@pytest.fixture
def keys(database_url: str) -> dict[str, str]:
    """The keys of two integrators, on a laboratory of five orders."""

    async def work() -> dict[str, str]:
        db = connect.database(database_url)
        await db.open()
        try:
            return await _fill(db)
        finally:
            await db.close()

    return asyncio.run(work())


@pytest.fixture
def key(keys: dict[str, str]) -> str:
    """The key that may do what an integrator does."""
    return keys["portal"]


@pytest.fixture
def address(database_url: str, key: str) -> Iterator[str]:
    """Where that laboratory is served."""
    with served(database_url) as url:
        yield url


@pytest.fixture
def desk(address: str, key: str) -> Iterator[Client]:
    """A client of that laboratory."""
    with Client(address, key) as client:
        yield client
