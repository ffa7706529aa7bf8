"""The console without sockets, over a fresh database of either engine, and a browser that keeps its cookie."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import urlencode

import pytest
from argon2 import PasswordHasher

from tests import builders
from tests.api.asgi import Client, Reply
from tests.api.conftest import Watch
from traylane.access import people
from traylane.access.actor import COMMAND_LINE
from traylane.access.sessions import form_token
from traylane.console.routes import Console
from traylane.db.database import Database
from traylane.orders.desk import Desk
from traylane.tracking.verbs import VERBS

PASSWORD = "tray by tray"
# Hundreds of tests sign in: a hash says how dear its check is, and this one is cheap.
_HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
_FIELD = re.compile(r'<input type="hidden"( form="scan-form")? name="(\w+)" value="([^"]*)">')


async def make_person(db: Database, name: str = "anna", role: str = "desk") -> people.Person:
    """A person whose password is PASSWORD."""
    return await db.write(
        lambda tx: people.create(tx, name=name, role=role, hash_=_HASH, actor=COMMAND_LINE, now=builders.NOW)
    )


class Browser:
    """Keeps the cookie, and fills in the hidden fields of the page that it saw last."""

    def __init__(self, application: Console) -> None:
        self._client = Client(application)
        self.cookie = ""
        self.kept = ""
        self.language = "en"
        self.page = ""

    async def get(self, path: str, *, swaps: bool = False) -> Reply:
        """Open a page; `swaps`: as a script does that puts a part into it."""
        script = {"hx-request": "true"} if swaps else {}
        return self._seen(await self._client.get(path, headers=self._headers() | script))

    async def post(self, path: str, **fields: str) -> Reply:
        """Send a form of the page: its hidden fields, and these."""
        return await self.post_exactly(path, **(self.hidden() | fields))

    async def post_exactly(self, path: str, referer: str = "", **fields: str) -> Reply:
        """Send a form with these fields alone."""
        headers = {**self._headers(), "content-type": "application/x-www-form-urlencoded", "referer": referer}
        return self._seen(await self._client.post(path, headers=headers, body=urlencode(fields).encode()))

    async def sign_in(self, name: str = "anna", password: str = PASSWORD) -> Reply:
        """Open the page and sign in."""
        await self.get("/sign-in")
        return await self.post("/sign-in", name=name, password=password)

    def hidden(self) -> dict[str, str]:
        """The hidden fields of the page, as they go along with a scan."""
        found = _FIELD.findall(self.page)
        return {name: unescape(value) for form, name, value in found if form or not any(f for f, _, _ in found)}

    def token(self) -> str:
        """What every form of this browser carries."""
        return form_token(self.cookie.partition("=")[2])

    def _headers(self) -> dict[str, str]:
        return {"cookie": f"{self.cookie}; {self.kept}", "accept-language": self.language}

    def _seen(self, reply: Reply) -> Reply:
        given = reply.header("set-cookie")
        if given is not None and given.startswith("traylane_language"):
            self.kept = given.partition(";")[0]
        elif given is not None:
            self.cookie = given.partition(";")[0]
        self.page = reply.body.decode(errors="replace") or self.page
        return reply


@pytest.fixture
def watch() -> Watch:
    """The console's clock: `builders.NOW` until it is moved."""
    return Watch()


@pytest.fixture
def desk(db: Database, watch: Watch, runner: asyncio.Runner) -> Iterator[Desk]:
    """The console's desk."""
    desk = Desk(db=db, clock=watch, verbs=VERBS)
    yield desk
    runner.run(desk.close())


@pytest.fixture
def browser(desk: Desk) -> Browser:
    """A browser that nobody has signed in with."""
    return Browser(Console(desk, plain=False))


async def sign_in_as(browser: Browser, db: Database, name: str, role: str) -> None:
    """Let somebody in, and sign in with this browser."""
    await make_person(db, name, role)
    assert (await browser.sign_in(name)).status == 303


@pytest.fixture
def anna(browser: Browser, db: Database, runner: asyncio.Runner) -> Browser:
    """A browser that a clerk of the desk has signed in with."""
    runner.run(sign_in_as(browser, db, "anna", "desk"))
    runner.run(browser.get("/"))
    return browser


@pytest.fixture
def sue(browser: Browser, db: Database, runner: asyncio.Runner) -> Browser:
    """A browser that a supervisor has signed in with."""
    runner.run(sign_in_as(browser, db, "sue", "supervisor"))
    return browser


@pytest.fixture
def boss(browser: Browser, db: Database, runner: asyncio.Runner) -> Browser:
    """A browser that an admin has signed in with."""
    runner.run(sign_in_as(browser, db, "boss", "admin"))
    return browser
