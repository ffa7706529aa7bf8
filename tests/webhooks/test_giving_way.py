"""Messages give way to whoever waits at the desk, and never stop altogether."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.builders import cancel, desk, make_orders, set_setting
from tests.webhooks.receiver import receiving
from tests.webhooks.test_dispatch import _here, lab
from traylane import app
from traylane.db.database import Database, Work
from traylane.webhooks import dispatch
from traylane.webhooks.dispatch import Dispatcher

PAUSE = 0.05


async def seconds_of(db: Database, busy: Iterator[bool]) -> float:
    """How long five messages take to a receiver that answers at once, and how many came."""
    async with receiving() as receiver:
        there = await lab(db, receiver.url)
        await there.cancel("1", "2", "3", "4", "5")
        dispatcher = Dispatcher(db, there.feed, there.clock, allowed=_here, busy=lambda: next(busy))
        began = time.monotonic()
        await dispatcher.turn()
        seconds = time.monotonic() - began
        await dispatcher.close()
        assert len(receiver.got) == 5
        assert next(busy, None) is None  # each message asked once
        return seconds


async def test_while_somebody_waits_messages_go_one_after_the_other(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch, "PAUSE", PAUSE)
    assert await seconds_of(db, iter([True] * 5)) >= 5 * PAUSE


async def test_on_an_idle_desk_no_message_waits(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatch, "PAUSE", 60)
    assert await seconds_of(db, iter([False] * 5)) < 30


async def test_a_message_waits_only_as_long_as_somebody_is_there(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatch, "PAUSE", PAUSE)
    monkeypatch.setattr(asyncio, "sleep", noting(slept := list[float]()))
    await seconds_of(db, iter([True, True, False, False, False]))
    assert [seconds for seconds in slept if seconds == PAUSE] == [PAUSE] * 2


@pytest.mark.parametrize("busy", [True, False])
async def test_while_somebody_waits_looks_that_find_nothing_are_far_between(
    db: Database, monkeypatch: pytest.MonkeyPatch, busy: bool
) -> None:
    there = await lab(db, "https://127.0.0.1/", types=("order.checked_in",))
    await there.cancel("1")
    monkeypatch.setattr(asyncio, "sleep", noting(slept := list[float]()))
    dispatcher = Dispatcher(db, there.feed, there.clock, allowed=_here, busy=lambda: busy)
    running = asyncio.create_task(dispatcher.run())
    await asyncio.wait([running], timeout=0.3)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert (dispatch.LOOK_PAUSE in slept) is busy


def noting(slept: list[float]) -> Callable[[float], Awaitable[None]]:
    sleep = asyncio.sleep

    async def noted(seconds: float) -> None:
        slept.append(seconds)
        await sleep(seconds)

    return noted


async def test_the_desk_is_busy_while_a_change_is_under_way(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    await make_orders(db, ["1"])
    seen: list[bool] = []
    settle = db.settle

    async def looking(work: Work[Any]) -> Any:
        seen.append(at_the_desk.is_busy())
        return await settle(work)

    monkeypatch.setattr(db, "settle", looking)
    at_the_desk = desk(db)
    before = at_the_desk.is_busy()
    await cancel(at_the_desk, "1")
    await at_the_desk.close()
    assert (before, seen[0], at_the_desk.is_busy()) == (False, True, False)


async def test_a_service_sends_as_its_desk_is_busy(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asyncio, "sleep", noting(slept := list[float]()))
    async with receiving() as receiver:
        there = await lab(db, receiver.url)
        await set_setting(db, "Webhooks:Private hosts", ["127.0.0.1"])
        monkeypatch.setattr(there.desk, "is_busy", lambda: True)
        await there.cancel("1")
        sending = asyncio.create_task(app.dispatch(there.desk))
        await asyncio.wait_for(receiver.came.wait(), 10)
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
    assert dispatch.PAUSE in slept


_FIRST_MESSAGE = """
import asyncio, sys
from tests.webhooks.receiver import receiving
from traylane.clock import system_clock
from traylane.webhooks.send import Sender

async def main():
    sender = Sender(system_clock, lambda: {"127.0.0.1"})
    await sender.warm_up()
    async with receiving() as receiver:
        before = set(sys.modules)
        told = await sender.send(receiver.url, {}, b"{}")
        await sender.close()
    print(told.status, sorted(set(sys.modules) - before))

asyncio.run(main())
"""


def test_the_first_message_loads_nothing() -> None:
    """A library that is loaded with the first message would hold up whoever waits meanwhile."""
    ended = subprocess.run(
        [sys.executable, "-c", _FIRST_MESSAGE],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=60,
    )
    assert ended.stdout == "204 []\n"
