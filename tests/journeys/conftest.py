"""A small laboratory on a fresh database, set up from outside before the service starts."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from traylane.db import connect
from traylane.db.database import Database

SetUp = Callable[[str, Callable[[Database], Awaitable[Any]]], Any]


@pytest.fixture
def set_up(runner: asyncio.Runner) -> SetUp:
    """Runs work on a database that nobody else has open: `set_up(url, work)`."""

    def on(url: str, work: Callable[[Database], Awaitable[Any]]) -> Any:
        async def run() -> Any:
            db = connect.database(url)
            await db.open()
            try:
                return await work(db)
            finally:
                await db.close()

        return runner.run(run())

    return on
