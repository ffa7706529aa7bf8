"""The cancel desk, with plain forms as a browser without scripts sends them."""

from __future__ import annotations

import asyncio

import pytest

from tests import builders
from tests.api.conftest import Watch
from tests.console.conftest import PASSWORD, Browser, make_person
from traylane.clock import HOUR, Instant
from traylane.console.routes import Console
from traylane.db.database import Database, Sql
from traylane.orders.desk import Desk

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
    assert "<b>1</b> refused" in anna.page
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

    assert (reply.header("location") or "").startswith("/sign-in?next=%2F%3Fscan%3D72%2520544&waiting=")


async def test_the_floor_does_not_cancel(browser: Browser, db: Database) -> None:
    await make_person(db, "fred", "floor")
    await builders.make_order(db, "1001")
    await browser.sign_in("fred")
    await browser.get("/")
    assert "scan-form" not in browser.page

    assert (await browser.post("/desk/cancel", order="1001", reason="CUS")).status == 403
    assert await builders.execute(db, _EVENTS) == []


async def test_the_second_clerk_reads_who_was_first_and_what_they_did(anna: Browser, db: Database, desk: Desk) -> None:
    await builders.make_order(db, "1001")
    await anna.post("/desk/scan", scan="1001")
    await builders.cancel(desk, "1001", reason="CUS")

    await anna.post("/desk/scan", scan="CUS")

    assert "Order has changed: 09:15 Cancelled: CUS Customer request, command line" in anna.page
    assert len(await builders.execute(db, _EVENTS)) == 1


async def test_the_session_counts_what_it_did(anna: Browser, db: Database) -> None:
    await builders.make_order(db, "1001")
    await builders.make_order(db, "1002", scans=[builders.scanned("GEN", non_cancel=True)])
    for scan in ("1001", "CUS", "404", "1002"):
        await anna.post("/desk/scan", scan=scan)
    await anna.post("/desk/restore", order="1001", tag="")

    await anna.get("/")

    for number, what in ((1, "cancelled"), (1, "restored"), (2, "refused")):
        assert f"<b>{number}</b> {what}" in anna.page
    assert "<b>404</b> <span>Not found</span>" in anna.page
    assert "<b>1002</b> <span>Through GEN at 01 Nov 08:00</span>" in anna.page


async def test_a_session_from_before_there_were_counters_goes_on(anna: Browser, db: Database) -> None:
    before = '[{"at":1793610900000,"order":"7","said":"Cancelled","good":true}]'
    await builders.execute(db, Sql.same("UPDATE sessions SET recent = $1"), before)

    await anna.get("/")

    assert "<b>7</b> <span>Cancelled</span>" in anna.page


async def test_more_orders_of_a_po_than_are_shown_are_said(anna: Browser, db: Database) -> None:
    for number in range(1001, 1012):
        await builders.make_order(db, str(number), po="LOT 7&8")

    await anna.post("/desk/scan", scan="LOT 7&8")

    assert anna.page.count("This one") == 10
    assert "More than 10 orders have this PO." in anna.page
    assert 'href="/orders?search=LOT+7%268"' in anna.page


async def test_where_breakage_comes_first_the_desk_asks_and_what_was_entered_stays(anna: Browser, db: Database) -> None:
    await builders.set_setting(db, "Orders1:Breakage must be entered before a cancel", value=True)
    await builders.make_breakage(db, "SCR")
    await builders.make_employee(db, "TL")
    details = {"rtLensStyle": "PAL", "ltLensStyle": "PAL", "frameName": "Aviator"}
    await builders.make_order(db, "1001", details=details)
    await anna.post("/desk/scan", scan="1001")
    assert "Free to cancel" in anna.page
    assert "What became of the lenses?" in anna.page
    assert 'name="frame"' not in anna.page

    await anna.post("/desk/scan", scan="CUS", rt="stock")
    assert "Say first what became of: Left lens" in anna.page
    assert 'name="rt" value="stock" checked' in anna.page
    await anna.post("/desk/cancel", reason="CUS", rt="stock", lt="broken")
    assert "Left lens: a broken part needs a breakage code and an employee" in anna.page
    assert await builders.execute(db, _EVENTS) == []

    await anna.post("/desk/cancel", reason="CUS", rt="stock", lt="broken", ltBreakage="SCR", ltEmployee="TL")
    assert '<p class="big">Cancelled</p>' in anna.page
    [[kept]] = await builders.execute(db, Sql.same("SELECT cancel_disposition FROM orders"))
    assert kept == '{"rt":{"kind":"stock"},"lt":{"kind":"broken","breakage":"SCR","employee":"TL"}}'


async def _scanned_too_late(anna: Browser, db: Database, watch: Watch) -> str:
    """A reason that came when the session was over; where the browser was sent."""
    await builders.make_order(db, "1001")
    await anna.post("/desk/scan", scan="1001")
    form = anna.hidden()
    watch.pass_(2 * HOUR)
    reply = await anna.post_exactly("/desk/scan", **(form | {"scan": "CUS"}))
    where = reply.header("location")
    assert where is not None
    return where


async def test_what_was_scanned_too_late_is_done_after_the_sign_in(anna: Browser, db: Database, watch: Watch) -> None:
    await anna.get(await _scanned_too_late(anna, db, watch))
    assert "Waiting: 1001 CUS." in anna.page
    assert await builders.execute(db, _EVENTS) == []

    await anna.post("/sign-in", name="anna", password=PASSWORD)
    assert '<form id="go-on" method="post" action="/desk/scan">' in anna.page
    await anna.post("/desk/scan")

    assert '<p class="big">Cancelled</p>' in anna.page
    assert len(await builders.execute(db, _EVENTS)) == 1


async def test_it_is_not_done_for_another_person(anna: Browser, db: Database, watch: Watch) -> None:
    await make_person(db, "bert")
    await anna.get(await _scanned_too_late(anna, db, watch))

    reply = await anna.post("/sign-in", name="bert", password=PASSWORD)

    assert reply.header("location") == "/?scan=1001"


async def test_no_link_makes_anything_wait(anna: Browser, db: Database, watch: Watch, desk: Desk) -> None:
    where = await _scanned_too_late(anna, db, watch)
    other = Browser(Console(desk, plain=False))
    await other.get("/sign-in")

    await other.get(where)
    assert "Waiting:" not in other.page
    for wrong in (
        where[:-1] + ("0" if where[-1] != "0" else "1"),
        where.replace("waiting=ey", "waiting=ex"),
        where + "é",
    ):
        await anna.get(wrong)
        assert "Waiting:" not in anna.page


async def test_whoever_loads_the_answer_of_a_form_again_is_at_the_desk(anna: Browser) -> None:
    assert (await anna.get("/desk/scan")).header("location") == "/"
