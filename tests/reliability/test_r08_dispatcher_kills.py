"""R8: kill -9 of the dispatcher at named failpoints. Every event arrives; doubles only under the same `webhook-id`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import msgspec
import pytest

from tests.builders import NOW, cancel, desk, make_orders
from tests.reliability.dispatching import FAILPOINTS
from tests.reliability.promised import Tried, size
from tests.webhooks.receiver import Receiver, receiving
from traylane.access.actor import COMMAND_LINE
from traylane.db.database import Database
from traylane.webhooks import manage, store
from traylane.webhooks.manage import Wanted

pytestmark = [pytest.mark.slow, pytest.mark.promise("R8")]

KILLS = size(13, 500)
"""For each of the four failpoints: 52 in all."""
ORDERS = [str(number) for number in range(1, 61)]


async def _told(db: Database, receiver: Receiver) -> bytes:
    """An endpoint that is to be told of sixty cancels; its id."""
    wanted = Wanted(url=receiver.url, types=("order.cancelled",))
    allowed = frozenset({"127.0.0.1"})
    made, _ = await db.write(
        lambda tx: manage.create(tx, wanted, position=0, allowed=allowed, actor=COMMAND_LINE, now=NOW)
    )
    await make_orders(db, ORDERS)
    at_the_desk = desk(db)
    await asyncio.gather(*(cancel(at_the_desk, number) for number in ORDERS))
    return made.id


async def _dispatchers(url: str, kills: int, failpoint: str) -> int:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.reliability.dispatching",
        url,
        str(kills),
        failpoint,
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    printed, _ = await asyncio.wait_for(process.communicate(), 280)
    assert process.returncode == 0
    return int(printed)


def _missing(receiver: Receiver) -> set[str]:
    return set(ORDERS) - {msgspec.json.decode(got.body)["data"]["orderNumber"] for got in receiver.got}


def _ids(receiver: Receiver) -> dict[str, set[str]]:
    """Order → every `webhook-id` under which its cancel came."""
    ids: dict[str, set[str]] = {}
    for got in receiver.got:
        ids.setdefault(msgspec.json.decode(got.body)["data"]["orderNumber"], set()).add(got.headers["webhook-id"])
    return ids


@pytest.mark.parametrize("failpoint", FAILPOINTS)
async def test_every_event_arrives_whenever_the_dispatcher_is_killed(
    sqlite: Database, sqlite_url: str, failpoint: str, tried: Tried
) -> None:
    async with receiving() as receiver:
        id_ = await _told(sqlite, receiver)
        killed = await _dispatchers(sqlite_url, KILLS, failpoint)
        sent = await sqlite.read(lambda tx: store.deliveries(tx, id_, below=1 << 60, limit=100))
        assert killed >= 1
        assert _missing(receiver) == set()
        assert {len(ids) for ids in _ids(receiver).values()} == {1}
        assert [delivery.state for delivery in sent] == ["delivered"] * len(ORDERS)
        doubled = len(receiver.got) - len(ORDERS)
        tried(f"{killed} kills {failpoint}: 0 of {len(ORDERS)} lost, {doubled} doubled, each under its webhook-id")


@pytest.mark.control
async def test_a_dispatcher_that_writes_down_what_it_did_not_send_is_found_out(
    sqlite: Database, sqlite_url: str
) -> None:
    async with receiving() as receiver:
        await _told(sqlite, receiver)
        await _dispatchers(sqlite_url, 0, "fault")
        assert len(_missing(receiver)) == len(ORDERS)
