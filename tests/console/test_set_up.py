"""The set-up's pages, as a browser without scripts uses them: settings and rows."""

from __future__ import annotations

import re
from html import unescape

import pytest

from tests import builders
from tests.console.conftest import Browser, make_person
from traylane.db.database import Database, Sql
from traylane.policy import setup_store
from traylane.policy.catalogue import SETTINGS

_EVENTS = Sql.same("SELECT type, actor FROM events WHERE type LIKE 'setup.%' ORDER BY seq")
_INPUT = re.compile(
    r'<input (?:type="checkbox" role="switch" )?(?:class="short" )?(?:id="f\d+" )?name="([^"]+)"([^>]*)>'
)
_AREA = re.compile(r'<textarea [^>]*name="([^"]+)"[^>]*>([^<]*)</textarea>')
LENGTH, RANGE = "Orders1:Order number length", "Orders1:Order number range"


def filled(page: str) -> dict[str, str]:
    """What the form on a page would send if nobody touched it."""
    found = {name: unescape(text) for name, text in _AREA.findall(page)}
    for name, rest in _INPUT.findall(page):
        value = re.search(r'value="([^"]*)"', rest)
        if "hidden" not in rest and value and ('value="on"' not in rest or " checked" in rest):
            found[name] = unescape(value[1])
    return found


async def _setting(db: Database, name: str) -> object:
    return (await db.read(lambda tx: setup_store.load(tx, ()))).settings[name]


async def test_the_form_has_every_setting_and_saving_it_untouched_changes_nothing(boss: Browser, db: Database) -> None:
    await boss.get("/set-up/settings")
    given = filled(boss.page)
    assert all(f'name="{setting.name}"' in boss.page for setting in SETTINGS)

    reply = await boss.post("/set-up/settings", **given)

    assert reply.header("location") == "/set-up/settings?saved=yes"
    assert await builders.execute(db, _EVENTS) == []


async def test_a_setting_is_changed_and_one_event_says_by_whom(boss: Browser, db: Database) -> None:
    await boss.get("/set-up")
    given = filled(boss.page) | {LENGTH: "7", "Orders1:Tray required": "on"}

    assert (await boss.post("/set-up/settings", **given)).status == 303

    assert await _setting(db, LENGTH) == 7
    assert await _setting(db, "Orders1:Tray required") is True
    [[type_, actor]] = await builders.execute(db, _EVENTS)
    assert (type_, actor[:6]) == ("setup.changed", "admin#")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        (LENGTH, "9", "must be a whole number, 1 to 8"),
        (LENGTH, "seven", "must be a whole number, 1 to 8"),
        (LENGTH, "3", "ends with 999999, which has more than 3 digits"),
        ("Laboratory:Time zone", "Mars/Base", "must be a time zone like"),
        (f"{RANGE} to", "5", "must not end before it begins"),
        ("Access:Trusted networks", "nowhere", "has an entry that is not like"),
    ],
)
async def test_a_refusal_stands_at_its_field_and_what_was_entered_stays(
    boss: Browser, db: Database, name: str, value: str, said: str
) -> None:
    await boss.get("/set-up/settings")

    await boss.post("/set-up/settings", **(filled(boss.page) | {name: value}))

    assert "Nothing was saved." in boss.page
    [wrong] = re.findall(r'<p class="wrong-text" id="[^"]*">([^<]*)</p>', boss.page)
    assert said in unescape(wrong)
    assert filled(boss.page)[name] == value
    assert await builders.execute(db, _EVENTS) == []


async def test_the_second_of_two_people_sees_what_the_first_stored(boss: Browser, db: Database) -> None:
    await boss.get("/set-up/settings")
    given = filled(boss.page) | {LENGTH: "8"}
    await builders.set_setting(db, LENGTH, 7)

    await boss.post("/set-up/settings", **given)

    assert "Set-up has changed" in boss.page
    assert "Stored: 7" in boss.page
    assert filled(boss.page)[LENGTH] == "8"
    assert await _setting(db, LENGTH) == 7

    assert (await boss.post("/set-up/settings", **given)).status == 303
    assert await _setting(db, LENGTH) == 8


async def test_the_same_form_twice_is_one_change(boss: Browser, db: Database) -> None:
    await boss.get("/set-up/new/reasons")
    form = boss.hidden() | {"code": "CUS", "desc": "Customer request", "active": "on"}

    for _ in range(2):
        reply = await boss.post_exactly("/set-up/new/reasons", **form)
        assert reply.header("location") == "/set-up/reasons?saved=CUS"
    assert len(await builders.execute(db, _EVENTS)) == 1


async def test_a_new_row_does_not_overwrite_one_that_is_there(boss: Browser, db: Database) -> None:
    await builders.make_reason(db, "CUS", "Customer request")
    await boss.get("/set-up/new/reasons")

    await boss.post("/set-up/new/reasons", code="CUS", desc="Something else", active="on")

    assert '<p class="wrong-text" id="f1-wrong">is in use</p>' in boss.page
    assert await builders.execute(db, _EVENTS) == []


async def test_the_line_is_drawn_before_the_first_non_cancel_station(boss: Browser, db: Database) -> None:
    await builders.make_station(db, "BLK", sequence=10)
    await builders.make_station(db, "POL", sequence=30)
    await builders.make_station(db, "A/B", sequence=20, non_cancel=True)

    await boss.get("/set-up/stations")

    shown = re.findall(r'class="the-line"|<th scope="row"><a href="([^"]+)"', boss.page)
    assert shown == ["/set-up/stations/BLK", "", "/set-up/stations/A%2FB", "/set-up/stations/POL"]

    await boss.get("/set-up/stations/A%2FB")
    assert (await boss.post("/set-up/stations/A%2FB", desc="Moved", sequence="5", active="on")).status == 303
    await boss.get("/set-up/stations?saved=A/B")
    assert "Saved: A/B" in boss.page
    assert "the-line" not in boss.page


@pytest.mark.parametrize("kind", ["stations", "operators", "reasons", "customers", "addons", "breakages", "employees"])
async def test_every_kind_is_listed_made_and_retired(boss: Browser, kind: str) -> None:
    await boss.get(f"/set-up/new/{kind}")
    key = "number" if kind == "customers" else "code"
    text = "name" if kind in {"customers", "employees"} else "desc"
    row = filled(boss.page) | {key: "X1", text: "<b>Bold</b>"}
    assert (await boss.post(f"/set-up/new/{kind}", **row)).header("location") == f"/set-up/{kind}?saved=X1"

    await boss.get(f"/set-up/{kind}")
    assert "&lt;b&gt;Bold&lt;/b&gt;" in boss.page
    assert "retired" not in boss.page

    await boss.get(f"/set-up/{kind}/X1")
    row = filled(boss.page)
    del row["active"]
    await boss.post(f"/set-up/{kind}/X1", **row)
    await boss.get(f"/set-up/{kind}")
    assert '<span class="tag">retired</span>' in boss.page


async def test_a_supervisor_reads_and_does_not_write_and_a_clerk_does_neither(browser: Browser, db: Database) -> None:
    await builders.make_reason(db, "CUS", "Customer request")
    await make_person(db, "sue", "supervisor")
    await browser.sign_in("sue")
    await browser.get("/set-up/reasons/CUS")
    assert '<fieldset class="all card" disabled>' in browser.page
    assert (await browser.post("/set-up/reasons/CUS", token=browser.token(), desc="X")).status == 403
    assert (await browser.post("/set-up/settings", token=browser.token())).status == 403

    await make_person(db)
    await browser.sign_in("anna")
    assert (await browser.get("/set-up/reasons")).status == 403
    await browser.get("/")
    assert "/set-up" not in browser.page
    assert await builders.execute(db, _EVENTS) == []


async def test_no_form_from_elsewhere(boss: Browser, db: Database) -> None:
    form = {"code": "CUS", "desc": "Customer request", "active": "on", "token": "0" * 64}

    assert (await boss.post_exactly("/set-up/new/reasons", **form)).status == 403
    assert await builders.execute(db, _EVENTS) == []


@pytest.mark.parametrize("path", ["/set-up/nothing", "/set-up/new/nothing", "/set-up/reasons/NO", "/set-up/a/b/c"])
async def test_what_is_not_there_is_said(boss: Browser, path: str) -> None:
    assert (await boss.get(path)).status == 404


async def test_a_long_list_is_shown_in_pages_and_searched(boss: Browser, db: Database) -> None:
    for number in range(1001, 1104):
        await builders.make_customer(db, str(number))

    await boss.get("/set-up/customers")
    assert boss.page.count('<th scope="row">') == 100
    assert 'href="/set-up/customers?page=2"' in boss.page
    assert len(boss.page) < 100_000
    await boss.get("/set-up/customers?page=2")
    assert boss.page.count('<th scope="row">') == 3
    await boss.get("/set-up/customers?search=1077")
    assert boss.page.count('<th scope="row">') == 1
