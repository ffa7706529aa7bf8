"""A database that was used before is as good as a new one."""

from __future__ import annotations

import asyncio

import asyncpg

from tests.conftest import Recycled

MARKED = 1


async def epoch_of(url: str, *, mark: bool = False) -> int:
    """The feed's epoch; with `mark` it is another one from then on."""
    link = await asyncpg.connect(url)
    try:
        if mark:
            await link.execute("UPDATE config SET epoch = $1", MARKED)
        epoch: int = await link.fetchval("SELECT epoch FROM config")
        return epoch
    finally:
        await link.close()


def test_its_feed_has_an_epoch_of_its_own(recycled: Recycled) -> None:
    assert asyncio.run(epoch_of(recycled.take(), mark=True)) == MARKED
    recycled.give_back()
    found = asyncio.run(epoch_of(recycled.take()))
    recycled.give_back()
    assert found != MARKED
