"""R9 over HTTP: answers that are cut off after the commit; the client asks again with its key.

Every request has one effect, and its second answer is the first to the byte. The negative control does the same
without keys.
"""

from __future__ import annotations

import random
import socket
import time
from collections import Counter
from http.client import HTTPConnection
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.api.asgi import Reply
from tests.builders import execute, make_key, make_orders, make_station
from tests.journeys.conftest import SetUp
from tests.journeys.server import Server, send
from tests.reliability import raw
from tests.reliability.promised import Tried, engine, seed, size
from traylane.db.database import Database, Sql

pytestmark = [pytest.mark.slow, pytest.mark.promise("R9")]

REQUESTS = size(500, 10_000)
CONTROL_REQUESTS = 40
SEED = seed(20_261_102)


class Cut(NamedTuple):
    """A request whose first answer nobody read. `first`: what it was, if it was seen to arrive."""

    number: str
    first: bytes | None
    again: Reply
    once_more: Reply


def test_cut_answers_come_again_byte_for_byte_and_nothing_is_done_twice(
    database_url: str, tmp_path: Path, set_up: SetUp, tried: Tried
) -> None:
    cuts = _run(database_url, tmp_path, set_up, REQUESTS, keyed=True)
    seen = [cut for cut in cuts if cut.first is not None]
    assert len(seen) == REQUESTS // 2
    assert Counter(cut.again.status for cut in cuts) == {200: REQUESTS}
    assert [cut.number for cut in seen if cut.again.body != cut.first] == []
    assert [cut.number for cut in cuts if cut.once_more.body != cut.again.body] == []
    assert {cut.again.header("idempotent-replayed") for cut in seen} == {"true"}
    half = REQUESTS // 2
    assert set_up(database_url, _effects) == {("order.cancelled", 1): half, ("order.checked_in", 1): half}
    tried(f"{engine(database_url)}: {REQUESTS} cut over HTTP, seed {SEED}: 0 lost, 0 doubled, every answer repeated")


@pytest.mark.control
def test_without_keys_scans_double_and_cancels_are_refused(database_url: str, tmp_path: Path, set_up: SetUp) -> None:
    cuts = _run(database_url, tmp_path, set_up, CONTROL_REQUESTS, keyed=False)
    effects = set_up(database_url, _effects)
    assert effects["order.checked_in", 3] >= CONTROL_REQUESTS // 4
    assert effects["order.checked_in", 1] == 0
    assert Counter(cut.again.status for cut in cuts)[400] >= CONTROL_REQUESTS // 4
    # Two scans within one millisecond answer alike; what doubled is counted above.
    assert [cut.number for cut in cuts if _request(cut.number)[0] == "DELETE" and cut.again.body == cut.first] == []


def _run(url: str, folder: Path, set_up: SetUp, requests: int, *, keyed: bool) -> list[Cut]:
    numbers = [f"{number:06}" for number in range(requests)]
    key = set_up(url, lambda db: _laboratory(db, numbers))
    chance = random.Random(SEED)
    with Server(url, folder) as server:
        connection = server.connect()
        cuts = [_cut(server, connection, number, key, chance, keyed=keyed) for number in numbers]
        connection.close()
    return cuts


async def _laboratory(db: Database, numbers: list[str]) -> str:
    await make_station(db, "RCV")
    await make_orders(db, numbers)
    _, secret = await make_key(db, scopes=("orders:cancel", "tracking:write"))
    return secret


def _cut(
    server: Server, connection: HTTPConnection, number: str, key: str, chance: random.Random, *, keyed: bool
) -> Cut:
    """Every second request is a scan; of each two the first answer arrives unread, or the line breaks at any moment."""
    method, target, body = _request(number)
    headers = {"Idempotency-Key": f"k-{number}"} if keyed else {}
    fields = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    first = None
    with server.socket() as link:
        link.sendall(
            f"{method} {target} HTTP/1.1\r\nHost: x\r\nX-API-Key: {key}\r\n{fields}"
            f"Content-Length: {len(body)}\r\n\r\n{body}".encode()
        )
        if int(number) // 2 % 2 == 0:
            first = _peek(link)
        else:
            time.sleep(chance.uniform(0, 0.004))
    again, once_more = (_until_settled(connection, method, target, key, headers, body.encode()) for _ in range(2))
    return Cut(number, first, again, once_more)


def _request(number: str) -> tuple[str, str, str]:
    if int(number) % 2:
        return "POST", "/api/v2/job_track/stations/RCV", f'{{"orderIdentifier":"{number}"}}'
    return "DELETE", f"/api/v2/orders/{number}", ""


def _peek(link: socket.socket) -> bytes:
    """The whole answer, left unread in the socket."""
    while True:
        arrived = link.recv(65_536, socket.MSG_PEEK)
        head, _, body = arrived.partition(b"\r\n\r\n")
        if body and len(body) == raw.length(head):
            return body
        time.sleep(0.0005)


def _until_settled(
    connection: HTTPConnection, method: str, target: str, key: str, headers: dict[str, str], body: bytes
) -> Reply:
    while True:
        reply = send(connection, method, target, key=key, headers=headers, body=body)
        if reply.status != 409:
            return reply
        time.sleep(0.01)


async def _effects(db: Database) -> Counter[tuple[str, int]]:
    """How many orders have so many events of a kind."""
    rows = await execute(
        db, Sql.same("SELECT type, count(*) FROM events WHERE type LIKE 'order.%' GROUP BY type, subject_id")
    )
    return Counter((row[0], row[1]) for row in rows)
