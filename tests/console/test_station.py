"""The screen of a station."""

from __future__ import annotations

import asyncio

import pytest

from tests import builders
from tests.api.conftest import Watch
from tests.console.conftest import PASSWORD, Browser, make_person
from traylane.clock import HOUR
from traylane.db.database import Database, Sql

_SCANS = Sql.same("SELECT station, operator FROM scans ORDER BY seq")


@pytest.fixture(autouse=True)
def station(db: Database, runner: asyncio.Runner) -> None:
    """BLK, and the rack for the trays of cancelled orders."""

    async def set_up() -> None:
        await builders.make_station(db, "BLK")

    runner.run(set_up())


async def test_a_scan_counts_once_however_often_its_form_comes(anna: Browser, db: Database) -> None:
    await builders.make_order(db, "1001", tray="72544")
    await anna.get("/station/BLK")
    form = anna.hidden()

    for _ in range(2):
        await anna.post_exactly("/station/BLK", **(form | {"scan": "72544"}))
        assert '<p class="big">Order 1001</p>' in anna.page
    assert [tuple(row) for row in await builders.execute(db, _SCANS)] == [("BLK", None)]


async def test_a_cancelled_order_stops_the_screen_and_says_what_to_do_with_the_tray(
    anna: Browser, db: Database
) -> None:
    await builders.make_order(db, "1001", tray="72544", cancelled_at=builders.EARLIER)
    await anna.get("/station/BLK")

    await anna.post("/station/BLK", scan="72544")

    assert '<section class="said stop" role="alert"' in anna.page
    assert "Take tray 72544 out of the line, and release it" in anna.page
    assert await builders.execute(db, _SCANS) == []


async def test_any_other_refusal_says_why(anna: Browser, db: Database) -> None:
    await builders.make_order(db, "1001", status="C")
    await anna.get("/station/BLK")

    await anna.post("/station/BLK", scan="1001")

    assert '<section class="said refused"' in anna.page
    assert "Order already completed" in anna.page


async def test_a_station_that_does_not_exist_is_no_page(anna: Browser) -> None:
    assert (await anna.get("/station/%3Cb%3E")).status == 404
    assert "No such station" in anna.page


async def test_the_floor_begins_with_the_stations_in_the_order_of_the_line(browser: Browser, db: Database) -> None:
    await builders.make_station(db, "A/1", description="Generator <1>", sequence=5)
    await make_person(db, "fred", "floor")
    await browser.sign_in("fred")

    assert (await browser.get("/")).header("location") == "/stations"
    await browser.get("/stations")
    first, second = browser.page.split('<li><a href="')[1:]
    assert first.startswith('/station/A%2F1"><b>A/1</b> <span>Generator &lt;1&gt;</span>')
    assert second.startswith('/station/BLK"><b>BLK</b>')

    await browser.get("/station/A%2F1")
    assert 'action="/station/A%2F1"' in browser.page


async def test_the_navigation_shows_what_the_role_may_and_where_one_is(anna: Browser) -> None:
    await anna.get("/stations")

    assert '<a href="/">Cancel</a>' in anna.page
    assert '<a href="/stations" aria-current="page">Stations</a>' in anna.page


async def test_a_scan_that_came_too_late_counts_after_the_sign_in_with_its_operator(
    anna: Browser, db: Database, watch: Watch
) -> None:
    await builders.make_station(db, "QA", requires_operator=True)
    await builders.make_station(db, "T7", is_operator=True)
    await builders.make_order(db, "1001", tray="72544")
    await anna.get("/station/QA")
    form = anna.hidden() | {"scan": "72544", "operator": "T7"}
    watch.pass_(2 * HOUR)
    reply = await anna.post_exactly("/station/QA", **form)
    await anna.get(reply.header("location") or "")
    assert "Waiting: 72544." in anna.page

    await anna.post("/sign-in", name="anna", password=PASSWORD)
    await anna.post("/station/QA")

    assert '<p class="big">Order 1001</p>' in anna.page
    assert [tuple(row) for row in await builders.execute(db, _SCANS)] == [("QA", "T7")]
