"""A service that is told to stop lets everybody go who waits for events, with an answer that is whole."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.builders import NOW, execute, make_key
from tests.events.test_seal import sealed
from tests.journeys.conftest import SetUp
from tests.journeys.server import Server, rest, send
from traylane.access.actor import COMMAND_LINE
from traylane.db.database import Database, Sql
from traylane.webhooks import manage
from traylane.webhooks.manage import Wanted

pytestmark = pytest.mark.slow

LONG_BEFORE_THE_WAIT_IS_OVER = 8
"""Seconds; who waits waits for 30, and the server would wait for it for 10."""


async def _reader(db: Database) -> str:
    _, secret = await make_key(db, scopes=("events:read",))
    await sealed(db)
    return secret


def _get(path: str, key: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n\r\n".encode()


@pytest.mark.parametrize(("engine", "workers"), [("sqlite_url", "1"), ("postgres_url", "2")])
def test_a_stop_waits_for_nobody_who_waits_for_events(
    request: pytest.FixtureRequest, tmp_path: Path, set_up: SetUp, engine: str, workers: str
) -> None:
    url = request.getfixturevalue(engine)
    key = set_up(url, _reader)
    with Server(url, tmp_path, "--workers", workers) as server:
        poll, stream = server.socket(), server.socket()
        poll.sendall(_get("/api/v2/events?wait=30", key))
        stream.sendall(_get("/api/v2/events/stream", key))
        told = b""
        while b": nothing new" not in told:
            told += stream.recv(65_536)
        # The poll was sent before all of this: it waits.
        assert server.send("GET", "/livez").status == 200
        began = time.monotonic()
        server.stop()
        took = time.monotonic() - began
        head, _, body = rest(poll).partition(b"\r\n\r\n")
        told += rest(stream)
        poll.close()
        stream.close()
    assert took < LONG_BEFORE_THE_WAIT_IS_OVER
    assert (head.split(b"\r\n")[0], json.loads(body)["items"]) == (b"HTTP/1.1 200 OK", [])
    assert told.endswith(b"\r\n0\r\n\r\n")


async def _an_endpoint(db: Database) -> None:
    wanted = Wanted(url="https://shop.example/")
    await db.write(lambda tx: manage.create(tx, wanted, position=0, allowed=(), actor=COMMAND_LINE, now=NOW))


async def _holders(db: Database) -> list[object]:
    return [row[0] for row in await execute(db, Sql.same("SELECT lease_holder FROM webhooks"))]


def test_a_dispatcher_alone_ends_when_it_is_told_to(sqlite_url: str, set_up: SetUp) -> None:
    set_up(sqlite_url, _an_endpoint)
    command = [sys.executable, "-m", "traylane", "dispatch", "--database", sqlite_url]
    process = subprocess.Popen(command)
    give_up = time.monotonic() + 30
    while set_up(sqlite_url, _holders) == [None] and time.monotonic() < give_up:
        time.sleep(0.05)
    process.terminate()
    assert (process.wait(20), set_up(sqlite_url, _holders)) == (0, [None])


def test_a_service_that_drains_sends_everybody_elsewhere_and_ends_well(sqlite_url: str, tmp_path: Path) -> None:
    server = Server(sqlite_url, tmp_path, "--drain", "60")
    server.start()
    kept = server.connect()
    before = send(kept, "GET", "/readyz")
    os.kill(server.pid, signal.SIGTERM)
    give_up = time.monotonic() + 20
    while (ready := server.send("GET", "/readyz")).status == 200 and time.monotonic() < give_up:
        time.sleep(0.02)
    after = send(kept, "GET", "/livez")
    assert (before.status, before.header("connection")) == (200, None)
    assert (ready.status, ready.json()["details"], ready.header("retry-after")) == (
        503,
        ["The service is stopping"],
        "1",
    )
    assert (after.status, after.header("connection")) == (200, "close")
    assert server.stop() == 0  # the second word ends the drain


@pytest.mark.parametrize("drain", ["0", "60"])
def test_the_second_word_to_stop_ends_a_drain_and_without_one_the_first_does(
    sqlite_url: str, tmp_path: Path, drain: str
) -> None:
    server = Server(sqlite_url, tmp_path, "--drain", drain)
    server.start()
    began = time.monotonic()
    os.kill(server.pid, signal.SIGTERM)
    time.sleep(0.05)
    assert server.stop() == 0
    assert time.monotonic() - began < 10


def test_whoever_has_just_come_when_the_server_stops_is_answered(sqlite_url: str, tmp_path: Path) -> None:
    server = Server(sqlite_url, tmp_path, "--drain", "0")
    server.start()
    with server.socket() as link:
        assert server.send("GET", "/livez").status == 200  # so it has been accepted
        os.kill(server.pid, signal.SIGTERM)
        time.sleep(0.3)
        link.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = rest(link)
    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert b"connection: close" in answer
    assert server.stop() == 0
