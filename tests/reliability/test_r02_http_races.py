"""R2: a cancel against a scan at a non-cancel station, tied, over HTTP: never both, never neither.

The negative control is the same race against a service whose writes are not guarded.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.builders import execute, make_key, make_orders, make_station
from tests.journeys.conftest import SetUp
from tests.journeys.server import Server
from traylane.db.database import Database, Sql

pytestmark = [pytest.mark.slow]

RACES = 1_000
CONTROL_RACES = 200
LANES = 4
SEED = 20_261_102

CANCEL_WON = (
    (200, b""),
    (400, b'{"error":"Checkin not performed","details":["Order marked for cancelation"]}'),
)
SCAN_WON = (
    (400, b'{"error":"Order has been through a non-cancel station","details":[]}'),
    (200, b""),
)
BOTH = ((200, b""), (200, b""))
Outcome = tuple[tuple[int, bytes], tuple[int, bytes]]
Link = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def test_on_sqlite_exactly_one_of_two_tied_requests_wins(sqlite_url: str, tmp_path: Path, set_up: SetUp) -> None:
    outcomes, found = _run(Server(sqlite_url, tmp_path), sqlite_url, set_up, RACES)
    _assert_exactly_one_won(outcomes, found)


def test_on_two_workers_over_postgresql_exactly_one_of_two_tied_requests_wins(
    postgres_url: str, tmp_path: Path, set_up: SetUp
) -> None:
    outcomes, found = _run(Server(postgres_url, tmp_path, "--workers", "2"), postgres_url, set_up, RACES)
    _assert_exactly_one_won(outcomes, found)


def test_without_the_guard_both_win(postgres_url: str, tmp_path: Path, set_up: SetUp) -> None:
    careless = ("-m", "tests.reliability.unguarded")
    server = Server(postgres_url, tmp_path, "--workers", "2", program=careless)
    outcomes, found = _run(server, postgres_url, set_up, CONTROL_RACES)
    assert outcomes[BOTH] > 0
    assert found[True, 1] >= outcomes[BOTH]


def _assert_exactly_one_won(outcomes: Counter[Outcome], found: Counter[tuple[bool, int]]) -> None:
    assert set(outcomes) == {CANCEL_WON, SCAN_WON}
    assert outcomes.total() == RACES
    assert min(outcomes.values()) > RACES // 20, "these were no ties"
    assert found == {(True, 0): outcomes[CANCEL_WON], (False, 1): outcomes[SCAN_WON]}


def _run(server: Server, url: str, set_up: SetUp, races: int) -> tuple[Counter[Outcome], Counter[tuple[bool, int]]]:
    """What the clients heard, and how many orders are (cancelled, scanned so often)."""
    numbers = [f"{number:06}" for number in range(races)]
    key = set_up(url, lambda db: _laboratory(db, numbers))
    with server:
        outcomes = asyncio.run(_races(server, key, numbers))
    return outcomes, set_up(url, _found)


async def _laboratory(db: Database, numbers: list[str]) -> str:
    await make_station(db, "GEN", non_cancel=True)
    await make_orders(db, numbers)
    _, secret = await make_key(db, scopes=("orders:cancel", "tracking:write"))
    return secret


async def _races(server: Server, key: str, numbers: list[str]) -> Counter[Outcome]:
    outcomes: Counter[Outcome] = Counter()
    chance = random.Random(SEED)

    async def lane(mine: list[str]) -> None:
        cancels, scans = await _links_to_different_workers(server)
        for number in mine:
            cancel, scan = _cancel(number, key), _scan(number, key)
            # Either of the two is sent first, a few microseconds before the other.
            for link, request in chance.sample([(cancels, cancel), (scans, scan)], 2):
                link[1].write(request)
            heard = await asyncio.gather(_answer(cancels[0]), _answer(scans[0]))
            outcomes[heard[0], heard[1]] += 1
        for link in (cancels, scans):
            link[1].close()
            await link[1].wait_closed()

    await asyncio.gather(*(lane(numbers[start::LANES]) for start in range(LANES)))
    return outcomes


async def _links_to_different_workers(server: Server) -> tuple[Link, Link]:
    first, *others = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(24)]
    # A connection is accepted when it is first used.
    for link in (first, *others):
        link[1].write(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
        await _answer(link[0])
    owners = _owners(server)
    wanted = _differs(owners, first) if len(set(owners.values())) > 1 else _any
    second = next(link for link in others if wanted(link))
    for link in others:
        if link is not second:
            link[1].close()
            await link[1].wait_closed()
    return first, second


def _owners(server: Server) -> dict[int, int]:
    """Our port of each connection to the process that has it."""
    root = psutil.Process(server.pid)
    return {
        connection.raddr.port: process.pid
        for process in (root, *root.children())
        for connection in process.net_connections("tcp")
        if connection.raddr and connection.laddr.port == server.port
    }


def _differs(owners: dict[int, int], from_: Link) -> Callable[[Link], bool]:
    return lambda link: owners[_port(link)] != owners[_port(from_)]


def _any(_link: Link) -> bool:
    return True


def _port(link: Link) -> int:
    port: int = link[1].get_extra_info("sockname")[1]
    return port


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """Status, and the body of what is not a success."""
    head = await reader.readuntil(b"\r\n\r\n")
    status = int(head.split(b" ", 2)[1])
    length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    body = await reader.readexactly(length)
    return status, b"" if status == 200 else body


def _cancel(number: str, key: str) -> bytes:
    return f"DELETE /api/v2/orders/{number} HTTP/1.1\r\nHost: x\r\nX-API-Key: {key}\r\n\r\n".encode()


def _scan(number: str, key: str) -> bytes:
    body = f'{{"orderIdentifier":"{number}"}}'
    return (
        f"POST /api/v2/job_track/stations/GEN HTTP/1.1\r\nHost: x\r\nX-API-Key: {key}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


async def _found(db: Database) -> Counter[tuple[bool, int]]:
    rows = await execute(
        db,
        Sql.same("""
            SELECT o.cancelled_at IS NOT NULL, (SELECT count(*) FROM scans s WHERE s.order_id = o.id) FROM orders o"""),
    )
    return Counter((bool(row[0]), row[1]) for row in rows)
