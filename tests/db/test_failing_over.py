"""The server that led leads no longer: connections to it are given up, and nothing unsure is acknowledged."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from urllib.parse import urlsplit

import asyncpg
import pytest

from tests import postgres_server
from tests.builders import cancel, desk, execute, make_order, make_orders
from tests.db import outside
from tests.reliability.own_server import DURABLE, a_server
from traylane.db import connect, postgres
from traylane.db.database import ConnectionLost, Database, Sql
from traylane.db.postgres_errors import translation
from traylane.errors import OutcomeUnknown, Unavailable
from traylane.orders.change import Done

CANCELLED = "SELECT count(*) FROM orders WHERE cancelled_at IS NOT NULL"
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"


async def test_a_connection_to_a_server_that_became_read_only_is_given_up(postgres_url: str) -> None:
    name = urlsplit(postgres_url).path[1:]
    await outside.execute(postgres_url, f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    db = connect.database(postgres_url)
    await db.open()
    try:
        with pytest.raises(Unavailable, match="read-only"):
            await make_order(db)
        await outside.execute(
            postgres_url, "SET default_transaction_read_only = off", f'ALTER DATABASE "{name}" RESET ALL'
        )

        async with asyncio.timeout(20):
            while not await is_written(db):  # a connection that was made before may be tried as well
                pass
    finally:
        await db.close()


async def is_written(db: Database) -> bool:
    try:
        await make_order(db)
    except Unavailable:
        return False
    return True


@pytest.mark.parametrize(
    ("said", "what"),
    [
        ("query_wait_timeout", Unavailable),
        ("server login has been failing, try again later (server_login_retry)", Unavailable),
        ("server conn crashed?", ConnectionLost),
    ],
)
def test_what_pgbouncer_has_not_passed_on_was_not_done(said: str, what: type[Exception]) -> None:
    broken = asyncpg.ConnectionDoesNotExistError(f"connection was closed in the middle of operation: {said}")
    assert type(translation(broken)) is what


async def test_the_schema_is_looked_at_without_a_name_that_a_pooled_connection_may_know(postgres_url: str) -> None:
    parts, sent = urlsplit(postgres_url), bytearray()

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, to_there = await asyncio.open_connection(parts.hostname, parts.port)
        back = asyncio.create_task(copy(there, writer))
        await copy(reader, to_there, sent)
        await back

    server = await asyncio.start_server(pass_on, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    through = parts._replace(netloc=f"{parts.username}:{parts.password}@127.0.0.1:{port}").geturl()

    await connect.require_usable(through)
    server.close()

    assert b"version_num" in sent
    assert b"stmt" not in sent


async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seen: bytearray | None = None) -> None:
    while data := await reader.read(65_536):
        if seen is not None:
            seen += data
        writer.write(data)
    writer.close()


@pytest.fixture
def waiting(runner: asyncio.Runner, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Database, str]]:
    """A database with three orders whose commits wait for a standby that is not there, and its URL."""
    with a_server(DURABLE) as (_, url):
        db = connect.database(url)
        runner.run(db.open())
        runner.run(make_orders(db, ["1001", "1002", "1003"]))
        runner.run(outside.execute(url, "ALTER SYSTEM SET synchronous_standby_names = 'n2'", "SELECT pg_reload_conf()"))
        runner.run(until(url, "SELECT count(*) FROM pg_settings WHERE setting = 'n2'"))
        monkeypatch.setattr(postgres, "STATEMENT_WAIT", -0.5)  # and one second more
        yield db, url
        runner.run(outside.execute(url, "ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()"))
        runner.run(db.close())


async def until(url: str, counting: str) -> None:
    """Return once a statement counts something."""
    link = await asyncpg.connect(url)
    try:
        async with asyncio.timeout(20):
            while not await link.fetchval(counting):  # noqa: ASYNC110 (the server is asked)
                await asyncio.sleep(0.01)
    finally:
        await link.close()


@pytest.mark.slow
async def test_what_no_standby_has_is_neither_acknowledged_nor_seen(waiting: tuple[Database, str]) -> None:
    db, url = waiting

    with pytest.raises(OutcomeUnknown):
        await cancel(desk(db))

    assert await execute(db, Sql.same(CANCELLED)) == [(0,)]
    await outside.execute(url, "ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()")
    await until(url, CANCELLED)


@pytest.mark.slow
async def test_what_is_seen_before_a_standby_has_it_is_not_acknowledged(waiting: tuple[Database, str]) -> None:
    db, url = waiting
    first = asyncio.create_task(cancel(desk(db), key="k"))
    await until(url, WAITING)
    await outside.execute(url, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'")
    await until(url, CANCELLED)

    with pytest.raises(Unavailable):
        await cancel(desk(db), key="k")
    with pytest.raises(Unavailable):
        await first


@pytest.mark.slow
async def test_only_what_was_under_way_when_commits_began_to_hang_is_unknown(
    waiting: tuple[Database, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    db, url = waiting
    monkeypatch.setattr(db, "patience", 0.3)
    at_the_desk = desk(db)
    first = asyncio.create_task(cancel(at_the_desk, "1001"))
    await until(url, WAITING)

    with pytest.raises(Unavailable, match="nothing was done"):
        await cancel(at_the_desk, "1002")
    with pytest.raises(OutcomeUnknown):
        await first
    with pytest.raises(Unavailable, match="nothing was done"):
        await cancel(at_the_desk, "1003")

    await outside.execute(url, "ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()")
    await until(url, CANCELLED)
    assert await execute(db, Sql.same(CANCELLED)) == [(1,)]
    assert isinstance(await cancel(at_the_desk, "1003"), Done)


@pytest.mark.slow
def test_what_a_standby_shows_is_not_acknowledged(runner: asyncio.Runner) -> None:
    with a_server(DURABLE) as (folder, url):
        db = connect.database(url)
        runner.run(db.open())
        runner.run(make_order(db))
        runner.run(cancel(desk(db), key="k"))
        postgres_server.kill(folder)
        (folder / "data" / "standby.signal").touch()
        postgres_server.start_again(folder)

        with pytest.raises(Unavailable, match="read-only"):
            runner.run(asyncio.wait_for(said_at_last(db), 20))
        runner.run(db.close())


async def said_at_last(db: Database) -> object:
    """What comes of the same request once its connections are those to the server that runs now."""
    while True:
        try:
            return await cancel(desk(db), key="k")
        except Unavailable as refusal:
            if "read-only" in str(refusal):
                raise
        await asyncio.sleep(0.05)
