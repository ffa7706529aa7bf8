"""The console in a real browser: keys at the speed of a barcode reader, no mouse."""

from __future__ import annotations

import asyncio

import pytest
from selenium.webdriver.common.by import By

from tests import builders, standstill
from tests.browser.conftest import Screen, picture
from tests.console.conftest import make_person
from traylane.db import connect
from traylane.db.database import Database, Sql

pytestmark = [pytest.mark.xdist_group("browser"), pytest.mark.slow]

_EVENTS = Sql.same("SELECT type FROM events WHERE type LIKE 'order.%' ORDER BY at, seq")


async def _laboratory(db: Database) -> None:
    await builders.set_setting(db, "Orders1:Enter reason code when deleting order", value=True)
    for code, text in (("CUS", "Customer request"), ("DUP", "Entered twice"), ("RX", "Prescription changed")):
        await builders.make_reason(db, code, text)
    await builders.make_station(db, "BLK", description="Blocking")
    await builders.make_station(db, "GEN", description="Generator", non_cancel=True)
    scans = [builders.scanned("BLK")]
    details = {"rtLensStyle": "PAL", "rtLensMaterial": "1.67", "frameName": "Aviator"}
    await builders.make_order(db, "337177", tray="72544", po="PO-337177", status="P", scans=scans, details=details)
    await builders.make_order(db, "337178", tray="72545", po="SAME", status="P", scans=scans)
    await builders.make_order(db, "337179", tray="72546", po="SAME")
    past = [*scans, builders.scanned("GEN", non_cancel=True)]
    await builders.make_order(db, "337180", tray="72547", status="P", scans=past)
    await make_person(db)


@pytest.fixture(autouse=True)
def laboratory(sqlite_url: str, runner: asyncio.Runner) -> None:
    """Four orders, three reasons, two stations, a clerk."""
    _on(sqlite_url, runner, _laboratory)


def _on(url: str, runner: asyncio.Runner, work: object) -> object:
    async def run() -> object:
        db = connect.database(url)
        await db.open()
        try:
            return await work(db)  # type: ignore[operator]
        finally:
            await db.close()

    return runner.run(run())


def _types(url: str, runner: asyncio.Runner) -> list[str]:
    async def read(db: Database) -> list[str]:
        return [row[0] for row in await builders.execute(db, _EVENTS)]

    found = _on(url, runner, read)
    assert isinstance(found, list)
    return found


def test_two_scans_cancel_within_three_seconds_and_the_cursor_comes_back(
    screen: Screen, sqlite_url: str, runner: asyncio.Runner
) -> None:
    screen.sign_in()
    started = standstill.now()
    screen.type("72544\n")
    screen.type("CUS\n\n")  # this reader presses Enter twice

    screen.sees("Cancelled")
    assert standstill.since(started) < 3
    screen.sees("Undo: restore the order")
    picture(screen.driver, "cancelled")
    assert screen.has_focus() == "scan"
    assert _types(sqlite_url, runner) == ["order.cancelled"]
    assert screen.complaints() == []


def test_five_scans_typed_ahead_are_done_one_after_the_other(
    screen: Screen, sqlite_url: str, runner: asyncio.Runner
) -> None:
    screen.sign_in()
    screen.type("72544\nCUS\n337178\tDUP\t72546\n")

    screen.sees("337179")
    screen.sees("Free to cancel")
    picture(screen.driver, "green")
    assert _types(sqlite_url, runner) == ["order.cancelled", "order.cancelled"]


def test_several_fits_stand_side_by_side(screen: Screen) -> None:
    screen.sign_in()
    screen.type("SAME\n")

    screen.sees("Several orders fit")
    picture(screen.driver, "several")
    screen.driver.find_elements(By.CSS_SELECTOR, ".choices button")[1].click()
    screen.sees("What happened")
    assert screen.driver.find_element(By.CSS_SELECTOR, ".number").text == "337179"
    assert screen.has_focus() == "scan"


def test_an_order_past_the_line_is_red(screen: Screen) -> None:
    screen.sign_in()
    screen.type("72547\n")

    screen.sees("Through GEN at")
    picture(screen.driver, "red")
    assert screen.colour(".verdict") == "rgba(163, 19, 27, 1)"
    assert screen.complaints() == []


def test_a_cancel_is_undone(screen: Screen, sqlite_url: str, runner: asyncio.Runner) -> None:
    screen.sign_in()
    screen.type("72544\nCUS\n")
    screen.sees("Undo: restore the order")
    screen.driver.find_element(By.CSS_SELECTOR, ".done button").click()

    screen.sees("Restored")
    assert _types(sqlite_url, runner) == ["order.cancelled", "order.restored"]
    assert screen.has_focus() == "scan"


def test_a_cancelled_order_stops_a_station(screen: Screen) -> None:
    screen.sign_in()
    screen.type("72544\nCUS\n")
    screen.sees("Undo: restore the order")
    screen.open("/station/BLK")
    screen.type("72545\n")
    screen.sees("Order 337178")
    picture(screen.driver, "station")
    screen.type("72544\n")

    screen.sees("STOP")
    screen.sees("This order is cancelled")
    screen.sees("Take tray 72544 out of the line, and release it")
    picture(screen.driver, "stop")
    assert screen.colour("body") == "rgba(163, 19, 27, 1)"
    assert screen.has_focus() == "scan"
    assert screen.complaints() == []


def test_a_board_on_the_wall_follows_the_desk(screen: Screen) -> None:
    screen.sign_in()
    wall = screen.driver.current_window_handle
    screen.open("/boards/recall")
    screen.sees("Nothing to take out")
    screen.driver.switch_to.new_window("tab")
    screen.open("/")
    screen.type("72544\n")
    screen.type("CUS\n")
    screen.sees("Cancelled")
    screen.driver.close()
    screen.driver.switch_to.window(wall)

    screen.sees("Blocking")
    assert screen.element(".recalls .tray b").text == "72544"
    picture(screen.driver, "recall")
    screen.open("/boards/wip")
    screen.sees("Generator")
    picture(screen.driver, "wip")
    assert screen.complaints() == []


def test_it_works_without_scripts(screen: Screen, sqlite_url: str, runner: asyncio.Runner) -> None:
    off = {"value": True}
    screen.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", off)
    try:
        screen.open("/sign-in")
        picture(screen.driver, "sign_in")
        screen.element("[name=name]").send_keys("anna")
        screen.element("[name=password]").send_keys("tray by tray\n")
        screen.element("body:not(:has(.verdict)) #scan").send_keys("72544\n")
        screen.element("body:has(.verdict) #scan").send_keys("CUS\n")
        assert screen.element(".done .big").text == "Cancelled"
    finally:
        on = {"value": False}
        screen.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", on)
    assert _types(sqlite_url, runner) == ["order.cancelled"]


def test_in_the_dark_it_is_dark(screen: Screen) -> None:
    dark = {"features": [{"name": "prefers-color-scheme", "value": "dark"}]}
    screen.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", dark)
    screen.sign_in()
    screen.type("72544\n")
    screen.sees("Free to cancel")
    picture(screen.driver, "dark")
    assert screen.colour("body") == "rgba(17, 21, 27, 1)"
    light: dict[str, object] = {"features": []}
    screen.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", light)


_ENDED = Sql.same("UPDATE sessions SET seen_at = 0")


@pytest.mark.parametrize("by_button", [False, True])
def test_a_lost_connection_is_said_at_once_and_what_was_lost_is_sent_again(
    screen: Screen, sqlite_url: str, runner: asyncio.Runner, by_button: bool
) -> None:
    screen.sign_in()
    screen.type("72544\n")
    screen.sees("Free to cancel")
    screen.offline(away=True)
    try:
        if by_button:
            screen.element("button[name=reason][value=CUS]").click()
        else:
            screen.type("CUS\n")
        started = standstill.now()
        screen.sees("No answer: nothing is lost, the scan is sent again.")
        assert standstill.since(started) < 1
        picture(screen.driver, "lost")
        assert _types(sqlite_url, runner) == []
    finally:
        screen.offline(away=False)

    screen.sees("Undo: restore the order")
    assert "No answer" not in screen.element("body").text
    assert _types(sqlite_url, runner) == ["order.cancelled"]


def test_an_answer_that_was_lost_on_the_way_is_not_done_twice(
    screen: Screen, sqlite_url: str, runner: asyncio.Runner
) -> None:
    screen.sign_in()
    screen.type("72544\n")
    screen.sees("Free to cancel")
    # The first answer comes, and the browser takes it for none.
    screen.driver.execute_script("""
        const load = XMLHttpRequest.prototype.send;
        let lost = false;
        XMLHttpRequest.prototype.send = function (body) {
            if (lost) return load.call(this, body);
            lost = true;
            const failed = this.onerror;
            this.onload = () => {
                Object.defineProperty(this, "status", { value: 0 });
                failed.call(this);
            };
            return load.call(this, body);
        };
    """)
    screen.type("CUS\n")

    screen.sees("Undo: restore the order")
    assert _types(sqlite_url, runner) == ["order.cancelled"]
    assert screen.element(".tally b").text == "1"


def test_scans_made_when_the_session_was_over_are_done_after_the_sign_in(
    screen: Screen, sqlite_url: str, runner: asyncio.Runner
) -> None:
    screen.sign_in()
    screen.type("72544\n")
    screen.sees("Free to cancel")
    _on(sqlite_url, runner, lambda db: builders.execute(db, _ENDED))
    # Typed faster than the sign-in page comes: as one script.
    screen.driver.execute_script("""
        const field = document.getElementById("scan");
        for (const text of ["CUS", "337178", "DUP"]) {
            field.value = text;
            field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
        }
    """)
    screen.sees("Waiting: 337177 CUS.")
    picture(screen.driver, "waiting")
    screen.element("[name=name]").send_keys("anna")
    screen.element("[name=password]").send_keys("tray by tray\n")

    screen.sees("Order 337178")
    screen.sees("Undo: restore the order")
    assert _types(sqlite_url, runner) == ["order.cancelled", "order.cancelled"]
    assert screen.element(".tally b").text == "2"


def test_the_desk_asks_what_became_of_the_lenses_and_the_reason_is_still_scanned(
    screen: Screen, sqlite_url: str, runner: asyncio.Runner
) -> None:
    async def breakage_first(db: Database) -> None:
        await builders.set_setting(db, "Orders1:Breakage must be entered before a cancel", value=True)
        await builders.make_breakage(db, "SCR")
        await builders.make_employee(db, "TL")

    _on(sqlite_url, runner, breakage_first)
    screen.sign_in()
    screen.type("72544\n")
    screen.sees("What became of the lenses?")
    screen.type("CUS\n")
    screen.sees("Say first what became of: Right lens")
    screen.element("[name=rt][value=broken]").click()
    screen.element("[name=rtBreakage] [value=SCR]").click()
    screen.element("[name=rtEmployee] option:last-child").click()
    picture(screen.driver, "lenses")
    assert screen.has_focus() == "scan"
    screen.type("CUS\n")

    assert screen.element(".done .big").text == "Cancelled"
    assert _types(sqlite_url, runner) == ["order.cancelled"]
