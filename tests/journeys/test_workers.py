"""Several worker processes: on PostgreSQL; on SQLite the service is one process."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import time
from pathlib import Path

import psutil
import pytest

from tests.builders import make_key, make_orders
from tests.journeys.conftest import SetUp
from tests.journeys.server import Server, run, send
from traylane.db.database import Database
from traylane.serving import WORKER_SECONDS

pytestmark = pytest.mark.slow

ASKED_EVERY = 0.5
"""Seconds; the supervisor's, of each worker."""
SOON_SECONDS = WORKER_SECONDS * 2 / 3
NUMBERS = [f"{1000 + number}" for number in range(40)]


async def _orders_and_key(db: Database) -> str:
    await make_orders(db, NUMBERS)
    _, secret = await make_key(db)
    return secret


def test_two_workers_on_postgresql_share_the_work(postgres_url: str, tmp_path: Path, set_up: SetUp) -> None:
    key = set_up(postgres_url, _orders_and_key)
    with Server(postgres_url, tmp_path, "--workers", "2") as server:
        workers = _workers(server)
        statuses = [server.send("DELETE", f"/api/v2/orders/{number}", key=key).status for number in NUMBERS]
        again = {server.send("DELETE", f"/api/v2/orders/{number}", key=key).status for number in NUMBERS}
        asked_to = time.monotonic()
        code = server.stop()
    assert len(workers) == 2
    assert statuses == [200] * 40
    assert again == {400}
    assert code == 0
    assert time.monotonic() - asked_to < 10
    assert [pid for pid in workers if psutil.pid_exists(pid)] == []


def test_a_worker_that_was_killed_is_replaced(postgres_url: str, tmp_path: Path, set_up: SetUp) -> None:
    key = set_up(postgres_url, _orders_and_key)
    with Server(postgres_url, tmp_path, "--workers", "2") as server:
        killed = min(_two_workers(server))
        os.kill(killed, signal.SIGKILL)
        _two_workers(server, besides=killed)
        connection = server.connect()
        status = send(connection, "DELETE", "/api/v2/orders/1000", key=key).status
        connection.close()
    assert status == 200


def test_a_worker_that_dies_while_it_is_asked_how_it_is_is_replaced_as_soon(postgres_url: str, tmp_path: Path) -> None:
    with Server(postgres_url, tmp_path, "--workers", "2") as server:
        killed = min(_two_workers(server))
        os.kill(killed, signal.SIGSTOP)
        time.sleep(ASKED_EVERY + 0.5)
        os.kill(killed, signal.SIGKILL)
        _two_workers(server, besides=killed)


def test_two_workers_on_sqlite_are_refused_with_a_sentence_that_names_postgresql(sqlite_url: str) -> None:
    ended = run("serve", "--database", sqlite_url, "--port", "1", "--workers", "2")
    assert (ended.returncode, ended.stdout) == (3, b"")
    assert ended.stderr == b"On SQLite the service is one process: use --workers 1, or PostgreSQL for more\n"


def _two_workers(server: Server, *, besides: int = 0) -> set[int]:
    give_up = time.monotonic() + SOON_SECONDS
    while len(found := _workers(server) - {besides}) < 2:
        assert time.monotonic() < give_up
        time.sleep(0.1)
    return found


def _workers(server: Server) -> set[int]:
    """The processes that answer: children of the one that was started, but for Python's own helper."""
    children = psutil.Process(server.pid).children()
    return {child.pid for child in children if "spawn_main" in " ".join(_command(child))}


def _command(process: psutil.Process) -> list[str]:
    try:
        command: list[str] = process.cmdline()
    except psutil.NoSuchProcess:  # a zombie is one of them
        return []
    return command


async def _orders_and_keys(db: Database) -> tuple[str, str]:
    secret = await _orders_and_key(db)
    _, reader = await make_key(db, "prometheus", scopes=("metrics:read",))
    return secret, reader


def test_the_metrics_of_two_workers_add_up_and_stay_when_one_dies(
    postgres_url: str, tmp_path: Path, set_up: SetUp
) -> None:
    key, reader = set_up(postgres_url, _orders_and_keys)
    with Server(postgres_url, tmp_path, "--workers", "2") as server:
        for number in NUMBERS:
            server.send("DELETE", f"/api/v2/orders/{number}", key=key)
        before = _metrics_when(server, reader, cancels=40, workers=2)
        os.kill(min(_workers(server)), signal.SIGKILL)
        after = _metrics_when(server, reader, cancels=40, workers=2)
    assert (before, after) == ((40, 2), (40, 2))


def _metrics_when(server: Server, reader: str, *, cancels: int, workers: int) -> tuple[float, float]:
    """How many cancels and workers the service tells of; waits until it is as many, and at most 30 s."""
    give_up, told = time.monotonic() + 30, (0.0, 0.0)
    while told != (cancels, workers) and time.monotonic() < give_up:
        time.sleep(0.2)
        with contextlib.suppress(OSError, http.client.HTTPException):  # a worker that was just killed
            page = server.send("GET", "/metrics", key=reader).body.decode()
            told = (
                _value(page, 'traylane_changes_total{change="order.cancelled",outcome="done"} '),
                _value(page, "traylane_workers "),
            )
    return told


def _value(page: str, metric: str) -> float:
    return sum(float(line.removeprefix(metric)) for line in page.splitlines() if line.startswith(metric))
