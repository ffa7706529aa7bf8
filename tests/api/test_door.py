"""Those who are refused are told to come one after the other, when there are very many of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.builders import make_key
from tests.journeys.server import Server, send
from traylane.api.door import REFUSALS, Door
from traylane.db.database import Database


def test_one_who_is_refused_may_come_again_at_once_and_many_one_after_the_other() -> None:
    door = Door()
    waits = [door.wait(10.0) for _ in range(3 * REFUSALS)]
    assert waits[0] == 0.0
    assert waits[1] == pytest.approx(1 / REFUSALS)
    assert waits[-1] == pytest.approx(3.0, rel=0.01)
    assert door.wait(20.0) == 0.0


CROWD = """
import sys
from traylane.api.door import Door
from traylane.cli.main import main

setattr(Door, "wait", lambda *_: 1.2)
sys.exit(main())
"""


async def test_who_is_refused_in_a_crowd_is_told_when_and_not_listened_to_before(
    sqlite: Database, sqlite_url: str, tmp_path: Path
) -> None:
    key = (await make_key(sqlite, scopes=("orders:read",), rate=1))[1]
    with Server(sqlite_url, tmp_path, program=("-c", CROWD)) as server:
        connection = server.connect()
        first = send(connection, "GET", "/api/v2/orders/1", key=key)
        refused = send(connection, "GET", "/api/v2/orders/1", key=key)
        again = send(connection, "GET", "/livez")
        connection.close()
    assert (first.status, refused.status, again.status) == (404, 429, 200)
    assert int(refused.header("retry-after") or 0) >= 2
    came = {
        line["route"]: line["ts"] for line in map(json.loads, server.log.splitlines()) if line.get("event") == "request"
    }
    assert came["/livez"] - came["/api/v2/orders/{orderIdentifier}"] >= 1.1
