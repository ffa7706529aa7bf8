"""Another program that holds what a request needs, for as long as a test says."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import apsw
import asyncpg

from traylane.db.connect import sqlite_path


@asynccontextmanager
async def held(url: str) -> AsyncIterator[None]:
    """Hold all orders (PostgreSQL) or the one write lock there is (SQLite)."""
    path = sqlite_path(url)
    if path is not None:
        connection = apsw.Connection(path)
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")
        connection.close()
    else:
        link = await asyncpg.connect(url)
        async with link.transaction():
            await link.execute("SELECT 1 FROM orders FOR UPDATE")
            yield
        await link.close()
