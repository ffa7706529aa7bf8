"""Every page and form of the console × everybody who may not send it (R23): nothing happens, nothing is shown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest

from tests import builders
from tests.api.asgi import Client, Reply
from tests.api.test_bad_input import dump
from tests.console.conftest import Browser, anna, browser, desk, make_person, watch
from tests.reliability.promised import engine
from traylane.access.people import ROLES
from traylane.access.sessions import form_token
from traylane.console.pages import rows
from traylane.console.routes import Console
from traylane.console.session import Door
from traylane.console.table import Row
from traylane.db.database import Database
from traylane.orders.desk import Desk

__all__ = ["anna", "browser", "desk", "watch"]
pytestmark = [pytest.mark.slow, pytest.mark.promise("R23")]

FORM = {"content-type": "application/x-www-form-urlencoded"}
GOOD = {
    "/desk/scan": {"scan": "CUS", "order": "1001"},
    "/desk/cancel": {"order": "1001", "deleteReason": "CUS"},
    "/desk/restore": {"order": "1001"},
    "/orders/{}/restore": {},
    "/orders/{}/disposition": {"rtDisposition": "stock"},
    "/station/{}": {"scan": "1001"},
    "/sign-out": {},
    "/language": {"language": "es"},
}
"""Fields of each form; the table's own forms are all here."""
PLACES = {
    "/station/{}": "/station/GEN",
    "/reports/csv/{}": "/reports/csv/floor",
    "/set-up/sheets/{}": "/set-up/sheets/stations",
    "/set-up/{}": "/set-up/reasons",
    "/set-up/new/{}": "/set-up/new/reasons",
    "/set-up/{}/{}": "/set-up/reasons/CUS",
}
"""Paths that an order's number does not make whole."""
NOBODYS = {f"{method} /set-up/{part}/{{}}" for part in ("people", "keys", "webhooks") for method in ("GET", "POST")}
"""Of somebody, a key and an endpoint that there are not."""
ADMINS = {
    f"{method} /set-up/{part}"
    for part in ("people", "keys", "webhooks")
    for method, part in (("GET", part), ("GET", f"new/{part}"), ("POST", f"new/{part}"))
} | NOBODYS
SET_UP = {
    *("GET /set-up", "GET /set-up/settings", "GET /set-up/audit", "GET /set-up/sheets", "GET /set-up/sheets/{}"),
    *("GET /set-up/{}", "GET /set-up/{}/{}", "GET /set-up/new/{}"),
}
CHANGES = {"POST /set-up/settings", "POST /set-up/new/{}", "POST /set-up/{}/{}"}
REPORTS = {"GET /reports", "GET /reports/floor", "GET /reports/csv/{}"}
NOT_FOR_THE_FLOOR = {
    *("POST /desk/cancel", "POST /desk/restore", "POST /orders/{}/restore", "POST /orders/{}/disposition"),
}
FORBIDDEN = {
    "floor": NOT_FOR_THE_FLOOR | REPORTS | SET_UP | CHANGES | ADMINS,
    "terminal": NOT_FOR_THE_FLOOR | REPORTS | SET_UP | CHANGES | ADMINS,
    "desk": REPORTS | SET_UP | CHANGES | ADMINS,
    "supervisor": CHANGES | ADMINS | {"GET /set-up/new/{}"},
    "admin": set(),
}


def table(desk: Desk) -> list[Row]:
    """The pages and forms that need somebody who is signed in, those of the door included."""
    door = Door(desk, plain=False)
    beside = [Row("POST", "/sign-out", door.sign_out), Row("POST", "/language", door.sign_out)]
    return [*rows(desk, door), *beside]


def forged(token: str, stranger: str) -> Iterator[tuple[str, dict[str, str], dict[str, str]]]:
    """What is no form of this browser: its name, its token, its headers."""
    yield "no token", {}, FORM
    yield "an empty token", {"token": ""}, FORM
    yield "the token of another browser", {"token": stranger}, FORM
    yield "a token that was cut", {"token": token[:-1]}, FORM
    yield "a token of other letters", {"token": "ü" * 64}, FORM
    yield "from a page elsewhere", {"token": token}, FORM | {"origin": "https://evil.example", "host": "desk.example"}
    yield "from a page without an origin", {"token": token}, FORM | {"origin": "null", "host": "desk.example"}
    yield (
        "from a page of another port",
        {"token": token},
        FORM | {"origin": "https://desk.example:8", "host": "desk.example"},
    )
    yield "as JSON", {"token": token}, {"content-type": "application/json"}
    yield "as plain text", {"token": token}, {"content-type": "text/plain"}
    yield "as a file", {"token": token}, {"content-type": "multipart/form-data; boundary=x"}


async def send_form(client: Client, row: Row, cookie: str, fields: dict[str, str], headers: dict[str, str]) -> Reply:
    path = PLACES.get(row.path, row.path.replace("{}", "1001"))
    body = urlencode(GOOD.get(row.path, {}) | fields).encode()
    return await client.send(row.method, path, headers={"cookie": cookie} | headers, body=body)


async def furnish(db: Database) -> None:
    await builders.make_station(db, "GEN")
    await builders.make_reason(db, "CUS")
    await builders.make_order(db, "1001")


async def let_through(desk: Desk, anna: Browser, db: Database) -> list[str]:
    """The forms that somebody else could send in her name."""
    client, found = Client(Console(desk, plain=False)), []
    token, stranger = anna.token(), form_token("another browser's secret")
    before = await dump(db)
    for row in (row for row in table(desk) if row.method == "POST"):
        for name, fields, headers in forged(token, stranger):
            reply = await send_form(client, row, anna.cookie, fields, headers)
            if reply.status != 403 or reply.header("set-cookie") is not None:
                found.append(f"{row.path}, {name}: {reply.status}")
    return found + (["something was written"] if await dump(db) != before else [])


async def test_no_form_is_taken_that_this_browser_was_not_shown(
    desk: Desk, anna: Browser, db: Database, tried: Any
) -> None:
    await furnish(db)
    assert await let_through(desk, anna, db) == []
    forms = sum(row.method == "POST" for row in table(desk))
    forgeries = len(list(forged("", "")))
    tried(f"{engine(db)}: {forms} forms of the console × {forgeries} forgeries: all 403, nothing written")


@pytest.mark.control
async def test_a_door_that_asks_for_no_token_is_noticed(
    desk: Desk, anna: Browser, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await furnish(db)
    monkeypatch.setattr(Door, "require_token", lambda *_: None)
    found = await let_through(desk, anna, db)
    assert {"/desk/cancel, no token: 200", "/sign-out, no token: 303", "something was written"} <= set(found)


async def test_the_forms_do_what_they_say_when_they_are_hers(desk: Desk, anna: Browser, db: Database) -> None:
    """What is refused above is refused for the token alone."""
    await furnish(db)
    client, token = Client(Console(desk, plain=False)), anna.token()
    for row in table(desk):
        if row.method == "POST" and row.path != "/sign-out":
            reply = await send_form(client, row, anna.cookie, {"token": token}, FORM)
            assert reply.status in {200, 303, 403, 422}, row.path
            assert b"out of date" not in reply.body, row.path


@pytest.mark.parametrize(
    "cookie",
    ["", "__Host-traylane=", "__Host-traylane=guessed", "traylane={secret}"],
    ids=["no cookie", "an empty cookie", "a guessed cookie", "a cookie of another name"],
)
async def test_without_a_session_every_page_leads_to_the_sign_in(
    desk: Desk, anna: Browser, db: Database, cookie: str, request: pytest.FixtureRequest, tried: Any
) -> None:
    await furnish(db)
    given = cookie.replace("{secret}", anna.cookie.partition("=")[2])
    client = Client(Console(desk, plain=False))
    before = await dump(db)
    asked = [row for row in table(desk) if row.path != "/language"]
    for row in asked:
        path = row.path.replace("{}", "1001")
        body = urlencode({"token": form_token(given.partition("=")[2])}).encode() if row.method == "POST" else b""
        reply = await client.send(row.method, path, headers=FORM | {"cookie": given}, body=body)
        assert (reply.status, reply.body) == (303, b""), row.path
        assert (reply.header("location") or "").startswith("/sign-in?next="), row.path
    assert await dump(db) == before
    given_as = request.node.callspec.id.rpartition("-")[2]
    tried(f"{engine(db)}: {len(asked)} pages and forms with {given_as}: all to the sign-in")


@pytest.mark.parametrize("role", ROLES)
async def test_each_role_sees_and_does_what_it_may_and_nothing_else(
    desk: Desk, browser: Browser, db: Database, role: str
) -> None:
    await furnish(db)
    await make_person(db, role=role)
    await browser.sign_in()
    client = Client(Console(desk, plain=False))
    forbidden = set()
    for row in rows(desk, Door(desk, plain=False)):
        if row.path.endswith("/stream"):
            continue
        before = await dump(db)
        fields = {"token": browser.token()} if row.method == "POST" else {}
        reply = await send_form(client, row, browser.cookie, fields, FORM)
        if reply.status == 403:
            forbidden.add(f"{row.method} {row.path}")
            assert await dump(db) == before
    assert forbidden == FORBIDDEN[role]
