"""The baselines leave what a cancel leaves: one changed order, one event."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import apsw
import pytest

from bench import bare, data, orders
from bench.contestants import ROOT

LEFT = "SELECT o.revision, o.cancel_reason, e.seq, e.type FROM orders o LEFT JOIN events e ON e.subject_id = o.id"
BY_DJANGO = """
from django.test import RequestFactory
from bench.drf.service import OrderView
for number in ("1000001", "1000001", "1000009", "nope"):
    asked = RequestFactory().delete("/?deleteReason=CUS", HTTP_X_API_KEY="textbook")
    answer = OrderView.as_view()(asked, identifier=number)
    print(answer.status_code, (answer.data.get("cancellation") or {}).get("reason"))
"""


@pytest.fixture
def laboratory(tmp_path: Path) -> Path:
    """Twenty orders; the tenth and the twentieth are completed."""
    file = tmp_path / "lab.db"
    data.fill_sqlite(str(file), 20, create=True)
    return file


def rows(file: Path, which: str) -> list[tuple[Any, ...]]:
    connection = apsw.Connection(str(file), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        return list(connection.execute(f"{LEFT} WHERE {which} ORDER BY order_number"))
    finally:
        connection.close()


def test_bare_apsw_cancels_so_many_in_one_transaction(laboratory: Path) -> None:
    connection = apsw.Connection(str(laboratory))
    loop = bare.Loop(connection, base=0, total=20)
    result = bare.drive(loop.together, clients=3, seconds=60, most=10)
    connection.close()
    assert (result.requests, result.statuses, loop.place) == (9, {"200": 9}, 9)
    walked = [orders.number(place, 20) for place in range(9)]
    cancelled = rows(laboratory, "o.cancelled_at IS NOT NULL")
    assert cancelled == rows(laboratory, f"order_number IN ({str(walked)[1:-1]})")
    assert {row[1:] for row in cancelled} >= {("CUS", 2, "order.cancelled")}
    assert len(cancelled) == 9


def test_bare_apsw_never_cancels_twice(laboratory: Path) -> None:
    connection = apsw.Connection(str(laboratory))
    bare.Loop(connection, base=0, total=20).together(1)
    with pytest.raises(IndexError):
        bare.Loop(connection, base=0, total=20).together(1)
    connection.close()


def test_django_rest_framework_cancels_once_under_the_rules(laboratory: Path) -> None:
    environment = {**os.environ, "BENCH_DATABASE": f"sqlite:///{laboratory}"}
    command = [sys.executable, "-c", BY_DJANGO]
    ended = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert ended.stdout.splitlines() == ["200 CUS", "400 None", "400 None", "404 None"], ended.stderr
    (revision, reason, seq, type_), *others = rows(laboratory, "e.seq IS NOT NULL")
    assert (reason, seq, type_, others) == ("CUS", revision, "order.cancelled", [])
