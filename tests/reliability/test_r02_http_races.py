"""R2: a cancel against a scan at a non-cancel station, tied, over HTTP: never both, never neither.

The negative control is the same race against a service whose writes are not guarded.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from pathlib import Path

import psutil
import pytest

from tests.builders import execute, make_key, make_orders, make_station
from tests.journeys.conftest import SetUp
from tests.journeys.server import Server
from tests.reliability import raw
from tests.reliability.promised import Tried, seed, size
from traylane.db.database import Database, Sql

pytestmark = [pytest.mark.slow, pytest.mark.promise("R2")]

RACES = size(1_000, 20_000)
CONTROL_RACES = 200
LANES = 4
SEED = seed(20_261_102)

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


def test_on_sqlite_exactly_one_of_two_tied_requests_wins(
    sqlite_url: str, tmp_path: Path, set_up: SetUp, tried: Tried
) -> None:
    outcomes, found = _run(Server(sqlite_url, tmp_path), sqlite_url, set_up, RACES)
    _assert_exactly_one_won(outcomes, found)
    tried(f"SQLite, {_said(outcomes)}")


def test_on_two_workers_over_postgresql_exactly_one_of_two_tied_requests_wins(
    postgres_url: str, tmp_path: Path, set_up: SetUp, tried: Tried
) -> None:
    outcomes, found = _run(Server(postgres_url, tmp_path, "--workers", "2"), postgres_url, set_up, RACES)
    _assert_exactly_one_won(outcomes, found)
    tried(f"PostgreSQL, two workers, {_said(outcomes)}")


@pytest.mark.control
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


def _said(outcomes: Counter[Outcome]) -> str:
    return (
        f"{outcomes.total()} races, seed {SEED}: {outcomes[CANCEL_WON]} cancelled, {outcomes[SCAN_WON]} scanned, "
        "0 both, 0 neither, 0 other answers"
    )


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
            cancel = raw.request(f"DELETE /api/v2/orders/{number}", key)
            scan = raw.scan(number, key, "GEN")
            # Either of the two is sent first, a few microseconds before the other.
            for link, request in chance.sample([(cancels, cancel), (scans, scan)], 2):
                link[1].write(request)
            heard = await asyncio.gather(_answer(cancels[0]), _answer(scans[0]))
            outcomes[heard[0], heard[1]] += 1
        for link in (cancels, scans):
            await _close(link)

    await asyncio.gather(*(lane(numbers[start::LANES]) for start in range(LANES)))
    return outcomes


async def _links_to_different_workers(server: Server) -> tuple[Link, Link]:
    """Two connections; where the server has workers, no two of one worker."""
    first = await _used_link(server)
    async with asyncio.timeout(30):
        while True:
            second = await _used_link(server)
            if len(workers := _workers(server)) == 1 or _owner(workers, first) != _owner(workers, second):
                return first, second
            await _close(second)


async def _used_link(server: Server) -> Link:
    """A connection that a worker has accepted: that is done when it is first used."""
    link = await asyncio.open_connection("127.0.0.1", server.port)
    link[1].write(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
    await _answer(link[0])
    return link


def _workers(server: Server) -> list[psutil.Process]:
    root = psutil.Process(server.pid)
    return root.children() or [root]


def _owner(workers: list[psutil.Process], link: Link) -> int:
    """The worker that has a connection of ours."""
    port: int = link[1].get_extra_info("sockname")[1]
    owners: list[int] = [
        worker.pid
        for worker in workers
        if any(taken.raddr and taken.raddr.port == port for taken in worker.net_connections("tcp"))
    ]
    assert len(owners) == 1
    return owners[0]


async def _close(link: Link) -> None:
    link[1].close()
    await link[1].wait_closed()


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """Status, and the body of what is not a success."""
    head, body = await raw.answer(reader)
    status = int(head.split(b" ", 2)[1])
    return status, b"" if status == 200 else body


async def _found(db: Database) -> Counter[tuple[bool, int]]:
    rows = await execute(
        db,
        Sql.same("""
            SELECT o.cancelled_at IS NOT NULL, (SELECT count(*) FROM scans s WHERE s.order_id = o.id) FROM orders o"""),
    )
    return Counter((bool(row[0]), row[1]) for row in rows)
