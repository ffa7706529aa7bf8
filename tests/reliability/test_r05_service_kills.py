"""R5: kill -9 of the service during cancels on SQLite: no acknowledged cancel lost, none half done, none doubled.

Clients whose connection breaks ask again with their key. The negative control answers before the commit.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.journeys.conftest import SetUp
from tests.reliability.cancelling import Heard, cancel_all, laboratory, look
from tests.reliability.promised import Tried, is_full, seed, size
from traylane.db.backup import require_intact

pytestmark = [pytest.mark.slow, pytest.mark.promise("R5"), pytest.mark.timeout(1_500 if is_full() else 900)]

KILLS = size(500, 10_000)
CONTROL_KILLS = 60
ORDERS_A_KILL = 60
CLIENTS = 4
SEED = seed(20_261_102)


@asynccontextmanager
async def killed_service(url: str, kills: int, *fault: str) -> AsyncIterator[tuple[int, asyncio.StreamReader]]:
    """The port of a service that is killed so often, and where it says that it was."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.reliability.killed", url, str(kills), str(SEED), *fault),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    assert process.stdout is not None
    try:
        yield int(await process.stdout.readline()), process.stdout
    finally:
        await process.communicate(b"")


async def cancel_until_killed(url: str, key: str, kills: int, *fault: str) -> Heard:
    """Clients cancel one order after the other until the service was killed so often."""
    heard, numbers, over = Heard(), map(str, range(kills * ORDERS_A_KILL)), asyncio.Event()
    async with killed_service(url, kills, *fault) as (port, said):
        clients = [asyncio.create_task(cancel_all(port, key, numbers, over, heard)) for _ in range(CLIENTS)]
        assert int(await said.readline()) == kills
        over.set()
        await asyncio.gather(*clients)
    return heard


def test_no_acknowledged_cancel_is_lost_half_done_or_doubled(
    sqlite_url: str, set_up: SetUp, runner: asyncio.Runner, tried: Tried
) -> None:
    key = set_up(sqlite_url, lambda db: laboratory(db, KILLS * ORDERS_A_KILL))
    began = time.monotonic()
    heard = runner.run(cancel_until_killed(sqlite_url, key, KILLS))
    seconds, cancels = time.monotonic() - began, len(heard.acknowledged)

    require_intact(sqlite_url)
    found = set_up(sqlite_url, look)
    assert (heard.refused, heard.unavailable) == ([], [])
    assert (heard.acknowledged.keys() - found.cancelled, found.wrong) == (set(), [])
    assert found.events == cancels + 1  # the key's
    assert KILLS < cancels < KILLS * ORDERS_A_KILL, "there were no cancels under way"
    assert heard.broken > KILLS / 4
    tried(
        f"{KILLS} kills in {seconds:.0f} s, seed {SEED}: of {cancels} acknowledged cancels 0 lost, "
        f"0 half done, 0 doubled; {heard.broken} requests were cut and came again"
    )


@pytest.mark.control
def test_answers_before_the_commit_are_found_out(sqlite_url: str, set_up: SetUp, runner: asyncio.Runner) -> None:
    key = set_up(sqlite_url, lambda db: laboratory(db, CONTROL_KILLS * ORDERS_A_KILL))
    heard = runner.run(cancel_until_killed(sqlite_url, key, CONTROL_KILLS, "fault"))
    assert heard.acknowledged.keys() - set_up(sqlite_url, look).cancelled
