"""Every page of the console by axe-core's rules of WCAG 2.2 AA, on the smallest screen, light and dark."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any, cast

import pytest

from tests import builders
from tests.browser.axe import violations
from tests.browser.conftest import Screen, picture
from tests.browser.test_console import _on
from tests.console.conftest import make_person
from traylane.console.pages import rows
from traylane.db.database import Database
from traylane.db.ids import new_id, to_text
from traylane.webhooks import store
from traylane.webhooks.model import FAILED, Delivery, Endpoint, Secret, Try

pytestmark = [pytest.mark.xdist_group("browser"), pytest.mark.slow]

_HOOK, _EVENT = new_id(builders.NOW), new_id(builders.NOW)
PAGES = {
    "/": ["/", "/?scan=72544", "/?scan=72547", "/?scan=SAME", "/?scan=404", "/?scan=72548"],
    "/orders": ["/orders", "/orders?search=3371&status=P&wantedFrom=2026-11-02", "/orders?orderedFrom=never"],
    "/orders/{}": ["/orders/337177", "/orders/337180", "/orders/337181", "/orders/404"],
    "/boards/recall": ["/boards/recall"],
    "/boards/wip": ["/boards/wip"],
    "/stations": ["/stations"],
    "/station/{}": ["/station/BLK", "/station/QA"],
    "/reports": ["/reports"],
    "/reports/floor": ["/reports/floor"],
    "/set-up": ["/set-up"],
    "/set-up/settings": ["/set-up/settings?saved=yes"],
    "/set-up/audit": ["/set-up/audit"],
    "/set-up/sheets": ["/set-up/sheets", "/set-up/sheets/trays?from=5&to=1"],
    "/set-up/people": ["/set-up/people"],
    "/set-up/new/people": ["/set-up/new/people"],
    "/set-up/people/{}": ["/set-up/people/anna"],
    "/set-up/keys": ["/set-up/keys"],
    "/set-up/new/keys": ["/set-up/new/keys"],
    "/set-up/keys/{}": ["/set-up/keys >"],
    "/set-up/webhooks": ["/set-up/webhooks"],
    "/set-up/new/webhooks": ["/set-up/new/webhooks"],
    "/set-up/webhooks/{}": [f"/set-up/webhooks/{to_text(_HOOK)}"],
    "/set-up/{}": ["/set-up/stations", "/set-up/reasons", "/set-up/customers"],
    "/set-up/new/{}": ["/set-up/new/stations", "/set-up/new/addons"],
    "/set-up/{}/{}": ["/set-up/stations/GEN"],
}
"""For each page of the console where it is looked at, in each state that it has colours for.

`>`: the first row of that list."""
NO_PAGES = {"/boards/recall/stream", "/boards/wip/stream", "/reports/csv/{}", "/set-up/sheets/{}", "/desk/{}"}


async def _laboratory(db: Database) -> None:
    await builders.set_setting(db, "Orders1:Enter reason code when deleting order", value=True)
    await builders.set_setting(db, "Orders1:Breakage must be entered before a cancel", value=True)
    await builders.make_reason(db, "CUS", "Customer request")
    await builders.make_reason(db, "OLD", "Retired", active=False)
    await builders.make_reason(db, "DEF", "Defect", allows_override=True)
    await builders.make_customer(db, "1001")
    await builders.make_breakage(db)
    await builders.make_employee(db)
    await builders.make_station(db, "BLK", description="Blocking", sequence=10)
    await builders.make_station(db, "GEN", description="Generator", sequence=20, non_cancel=True)
    await builders.make_station(db, "QA", description="Final QA", sequence=30, requires_operator=True)
    scans = [builders.scanned("BLK")]
    details = {"rtLensStyle": "PAL", "rtLensMaterial": "1.67", "frameName": "Aviator", "dateWanted": "2026-11-01"}
    await builders.make_order(db, "337177", tray="72544", po="PO-337177", status="P", scans=scans, details=details)
    await builders.make_order(db, "337178", tray="72545", po="SAME", status="P", scans=scans)
    await builders.make_order(db, "337179", tray="72546", po="SAME", on_hold=True)
    past = [*scans, builders.scanned("GEN", non_cancel=True)]
    await builders.make_order(db, "337180", tray="72547", status="P", scans=past)
    gone: dict[str, Any] = {"cancelled_at": builders.EARLIER, "cancel_reason": "CUS", "details": details}
    await builders.make_order(db, "337181", tray="72548", status="P", scans=scans, **gone)
    await make_person(db)
    await make_person(db, "boss", "admin")
    await builders.make_key(db)
    tried = Try(at=builders.NOW, ms=12, status=500, answer="no")
    sent = Delivery(endpoint=_HOOK, position=1, event=_EVENT, state=FAILED, next_at=None, tried=10, tries=(tried,))
    await db.write(lambda tx: store.insert(tx, _endpoint()))
    await db.write(lambda tx: store.keep(tx, [sent]))


def _endpoint() -> Endpoint:
    return Endpoint(
        id=_HOOK,
        url="https://shop.example/hooks/a-path-that-is-as-long-as-paths-sometimes-are/and-longer",
        description="The shop",
        types=("order.cancelled",),
        customer=None,
        staff=False,
        secrets=(Secret("whsec_AAAA"),),
        position=0,
        created_at=builders.NOW,
    )


def _colours(screen: Screen, scheme: str) -> None:
    features = [{"name": "prefers-color-scheme", "value": scheme}] if scheme else []
    screen.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


@pytest.fixture(params=["light", "dark"])
def boss(request: pytest.FixtureRequest, screen: Screen, sqlite_url: str, runner: asyncio.Runner) -> Iterator[Screen]:
    """The screen of an admin in a laboratory that has some of everything."""
    _on(sqlite_url, runner, _laboratory)
    _colours(screen, request.param)
    screen.sign_in("boss")
    yield screen
    _colours(screen, "")


def _judged(screen: Screen, where: str) -> list[str]:
    """What is wrong with the page on show: by axe, by the browser, and whether it is wider than the screen."""
    wide = screen.driver.execute_script("return document.documentElement.scrollWidth > innerWidth")
    found = [*violations(screen.driver), *_errors(screen), *(["wider than the screen"] if wide else [])]
    return [f"{where}: {problem}" for problem in found]


def _errors(screen: Screen) -> list[str]:
    # A page that says "no such order" does so with a 404, which the browser notes as an error.
    return [each for each in screen.complaints() if "status of 404" not in each and "[DOM]" not in each]


def test_every_page_keeps_the_rules(boss: Screen) -> None:
    wrong = []
    for path in [path for paths in PAGES.values() for path in paths]:
        boss.open(path.removesuffix(" >"))
        if path.endswith(" >"):
            boss.element("tbody a").click()
        boss.element("main")
        wrong += _judged(boss, path)
    assert wrong == []


def test_what_only_a_scan_or_a_form_shows_keeps_them_too(boss: Screen) -> None:
    wrong = []
    boss.open("/")
    boss.type("72544\n")
    boss.sees("What became of the lenses?")
    boss.element("[name=rt][value=broken]").click()
    wrong += _judged(boss, "lenses")
    boss.element("#scan").send_keys("72545\nCUS\n")
    boss.sees("Undo: restore the order")
    wrong += _judged(boss, "cancelled")
    boss.open("/station/BLK")
    for scan, said in (("72544", "Order 337177"), ("72548", "STOP"), ("404", "Scanned: 404")):
        boss.type(f"{scan}\n")
        boss.sees(said)
        wrong += _judged(boss, said)
    boss.open("/set-up/new/reasons")
    boss.element("button.main").click()
    boss.sees("Nothing was saved.")
    picture(boss.driver, "refused")
    wrong += _judged(boss, "refused")
    boss.open("/set-up/new/keys")
    boss.element("[name=name]").send_keys("shop")
    boss.element("[name='scope orders:read']").click()
    boss.element("button.main").click()
    boss.sees("Keep it now")
    wrong += _judged(boss, "secret")
    boss.open("/reports")
    boss.element("summary").click()
    wrong += _judged(boss, "numbers")
    boss.element("header form button").click()
    boss.sees("Password")
    wrong += _judged(boss, "sign-in")
    assert wrong == []


def test_no_page_is_left_out() -> None:
    known = {row.path for row in rows(cast(Any, None), cast(Any, None)) if row.method == "GET"}

    assert known == PAGES.keys() | NO_PAGES


def test_what_breaks_the_rules_is_found(boss: Screen) -> None:
    boss.open("/stations")
    boss.driver.execute_script("document.querySelector('main').innerHTML += '<input><p class=planted>faint</p>'")
    boss.driver.execute_script("document.querySelector('.planted').style.cssText = 'color: #999; background: #888'")
    boss.driver.execute_script("document.querySelector('.planted').style.width = '2000px'")
    boss.driver.execute_script("console.error('planted')")

    found = " ".join(_judged(boss, "planted"))

    assert all(rule in found for rule in ("label:", "color-contrast:", '"planted"', "wider than the screen"))
