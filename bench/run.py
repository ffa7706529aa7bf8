"""One interleaved run: in every round each contestant gets a fresh database, and all of them take turns."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import apsw

from bench import data
from bench.contestants import Contestant, Live, Measure, start
from bench.postgres import Server

TEMPLATE = "bench_template"
TEXTBOOK_KEY = "textbook"
WARM_UP = 2
"""Seconds that nobody counts: statements get prepared, caches fill."""


@dataclass(frozen=True)
class Plan:
    """How much is measured. `fetch_clients`: with how many clients check-ins and GET are measured, too.

    `brief`: who is slow is measured with the first number of clients alone.
    """

    contestants: list[Contestant]
    rounds: int
    seconds: int
    orders: int
    clients: tuple[int, ...]
    fetch_clients: tuple[int, ...]
    brief: bool = False

    @property
    def with_traylane(self) -> bool:
        return any(contestant.kind == "traylane" for contestant in self.contestants)

    @property
    def engines(self) -> set[str]:
        return {contestant.engine for contestant in self.contestants if contestant.engine}

    def measured(self, contestant: Contestant, method: str, clients: int) -> bool:
        """Whether that is a part of the run."""
        enough = self.brief and contestant.slow and clients != self.clients[0]
        return method in contestant.methods and not enough

    def turns(self, round_: int) -> list[Contestant]:
        """Everybody, and everybody is first once."""
        first = round_ % len(self.contestants)
        return self.contestants[first:] + self.contestants[:first]


@dataclass(frozen=True)
class Bed:
    """Where it happens: the server, the folder and the keys for the service on either engine."""

    postgres: Server
    folder: Path
    keys: dict[str, str]

    @property
    def sqlite_template(self) -> Path:
        return self.folder / "template.db"

    def sqlite_copy(self, contestant: Contestant) -> Path:
        return self.folder / f"{contestant.kind}.db"


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def prepare(plan: Plan, postgres: Server, folder: Path) -> Bed:
    """The databases that every round begins with."""
    bed = Bed(postgres, folder, {})
    urls = {"postgres": postgres.url(TEMPLATE), "sqlite": data.SQLITE + str(bed.sqlite_template)}
    asyncio.run(postgres.execute(f"CREATE DATABASE {TEMPLATE}"))
    for engine in sorted(plan.engines):
        say(f"{plan.orders} orders for {engine}")
        data.fill(urls[engine], plan.orders, migrate=plan.with_traylane)
        if plan.with_traylane:
            bed.keys[engine] = data.create_key(urls[engine])
    if "sqlite" in plan.engines:
        settle(bed.sqlite_template)
    return bed


def settle(path: Path) -> None:
    """Everything in the one file, nothing in the log beside it."""
    connection = apsw.Connection(str(path))
    connection.pragma("wal_checkpoint(TRUNCATE)")
    connection.close()


def measure(plan: Plan, bed: Bed) -> list[Measure]:
    measures: list[Measure] = []
    for round_ in range(plan.rounds):
        measures += one_round(plan, bed, round_)
    return measures


def one_round(plan: Plan, bed: Bed, round_: int) -> list[Measure]:
    turns = plan.turns(round_)
    databases = fresh(plan, bed)
    measures = []
    with ExitStack() as stack:
        field = []
        for contestant in turns:
            key = bed.keys[contestant.engine] if contestant.kind == "traylane" else TEXTBOOK_KEY
            live = Live(contestant, databases[contestant.name], plan.orders, bed.postgres, bed.folder, key=key)
            field.append(stack.enter_context(start(live)))
        for live in field:
            live.measure("DELETE", clients=64, seconds=WARM_UP, round_=round_)
        for method, numbers in (("DELETE", plan.clients), ("SCAN", plan.fetch_clients), ("GET", plan.fetch_clients)):
            for clients in numbers:
                for live in field:
                    if plan.measured(live.contestant, method, clients):
                        measures.append(live.measure(method, clients=clients, seconds=plan.seconds, round_=round_))
                        tell(plan, measures[-1])
    for live in field:
        asyncio.run(live.prove())
    return measures


def fresh(plan: Plan, bed: Bed) -> dict[str, str]:
    """A database for each contestant, all alike, written to disk."""
    names = {}
    for contestant in plan.contestants:
        if contestant.engine != "sqlite":
            names[contestant.name] = f"bench_{contestant.kind}"
            continue
        path = bed.sqlite_copy(contestant)
        for beside in ("", "-wal", "-shm"):
            Path(f"{path}{beside}").unlink(missing_ok=True)
        shutil.copyfile(bed.sqlite_template, path)
        with path.open("rb+") as file:
            os.fsync(file.fileno())
        names[contestant.name] = str(path)
    wanted = [names[contestant.name] for contestant in plan.contestants if contestant.engine == "postgres"]
    asyncio.run(bed.postgres.fresh(wanted, template=TEMPLATE))
    return names


def tell(plan: Plan, measured: Measure) -> None:
    say(
        f"round {measured.round + 1}/{plan.rounds}  {measured.method:6} {measured.clients:3} clients  "
        f"{measured.contestant:35} {measured.result.rate:8.0f}/s  p99 {measured.result.p99_ms:7.1f} ms"
    )
