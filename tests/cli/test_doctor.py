"""traylane doctor: every finding, with its fault planted, and a healthy laboratory without any."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import apsw
import pytest

from tests import builders
from tests.cli.conftest import Traylane
from tests.conftest import execute, url_of
from tests.ports import free_port
from tests.served import served
from traylane.clock import DAY, Instant, from_text, system_clock
from traylane.db import checkup, connect
from traylane.db.database import Database, Sql

TEST_SERVER = {"fsync_off", "full_page_writes_off", "synchronous_commit_off"}
"""The PostgreSQL of the tests runs without durability, to be quick: faults that it really has."""


@pytest.fixture
def port() -> str:
    """A port that nobody listens on."""
    return str(free_port())


@pytest.fixture
def well(sqlite_url: str) -> Path:
    """The database file of a laboratory that nothing is wrong with."""

    async def fill(db: Database) -> None:
        await builders.make_station(db)
        await builders.make_key(db, "portal")

    on(sqlite_url, fill)
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    path.chmod(0o600)
    return path


def on(url: str, work: Any) -> None:
    """Do something on a database."""

    async def run() -> None:
        db = connect.database(url)
        await db.open()
        try:
            await work(db)
        finally:
            await db.close()

    asyncio.run(run())


def codes(traylane: Traylane, url: str | Path, port: str, *options: str) -> tuple[int, set[str]]:
    """The exit code, and what was found."""
    named = f"sqlite:///{url}" if isinstance(url, Path) else url
    ended = traylane("doctor", "--database", named, "--port", port, "--json", *options)
    return ended.code, {finding["code"] for finding in ended.json["findings"]}


def test_nothing_is_wrong_with_a_healthy_laboratory(traylane: Traylane, well: Path, port: str) -> None:
    ended = traylane("doctor", "--database", f"sqlite:///{well}", "--port", port)
    assert (ended.code, ended.out, ended.err) == (0, "Nothing wrong was found.\n", "")
    as_json = traylane("doctor", "--database", f"sqlite:///{well}", "--port", port, "--json")
    assert as_json.json == {"well": True, "findings": []}


def test_a_finding_says_what_to_do(traylane: Traylane, tmp_path: Path, port: str) -> None:
    ended = traylane("doctor", "--database", f"sqlite:///{tmp_path}/no.db", "--port", port)
    assert (ended.code, ended.err) == (1, "")
    assert ended.out == (
        f"fault no_database: There is no database at {tmp_path}/no.db. "
        f"Create it with `traylane migrate --database sqlite:///{tmp_path}/no.db`, or mend --database.\n"
    )


def test_a_folder_that_is_not_there(traylane: Traylane, tmp_path: Path, port: str) -> None:
    assert codes(traylane, tmp_path / "none" / "lab.db", port) == (1, {"no_folder"})


def test_an_sqlite_that_is_too_old(traylane: Traylane, well: Path, port: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("traylane.db.sqlite_file.OLDEST_SAFE", (99, 0, 0))
    assert codes(traylane, well, port) == (1, {"old_sqlite"})


def test_a_disk_that_is_nearly_full(traylane: Traylane, well: Path, port: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("traylane.db.checkup.LEAST_FREE", 2**62)
    assert codes(traylane, well, port) == (0, {"disk_nearly_full"})


def test_a_write_ahead_log_that_is_too_large(traylane: Traylane, well: Path, port: str) -> None:
    with open(f"{well}-wal", "wb") as wal:
        wal.truncate(257 * 1024 * 1024)
    assert codes(traylane, well, port) == (0, {"wal_too_large"})


def test_a_file_that_others_may_open(traylane: Traylane, well: Path, port: str) -> None:
    well.chmod(0o644)
    assert codes(traylane, well, port) == (0, {"file_open_to_others"})


async def test_a_network_share(well: Path, tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/sda / ext4 rw 0 0\nserver:/x {well.parent} nfs4 rw 0 0\n")
    found = [finding.code async for finding in checkup.examine(f"sqlite:///{well}", mounts=str(mounts))]
    assert found == ["network_share"]


@contextmanager
def nobody() -> Iterator[None]:
    """Act as somebody who owns nothing; root may write everywhere."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(65_534)
    try:
        yield
    finally:
        os.seteuid(before)


def test_a_folder_that_cannot_be_written(traylane: Traylane, well: Path, port: str) -> None:
    assert codes(traylane, well, port) == (0, set())
    well.parent.chmod(0o555)
    with nobody():
        code, found = codes(traylane, well, port)
    assert (code, found) == (1, {"folder_read_only", "file_no_access"})


def test_a_file_that_is_somebody_else_s(traylane: Traylane, well: Path, port: str) -> None:
    assert codes(traylane, well, port) == (0, set())
    well.chmod(0o400)
    well.parent.chmod(0o777)
    with nobody():
        code, found = codes(traylane, well, port)
    assert (code, found) == (1, {"file_no_access"})


@pytest.fixture
def taken() -> Iterator[str]:
    """A port that another program listens on."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield str(other.getsockname()[1])


def test_a_port_that_is_taken(traylane: Traylane, well: Path, taken: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("traylane.cli.doctor._PROBE_SECONDS", 0.1)
    assert codes(traylane, well, taken) == (1, {"port_taken"})


def test_a_port_that_our_own_service_has_is_well(traylane: Traylane, well: Path) -> None:
    with served(f"sqlite:///{well}") as url:
        assert codes(traylane, well, url.rpartition(":")[2]) == (0, set())


def test_an_address_that_is_not_this_machine_s(traylane: Traylane, well: Path, port: str) -> None:
    assert codes(traylane, well, port, "--host", "203.0.113.9") == (1, {"bad_host"})


def test_a_clock_that_cannot_be_right(
    traylane: Traylane, well: Path, port: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("traylane.cli.doctor.system_clock", lambda: from_text("1970-01-01T00:00:00Z"))
    code, found = codes(traylane, well, port)
    assert (code, found) == (1, {"clock_wrong", "clock_behind"})


def test_a_clock_behind_the_last_event(traylane: Traylane, database_url: str, port: str) -> None:
    ahead = Instant(system_clock() + DAY)

    async def fill(db: Database) -> None:
        await builders.make_station(db)
        await builders.make_key(db, "portal", now=ahead)
        await builders.execute(
            db, Sql.same("UPDATE events SET position = 1, hash = $1 WHERE position IS NULL"), bytes(32)
        )

    on(database_url, fill)
    code, found = codes(traylane, database_url, port)
    assert code == 1
    assert "clock_behind" in found


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE alembic_version SET version_num = '9999'; UPDATE config SET usable_from = '9999'",
        "UPDATE alembic_version SET version_num = '0001'",
        "DROP TABLE alembic_version",
    ],
)
def test_a_schema_that_does_not_fit(traylane: Traylane, well: Path, port: str, statement: str) -> None:
    with closing(apsw.Connection(str(well))) as link:
        link.execute(statement)
    assert codes(traylane, well, port) == (1, {"cannot_be_used"})


def test_a_file_that_is_no_database(traylane: Traylane, tmp_path: Path, port: str) -> None:
    path = tmp_path / "lab.db"
    path.write_bytes(b"not a database at all" * 100)
    path.chmod(0o600)
    assert codes(traylane, path, port) == (1, {"cannot_be_used"})


def test_a_database_that_is_locked(traylane: Traylane, well: Path, port: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("traylane.db.sqlite_file.LOCK_WAIT", 0.2)
    with closing(apsw.Connection(str(well))) as other:
        other.execute("BEGIN IMMEDIATE")
        ended = traylane("doctor", "--database", f"sqlite:///{well}", "--port", port)
    assert ended.code == 1
    assert "is locked by another program" in ended.out


def test_an_empty_laboratory(traylane: Traylane, sqlite_url: str, port: str) -> None:
    Path(sqlite_url.removeprefix("sqlite:///")).chmod(0o600)
    assert codes(traylane, sqlite_url, port) == (0, {"no_keys", "no_stations"})


def test_reasons_are_required_and_none_is_active(traylane: Traylane, well: Path, port: str) -> None:
    on(f"sqlite:///{well}", lambda db: builders.set_setting(db, "Orders1:Enter reason code when deleting order", True))
    assert codes(traylane, well, port) == (0, {"no_reasons"})


def test_a_key_that_expires_soon(traylane: Traylane, well: Path, port: str) -> None:
    soon = Instant(system_clock() + DAY)
    on(f"sqlite:///{well}", lambda db: builders.make_key(db, "shop", expires_at=soon))
    ended = traylane("doctor", "--database", f"sqlite:///{well}", "--port", port, "--json")
    assert ended.json["findings"][0]["what"] == "The last live key of shop expires within 14 days"


def test_postgresql_that_is_not_durable(traylane: Traylane, postgres_url: str, port: str) -> None:
    assert codes(traylane, postgres_url, port) == (1, TEST_SERVER | {"no_keys", "no_stations"})


def test_postgresql_that_is_too_old(
    traylane: Traylane, postgres_url: str, port: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("traylane.db.checkup.OLDEST_POSTGRES", 99)
    assert codes(traylane, postgres_url, port) == (1, TEST_SERVER | {"old_postgresql"})


async def test_postgresql_that_is_read_only(postgres_url: str) -> None:
    name = postgres_url.rpartition("/")[2]
    await execute(postgres_url, f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    found = {finding.code async for finding in checkup.examine(postgres_url)}
    assert found == TEST_SERVER | {"read_only"}


def test_postgresql_whose_clock_differs(
    traylane: Traylane, postgres_url: str, port: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("traylane.db.checkup.MOST_CLOCK_SECONDS", -1)
    assert "clocks_differ" in codes(traylane, postgres_url, port)[1]


def test_postgresql_that_does_not_answer(traylane: Traylane, port: str) -> None:
    ended = traylane("doctor", "--database", "postgresql://nobody@127.0.0.1:1/x", "--port", port)
    assert (ended.code, ended.err) == (1, "")
    assert ended.out == (
        "fault no_database: PostgreSQL does not answer. Check that it runs, and the address in --database.\n"
    )


async def test_postgresql_in_another_encoding(postgres_server_url: str) -> None:
    await execute(postgres_server_url, "CREATE DATABASE traylane_latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    try:
        found = {f.code async for f in checkup.examine(url_of(postgres_server_url, "traylane_latin"))}
    finally:
        await execute(postgres_server_url, "DROP DATABASE traylane_latin WITH (FORCE)")
    assert found == TEST_SERVER | {"not_utf8"}


def test_a_url_that_is_none_is_3(traylane: Traylane) -> None:
    assert traylane("doctor", "--database", "lab.db").code == 3
