"""Who is measured, and how each is started on a database of its own."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apsw

from bench import bare, data, orders, pgbench
from bench.load import Result
from bench.postgres import Server
from bench.processes import LOOPBACK, Broken, Meter, free_port, running, wait_until_ready

ROOT = Path(__file__).parent.parent
PATHS_PER_SECOND = 20_000
SEALING = 60
SCANNED_AT = "POL"
"""A station that is no non-cancel one."""


MOST_BARE = 5
"""Bare apsw may use up one of so many parts of the orders in one measure: it is that quick."""


@dataclass(frozen=True)
class Contestant:
    """`engine`: postgres, sqlite, or none at all. `methods`: what it can do. `slow`: 64 clients say all about it."""

    name: str
    kind: str
    engine: str
    methods: tuple[str, ...]
    slow: bool = False

    @property
    def speaks_http(self) -> bool:
        return self.kind not in ("pgbench", "apsw")


EVERYTHING = ("DELETE", "SCAN", "GET")
ORDERS = ("DELETE", "GET")
TRAYLANE_POSTGRES = Contestant("Traylane on PostgreSQL", "traylane", "postgres", EVERYTHING)
PGBENCH = Contestant("pgbench", "pgbench", "postgres", ("DELETE",))
TEXTBOOK_POSTGRES = Contestant("textbook on PostgreSQL", "textbook", "postgres", EVERYTHING, slow=True)
DRF_POSTGRES = Contestant("Django REST framework on PostgreSQL", "drf", "postgres", ORDERS, slow=True)
TRAYLANE_SQLITE = Contestant("Traylane on SQLite", "traylane", "sqlite", EVERYTHING)
BARE_SQLITE = Contestant("bare apsw", "apsw", "sqlite", ("DELETE",))
TEXTBOOK_SQLITE = Contestant("textbook on SQLite", "textbook", "sqlite", EVERYTHING, slow=True)
DRF_SQLITE = Contestant("Django REST framework on SQLite", "drf", "sqlite", ORDERS, slow=True)
CONSTANT = Contestant("constant answer", "constant", "", ORDERS)
ALL = [
    TRAYLANE_POSTGRES,
    PGBENCH,
    TEXTBOOK_POSTGRES,
    DRF_POSTGRES,
    TRAYLANE_SQLITE,
    BARE_SQLITE,
    TEXTBOOK_SQLITE,
    DRF_SQLITE,
    CONSTANT,
]


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

    @property
    def cost_us(self) -> float:
        """Processor time of everything but the one who asks."""
        return self.server_cpu_us + self.postgres_cpu_us


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
    scanned: int = 0

    def measure(self, method: str, *, clients: int, seconds: int, round_: int) -> Measure:
        before, since = Meter.read(server=self.pid, postgres=self.postgres.pid), time.monotonic()
        result = self.run(method, clients, seconds)
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
            server_cpu_us=result.cpu_us if self.contestant == BARE_SQLITE else spent.server * each,
            postgres_cpu_us=spent.postgres * each if self.contestant.engine == "postgres" else 0.0,
            load_cpu_us=self.load_cpu(result, spent.load * each),
            sealing=sealing,
            disturbed=spent.strangers / (time.monotonic() - since) / (os.cpu_count() or 1),
        )

    def load_cpu(self, result: Result, ended: float) -> float:
        """µs for each request of whoever asks; `ended`: of what has ended, pgbench being nothing else."""
        return {"pgbench": ended, "apsw": 0.0}.get(self.contestant.kind, result.cpu_us)

    def run(self, method: str, clients: int, seconds: int) -> Result:
        if self.contestant == PGBENCH:
            return self.cancel_by_pgbench(clients, seconds)
        if self.contestant == BARE_SQLITE:
            return self.cancel_by_hand(clients, seconds)
        return self.load(method, clients, seconds)

    def cancel_by_hand(self, clients: int, seconds: int) -> Result:
        result = bare.run(
            self.database,
            clients=clients,
            seconds=seconds,
            base=self.place,
            total=self.total,
            most=orders.cancellable(self.total) // MOST_BARE,
        )
        self.advance(result.requests, result)
        return result

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

    def load(self, method: str, clients: int, seconds: int, *, pace: float | None = None) -> Result:
        """`method`: DELETE or GET an order, or SCAN one at a station; only a cancel uses an order up.

        `pace`: cancels a second, else as many as go.
        """
        room = orders.cancellable(self.total) - self.place
        places = range(self.place, self.place + min(seconds * PATHS_PER_SECOND, room))
        paths = self.folder / "paths.txt"
        paths.write_text("".join(f"{self.line(method, orders.number(place, self.total))}\n" for place in places))
        generator = ["bench.paced", "--pace", str(pace)] if pace else ["bench.load"]
        command = [sys.executable, "-m", *generator]
        command += ["--host", LOOPBACK, "--port", str(self.port)]
        command += ["--method", "POST" if method == "SCAN" else method, "--header", "Content-Type: application/json"]
        command += ["--paths", str(paths), "--clients", str(clients), "--seconds", str(seconds)]
        command += ["--header", f"X-API-Key: {self.key}", *([] if method == "DELETE" else ["--repeat"])]
        ended = subprocess.run(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, check=False)
        result = Result(**json.loads(ended.stdout))
        if method == "DELETE" and self.contestant != CONSTANT:
            self.advance(result.requests, result)
        self.scanned += result.requests if method == "SCAN" else 0
        return result

    @staticmethod
    def line(method: str, number: str) -> str:
        """What the load generator reads of one request."""
        if method == "SCAN":
            return f'/api/v2/job_track/stations/{SCANNED_AT}\t{{"orderIdentifier":"{number}"}}'
        return f"/api/v2/orders/{number}" + ("?deleteReason=CUS" if method == "DELETE" else "")

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

    async def ask(self, statement: str) -> tuple[Any, ...]:
        """The one row that a statement finds in the database."""
        if self.contestant.engine != "sqlite":
            return tuple((await self.postgres.fetch(statement, database=self.database))[0])
        with closing(apsw.Connection(self.database)) as connection:
            connection.set_busy_timeout(5_000)
            return tuple(connection.execute(statement).fetchone() or ())

    async def prove(self) -> None:
        """Every 200 left exactly one event, and one cancelled order or one scan, unless nothing is kept at all."""
        if not self.contestant.engine:
            return
        count = """SELECT (SELECT count(*) FROM events WHERE type = 'order.cancelled'),
            (SELECT count(cancelled_at) FROM orders), (SELECT count(*) FROM events WHERE type = 'order.checked_in')"""
        found = await self.ask(count)
        if found != (self.cancelled, self.cancelled, self.scanned):
            answered = f"{self.cancelled} cancels and {self.scanned} scans answered"
            raise Broken(f"{self.contestant.name}: {answered}, events and orders say {found}")


def processes(contestant: Contestant) -> int:
    """As many as there are cores, as one would run it; one on SQLite."""
    return 1 if contestant.engine == "sqlite" else os.cpu_count() or 1


@contextmanager
def start(live: Live) -> Iterator[Live]:
    """The contestant's server, ready; pgbench and bare apsw have none."""
    if not live.contestant.speaks_http:
        yield live
        return
    live.port = free_port()
    log = live.folder / f"{live.contestant.kind}-{live.contestant.engine}.log"
    sqlite = live.contestant.engine == "sqlite"
    url = data.SQLITE + live.database if sqlite else live.postgres.url(live.database)
    command, ready = server_of(live.contestant, url, live.port)
    environment = {"BENCH_DATABASE": url, "BENCH_KEY": live.key}
    with running(command, log=log, environment=environment) as process:
        wait_until_ready(process, f"http://{LOOPBACK}:{live.port}{ready}", log)
        live.pid = process.pid
        yield live


def server_of(contestant: Contestant, url: str, port: int) -> tuple[list[str], str]:
    """The command that serves on that port, and the path that tells when it is ready."""
    workers = ["--workers", str(processes(contestant))]
    where = ["--host", LOOPBACK, "--port", str(port)]
    match contestant.kind:
        case "traylane":
            return [str(data.TRAYLANE), "serve", "--database", url, *where, *workers], "/readyz"
        case "drf":
            gunicorn = [sys.executable, "-m", "gunicorn", "bench.drf.service:app", "--chdir", str(ROOT), *workers]
            threads = ["--worker-class", "gthread", "--threads", "8", "--keep-alive", "75"]
            return [*gunicorn, *threads, "--bind", f"{LOOPBACK}:{port}"], "/ready"
    uvicorn = [sys.executable, "-m", "uvicorn", f"bench.{contestant.kind}:app", "--app-dir", str(ROOT), *where]
    return [*uvicorn, "--loop", "uvloop", "--http", "httptools", "--no-access-log", *workers], "/openapi.json"
