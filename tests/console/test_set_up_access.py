"""The set-up's pages of people, keys, webhooks, and the audit of it all."""

from __future__ import annotations

import re

import pytest

from tests import builders
from tests.console.conftest import PASSWORD, Browser, make_person
from tests.console.test_set_up import filled
from tests.events.test_seal import sealed
from traylane.access import keys
from traylane.console.routes import Console
from traylane.db.database import Database, Sql
from traylane.db.ids import from_text, new_id
from traylane.orders.desk import Desk
from traylane.webhooks import store
from traylane.webhooks.model import FAILED, Delivery, Try

_EVENTS = Sql.same("SELECT type FROM events WHERE type NOT LIKE 'order.%' ORDER BY seq")
_DELIVERIES = Sql.same("SELECT position, state FROM deliveries ORDER BY position")
OTHER = "another good password"
HOOK = "https://shop.example/hooks"


async def _types(db: Database) -> list[str]:
    return [row[0] for row in await builders.execute(db, _EVENTS)]


async def test_a_person_is_let_in_and_signs_in(boss: Browser, db: Database, desk: Desk) -> None:
    await boss.get("/set-up/new/people")
    await boss.post("/set-up/new/people", name="Óscar/2", role="desk", password=OTHER)
    await boss.get("/set-up/people")
    assert 'href="/set-up/people/%C3%93scar%2F2"' in boss.page
    assert OTHER not in boss.page

    his = Browser(Console(desk, plain=False))
    assert (await his.sign_in("Óscar/2", OTHER)).status == 303
    await his.get("/")
    assert "scan-form" in his.page


async def test_whoever_is_let_in_no_more_is_out_at_once(boss: Browser, db: Database, desk: Desk) -> None:
    await make_person(db)
    hers = Browser(Console(desk, plain=False))
    await hers.sign_in()
    await boss.get("/set-up/people/anna")

    assert (await boss.post("/set-up/people/anna", do="disable")).status == 303

    assert (await hers.get("/")).header("location") == "/sign-in?next=%2F"
    assert (await hers.sign_in()).status == 403
    await boss.get("/set-up/people/anna")
    assert "password" not in boss.page


async def test_another_password_is_the_only_one(boss: Browser, db: Database, desk: Desk) -> None:
    await make_person(db)
    await boss.get("/set-up/people/anna")
    await boss.post("/set-up/people/anna", do="", password="short")
    assert '<p class="wrong-text" id="f1-wrong">needs 10 to 200 characters</p>' in boss.page

    await boss.post("/set-up/people/anna", do="", password=OTHER)

    hers = Browser(Console(desk, plain=False))
    assert (await hers.sign_in("anna", PASSWORD)).status == 403
    assert (await hers.sign_in("anna", OTHER)).status == 303


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": "boss"}, "The name is taken"),
        ({"name": ""}, "needs 1 to 40 printable characters"),
        ({"role": "king"}, "must be one of floor, terminal, desk, supervisor, admin"),
        ({"password": "short"}, "needs 10 to 200 characters"),
    ],
)
async def test_what_is_wrong_with_a_new_person_is_said(
    boss: Browser, db: Database, fields: dict[str, str], said: str
) -> None:
    await boss.get("/set-up/new/people")

    await boss.post("/set-up/new/people", **({"name": "eve", "role": "desk", "password": OTHER} | fields))

    assert said in boss.page
    assert await _types(db) == ["person.created"]


async def test_a_new_key_is_shown_once_and_works(boss: Browser, db: Database) -> None:
    await boss.get("/set-up/new/keys")
    form = boss.hidden() | {"name": "shop", "rate": "60", "expires": "2026-11-02", "scope orders:read": "on"}

    await boss.post_exactly("/set-up/new/keys", **form)
    [secret] = re.findall("tl_live_[0-9a-f_]+", boss.page)
    await boss.post_exactly("/set-up/new/keys", **form)
    assert "was shown once and cannot be shown again" in boss.page

    keyring = await db.read(keys.load)
    found = keyring.find(secret, builders.NOW)
    assert found is not None
    assert (found.name, sorted(found.scopes), found.rate) == ("shop", ["orders:read"], 60)
    assert found.expires_at == builders.NOW - 33_300_000 + builders.A_DAY  # midnight after the last day
    assert len(keyring.keys) == 1
    await boss.get("/set-up/keys")
    assert secret not in boss.page
    assert f"…{secret[-4:]}" in boss.page


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": "desk#12345678"}, "is that of a person of the laboratory"),
        ({"scope orders:read": ""}, "at least one scope is needed"),
        ({"rate": "many"}, "must be 1 to 1000000 requests a minute"),
        ({"rate": "0"}, "must be 1 to 1000000 requests a minute"),
        ({"customer": "404"}, "404 does not exist"),
        ({"expires": "2026-11-01"}, "the expiry is in the past"),
        ({"expires": "soon"}, "must be a day like 2026-11-02"),
        ({"expires": "9999-12-31"}, "must be a day like 2026-11-02"),
    ],
)
async def test_what_is_wrong_with_a_new_key_is_said(
    boss: Browser, db: Database, fields: dict[str, str], said: str
) -> None:
    await boss.get("/set-up/new/keys")

    await boss.post("/set-up/new/keys", **({"name": "shop", "scope orders:read": "on"} | fields))

    assert said in boss.page
    assert (await db.read(keys.load)).keys == ()


async def test_a_key_is_revoked(boss: Browser, db: Database) -> None:
    await builders.make_key(db)
    [key] = (await db.read(keys.load)).keys
    await boss.get("/set-up/keys")
    [url] = re.findall('href="(/set-up/keys/[^"]+)"', boss.page)
    await boss.get(url)

    assert (await boss.post(url, do="revoke")).status == 303

    [key] = (await db.read(keys.load)).keys
    assert key.revoked_at == builders.NOW
    await boss.get(url)
    assert 'name="do"' not in boss.page


async def _a_webhook(boss: Browser) -> tuple[str, str]:
    """An endpoint's page, and its secret."""
    await boss.get("/set-up/new/webhooks")
    await boss.post("/set-up/new/webhooks", url=HOOK, types="order.cancelled\norder.restored", staff="on")
    [secret] = re.findall("whsec_[A-Za-z0-9+/=]+", boss.page)
    await boss.get("/set-up/webhooks")
    [url] = re.findall('href="(/set-up/webhooks/[^"]+)"', boss.page)
    await boss.get(url)
    return url, secret


async def test_a_webhook_is_made_changed_switched_off_and_removed(boss: Browser, db: Database) -> None:
    url, secret = await _a_webhook(boss)
    assert secret not in boss.page

    given = filled(boss.page) | {"types": "order.*", "do": ""}
    await boss.post(url, **given)
    await boss.get(url)
    await boss.post(url, do="off")
    [found] = await db.read(store.endpoints)
    assert (found.types, found.staff, found.disabled_why) == (("order.*",), True, "switched off")
    await boss.get(url)
    await boss.post(url, do="on")
    await boss.get(url)
    await boss.post(url, do="rotate")
    [new] = re.findall("whsec_[A-Za-z0-9+/=]+", boss.page)
    [found] = await db.read(store.endpoints)
    assert [each.text for each in found.secrets] == [new, secret]

    await boss.get(url)
    await boss.post(url, do="remove")
    assert await db.read(store.endpoints) == []
    assert (await boss.get(url)).status == 404


async def test_what_was_sent_is_shown_and_sent_again(boss: Browser, db: Database, desk: Desk) -> None:
    url, _secret = await _a_webhook(boss)
    id_ = from_text(url.rpartition("/")[2])
    assert id_ is not None
    await builders.make_order(db, "1001")
    await builders.cancel(desk, "1001")
    await sealed(db)
    [[position]] = await builders.execute(db, Sql.same("SELECT position FROM events WHERE type = 'order.cancelled'"))
    event = new_id(builders.NOW)
    tried = Try(at=builders.NOW, ms=12, status=500, answer="<b>no</b>")
    sent = Delivery(endpoint=id_, position=position, event=event, state=FAILED, next_at=None, tried=10, tries=(tried,))
    await db.write(lambda tx: store.keep(tx, [sent]))

    await boss.get(url)
    assert "500 &lt;b&gt;no&lt;/b&gt;" in boss.page
    [place] = set(re.findall('name="first" value="([^"]+)"', boss.page))
    assert (await boss.post(url, do="replay", first=place, last=place)).status == 303

    assert [tuple(row) for row in await builders.execute(db, _DELIVERIES)] == [(position, "pending")]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"url": "http://shop.example/"}, "must begin with https://"),
        ({"url": "https://127.0.0.1/"}, "has a private address"),
        ({"types": "order.eaten"}, "unknown event type order.eaten"),
        ({"description": "\0"}, "must have at most 100 printable characters"),
    ],
)
async def test_what_is_wrong_with_a_webhook_is_said(
    boss: Browser, db: Database, fields: dict[str, str], said: str
) -> None:
    await boss.get("/set-up/new/webhooks")

    await boss.post("/set-up/new/webhooks", **({"url": HOOK} | fields))

    assert said in boss.page
    assert await db.read(store.endpoints) == []


async def test_the_audit_tells_who_changed_what(boss: Browser, db: Database) -> None:
    await builders.make_reason(db, "CUS", "Customer request")
    await boss.get("/set-up/reasons/CUS")
    await boss.post("/set-up/reasons/CUS", desc="<i>Other</i>", active="on")

    await boss.get("/set-up/audit")

    assert "Delete reasons CUS: Description Customer request → &lt;i&gt;Other&lt;/i&gt;" in boss.page
    assert "<b>Set-up changed</b> <small>boss</small>" in boss.page
    assert "boss: admin" in boss.page


async def test_a_supervisor_sees_the_audit_without_names_and_no_keys(browser: Browser, db: Database) -> None:
    await make_person(db, "secretname", "floor")
    await make_person(db, "sue", "supervisor")
    await browser.sign_in("sue")

    await browser.get("/set-up/audit")
    assert "Person let in" in browser.page
    assert "secretname" not in browser.page
    for path in ("people", "keys", "webhooks", "new/people", "new/keys", "new/webhooks"):
        assert (await browser.get(f"/set-up/{path}")).status == 403


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        ("", "a.1", "Give the first and the last place"),
        ("a.1", "1", "Give the first and the last place"),
        ("a.2", "a.1", "The last place must not be before the first, nor 10000 behind it"),
        ("a.1", "a.10001", "The last place must not be before the first, nor 10000 behind it"),
        ("a.1", "a.2", "Cursor is no longer valid"),
    ],
)
async def test_what_cannot_be_sent_again_is_said(boss: Browser, db: Database, first: str, last: str, said: str) -> None:
    url, _secret = await _a_webhook(boss)

    await boss.post(url, do="replay", first=first, last=last)

    assert said in boss.page
    assert await builders.count(db, "deliveries") == 0


async def test_an_unknown_button_and_somebody_elses_webhook_are_no_pages(boss: Browser) -> None:
    url, _secret = await _a_webhook(boss)

    assert (await boss.post(url, do="explode")).status == 404
    assert (await boss.get("/set-up/webhooks/nonsense")).status == 404
    assert (await boss.get("/set-up/keys/nonsense")).status == 404
    assert (await boss.get("/set-up/people/nobody")).status == 404


async def test_two_admins_do_not_overwrite_each_others_webhook(boss: Browser, db: Database) -> None:
    url, _secret = await _a_webhook(boss)
    given = filled(boss.page) | {"description": "Mine", "do": ""}
    await builders.bump_version(db)

    await boss.post(url, **given)

    assert "Set-up has changed" in boss.page
    assert filled(boss.page)["description"] == "Mine"
    [found] = await db.read(store.endpoints)
    assert found.description == ""
