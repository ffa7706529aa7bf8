"""A database that is locked, read-only, full or gone behind a running service; missing or newer at its start."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, MutableMapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import apsw
import asyncpg
import msgspec
import pytest

from tests import builders
from tests.api.asgi import Client, Reply
from tests.api.conftest import MakeKey
from tests.api.good_requests import furnish
from tests.api.test_bad_input import GIVEN_AWAY, dump
from tests.db import outside
from traylane.api.router import Router
from traylane.api.routes import ROUTES
from traylane.api.service import Service
from traylane.app import App
from traylane.config import Config
from traylane.db import connect, postgres, sqlite_file
from traylane.db.database import Database
from traylane.db.sqlite import SqliteDatabase
from traylane.errors import Fault

Trouble = Callable[[Database, str], AbstractAsyncContextManager[None]]
CHANGES = (
    ("DELETE", "/api/v2/orders/72544?deleteReason=CUS", b""),
    ("POST", "/api/v2/orders/72544/cancel", b'{"deleteReason": "CUS"}'),
    ("POST", "/api/v2/job_track/stations/RCV", b'{"orderIdentifier": "72544"}'),
)
LOOKS = (
    ("GET", "/api/v2/orders/72544", b""),
    ("GET", "/api/v2/orders/72544/events", b""),
    ("GET", "/api/v2/job_track/stations", b""),
    ("DELETE", "/api/v2/orders/72544?dryRun=true", b""),
)
READY = (("GET", "/readyz", b""),)


@asynccontextmanager
async def locked_sqlite(db: Database, url: str) -> AsyncIterator[None]:
    """Another program is writing."""
    other = apsw.Connection(url.removeprefix("sqlite:///"))
    other.execute("BEGIN IMMEDIATE")
    yield
    other.execute("ROLLBACK")
    other.close()


@asynccontextmanager
async def read_only_sqlite(db: Database, url: str) -> AsyncIterator[None]:
    assert isinstance(db, SqliteDatabase)
    db._writer.execute("PRAGMA query_only=ON").fetchall()
    yield
    db._writer.execute("PRAGMA query_only=OFF").fetchall()


@asynccontextmanager
async def full_sqlite(db: Database, url: str) -> AsyncIterator[None]:
    """No page more than there are; every change needs one."""
    assert isinstance(db, SqliteDatabase)
    db._writer.execute("""
        CREATE TABLE ballast (x);
        CREATE TEMP TRIGGER one AFTER INSERT ON events BEGIN INSERT INTO ballast VALUES (zeroblob(100000)); END;
        CREATE TEMP TRIGGER two AFTER UPDATE ON config BEGIN INSERT INTO ballast VALUES (zeroblob(100000)); END;
        PRAGMA max_page_count=1""").fetchall()
    yield
    db._writer.execute(
        "PRAGMA max_page_count=1000000; DROP TRIGGER one; DROP TRIGGER two; DROP TABLE ballast"
    ).fetchall()


@asynccontextmanager
async def failing_sqlite(db: Database, url: str) -> AsyncIterator[None]:
    """Something of the engine's that nobody foresaw."""
    assert isinstance(db, SqliteDatabase)
    db._writer.execute("CREATE TEMP TABLE events (secret_column)")
    db._writer.execute("CREATE TEMP TABLE config (secret_column)")
    yield
    db._writer.execute("DROP TABLE temp.events; DROP TABLE temp.config")


@asynccontextmanager
async def as_owner(url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection to the maintenance database of the same server."""
    link = await asyncpg.connect(urlsplit(url)._replace(path="/postgres").geturl(), timeout=10)
    try:
        yield link
    finally:
        await link.close()


async def hang_up_on_everybody(url: str) -> None:
    async with as_owner(url) as owner:
        await owner.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", urlsplit(url).path[1:]
        )


@asynccontextmanager
async def locked_postgres(db: Database, url: str) -> AsyncIterator[None]:
    """Somebody rewrites the table."""
    link = await asyncpg.connect(url, timeout=10)
    await link.execute("BEGIN; LOCK TABLE orders, events, config, alembic_version IN ACCESS EXCLUSIVE MODE")
    yield
    await link.close()


@asynccontextmanager
async def read_only_postgres(db: Database, url: str) -> AsyncIterator[None]:
    name = urlsplit(url).path[1:]
    async with as_owner(url) as owner:
        await owner.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    await hang_up_on_everybody(url)
    yield
    async with as_owner(url) as owner:
        await owner.execute(f'ALTER DATABASE "{name}" RESET default_transaction_read_only')
    await hang_up_on_everybody(url)
    await asyncio.sleep(0.05)  # for the pool to notice


@asynccontextmanager
async def full_postgres(db: Database, url: str) -> AsyncIterator[None]:
    """What the server says when its disk is full."""
    link = await asyncpg.connect(url, timeout=10)
    await link.execute("""
        CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'could not extend file "base/16384/16397"' USING ERRCODE = '53100'; END $$;
        CREATE TRIGGER full_disk BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION full_disk()""")
    yield
    await link.execute("DROP TRIGGER full_disk ON events; DROP FUNCTION full_disk")
    await link.close()


@asynccontextmanager
async def gone_postgres(db: Database, url: str) -> AsyncIterator[None]:
    """Nobody gets in."""
    name = urlsplit(url).path[1:]
    async with as_owner(url) as owner:
        await owner.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
    await hang_up_on_everybody(url)
    yield
    async with as_owner(url) as owner:
        await owner.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')


def case(engine: str, trouble: Trouble, requests: tuple[tuple[str, str, bytes], ...]) -> Any:
    return pytest.param(engine, trouble, requests, id=trouble.__name__)


TROUBLES = (
    case("sqlite", locked_sqlite, CHANGES + READY),
    case("sqlite", read_only_sqlite, CHANGES + READY),
    case("sqlite", full_sqlite, CHANGES + READY),
    case("sqlite", failing_sqlite, CHANGES + READY),
    case("postgres", locked_postgres, CHANGES + LOOKS + READY),
    case("postgres", read_only_postgres, CHANGES + READY),
    case("postgres", full_postgres, CHANGES),
    case("postgres", gone_postgres, CHANGES + LOOKS + READY),
)


@pytest.mark.slow
@pytest.mark.parametrize(("database_url", "trouble", "requests"), TROUBLES, indirect=["database_url"])
async def test_trouble_is_said_plainly_and_passes(
    db: Database,
    database_url: str,
    http: Client,
    key: MakeKey,
    monkeypatch: pytest.MonkeyPatch,
    trouble: Trouble,
    requests: tuple[tuple[str, str, bytes], ...],
) -> None:
    await furnish(db)
    client = http.using(await key("admin"))
    assert (await client.get("/api/v2/orders/72544")).status == 200
    before = await dump(db)
    monkeypatch.setattr(sqlite_file, "LOCK_WAIT", 0.2)
    monkeypatch.setattr(postgres, "STATEMENT_WAIT", 0.3)
    wrong = []
    async with trouble(db, database_url):
        for method, target, body in requests:
            for accept in ("application/json", "application/problem+json"):
                reply = await client.send(method, target, body=body, headers={"Accept": accept})
                if problem := problem_with(reply, accept):
                    wrong.append(f"{method} {target}: {problem}")
    assert not wrong, "\n".join(wrong)
    assert await dump(db) == before
    assert (await client.delete("/api/v2/orders/72544?deleteReason=CUS")).status == 200


def problem_with(reply: Reply, accept: str) -> str:
    """What is wrong with the answer of a service whose database is in trouble."""
    if reply.status != 503:
        return f"status {reply.status}: {reply.body!r}"
    if not 1 <= int(reply.header("retry-after") or 0) <= 60:
        return f"Retry-After: {reply.header('retry-after')}"
    if reply.header("content-type") != accept:
        return f"content type {reply.header('content-type')}"
    body = reply.json()
    if body["error"] not in {"Service unavailable", "Order is busy", "Outcome unknown"} or len(body["details"]) != 1:
        return f"body {body}"
    text = reply.body.decode().lower().replace("postgresql is read-only", "").replace("postgresql does not", "")
    given_away = [word for word in (*GIVEN_AWAY, "no such", "column", "base/", "/tmp") if word in text]
    return f"gives away {given_away}: {body}" if given_away else ""


async def test_the_check_notices_driver_text(http: Client) -> None:
    unavailable = {"error": "Service unavailable", "details": ["no such column: version"]}
    headers = ((b"retry-after", b"1"), (b"content-type", b"application/json"))
    reply = Reply(503, headers, msgspec.json.encode(unavailable))
    assert problem_with(reply, "application/json") == f"gives away ['no such', 'column']: {unavailable}"


async def started(url: str) -> str:
    """What a service says that cannot start."""
    with pytest.raises(Fault) as fault:
        await App(Config(database=url)).start()
    return str(fault.value)


async def test_a_missing_file_is_one_sentence(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/none.db"
    assert (
        await started(url) == f"No database at {tmp_path}/none.db: create it with `traylane migrate --database {url}`"
    )


async def test_another_file_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("no database at all, and longer than a header of SQLite's would be: " * 50)
    assert await started(f"sqlite:///{path}") == (
        f"{path} is not an SQLite database: name another file with --database"
    )


async def test_a_database_of_a_newer_version_is_one_sentence(db: Database, database_url: str) -> None:
    await builders.make_newer(db)
    assert await started(database_url) == (
        "The database is newer than this version of Traylane: install the version that it was migrated for"
    )


async def test_a_database_without_a_schema_is_one_sentence(empty_postgres_url: str) -> None:
    assert await started(empty_postgres_url) == (
        "The database's schema is behind this version of Traylane: run `traylane migrate` first"
    )


async def test_a_server_that_is_not_there_is_one_sentence() -> None:
    assert await started("postgresql://nobody@127.0.0.1:9/none") == (
        "PostgreSQL does not answer: check that it runs, and the address in --database"
    )


async def test_a_service_that_cannot_start_says_so_to_its_server(tmp_path: Path) -> None:
    sent: list[MutableMapping[str, Any]] = []
    app = App(Config(database=f"sqlite:///{tmp_path}/none.db"))

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "lifespan.startup"}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    await app({"type": "lifespan"}, receive, send)
    assert [message["type"] for message in sent] == ["lifespan.startup.failed"]
    assert sent[0]["message"].startswith("No database at ")


async def test_when_the_database_goes_away_during_the_write_the_outcome_is_unknown(
    postgres: Database, postgres_url: str
) -> None:
    await builders.make_order(postgres, "72544")
    _, secret = await builders.make_key(postgres, name="through the proxy")
    async with outside.Proxy(postgres_url, cut_after=b"through the proxy", then_closes=True) as proxy:
        db = connect.database(proxy.url)
        await db.open()
        at_the_desk = builders.desk(db)
        service = Service(at_the_desk, Router(ROUTES), {})
        reply = await Client(service, secret).delete("/api/v2/orders/72544")
        await db.close()

    assert (reply.status, reply.header("retry-after")) == (503, "2")
    assert reply.json() == {
        "error": "Outcome unknown",
        "details": ["Fetch the order, or repeat the request with its Idempotency-Key"],
    }
    assert (await builders.order(postgres, "72544")).is_cancelled


async def test_what_the_log_says_is_a_sentence_and_not_the_drivers(sqlite: SqliteDatabase, sqlite_url: str) -> None:
    async with failing_sqlite(sqlite, sqlite_url):
        with pytest.raises(Fault) as fault:
            await sqlite.check_writable()
    assert str(fault.value) == (
        f"The database {sqlite.path} cannot be used: check that it is a database of Traylane's, or restore a backup"
    )
