"""A command asks a service instead of a database: which one is meant, and what is said when it cannot be used."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.cli.conftest import Traylane
from tests.served import served

GONE = "http://127.0.0.1:1"
LOST = f"No service answers at {GONE}: check the address, and that it runs\n"
SHOW = ("orders", "show", "9999999")
NOT_THERE = "No record found; Provided: 9999999\n"


@pytest.fixture
def service(lab: Traylane, sqlite_url: str) -> Iterator[tuple[str, str]]:
    """Where an empty laboratory is served, and a key to it."""
    lab("setup", "apply", "-", "--database", sqlite_url, given=b"")
    made = ("keys", "create", "--name", "desk", "--scopes", "orders:read", "--json", "--database", sqlite_url)
    key = lab(*made).json["key"]
    with served(sqlite_url) as url:
        yield url, key


def test_the_environment_names_the_service_and_the_key(
    traylane: Traylane, service: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TRAYLANE_DATABASE")
    monkeypatch.setenv("TRAYLANE_URL", service[0])
    monkeypatch.setenv("TRAYLANE_KEY", service[1])
    ended = traylane(*SHOW)
    assert (ended.code, ended.out, ended.err) == (1, "", NOT_THERE)


def test_what_is_typed_wins_over_the_environment(
    lab: Traylane, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert lab(*SHOW, "--url", GONE).err == LOST
    monkeypatch.setenv("TRAYLANE_DATABASE", "sqlite:////nowhere/lab.db")
    monkeypatch.setenv("TRAYLANE_URL", GONE)
    assert lab(*SHOW, "--database", database_url).err == NOT_THERE


def test_two_places_are_one_too_many(lab: Traylane, monkeypatch: pytest.MonkeyPatch) -> None:
    typed = lab(*SHOW, "--url", GONE, "--database", "sqlite:///other.db")
    monkeypatch.setenv("TRAYLANE_URL", GONE)
    set_twice = lab(*SHOW)
    assert typed.code == set_twice.code == 2
    assert typed.err == set_twice.err == "Invalid value for --url: name a database or a service, not both\n"


def test_a_service_that_does_not_answer_is_3(traylane: Traylane) -> None:
    ended = traylane(*SHOW, "--url", GONE, "--json")
    assert (ended.code, ended.err) == (3, "")
    assert ended.json == {"error": LOST.rstrip(), "details": []}


def test_an_address_that_is_none_is_wrong_usage(traylane: Traylane) -> None:
    ended = traylane(*SHOW, "--url", "lab:4567")
    assert ended.code == 2
    assert "the address of a service looks like http://127.0.0.1:4567" in ended.err


def test_without_a_key_a_service_cannot_be_used(traylane: Traylane, service: tuple[str, str]) -> None:
    ended = traylane(*SHOW, "--url", service[0])
    assert (ended.code, ended.out) == (3, "")
    assert ended.err == "Authentication required; Give a key with --key or TRAYLANE_KEY\n"
    assert traylane(*SHOW, "--url", service[0], "--json").json == {"error": "Authentication required", "details": []}


def test_a_key_that_may_not_is_refused(traylane: Traylane, service: tuple[str, str]) -> None:
    ended = traylane("orders", "cancel", "1", "--url", service[0], "--key", service[1])
    assert (ended.code, ended.err) == (1, "Not allowed; Scope needed: orders:cancel\n")


def test_on_a_database_no_http_is_loaded(sqlite_url: str) -> None:
    program = (
        "import sys; from traylane.cli.main import main; main(['orders', 'show', 'X']);"
        "print([m for m in ('httpx', 'httpcore', 'uvicorn') if m in sys.modules])"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={"TRAYLANE_DATABASE": sqlite_url, "PYTHONPATH": ":".join(sys.path)},
    )
    assert (ended.stdout, ended.stderr) == ("[]\n", "No record found; Provided: X\n")
