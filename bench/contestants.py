"""Who is measured, and how each is started on a database of its own."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import apsw

from bench import data, orders, pgbench
from bench.load import Result
from bench.postgres import Server
from bench.processes import LOOPBACK, Broken, Meter, free_port, running, wait_until_ready

ROOT = Path(__file__).parent.parent
PATHS_PER_SECOND = 20_000
SEALING = 60


@dataclass(frozen=True)
class Contestant:
    name: str
    kind: str
    engine: str

    @property
    def speaks_http(self) -> bool:
        return self.kind != "pgbench"


TRAYLANE_POSTGRES = Contestant("Traylane on PostgreSQL", "traylane", "postgres")
PGBENCH = Contestant("pgbench", "pgbench", "postgres")
TEXTBOOK_POSTGRES = Contestant("textbook on PostgreSQL", "textbook", "postgres")
TRAYLANE_SQLITE = Contestant("Traylane on SQLite", "traylane", "sqlite")
TEXTBOOK_SQLITE = Contestant("textbook on SQLite", "textbook", "sqlite")
ALL = [TRAYLANE_POSTGRES, PGBENCH, TEXTBOOK_POSTGRES, TRAYLANE_SQLITE, TEXTBOOK_SQLITE]


@dataclass
class Measure:
    """One contestant, one number of clients, one round. Processor times in µs for each request.

    `sealing`: seconds from the last answer until every event was sealed. `disturbed`: how much of the machine others
    took meanwhile, 1.0 being all of it.
    """

    contestant: str
    method: str
    clients: int
    round: int
    result: Result
    server_cpu_us: float
    postgres_cpu_us: float
    load_cpu_us: float
    sealing: float
    disturbed: float


@dataclass
class Live:
    """A contestant that is running, and how far its walk over the orders has come."""

    contestant: Contestant
    database: str
    total: int
    postgres: Server
    folder: Path
    port: int = 0
    pid: int = 0
    key: str = ""
    place: int = 0
    cancelled: int = 0

    def measure(self, method: str, *, clients: int, seconds: int, round_: int) -> Measure:
        before, since = Meter.read(server=self.pid, postgres=self.postgres.pid), time.monotonic()
        result = self.load(method, clients, seconds) if self.pid else self.cancel_by_pgbench(clients, seconds)
        sealing = asyncio.run(self.sealed()) if self.seals_later else 0.0
        time.sleep(0.2)  # until the connections' processes were waited for
        spent = Meter.read(server=self.pid, postgres=self.postgres.pid).since(before)
        if result.failed():
            raise Broken(f"{self.contestant.name}, {method}, {clients} clients: {result.statuses} {result.errors}")
        each = 1e6 / result.requests
        return Measure(
            contestant=self.contestant.name,
            method=method,
            clients=clients,
            round=round_,
            result=result,
            server_cpu_us=spent.server * each,
            postgres_cpu_us=spent.postgres * each if self.contestant.engine == "postgres" else 0.0,
            load_cpu_us=result.cpu_us if self.pid else spent.load * each,
            sealing=sealing,
            disturbed=spent.strangers / (time.monotonic() - since) / (os.cpu_count() or 1),
        )

    def cancel_by_pgbench(self, clients: int, seconds: int) -> Result:
        result = pgbench.run(
            self.postgres,
            self.database,
            clients=clients,
            seconds=seconds,
            base=self.place,
            total=self.total,
            logs=self.folder,
        )
        self.advance(pgbench.places_used(self.folder, clients), result)
        return result

    def load(self, method: str, clients: int, seconds: int) -> Result:
        room = orders.cancellable(self.total) - self.place
        places = range(self.place, self.place + min(seconds * PATHS_PER_SECOND, room))
        end = "?deleteReason=CUS" if method == "DELETE" else ""
        paths = self.folder / "paths.txt"
        paths.write_text("".join(f"/api/v2/orders/{orders.number(place, self.total)}{end}\n" for place in places))
        command = [sys.executable, "-m", "bench.load", "--host", LOOPBACK, "--port", str(self.port), "--method", method]
        command += ["--paths", str(paths), "--clients", str(clients), "--seconds", str(seconds)]
        command += ["--header", f"X-API-Key: {self.key}", *(["--repeat"] if method == "GET" else [])]
        ended = subprocess.run(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, check=False)
        result = Result(**json.loads(ended.stdout))
        if method == "DELETE":
            self.advance(result.requests, result)
        return result

    def advance(self, places: int, result: Result) -> None:
        self.place += places
        self.cancelled += result.requests
        if result.exhausted or self.place > orders.cancellable(self.total):
            raise Broken(f"{self.contestant.name} ran out of orders to cancel: give more with --orders")

    @property
    def seals_later(self) -> bool:
        """On PostgreSQL the service seals events a moment after the commit: work that belongs to its own turn."""
        return self.contestant == TRAYLANE_POSTGRES

    async def sealed(self) -> float:
        """Seconds until every event has its position."""
        since = time.monotonic()
        left = "SELECT EXISTS (SELECT 1 FROM events WHERE position IS NULL)"
        while (await self.postgres.fetch(left, database=self.database))[0][0]:
            if time.monotonic() - since > SEALING:
                raise Broken(f"{self.contestant.name} has not sealed its events after {SEALING} s")
            await asyncio.sleep(0.1)
        return time.monotonic() - since

    async def prove(self) -> None:
        """Every 200 left exactly one event and one cancelled order."""
        count = "SELECT (SELECT count(*) FROM events WHERE type = 'order.cancelled'), count(cancelled_at) FROM orders"
        if self.contestant.engine == "sqlite":
            connection = apsw.Connection(self.database)
            found = connection.execute(count).fetchone()
            connection.close()
        else:
            found = tuple((await self.postgres.fetch(count, database=self.database))[0])
        if found != (self.cancelled, self.cancelled):
            raise Broken(f"{self.contestant.name}: {self.cancelled} cancels answered, events and orders say {found}")


def processes(contestant: Contestant) -> int:
    """As many as there are cores on PostgreSQL, as one would run it there; one on SQLite."""
    return os.cpu_count() or 1 if contestant.engine == "postgres" else 1


@contextmanager
def start(live: Live) -> Iterator[Live]:
    """The contestant's server, ready; pgbench has none."""
    if not live.contestant.speaks_http:
        yield live
        return
    live.port = free_port()
    log = live.folder / f"{live.contestant.kind}-{live.contestant.engine}.log"
    url = data.SQLITE + live.database if live.contestant.engine == "sqlite" else live.postgres.url(live.database)
    if live.contestant.kind == "traylane":
        command = [str(data.TRAYLANE), "serve", "--database", url, "--host", LOOPBACK, "--port", str(live.port)]
        command += ["--workers", str(processes(live.contestant))]
        ready, environment = "/readyz", {}
    else:
        command = [sys.executable, "-m", "uvicorn", "bench.textbook:app", "--app-dir", str(ROOT), "--host", LOOPBACK]
        command += ["--port", str(live.port), "--loop", "uvloop", "--http", "httptools", "--no-access-log"]
        command += ["--workers", str(processes(live.contestant))]
        ready, environment = "/openapi.json", {"BENCH_DATABASE": url, "BENCH_KEY": live.key}
    with running(command, log=log, environment=environment) as process:
        wait_until_ready(process, f"http://{LOOPBACK}:{live.port}{ready}", log)
        live.pid = process.pid
        yield live
