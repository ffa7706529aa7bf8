"""Measure every page of the console of a large laboratory: `python -m bench pages --orders N`, both engines.

Server time in this process without sockets, signed in as an admin: the median of ROUNDS for each page, after one that
is not counted. A board is kept for a moment for all who look; here each time is that of who looks first. `touched`: on
PostgreSQL rows that tables gave, on SQLite steps of its machine; neither knows how busy the machine is. Exit code 1
when a page takes more than MOST_MS or weighs more than MOST_BYTES; sheets for the printer are no pages.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, cast
from urllib.parse import urlencode

import apsw

from bench import laboratory, orders, report
from bench.contestants import ROOT
from bench.data import SQLITE, TRAYLANE
from bench.postgres import server
from bench.processes import Broken
from traylane.access import people, sessions
from traylane.access.actor import COMMAND_LINE
from traylane.console.pages import rows
from traylane.console.routes import Console
from traylane.db import connect
from traylane.db.database import Transaction
from traylane.events.counting import count_page
from traylane.orders.desk import Desk
from traylane.tracking.verbs import VERBS

MOST_MS = 200
MOST_BYTES = 100_000
ROUNDS = 5
SECRET = "measure"
HEADS = ["engine", "page", "ms", "worst ms", "bytes", "touched"]
NUMBER = str(orders.FIRST + 1_000)
PLACES: dict[str, list[str]] = {
    "/": ["/", f"/?scan={NUMBER}"],
    "/desk/{}": ["/desk/scan"],
    "/orders": [
        "/orders?" + urlencode(query)
        for query in (
            {},
            {"search": NUMBER},
            {"status": "C"},
            {"status": "P", "cancelled": "no", "sort": "dateWanted"},
            {"cancelled": "yes"},
            {"customer": "1001"},
            {"station": "POL"},
            {"station": "POL", "status": "C"},
            {"wantedFrom": "2026-10-01", "wantedTo": "2026-10-31"},
            {"after": f"{NUMBER},{NUMBER}"},
        )
    ],
    "/orders/{}": [f"/orders/{NUMBER}"],
    "/station/{}": ["/station/POL"],
    "/reports": [f"/reports?days={days}" for days in (7, 30, 92)] + ["/reports?days=92&customer=1001"],
    "/reports/floor": [f"/reports/floor?days={days}" for days in (7, 30, 92)]
    + ["/reports/floor?days=92&customer=1001"],
    "/reports/csv/{}": [f"/reports/csv/{name}?days=92" for name in ("reasons", "floor")],
    "/set-up/sheets/{}": ["/set-up/sheets/stations", "/set-up/sheets/trays?from=1&to=240"],
    "/set-up/people/{}": ["/set-up/people/bench"],
    "/set-up/{}": ["/set-up/customers", "/set-up/stations"],
    "/set-up/new/{}": ["/set-up/new/stations"],
    "/set-up/{}/{}": ["/set-up/stations/POL"],
}
"""What is looked at where a path has something in it, or a page shows different things."""
PRINTED = "/set-up/sheets/"
NOT_THERE = {"/set-up/keys/{}", "/set-up/webhooks/{}"}
"""One of what this laboratory has none of."""
FORMS: list[tuple[str, dict[str, str]]] = [
    ("/desk/scan", {"scan": NUMBER}),
    ("/station/POL", {"scan": NUMBER}),
]
# Rows, not blocks: a bitmap that reads ten thousand of a table's rows touches few blocks.
GIVEN = "SELECT sum(idx_tup_fetch + seq_tup_read)::bigint FROM pg_stat_user_tables"
_LINKED = re.compile(rb'(?:src|href)="(/static/[^"]+)"')


@dataclass
class Cost:
    """Of one page: milliseconds of each round, bytes with scripts and styles, and what was touched."""

    engine: str
    page: str
    ms: list[float]
    size: int
    touched: int

    def cells(self) -> list[str]:
        """As a line of the table."""
        middle, worst = f"{median(self.ms):.1f}", f"{max(self.ms):.1f}"
        return [self.engine, f"`{self.page}`", middle, worst, str(self.size), str(self.touched)]


@dataclass
class Bench:
    """A laboratory that is looked at."""

    engine: str
    desk: Desk
    touched: Callable[[], Awaitable[int]]

    async def cost(self, method: str, target: str, form: Mapping[str, str] | None = None) -> Cost:
        _, body = await self._ask(method, target, form)
        needed = {match.decode() for match in _LINKED.findall(body)}
        size = len(body) + sum([len((await self._ask("GET", path, None))[1]) for path in needed])
        before = await self.touched()
        times = [(await self._ask(method, target, form))[0] * 1000 for _ in range(ROUNDS)]
        touched = (await self.touched() - before) // ROUNDS
        return Cost(self.engine, target if method == "GET" else f"{method} {target}", times, size, touched)

    async def _ask(self, method: str, target: str, form: Mapping[str, str] | None) -> tuple[float, bytes]:
        """Seconds, and what came: of a stream its first picture."""
        path, _, query = target.partition("?")
        headers = [(b"cookie", f"traylane={SECRET}".encode())]
        if form is not None:
            headers += [(b"content-type", b"application/x-www-form-urlencoded"), (b"hx-request", b"true")]
        scope = {"method": method, "path": path, "query_string": query.encode(), "headers": headers}
        given = {"token": sessions.form_token(SECRET), **(form or {})}
        messages: list[MutableMapping[str, Any]] = [{"type": "http.request", "body": urlencode(given).encode()}]
        body, seconds, seen = b"", 0.0, asyncio.Event()

        async def receive() -> MutableMapping[str, Any]:
            if messages:
                return messages.pop()
            await seen.wait()
            return {"type": "http.disconnect"}

        async def send(message: Mapping[str, Any]) -> None:
            nonlocal body, seconds
            if message.get("status", 200) not in (200, 303):
                raise Broken(f"{target}: {message['status']}")
            body += message.get("body", b"")
            is_whole = message["type"] == "http.response.body" and not message.get("more_body")
            if not seen.is_set() and (is_whole or b"event: board" in body):
                seconds = time.perf_counter() - began
                seen.set()

        began = time.perf_counter()
        await Console(self.desk, plain=True)(scope, receive, send)
        return seconds, body


def targets() -> Iterator[str]:
    """Every page that is measured."""
    yield "/sign-in"
    for row in rows(cast(Any, None), cast(Any, None)):
        if row.method == "GET" and row.path not in NOT_THERE:
            yield from PLACES.get(row.path, [row.path])


async def costs(engine: str, url: str, touched: Callable[[], Awaitable[int]]) -> list[Cost]:
    db = connect.database(url)
    await db.open()
    await db.write(let_in)
    while await count_page(db):
        continue
    desk = Desk(db=db, clock=lambda: laboratory.END, verbs=VERBS)
    bench = Bench(engine, desk, touched)
    found = [await bench.cost("GET", target) for target in targets()]
    found += [await bench.cost("POST", target, form) for target, form in FORMS]
    await desk.close()
    await db.close()
    return found


async def let_in(tx: Transaction) -> None:
    """Somebody who may see everything is signed in."""
    now = laboratory.END
    person = await people.create(tx, name="bench", role="admin", hash_="", actor=COMMAND_LINE, now=now)
    await sessions.begin(tx, person=person, secret=SECRET, now=now)


def on_sqlite(folder: Path, total: int) -> list[Cost]:
    """Steps are counted on every connection that is opened from now on."""
    url, steps = f"{SQLITE}{folder / 'pages.db'}", 0

    def note(told: dict[str, Any]) -> None:
        nonlocal steps
        steps += told["stmt_status"]["SQLITE_STMTSTATUS_VM_STEP"]

    async def touched() -> int:
        return steps

    fill(url, total)
    apsw.connection_hooks.append(lambda link: link.trace_v2(apsw.SQLITE_TRACE_PROFILE, note))
    return asyncio.run(costs("SQLite", url, touched))


def on_postgres(folder: Path, total: int) -> list[Cost]:
    with server(folder / "postgres", folder / "postgres.log") as running:
        asyncio.run(running.execute("CREATE DATABASE pages"))

        async def touched() -> int:
            await asyncio.sleep(1.1)  # sessions tell what they did once a second, and when they are idle
            return int((await running.fetch(GIVEN, database="pages"))[0][0])

        fill(running.url("pages"), total)
        return asyncio.run(costs("PostgreSQL", running.url("pages"), touched))


def fill(url: str, total: int) -> None:
    began = time.monotonic()
    subprocess.run([TRAYLANE, "migrate", "--database", url], check=True, stdout=subprocess.DEVNULL)
    asyncio.run(laboratory.fill(url, total))
    print(f"{total} orders in {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench pages", description=__doc__)
    parser.add_argument("--orders", type=int, default=100_000)
    parser.add_argument("--only", choices=("sqlite", "postgres"))
    parser.add_argument("--work", type=Path, default=ROOT / "var" / "bench-pages")
    given = parser.parse_args(arguments)
    given.work.mkdir(parents=True, exist_ok=True)
    for old in given.work.glob("pages.db*"):
        old.unlink()
    found: list[Cost] = []
    for engine, measure in (("sqlite", on_sqlite), ("postgres", on_postgres)):
        if given.only in (None, engine):
            found += measure(given.work, given.orders)
    found.sort(key=lambda cost: -median(cost.ms))
    print(report.table(HEADS, (cost.cells() for cost in found)))
    judged = [cost for cost in found if not cost.page.startswith(PRINTED)]
    return 1 if any(median(cost.ms) > MOST_MS or cost.size > MOST_BYTES for cost in judged) else 0
