"""The page of one order."""

from __future__ import annotations

import asyncio

import pytest

from tests import builders
from tests.api.conftest import Watch
from tests.console.conftest import Browser, make_person
from traylane.clock import HOUR, Instant
from traylane.db.database import Database, Sql

_CANCELLED = builders.NOW - HOUR
_DISPOSITION = Sql.same("SELECT cancel_disposition FROM orders")
_EVENTS = Sql.same("SELECT type FROM events WHERE type LIKE 'order.%' ORDER BY at, seq")
_LENSES = {"rtLensStyle": "PAL", "ltLensStyle": "PAL"}
_BROKEN = {"rt": "broken", "rtBreakage": "SCR", "rtEmployee": "TL", "lt": "stock"}


@pytest.fixture(autouse=True)
def set_up(db: Database, runner: asyncio.Runner) -> None:
    """A breakage code and an employee."""

    async def work() -> None:
        await builders.make_breakage(db, "SCR")
        await builders.make_employee(db, "TL")

    runner.run(work())


async def _cancelled(db: Database, **more: object) -> None:
    given = {"tray": "72544", "cancelled_at": Instant(_CANCELLED), "details": _LENSES} | more
    await builders.make_order(db, "1001", **given)  # type: ignore[arg-type]


async def test_lenses_are_shown_by_eye_and_the_frame_by_its_measures(anna: Browser, db: Database) -> None:
    details = {"rtSPH": -2, "ltSPH": -1.75, "rtCYL": 0, "rtAX": 90, "ltLensMaterial": "1.67", "frameA": 52.5}
    await builders.make_order(db, "1001", details=details)

    await anna.get("/orders/1001")

    assert '<th scope="row">Sphere</th><td>-2.00</td><td>-1.75</td>' in anna.page
    assert '<th scope="row">Cylinder</th><td>+0.00</td><td></td>' in anna.page
    assert '<th scope="row">Axis</th><td>90</td><td></td>' in anna.page
    assert '<th scope="row">Material</th><td></td><td>1.67</td>' in anna.page
    assert "<dt>A</dt><dd>52.5</dd>" in anna.page
    assert "Prism" not in anna.page


async def test_scans_and_events_are_one_story_the_newest_first(anna: Browser, db: Database) -> None:
    await builders.make_station(db, "GEN", description="Generator", non_cancel=True)
    await builders.make_station(db, "BLK", description="Blocker")
    await builders.make_order(db, "1001", tray="7", status="P", scans=[builders.scanned("GEN", operator="TAL")])
    await anna.get("/station/BLK")
    await anna.post("/station/BLK", scan="7")

    await anna.get("/orders/1001")

    newest, oldest = anna.page.split('<li class="scan')[1:]
    assert newest.startswith('"><time>09:15</time> <span>Scanned at BLK Blocker</span>')
    assert oldest.startswith(' past"><time>01 Nov 08:00</time> <span>Scanned at GEN Generator <b class="tag bad">')
    assert "<small>TAL</small>" in oldest


async def test_the_verdict_leads_to_the_cancel_desk_while_the_order_may_be_cancelled(
    anna: Browser, db: Database
) -> None:
    await builders.make_order(db, "1001")
    await builders.make_order(db, "1002", status="C")

    await anna.get("/orders/1001")
    assert '<p class="verdict green">Free to cancel</p>' in anna.page
    assert '<a class="button" href="/?scan=1001">' in anna.page

    await anna.get("/orders/1002")
    assert 'class="verdict red"' in anna.page
    assert "/?scan=" not in anna.page


async def test_the_card_says_who_and_what_a_restore_would_do_and_restores(anna: Browser, db: Database) -> None:
    await builders.make_reason(db, "CUS", "Customer request")
    await _cancelled(db, cancel_reason="CUS")

    await anna.get("/orders/1001")
    assert "Cancelled 08:15 by desk" in anna.page
    assert "CUS Customer request" in anna.page
    assert "A restore brings it back: Valid, nowhere yet, in tray 72544." in anna.page

    reply = await anna.post("/orders/1001/restore")
    assert reply.header("location") == "/orders/1001?done=restored"
    assert [row[0] for row in await builders.execute(db, _EVENTS)] == ["order.restored"]


async def test_a_restore_says_beforehand_that_the_tray_is_gone(anna: Browser, db: Database) -> None:
    await _cancelled(db, released=True)
    await builders.make_order(db, "1002", tray="72544")

    await anna.get("/orders/1001")

    assert "A restore brings it back: Valid, nowhere yet, without a tray. Tray 72544 now holds order 1002." in anna.page


async def test_past_the_window_the_page_says_so_and_offers_no_restore(
    anna: Browser, db: Database, watch: Watch
) -> None:
    await _cancelled(db, cancelled_at=Instant(builders.NOW - 13 * HOUR))

    await anna.get("/orders/1001")

    assert "Too late to restore: that could be done for 12 hours" in anna.page
    assert 'action="/orders/1001/restore"' not in anna.page


async def test_a_broken_lens_is_entered_with_its_codes(anna: Browser, db: Database) -> None:
    await _cancelled(db)
    await anna.get("/orders/1001")
    assert '<option value="SCR">SCR Breakage SCR</option>' in anna.page

    reply = await anna.post("/orders/1001/disposition", **_BROKEN)

    assert reply.header("location") == "/orders/1001?done=disposed"
    [[kept]] = await builders.execute(db, _DISPOSITION)
    assert kept == '{"rt":{"kind":"broken","breakage":"SCR","employee":"TL"},"lt":{"kind":"stock"}}'


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"rt": "broken", "rtBreakage": "SCR"}, "Right lens: a broken part needs a breakage code and an employee"),
        ({"lt": "broken"}, "Left lens: a broken part needs a breakage code and an employee"),
        (_BROKEN | {"rtBreakage": "NIX"}, "Disposition code does not exist; rtBreakageCode: NIX"),
    ],
)
async def test_a_broken_lens_without_good_codes_is_refused(
    anna: Browser, db: Database, form: dict[str, str], sentence: str
) -> None:
    await _cancelled(db)
    await anna.get("/orders/1001")

    await anna.post("/orders/1001/disposition", **form)

    assert f'<p class="problem" role="alert">{sentence}' in anna.page
    assert await builders.execute(db, _EVENTS) == []


async def test_an_order_with_a_broken_lens_is_restored_by_a_supervisor_alone(
    anna: Browser, browser: Browser, db: Database
) -> None:
    await _cancelled(db)
    await anna.get("/orders/1001")
    await anna.post("/orders/1001/disposition", **_BROKEN)
    await anna.get("/orders/1001")
    assert "Order has a broken lens" in anna.page
    assert (await anna.post("/orders/1001/restore", force="yes")).status == 403

    await make_person(db, "sue", "supervisor")
    await browser.sign_in("sue")
    await browser.get("/orders/1001")
    assert "The right lens was written off as broken." in browser.page
    assert (await browser.post("/orders/1001/restore")).status == 303
    assert [row[0] for row in await builders.execute(db, _EVENTS)] == ["order.disposed", "order.restored"]


async def test_who_saw_an_older_order_is_told_so(anna: Browser, db: Database) -> None:
    await _cancelled(db)
    await anna.get("/orders/1001")
    await builders.execute(db, Sql.same("UPDATE orders SET revision = revision + 1"))

    await anna.post("/orders/1001/restore")

    assert "Order has changed" in anna.page
    assert await builders.execute(db, _EVENTS) == []


async def test_the_raw_order_and_the_call_that_fetches_it(anna: Browser, db: Database) -> None:
    await builders.make_order(db, "1001", po="<script>")

    await anna.get("/orders/1001")

    assert "&#34;poNumber&#34;: &#34;&lt;script&gt;&#34;" in anna.page
    assert "http://localhost:4567/api/v2/orders/1001?by=order" in anna.page


@pytest.mark.parametrize("number", ["9999", "%3Cb%3E", "%00", "x" * 300])
async def test_an_order_that_does_not_exist_is_no_page(anna: Browser, number: str) -> None:
    assert (await anna.get(f"/orders/{number}")).status == 404
    assert "No record found" in anna.page
