"""The demo's laboratory, served."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from tests import builders
from tests.served import served
from traylane.access.actor import COMMAND_LINE
from traylane.cli import sample
from traylane.clock import system_clock
from traylane.db import connect
from traylane.orders.importing import Problem, import_lines
from traylane.policy import edit, setup_file


class Sample(NamedTuple):
    """Where it is, and a key that may do everything."""

    url: str
    key: str


@contextmanager
def sample_served(database_url: str) -> Iterator[Sample]:
    """500 orders on a fresh database, served."""
    key = fill(database_url)
    with served(database_url) as url:
        yield Sample(url, key)


def fill(database_url: str) -> str:
    """Fill a fresh database with the set-up and 500 orders; a key that may do everything."""
    return asyncio.run(_filled(database_url))


async def _filled(database_url: str) -> str:
    db = connect.database(database_url)
    await db.open()
    wanted = setup_file.read(sample.setup_text().encode())
    problems: list[Problem] = []
    try:
        await db.write(lambda tx: edit.apply(tx, wanted, actor=COMMAND_LINE, now=system_clock()))
        await import_lines(db, sample.order_lines(), actor=COMMAND_LINE, clock=system_clock, bad=problems.append)
        _, secret = await builders.make_key(db, "desk", scopes=("admin",))
    finally:
        await db.close()
    assert problems == []
    return secret
