"""The cancel desk, with plain forms as a browser without scripts sends them."""

from __future__ import annotations

import asyncio

import pytest

from tests import builders
from tests.api.conftest import Watch
from tests.console.conftest import Browser, make_person
from traylane.clock import HOUR, Instant
from traylane.db.database import Database, Sql

_EVENTS = Sql.same("SELECT type, actor FROM events WHERE type LIKE 'order.%' ORDER BY seq")


@pytest.fixture(autouse=True)
def laboratory(db: Database, runner: asyncio.Runner) -> None:
    """Reasons are asked for; GEN is past the point of no return."""

    async def set_up() -> None:
        await builders.set_setting(db, "Orders1:Enter reason code when deleting order", value=True)
        await builders.make_reason(db, "CUS", "Customer request")
        await builders.make_station(db, "GEN", non_cancel=True)

    runner.run(set_up())


async def test_two_scans_cancel_an_order(anna: Browser, db: Database) -> None:
    await builders.make_order(db, "337177", tray="72544", po="PO-1")

    await anna.post("/desk/scan", scan="72544\t")
    assert 'class="verdict green">Free to cancel' in anna.page

    await anna.post("/desk/scan", scan="cus\r\n")
    assert '<p class="big">Cancelled</p>' in anna.page
    [[type_, actor]] = await builders.execute(db, _EVENTS)
    assert type_ == "order.cancelled"
    assert actor.startswith("desk#")


async def test_the_same_form_twice_cancels_once_and_says_the_same(anna: Browser, db: Database) -> None:
    await builders.make_order(db, "1001", tray="72544")
    await anna.post("/desk/scan", scan="72544")
    form = anna.hidden()

    for _ in range(2):
        await anna.post_exactly("/desk/scan", **(form | {"scan": "CUS"}))
        assert '<p class="big">Cancelled</p>' in anna.page
    assert len(await builders.execute(db, _EVENTS)) == 1


async def test_several_fits_are_shown_side_by_side_and_none_is_chosen(anna: Browser, db: Database) -> None:
    await builders.make_order(db, "1001", po="SAME")
    await builders.make_order(db, "1002", po="SAME")
    await builders.make_order(db, "777", tray="9")
    await builders.make_order(db, "778", tray="777")

    await anna.post("/desk/scan", scan="SAME")
    assert anna.page.count("This one") == 2
    await anna.post("/desk/scan", scan="777")
    assert anna.page.count("This one") == 2

    await anna.post("/desk/scan", pick="778")
    assert 'aria-label="Order 778"' in anna.page


async def test_an_order_past_the_line_is_red_and_stays(anna: Browser, db: Database) -> None:
    await builders.make_order(db, "1001", scans=[builders.scanned("GEN", non_cancel=True)])

    await anna.post("/desk/scan", scan="1001")
    assert 'class="verdict red">Through GEN at 01 Nov 08:00' in anna.page

    await anna.post("/desk/scan", scan="CUS")
    assert "Through GEN at 01 Nov 08:00" in anna.page
    assert await builders.execute(db, _EVENTS) == []


async def test_what_only_a_supervisor_may_do_is_amber_and_a_supervisor_does_it(
    anna: Browser, browser: Browser, db: Database
) -> None:
    await builders.make_reason(db, "DEF", "Defect", allows_override=True)
    await builders.make_order(db, "1001", scans=[builders.scanned("GEN", non_cancel=True)])
    await anna.post("/desk/scan", scan="1001")
    assert 'class="verdict amber">Through GEN at 01 Nov 08:00: a supervisor can still cancel it' in anna.page
    forced = {"reason": "DEF", "override": "yes"}
    assert (await anna.post("/desk/cancel", **forced)).status == 403

    await make_person(db, "sue", "supervisor")
    await browser.sign_in("sue")
    await browser.get("/")
    await browser.post("/desk/scan", scan="1001")
    await browser.post("/desk/cancel", **forced)

    assert '<p class="big">Cancelled</p>' in browser.page


async def test_a_cancel_can_be_undone_while_the_window_is_open(anna: Browser, db: Database, watch: Watch) -> None:
    await builders.make_order(db, "1001", tray="5")
    await anna.post("/desk/scan", scan="5")
    await anna.post("/desk/scan", scan="CUS")
    assert "Undo: restore the order" in anna.page

    await anna.post("/desk/restore", order="1001")
    assert '<p class="big">Restored</p>' in anna.page
    types = [row[0] for row in await builders.execute(db, _EVENTS)]
    assert types == ["order.cancelled", "order.restored"]


async def test_past_the_window_no_undo_is_offered(anna: Browser, db: Database) -> None:
    long_ago = builders.NOW - 13 * HOUR
    await builders.make_order(db, "1001", cancelled_at=Instant(long_ago), cancel_reason="CUS")

    await anna.post("/desk/scan", scan="1001")

    assert "Cancelled at 01 Nov 20:15 by desk: Customer request" in anna.page
    assert "Restore the order" not in anna.page


async def test_the_second_clerk_sees_what_the_first_did(anna: Browser, db: Database) -> None:
    order = await builders.make_order(db, "1001")
    await anna.post("/desk/scan", scan="1001")
    await builders.execute(db, Sql.same("UPDATE orders SET revision = 2, on_hold = true WHERE id = $1"), order)

    await anna.post("/desk/scan", scan="CUS")

    assert "Order has changed" in anna.page
    assert "Valid, on hold" in anna.page
    assert await builders.execute(db, _EVENTS) == []


async def test_a_scan_that_is_a_reason_and_an_order_cancels_nothing(anna: Browser, db: Database) -> None:
    await builders.make_reason(db, "12", "Wrong lens")
    await builders.make_order(db, "1001", tray="5")
    await builders.make_order(db, "1002", tray="12")
    await anna.post("/desk/scan", scan="5")

    await anna.post("/desk/scan", scan="12")

    assert "12 is a reason and an order&#39;s number too" in anna.page
    assert await builders.execute(db, _EVENTS) == []


async def test_markup_in_a_po_and_in_a_reason_is_text(anna: Browser, db: Database) -> None:
    await builders.make_reason(db, "BAD", "<img src=x>")
    await builders.make_order(db, "1001", po="<script>1</script>")

    await anna.post("/desk/scan", scan="<script>1</script>")

    assert "&lt;script&gt;1&lt;/script&gt;" in anna.page
    assert "&lt;img src=x&gt;" in anna.page
    assert "<img" not in anna.page


@pytest.mark.parametrize("scan", ["9999999", "\0", pytest.param("ü" * 80, id="long"), "%", "' OR 1=1 --", "😀"])
async def test_rubbish_finds_nothing_and_breaks_nothing(anna: Browser, scan: str) -> None:
    reply = await anna.post("/desk/scan", scan=scan)

    assert reply.status == 200
    assert "No record found" in anna.page


async def test_the_last_scans_are_shown_with_their_outcome(anna: Browser, db: Database) -> None:
    await builders.make_order(db, "1001")
    await anna.post("/desk/scan", scan="1001")
    await anna.post("/desk/scan", scan="CUS")

    await anna.get("/")

    assert "<time>09:15</time> <b>1001</b> <span>Cancelled</span>" in anna.page


async def test_a_session_that_ended_comes_back_to_what_was_scanned(anna: Browser, watch: Watch) -> None:
    form = anna.hidden()
    watch.pass_(2 * HOUR)

    reply = await anna.post_exactly("/desk/scan", **(form | {"scan": "72 544"}))

    assert reply.header("location") == "/sign-in?next=%2F%3Fscan%3D72%2520544"


async def test_the_floor_does_not_cancel(browser: Browser, db: Database) -> None:
    await make_person(db, "fred", "floor")
    await builders.make_order(db, "1001")
    await browser.sign_in("fred")
    await browser.get("/")
    assert "scan-form" not in browser.page

    assert (await browser.post("/desk/cancel", order="1001", reason="CUS")).status == 403
    assert await builders.execute(db, _EVENTS) == []
