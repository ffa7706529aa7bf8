"""Exit codes, mistakes, and how a command ends."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from bench.processes import used_by
from tests.builders import execute, make_orders
from tests.cli.conftest import Traylane
from traylane.db import connect
from traylane.db.database import Sql

PROGRAM = (sys.executable, "-m", "traylane")


def prepared(url: str, *statements: str, orders: int = 0) -> None:
    """A database after statements, with orders."""

    async def work() -> None:
        db = connect.database(url)
        await db.open()
        for statement in statements:
            await execute(db, Sql.same(statement))
        await make_orders(db, [f"A{n}" for n in range(orders)])
        await db.close()

    asyncio.run(work())


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("keyz",), "No such command 'keyz'. Did you mean 'keys'?"),
        (("orders", "cancle", "1"), "No such command 'cancle'. Did you mean 'cancel'?"),
        (("keys", "list", "--jsn"), "No such option: --jsn (Possible options: --json)"),
        (("orders", "show", "1", "--by", "tary"), "Invalid value for --by: 'tary' is unknown. Did you mean 'tray'?"),
        (("orders", "show", "1", "--by", "zzzz"), "'zzzz' is unknown. It is one of order, tray, po."),
        (("orders", "show"), "Missing argument 'ID'."),
        (("orders", "show", "\udcff"), "An argument is not UTF-8"),
        (("orders", "events", "1", "--limit", "-1"), "Invalid value for '--limit'"),
        (("orders", "cancel", "1", "--reason", "R" * 21), "a reason has at most 20 characters"),
        (("keys", "create", "--name", "x"), "Missing option '--scopes'"),
        (("keys", "list"), "name the database, for example --database sqlite:///lab.db, or set TRAYLANE_DATABASE"),
    ],
)
def test_wrong_usage_is_one_sentence_and_2(traylane: Traylane, arguments: tuple[str, ...], sentence: str) -> None:
    ended = traylane(*arguments)
    assert (ended.code, ended.out) == (2, "")
    assert sentence in ended.err
    assert ended.err.count("\n") == 1


def test_wrong_usage_as_json(traylane: Traylane) -> None:
    ended = traylane("orders", "show", "1", "--by", "tary", "--json")
    assert (ended.code, ended.err) == (2, "")
    assert ended.json == {
        "error": "Invalid value for --by: 'tary' is unknown. Did you mean 'tray'?",
        "details": [],
    }


@pytest.mark.parametrize(
    "arguments",
    [
        ("keys", "list"),
        ("keys", "revoke", "x"),
        ("setup", "export"),
        ("setup", "apply", "-"),
        ("orders", "show", "1"),
        ("orders", "cancel", "1"),
        ("orders", "events", "1"),
        ("orders", "import", "-"),
        ("orders", "export"),
    ],
)
def test_every_command_asks_for_a_database_that_exists(
    traylane: Traylane, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    path = tmp_path / "none.db"
    sentence = f"No database at {path}: create it with `traylane migrate --database sqlite:///{path}`"
    plain = traylane(*arguments, "--database", f"sqlite:///{path}")
    assert (plain.code, plain.out, plain.err) == (3, "", sentence + "\n")
    assert not path.exists()


def test_a_missing_database_as_json(traylane: Traylane, tmp_path: Path) -> None:
    ended = traylane("keys", "list", "--json", "--database", f"sqlite:///{tmp_path}/none.db")
    assert (ended.code, ended.err) == (3, "")
    assert ended.json["error"].startswith("No database at ")
    assert ended.json["details"] == []


@pytest.mark.parametrize(
    ("statements", "sentence"),
    [
        (
            ["UPDATE alembic_version SET version_num = '9999'", "UPDATE config SET usable_from = '9999'"],
            "The database is newer than this version of Traylane",
        ),
        (["DELETE FROM alembic_version"], "run `traylane migrate` first"),
    ],
)
def test_a_schema_that_does_not_fit_is_said(
    traylane: Traylane, database_url: str, statements: list[str], sentence: str
) -> None:
    prepared(database_url, *statements)
    ended = traylane("keys", "list", "--database", database_url)
    assert ended.code == 3
    assert sentence in ended.err


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("lab.db", "Not a database URL: 'lab.db'; write sqlite:///lab.db or postgresql://user@host/name"),
        ("postgresql://nobody@127.0.0.1:1/x", "PostgreSQL does not answer: check that it runs"),
    ],
)
def test_a_database_that_cannot_be_used_is_3(traylane: Traylane, url: str, sentence: str) -> None:
    ended = traylane("keys", "list", "--database", url)
    assert ended.code == 3
    assert sentence in ended.err


def test_a_file_that_is_no_database_is_said(traylane: Traylane, tmp_path: Path) -> None:
    (tmp_path / "lab.db").write_bytes(b"no database at all, but long enough to have a header" * 100)
    ended = traylane("keys", "list", "--database", f"sqlite:///{tmp_path}/lab.db")
    assert (ended.code, ended.err) == (
        3,
        f"{tmp_path}/lab.db is not an SQLite database: name another file with --database\n",
    )


def test_the_option_wins_over_the_environment(
    traylane: Traylane, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRAYLANE_DATABASE", "sqlite:////nowhere/lab.db")
    assert traylane("keys", "list", "--json", "--database", sqlite_url).json == {"total": 0, "items": []}


def test_help_names_the_exit_codes_and_is_quick() -> None:
    ended = subprocess.run([*PROGRAM, "--help"], capture_output=True, text=True, check=True)
    assert "Exit codes: 0 done, 1 refused" in ended.stdout
    assert used_by([*PROGRAM, "--help"]).cpu < 0.5  # 0.2 s, and a busy machine adds to it


def test_help_loads_nothing_that_only_commands_need() -> None:
    """Help takes a fifth of a second; each of these would add to it."""
    heavy = {"apsw", "asyncpg", "sqlalchemy", "alembic", "msgspec", "httpx", "rich", "asyncio", "ssl", "http.client"}
    code = f"import sys; from traylane.cli.main import main; main(['--help']); print({heavy} & set(sys.modules))"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines()[-1] == "set()"


def test_no_command_is_help_and_wrong_usage(traylane: Traylane) -> None:
    assert traylane().code == 2
    assert traylane("orders").code == 2


@pytest.mark.slow
def test_ctrl_c_ends_an_import_that_waits_for_its_input(sqlite_url: str) -> None:
    command = [*PROGRAM, "orders", "import", "-", "--database", sqlite_url]
    # A shell starts what runs in its background deaf to Ctrl-C, and so all that comes from there.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    running = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    signal.signal(signal.SIGINT, before)
    with running:
        assert running.stdin is not None
        assert running.stderr is not None
        running.stdin.write(b"not an order\n" * 200)
        running.stdin.flush()
        assert running.stderr.readline() == b"line 1: line is not valid JSON\n"
        running.send_signal(signal.SIGINT)
        rest = running.stderr.read()
        assert running.wait(10) == 130
    assert rest.endswith(b"Interrupted\n")
    assert b"Traceback" not in rest


@pytest.mark.slow
def test_a_reader_that_goes_away_ends_an_export_quietly(sqlite_url: str) -> None:
    prepared(sqlite_url, orders=2000)
    command = [*PROGRAM, "orders", "export", "--database", sqlite_url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.read(10)
        running.stdout.close()
        assert running.stderr.read() == b""
        assert running.wait(10) == 141


def test_a_locked_database_is_said(traylane: Traylane, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("traylane.db.sqlite_file.LOCK_WAIT", 0.2)
    path = sqlite_url.removeprefix("sqlite:///")
    with closing(apsw.Connection(path)) as another:
        another.execute("BEGIN IMMEDIATE")
        tracker_off = b"[settings]\n'Modules:Job Tracker' = false"
        ended = traylane("setup", "apply", "-", "--database", sqlite_url, given=tracker_off)
    assert (ended.code, ended.out) == (3, "")
    assert ended.err == f"The database {path} is locked by another program: stop that program, or wait for it\n"
