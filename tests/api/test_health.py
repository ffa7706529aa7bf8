"""/livez, /readyz, and what needs no key."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.api.asgi import Client
from tests.builders import make_newer
from traylane.api.pages import Readiness, pages
from traylane.api.router import Router
from traylane.api.routes import ROUTES
from traylane.api.service import Service
from traylane.app import App
from traylane.config import Config
from traylane.db import connect
from traylane.db.database import Database
from traylane.db.revision import HEAD
from traylane.orders.desk import Desk


async def test_livez_says_that_the_loop_turns(http: Client) -> None:
    reply = await http.get("/livez")
    assert (reply.status, reply.body) == (200, b'{"status":"alive"}')


async def test_readyz_says_that_changes_can_be_made(http: Client) -> None:
    reply = await http.get("/readyz")
    assert (reply.status, reply.body) == (200, b'{"status":"ready"}')


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/openapi.json", "/docs"])
async def test_nobody_needs_a_key_here(http: Client, path: str) -> None:
    assert (await http.get(path)).status == 200
    head = await http.send("HEAD", path)
    assert (head.status, head.body) == (200, b"")


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/openapi.json", "/docs"])
async def test_only_reading_is_allowed_here(http: Client, path: str) -> None:
    reply = await http.post(path)
    assert (reply.status, reply.body) == (405, b'{"error":"Method not allowed","details":[]}')
    assert reply.header("allow") == "GET, HEAD, OPTIONS"
    options = await http.send("OPTIONS", path)
    assert (options.status, options.body, options.header("allow")) == (204, b"", "GET, HEAD, OPTIONS")


async def test_livez_answers_without_a_database_and_readyz_says_what_is_wrong(sqlite_url: str) -> None:
    db = connect.database(sqlite_url)
    await db.open()
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    http = Client(_service_that_checks(db, sqlite_url))
    assert (await http.get("/readyz")).status == 200
    path.rename(path.with_name("elsewhere.db"))
    await asyncio.sleep(1.1)
    reply = await http.get("/readyz")
    assert (await http.get("/livez")).status == 200
    assert reply.status == 503
    assert reply.json()["error"] == "Service unavailable"
    assert reply.json()["details"] == ["The database cannot take changes; the log says why"]
    assert reply.header("retry-after") == "2"
    await db.close()


@pytest.mark.parametrize(("usable_from", "status"), [(HEAD, 200), ("9999", 503)])
async def test_readyz_wants_a_schema_that_the_service_can_use(database_url: str, usable_from: str, status: int) -> None:
    app = App(Config(database=database_url))
    await app.start()
    await make_newer(app.db, usable_from=usable_from)
    assert (await Client(app).get("/readyz")).status == status
    await app.stop()


def _service_that_checks(db: Database, url: str) -> Service:
    async def check() -> None:
        await connect.require_usable(url)
        await db.check_writable()

    desk = Desk(db=db, clock=lambda: 0, verbs=())  # type: ignore[arg-type,return-value]  # no clock is asked
    return Service(desk, Router(ROUTES), pages(Readiness(check)))
