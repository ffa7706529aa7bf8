"""What reads many orders lets others have their turn."""

from __future__ import annotations

import asyncio

from tests.builders import NOW, make_orders
from traylane.db.database import Database
from traylane.policy.model import Policy
from traylane.tracking import work
from traylane.tracking.recall import open_recalls


async def test_a_long_read_lets_others_have_their_turn(sqlite: Database) -> None:
    await make_orders(sqlite, [f"{number:05}" for number in range(3 * work.PAGE)])
    turns = 0

    async def another() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    other = asyncio.create_task(another())
    await work.work_in_process(sqlite, Policy(1), NOW)
    between = turns
    await open_recalls(sqlite, Policy(1), customer=None)
    other.cancel()
    assert between >= 3
    assert turns - between >= 20
