"""People, sessions, cookies, tokens and locks."""

from __future__ import annotations

import pytest

from tests import builders
from tests.api.conftest import Watch
from tests.console.conftest import PASSWORD, Browser, make_person
from traylane.access import people, sessions
from traylane.access.actor import COMMAND_LINE
from traylane.access.people import NameTaken
from traylane.console.routes import Console
from traylane.console.session import safe_path
from traylane.db.database import Database, Sql
from traylane.orders.desk import Desk


async def test_nobody_gets_in_without_signing_in(browser: Browser) -> None:
    reply = await browser.get("/station/GEN")

    assert (reply.status, reply.header("location")) == (303, "/sign-in?next=%2Fstation%2FGEN")


async def test_the_session_cookie_is_for_this_host_over_tls_and_for_no_script(db: Database, browser: Browser) -> None:
    await make_person(db)
    reply = await browser.sign_in()

    assert (reply.status, reply.header("location")) == (303, "/")
    name, *flags = (reply.header("set-cookie") or "").split("; ")
    assert name.startswith("__Host-traylane=")
    assert flags == ["Path=/", "HttpOnly", "SameSite=Strict", "Secure"]
    assert (await browser.get("/")).status == 200


async def test_the_secret_is_a_new_one_after_signing_in_and_the_database_has_only_its_digest(
    db: Database, browser: Browser
) -> None:
    await make_person(db)
    await browser.get("/sign-in")
    before = browser.cookie
    await browser.post("/sign-in", name="anna", password=PASSWORD)

    assert browser.cookie != before
    [[digest]] = await builders.execute(db, Sql.same("SELECT digest FROM sessions"))
    assert len(digest) == 32
    [[kept]] = await builders.execute(db, Sql.same("SELECT hash FROM people"))
    assert kept.startswith("$argon2id$")


@pytest.mark.parametrize(("name", "password"), [("anna", "wrong password"), ("nobody", PASSWORD), ("", "")])
async def test_a_wrong_name_and_a_wrong_password_are_told_apart_by_nobody(
    db: Database, browser: Browser, name: str, password: str
) -> None:
    await make_person(db)
    reply = await browser.sign_in(name, password)

    assert reply.status == 403
    assert "Name or password is wrong" in browser.page


@pytest.mark.slow
async def test_five_wrong_passwords_lock_the_name_for_a_quarter_of_an_hour(
    db: Database, browser: Browser, watch: Watch
) -> None:
    await make_person(db)
    for _ in range(sessions.PER_ACCOUNT):
        await browser.sign_in("anna", "wrong password")

    await browser.sign_in()
    assert "Too many tries: wait 15 minutes" in browser.page

    watch.pass_(15 * 60_000)
    assert (await browser.sign_in()).status == 303


@pytest.mark.slow
async def test_twenty_wrong_passwords_lock_an_address_for_every_name(db: Database, browser: Browser) -> None:
    await make_person(db)
    for number in range(sessions.PER_ADDRESS):
        await browser.sign_in(f"name{number}", "wrong password")

    await browser.sign_in()

    assert "Too many tries: wait 15 minutes" in browser.page


async def test_a_right_password_is_not_held_against_the_address(db: Database, browser: Browser) -> None:
    await make_person(db)
    for _ in range(3):
        await browser.sign_in()

    counted = await builders.execute(db, Sql.same("SELECT count FROM sign_in_tries"))
    assert [row[0] for row in counted] == [0]


async def test_a_session_ends_when_nobody_uses_it_for_an_hour(anna: Browser, watch: Watch) -> None:
    watch.pass_(sessions.IDLE - 1)
    assert (await anna.get("/")).status == 200

    watch.pass_(sessions.IDLE)
    assert (await anna.get("/")).status == 303


async def test_a_session_ends_after_twelve_hours_used_or_not(anna: Browser, watch: Watch) -> None:
    for _ in range(23):
        watch.pass_(sessions.IDLE // 2)
        assert (await anna.get("/")).status == 200

    watch.pass_(sessions.IDLE // 2)
    assert (await anna.get("/")).status == 303


async def test_a_terminal_stays_signed_in_for_thirty_days_and_others_do_not_push_it_out(
    db: Database, browser: Browser, desk: Desk, watch: Watch
) -> None:
    await make_person(db)
    await make_person(db, "bench-3", "terminal")
    reply = await browser.sign_in("bench-3")
    assert "; Max-Age=2592000" in (reply.header("set-cookie") or "")

    watch.pass_(sessions.TERMINAL_LONGEST - 1)
    other = Browser(Console(desk, plain=False))
    await other.sign_in()
    assert (await browser.get("/stations")).status == 200
    await browser.get("/boards/wip")
    assert (await browser.post("/desk/cancel", order="1")).status == 403

    watch.pass_(1)
    assert (await browser.get("/stations")).status == 303


async def test_signing_out_ends_the_session(anna: Browser, desk: Desk) -> None:
    cookie = anna.cookie
    reply = await anna.post("/sign-out")
    assert (reply.status, reply.header("location")) == (303, "/sign-in")

    again = Browser(Console(desk, plain=False))
    again.cookie = cookie
    assert (await again.get("/")).status == 303


@pytest.mark.parametrize("what", ["disable", "password"])
async def test_who_is_disabled_or_gets_another_password_is_out_at_once(anna: Browser, db: Database, what: str) -> None:
    changes = {
        "disable": lambda tx: people.disable(tx, name="anna", actor=COMMAND_LINE, now=builders.NOW),
        "password": lambda tx: people.set_password(
            tx, name="anna", hash_="$argon2id$x", actor=COMMAND_LINE, now=builders.NOW
        ),
    }
    await db.write(changes[what])

    assert (await anna.get("/")).status == 303


@pytest.mark.parametrize("path", ["/sign-out", "/desk/scan", "/desk/cancel", "/desk/restore", "/station/GEN"])
async def test_a_form_without_the_token_of_this_browser_does_nothing(anna: Browser, path: str) -> None:
    for fields in ({}, {"token": ""}, {"token": "0" * 64}, {"token": "ü"}):
        reply = await anna.post_exactly(path, scan="1001", **fields)

        assert reply.status == 403
        assert "This form is out of date" in anna.page


async def test_signing_in_needs_the_token_too(db: Database, browser: Browser) -> None:
    await make_person(db)
    await browser.get("/sign-in")

    assert (await browser.post_exactly("/sign-in", name="anna", password=PASSWORD)).status == 403


async def test_every_page_forbids_scripts_from_elsewhere_and_inline(anna: Browser) -> None:
    for path in ("/", "/sign-in", "/station/NONE", "/static/console.js"):
        policy = (await anna.get(path)).header("content-security-policy") or ""

        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
        assert "unsafe" not in policy


@pytest.mark.parametrize("path", ["//evil.example", "https://evil.example", "/\\evil", "", "/a\r\nb", "javascript:x"])
def test_nobody_is_sent_elsewhere_after_signing_in(path: str) -> None:
    assert safe_path(path) == "/"


async def test_a_name_is_given_once(db: Database) -> None:
    await make_person(db)

    with pytest.raises(NameTaken):
        await make_person(db, role="admin")


async def test_events_tell_of_people_by_id_and_never_by_name(db: Database) -> None:
    await make_person(db, "Anna Berg")

    [[type_, data]] = await builders.execute(db, Sql.same("SELECT type, data FROM events"))
    assert type_ == "person.created"
    assert "Anna" not in data
