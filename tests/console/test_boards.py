"""The boards on the wall: what they show, and to whom."""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from typing import Any

import pytest

from tests import builders, standstill
from tests.console.conftest import Browser
from traylane.console import boards
from traylane.console.routes import Console
from traylane.db.database import Database
from traylane.orders.desk import Desk


async def _a_floor(db: Database) -> None:
    await builders.make_station(db, "BLK", description="Blocking")
    scans = [builders.scanned("BLK")]
    await builders.make_order(db, "1001", tray="72544", status="P", scans=scans, cancelled_at=builders.EARLIER)
    await builders.make_order(db, "1002", tray="72545", status="P", scans=scans)
    await builders.make_order(db, "1003", tray="72546", status="P", scans=scans, on_hold=True)


async def test_the_recall_board_shows_the_tray_that_must_be_taken_out(anna: Browser, db: Database) -> None:
    await _a_floor(db)

    reply = await anna.get("/boards/recall")

    assert reply.status == 200
    assert "<b>1</b> tray to take out" in anna.page
    assert "<b>72544</b>" in anna.page
    assert "72545" not in anna.page


async def test_the_board_of_work_counts_each_station(anna: Browser, db: Database) -> None:
    await _a_floor(db)

    await anna.get("/boards/wip")

    assert '<p class="code"><b>BLK</b> Blocking</p>\n<p class="count">2</p>' in anna.page
    assert "1 held" in anna.page


async def test_a_board_without_anything_says_so(anna: Browser) -> None:
    await anna.get("/boards/recall")
    assert "Nothing to take out" in anna.page
    await anna.get("/boards/wip")
    assert "Nothing in process" in anna.page


@pytest.mark.parametrize("path", ["/boards/recall", "/boards/recall/stream", "/boards/wip", "/boards/wip/stream"])
async def test_nobody_sees_a_board_who_has_not_signed_in(browser: Browser, path: str) -> None:
    assert (await browser.get(path)).status == 303


async def test_a_reason_with_markup_is_text(anna: Browser, db: Database) -> None:
    await builders.make_reason(db, "EVL", "<script>x</script>")
    await builders.make_order(db, "1001", tray="72544", cancelled_at=builders.EARLIER, cancel_reason="EVL")

    await anna.get("/boards/recall")

    assert "<script>x" not in anna.page
    assert "&lt;script&gt;x&lt;/script&gt;" in anna.page


async def test_a_stream_that_the_server_ends_is_closed_without_a_fault(anna: Browser, desk: Desk) -> None:
    began = asyncio.Event()
    scope = {"type": "http", "method": "GET", "path": "/boards/recall/stream", "query_string": b""}
    scope["headers"] = [(b"cookie", anna.cookie.encode())]

    async def receive() -> dict[str, Any]:
        await asyncio.Event().wait()
        return {}

    async def send(message: MutableMapping[str, Any]) -> None:
        if b"event: " in message.get("body", b""):
            began.set()

    answering = asyncio.create_task(Console(desk, plain=False)(scope, receive, send))
    await asyncio.wait_for(began.wait(), 10)
    await asyncio.sleep(0.4)
    answering.cancel()
    with pytest.raises(asyncio.CancelledError):
        await answering


async def test_a_board_that_is_opened_again_at_once_waits_for_nobody(anna: Browser) -> None:
    await anna.get("/boards/wip")
    started = standstill.now()

    await anna.get("/boards/wip")

    assert standstill.since(started) < boards.FRESH_SECONDS / 2


@pytest.mark.parametrize("path", ["/boards/recall", "/boards/wip"])
async def test_a_board_on_the_wall_shows_nothing_to_press(anna: Browser, path: str) -> None:
    await anna.get(path)

    assert "<button" not in anna.page
    assert "anna" not in anna.page
    await anna.get("/stations")
    assert "<button" in anna.page
