"""After kills, what the service counted, what the database holds and what the receiver got are one story (R22)."""

from __future__ import annotations

import json
import random
import re
import time
from collections import Counter
from pathlib import Path

import pytest

from tests import builders
from tests.journeys.conftest import SetUp
from tests.journeys.server import Server
from tests.reliability.promised import Tried, engine, seed, size
from tests.reliability.test_r24_canaries import Hooks, hooks
from traylane.db.database import Database, Sql

__all__ = ["hooks"]
pytestmark = [pytest.mark.slow, pytest.mark.promise("R22"), pytest.mark.timeout(600)]

KILLS = size(ci=3, full=200)
ORDERS = 40
SEED = seed(2_222)
_CHANGES = re.compile(r'traylane_changes_total\{[^}]*change="order\.cancelled"[^}]*outcome="done"[^}]*\} (\d+)')


async def furnish(db: Database) -> str:
    await builders.make_orders(db, [str(1_000 + i) for i in range(ORDERS * (KILLS + 1))])
    await builders.set_setting(db, "Webhooks:Private hosts", ["127.0.0.1"])
    _, secret = await builders.make_key(db, scopes=("admin",))
    return secret


def test_counts_rows_and_messages_agree_after_kills(
    database_url: str, set_up: SetUp, tmp_path: Path, hooks: Hooks, tried: Tried, request: pytest.FixtureRequest
) -> None:
    secret, lot, answered = set_up(database_url, furnish), random.Random(SEED), 0
    server = Server(database_url, tmp_path)
    request.addfinalizer(server.stop)
    for life in range(KILLS + 1):
        server.start()
        if life == 0:
            assert server.send("POST", "/api/v2/webhooks", key=secret, json={"url": hooks.url}).status == 201
        done = 0
        for number in range(ORDERS - lot.randrange(ORDERS // 2)):
            done += server.send("DELETE", f"/api/v2/orders/{1_000 + life * ORDERS + number}", key=secret).status == 200
        assert counted(server, secret) == done
        answered += done
        if life < KILLS:
            server.kill()
    wait_until_told(hooks, answered)
    server.stop()
    flagged, events = set_up(database_url, _held)
    assert (flagged, events) == (answered, answered)
    told = messages(hooks)
    assert set(told) == {id_ for id_ in told if told[id_] == "order.cancelled"}
    assert len(told) == answered
    tried(f"{engine(database_url)}, {KILLS} kills, seed {SEED}: {answered} cancels answered, counted, held and told")


def counted(server: Server, secret: str) -> int:
    """What this life of the service has counted."""
    text = server.send("GET", "/metrics", key=secret).body.decode()
    return sum(map(int, _CHANGES.findall(text)))


def messages(hooks: Hooks) -> dict[str, str]:
    """What the receiver got, once each: the message's id and its type."""
    found = {}
    for message in hooks.got:
        head, _, body = message.partition(b"\n\n")
        ids = [line.partition(b": ")[2] for line in head.splitlines() if line.lower().startswith(b"webhook-id: ")]
        found[ids[0].decode()] = json.loads(body)["type"]
    return found


def wait_until_told(hooks: Hooks, total: int) -> None:
    give_up = time.monotonic() + 60
    while len(messages(hooks)) < total:
        assert time.monotonic() < give_up, f"{len(messages(hooks))} of {total} were told"
        time.sleep(0.1)


async def _held(db: Database) -> tuple[int, int]:
    rows = await builders.execute(db, Sql.same("SELECT count(*) FROM orders WHERE cancelled_at IS NOT NULL"))
    types = await builders.execute(db, Sql.same("SELECT type FROM events WHERE type LIKE 'order.%'"))
    return rows[0][0], Counter(row[0] for row in types)["order.cancelled"]
