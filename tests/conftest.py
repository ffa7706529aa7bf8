"""Every test gets a fresh, migrated database of either engine; coroutine tests run on a loop of their own."""

from __future__ import annotations

import asyncio
import fcntl
import inspect
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import asyncpg
import pytest
from hypothesis import settings as hypothesis_settings

from tests import postgres_server
from traylane.db import connect, migrate
from traylane.db import postgres as postgres_module
from traylane.db.database import Database
from traylane.db.postgres import PostgresDatabase
from traylane.db.schema import metadata
from traylane.db.sqlite import SqliteDatabase

hypothesis_settings.register_profile("traylane", deadline=None, print_blob=True)
hypothesis_settings.load_profile("traylane")

_RUN = "traylane_run"


def pytest_configure(config: pytest.Config) -> None:
    # Workers of one run share a folder; only the controller makes and removes it.
    if not hasattr(config, "workerinput"):
        config.stash[_FOLDER] = Path(tempfile.mkdtemp(prefix="traylane-tests-"))
    else:
        config.stash[_FOLDER] = Path(config.workerinput[_RUN])


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    node.workerinput[_RUN] = str(node.config.stash[_FOLDER])


def pytest_unconfigure(config: pytest.Config) -> None:
    folder = config.stash.get(_FOLDER, None)
    if folder is None or hasattr(config, "workerinput"):
        return
    template = folder / "template"
    if postgres_server.VARIABLE in os.environ and template.exists():
        name = template.read_text()
        asyncio.run(execute(os.environ[postgres_server.VARIABLE], f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
    postgres_server.stop(folder)
    shutil.rmtree(folder)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long begins first, so that no worker is left with it when the others have nothing to do."""
    items.sort(key=lambda item: (item.get_closest_marker("promise") is None, item.get_closest_marker("slow") is None))


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run coroutine tests, on the loop that the test's fixtures use."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    runner = cast(asyncio.Runner, pyfuncitem.funcargs["runner"])
    names = inspect.signature(pyfuncitem.obj).parameters
    runner.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names}))
    return True


@pytest.fixture(autouse=True)
def runner() -> Iterator[asyncio.Runner]:
    """The test's event loop."""
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that is slow for a moment is no database that is away; what is about that says how long it waits."""
    monkeypatch.setattr(postgres_module, "ACQUIRE_WAIT", 20.0)
    monkeypatch.setattr(postgres_module, "CONNECT_WAIT", 20.0)
    monkeypatch.setattr(migrate, "CONNECT_WAIT", 20.0)
    for database in (PostgresDatabase, SqliteDatabase):
        monkeypatch.setattr(database, "patience", 20.0)


@pytest.fixture(scope="session")
def shared(request: pytest.FixtureRequest) -> Path:
    """A folder that all workers of this run share."""
    return request.config.stash[_FOLDER]


@pytest.fixture(scope="session")
def postgres_server_url(shared: Path) -> str:
    """The maintenance database of the server that all workers of this run share."""
    if given := os.environ.get(postgres_server.VARIABLE):
        return given
    with _locked(shared):
        known = shared / "server"
        if not known.exists():
            try:
                known.write_text(postgres_server.start(shared))
            except postgres_server.CannotStart as error:
                known.write_text(str(error))
        answer = known.read_text()
    if not answer.startswith("postgresql://"):
        pytest.fail(answer, pytrace=False)
    return answer


@pytest.fixture(scope="session")
def postgres_template(shared: Path, postgres_server_url: str) -> str:
    """The name of a migrated database that nobody is connected to."""
    with _locked(shared):
        known = shared / "template"
        if not known.exists():
            name = f"traylane_template_{secrets.token_hex(4)}"
            asyncio.run(execute(postgres_server_url, f'CREATE DATABASE "{name}"'))
            asyncio.run(migrate.upgrade(url_of(postgres_server_url, name)))
            known.write_text(name)
        return known.read_text()


@pytest.fixture(scope="session")
def sqlite_template(shared: Path) -> Path:
    """A migrated SQLite file that nobody has open."""
    path = shared / "template.db"
    with _locked(shared):
        if not path.exists():
            asyncio.run(migrate.upgrade(f"sqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def recycled(postgres_server_url: str, postgres_template: str) -> Iterator[Recycled]:
    """This worker's PostgreSQL database, empty for each test."""
    recycled = Recycled(postgres_server_url, postgres_template)
    yield recycled
    recycled.drop()


@pytest.fixture
def postgres_url(recycled: Recycled) -> Iterator[str]:
    """A fresh, migrated PostgreSQL database."""
    yield recycled.take()
    recycled.give_back()


@pytest.fixture
def empty_postgres_url(postgres_server_url: str) -> Iterator[str]:
    """A fresh PostgreSQL database without a schema."""
    yield from _fresh_postgres(postgres_server_url)


@pytest.fixture
def sqlite_url(sqlite_template: Path) -> Iterator[str]:
    """A fresh, migrated SQLite database, in memory where there is room: every commit waits for the disk otherwise."""
    roomy = _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > 1_000_000_000
    with tempfile.TemporaryDirectory(prefix="traylane-lab-", dir=_MEMORY if roomy else None) as folder:
        path = Path(folder) / "lab.db"
        shutil.copyfile(sqlite_template, path)
        yield f"sqlite:///{path}"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.again)])
def database_url(request: pytest.FixtureRequest) -> str:
    """A fresh, migrated database of either engine."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def db(database_url: str, runner: asyncio.Runner) -> Iterator[Database]:
    """An open database of either engine."""
    yield from _opened(database_url, runner)


@pytest.fixture
def postgres(postgres_url: str, runner: asyncio.Runner) -> Iterator[Database]:
    """An open PostgreSQL database."""
    yield from _opened(postgres_url, runner)


@pytest.fixture
def sqlite(sqlite_url: str, runner: asyncio.Runner) -> Iterator[Database]:
    """An open SQLite database."""
    yield from _opened(sqlite_url, runner)


@pytest.fixture
def other(sqlite_template: Path, tmp_path: Path, runner: asyncio.Runner) -> Iterator[Database]:
    """A second open database, to bring over what was exported."""
    path = tmp_path / "other.db"
    shutil.copyfile(sqlite_template, path)
    yield from _opened(f"sqlite:///{path}", runner)


def url_of(server_url: str, name: str) -> str:
    """The URL of another database of the same server."""
    return urlsplit(server_url)._replace(path=f"/{name}").geturl()


_FOLDER = pytest.StashKey[Path]()
_MEMORY = Path("/dev/shm")


def _opened(url: str, runner: asyncio.Runner) -> Iterator[Database]:
    database = connect.database(url)
    runner.run(database.open())
    yield database
    runner.run(database.close())


class Recycled:
    """One migrated database after the other.

    Making one takes PostgreSQL half a second, emptying one a few milliseconds; so a database whose schema and settings
    a test left alone is emptied, and any other is dropped.
    """

    def __init__(self, server_url: str, template: str) -> None:
        self._server_url = server_url
        self._template = template
        self._name = ""
        self._looks: object = None

    def take(self) -> str:
        if not self._name:
            self._name = f"traylane_test_{secrets.token_hex(6)}"
            asyncio.run(execute(self._server_url, f'CREATE DATABASE "{self._name}" TEMPLATE "{self._template}"'))
            self._looks = asyncio.run(self._inspect())
        return url_of(self._server_url, self._name)

    def give_back(self) -> None:
        if not asyncio.run(self._emptied()):
            self.drop()

    def drop(self) -> None:
        if self._name:
            asyncio.run(execute(self._server_url, f'DROP DATABASE "{self._name}" WITH (FORCE)'))
            self._name = ""

    async def _inspect(self) -> object:
        link = await asyncpg.connect(url_of(self._server_url, self._name))
        try:
            return await link.fetchrow(_LOOKS)
        finally:
            await link.close()

    async def _emptied(self) -> bool:
        try:
            link = await asyncpg.connect(url_of(self._server_url, self._name), command_timeout=20)
        except asyncpg.PostgresError:
            return False
        try:
            await link.execute(_OTHERS_GO)
            if await link.fetchrow(_LOOKS) != self._looks:
                return False
            await link.execute(_EMPTY)
        except (asyncpg.PostgresError, TimeoutError):
            # Not a superuser, or somebody still holds a lock.
            return False
        finally:
            await link.close()
        return True


_OTHERS_GO = """
    SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()"""
_LOOKS = """
    SELECT (SELECT string_agg(format('%s %s %s', oid, relname, relpersistence), ',' ORDER BY oid) FROM pg_class
            WHERE relnamespace = 'public'::regnamespace),
        (SELECT string_agg(format('%s %s %s', oid, tgname, tgenabled), ',' ORDER BY oid) FROM pg_trigger
            WHERE NOT tgisinternal),
        (SELECT string_agg(format('%s %s %s', oid, proname, prosrc), ',' ORDER BY oid) FROM pg_proc
            WHERE pronamespace = 'public'::regnamespace),
        (SELECT string_agg(format('%s %s', conname, contype), ',' ORDER BY oid) FROM pg_constraint
            WHERE connamespace = 'public'::regnamespace),
        (SELECT string_agg(format('%s', setconfig), ',') FROM pg_db_role_setting WHERE setdatabase =
            (SELECT oid FROM pg_database WHERE datname = current_database())),
        (SELECT string_agg(version_num, ',') FROM alembic_version),
        (SELECT pg_database_size(current_database()) > 40000000)"""
_EMPTY = (
    """
    SET lock_timeout = 1000;
    SET session_replication_role = replica;
    """
    + "".join(f"DELETE FROM {table};" for table in metadata.tables if table != "config")
    + """
    UPDATE config SET version = 1, epoch = (extract(epoch FROM clock_timestamp()) * 1000)::bigint;"""
)


def _fresh_postgres(server_url: str) -> Iterator[str]:
    name = f"traylane_test_{secrets.token_hex(6)}"
    asyncio.run(execute(server_url, f'CREATE DATABASE "{name}"'))
    yield url_of(server_url, name)
    asyncio.run(execute(server_url, f'DROP DATABASE "{name}" WITH (FORCE)'))


async def execute(url: str, statement: str) -> None:
    link = await asyncpg.connect(url, timeout=60)
    try:
        await link.execute(statement)
    finally:
        await link.close()


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    with (folder / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
