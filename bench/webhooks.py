"""What webhooks cost a cancel, and how soon a message is there: `python -m bench webhooks`, `--quick` for two minutes.

Four cases take turns, each on a fresh database of its own, on either engine:

- none: `serve --dispatch off`, no endpoint;
- nothing to tell: the dispatcher inside `serve`, an endpoint that wants events that do not happen;
- inside: the dispatcher inside `serve`, an endpoint that is told of every cancel;
- beside: `serve --dispatch off` and one `traylane dispatch`, the same endpoint.

Processor time is that of the processes from the first cancel until every event is sealed and every message has arrived:
of `serve` with PostgreSQL, and of `dispatch`. The time of a message goes from the sending of the cancel, on a machine
that has nothing else to do, to the receiver: the cancel itself is in it.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
import random
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import apsw

from bench import data, orders, report
from bench.postgres import Server, server
from bench.processes import LOOPBACK, Broken, cpu_seconds, free_port, running, wait_until_ready
from bench.receiver import Receiver

GOAL = 1.1
SOON = 100.0
"""Milliseconds."""
CLIENTS = 16
WARM_UP = 300
PATIENCE = 60
HEADS = [
    "engine",
    "webhooks",
    "service, µs CPU/cancel",
    "ratio",
    "lowest–highest",
    "dispatcher, µs",
    "median, ms",
    "p99",
]
CASES = ("none", "nothing to tell", "inside", "beside")
TEMPLATE = "webhooks_template"


@dataclass
class Round:
    """Processor times in µs for each cancel, and milliseconds of single messages."""

    engine: str
    case: str
    service: float
    dispatcher: float
    latencies: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Bed:
    """One engine: a fresh database by its name, one number out of it, and the server's process, if it has one."""

    engine: str
    fresh: Callable[[], str]
    ask: Callable[[str, str], int]
    server: int | None
    key: str

    def cpu(self) -> float:
        return cpu_seconds(self.server) if self.server else 0.0


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench webhooks", description=__doc__)
    parser.add_argument("--quick", action="store_true", default=os.environ.get("QUICK", "") not in ("", "0"))
    parser.add_argument("--cancels", type=int, help="for each measure")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--only", choices=("sqlite", "postgres"))
    parser.add_argument("--work", type=Path, default=Path("var/bench-webhooks"))
    given = parser.parse_args(arguments)
    cancels, rounds = (3_000, 3) if given.quick else (10_000, 7)
    try:
        measured = measure(given.work, given.cancels or cancels, given.rounds or rounds, given.only)
    except (Broken, OSError, subprocess.CalledProcessError) as problem:
        print(f"bench webhooks: {problem}", file=sys.stderr)
        return 1
    print(report.table(HEADS, rows(measured)))
    return 1 if missed(measured) else 0


def measure(folder: Path, cancels: int, rounds: int, only: str | None) -> list[Round]:
    folder.mkdir(parents=True, exist_ok=True)
    for old in (*folder.glob("*.db*"), *folder.glob("*.log")):
        old.unlink()
    total = (cancels + WARM_UP + 200) * 10 // 9 + 10
    receiver = Receiver()
    receiver.start()
    found: list[Round] = []
    with server(folder / "postgres", folder / "postgres.log") as postgres:
        beds = [
            make(folder, total)
            for engine, make in (("sqlite", on_sqlite), ("postgres", on_postgres(postgres)))
            if only in (None, engine)
        ]
        for round_ in range(rounds):
            for bed, case in itertools.product(beds, CASES[round_ % 4 :] + CASES[: round_ % 4]):
                found.append(one(bed, case, receiver, folder, cancels, total))
                print(f"{round_ + 1}/{rounds} {bed.engine} {case}: {found[-1].service:.0f} µs", file=sys.stderr)
    receiver.stop()
    for left in folder.glob("*.db*"):
        left.unlink()
    return found


def on_sqlite(folder: Path, total: int) -> Bed:
    template, copy = folder / "template.db", folder / "lab.db"
    key = prepared(data.SQLITE + str(template), total)
    connection = apsw.Connection(str(template))
    connection.pragma("wal_checkpoint(TRUNCATE)")
    connection.close()

    def fresh() -> str:
        for left in folder.glob("lab.db*"):
            left.unlink()
        shutil.copyfile(template, copy)
        return data.SQLITE + str(copy)

    def ask(url: str, statement: str) -> int:
        link = apsw.Connection(url.removeprefix(data.SQLITE), flags=apsw.SQLITE_OPEN_READONLY)
        link.set_busy_timeout(5_000)
        try:
            return int(link.execute(statement).get)
        finally:
            link.close()

    return Bed("sqlite", fresh, ask, None, key)


def on_postgres(postgres: Server) -> Callable[[Path, int], Bed]:
    def make(_folder: Path, total: int) -> Bed:
        asyncio.run(postgres.execute(f"CREATE DATABASE {TEMPLATE}"))
        key = prepared(postgres.url(TEMPLATE), total)

        def fresh() -> str:
            asyncio.run(postgres.fresh(["webhooks_lab"], template=TEMPLATE))
            return postgres.url("webhooks_lab")

        def ask(url: str, statement: str) -> int:
            return int(asyncio.run(postgres.fetch(statement, database=url.rpartition("/")[2]))[0][0])

        return Bed("postgres", fresh, ask, postgres.pid, key)

    return make


def prepared(url: str, total: int) -> str:
    """A laboratory whose messages may go to this machine; a key for the load generator."""
    data.fill(url, total, migrate=True)
    traylane("settings", "set", "Webhooks:Private hosts", LOOPBACK, "--database", url)
    return data.create_key(url)


def traylane(*arguments: str) -> None:
    subprocess.run([data.TRAYLANE, *arguments], check=True, stdout=subprocess.DEVNULL)


def one(bed: Bed, case: str, receiver: Receiver, folder: Path, cancels: int, total: int) -> Round:
    url, port = bed.fresh(), free_port()
    if case != "none":
        wanted = "order.created" if case == "nothing to tell" else "order.cancelled"
        traylane("webhooks", "create", receiver.url, "--type", wanted, "--database", url)
    receiver.came.clear()
    told = case in ("inside", "beside")
    log = folder / f"{bed.engine}-{case.replace(' ', '-')}.log"
    command: list[str | Path] = [data.TRAYLANE, "serve", "--database", url, "--host", LOOPBACK, "--port", str(port)]
    command += ["--dispatch", "on" if case in ("inside", "nothing to tell") else "off"]
    with ExitStack() as stack:
        service = stack.enter_context(running(command, log=log))
        wait_until_ready(service, f"http://{LOOPBACK}:{port}/readyz", log)
        beside: list[str | Path] = [data.TRAYLANE, "dispatch", "--database", url]
        dispatcher = stack.enter_context(running(beside, log=log)).pid if case == "beside" else None
        load(bed, port, folder, range(WARM_UP), total)
        settled(bed, url, receiver, WARM_UP if told else 0)
        before = bed.cpu() + cpu_seconds(service.pid), cpu_seconds(dispatcher) if dispatcher else 0.0
        load(bed, port, folder, range(WARM_UP, WARM_UP + cancels), total)
        settled(bed, url, receiver, WARM_UP + cancels if told else 0)
        after = bed.cpu() + cpu_seconds(service.pid), cpu_seconds(dispatcher) if dispatcher else 0.0
        singles = range(WARM_UP + cancels, WARM_UP + cancels + 60) if told else range(0)
        latencies = [single(bed, port, receiver, orders.number(place, total)) for place in singles]
    spent = [(end - begin) / cancels * 1e6 for begin, end in zip(before, after, strict=True)]
    return Round(bed.engine, case, spent[0], spent[1], latencies)


def load(bed: Bed, port: int, folder: Path, places: range, total: int) -> None:
    paths = folder / "paths.txt"
    paths.write_text("".join(f"/api/v2/orders/{orders.number(n, total)}?deleteReason=CUS\n" for n in places))
    command = [sys.executable, "-m", "bench.load", "--port", str(port), "--method", "DELETE", "--paths", str(paths)]
    command += ["--clients", str(CLIENTS), "--header", f"X-API-Key: {bed.key}"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def settled(bed: Bed, url: str, receiver: Receiver, messages: int) -> None:
    """Until every event has its place, every message has come and that is written down."""
    give_up = time.monotonic() + PATIENCE
    unsealed = "SELECT count(*) FROM events WHERE position IS NULL"
    delivered = "SELECT count(*) FROM deliveries WHERE state = 'delivered'"
    while len(receiver.came) < messages or bed.ask(url, unsealed) or bed.ask(url, delivered) < messages:
        if time.monotonic() > give_up:
            raise Broken(f"{len(receiver.came)} of {messages} messages came within {PATIENCE} s")
        time.sleep(0.1)


def single(bed: Bed, port: int, receiver: Receiver, number: str) -> float:
    """Milliseconds from the sending of one cancel until its message is there."""
    time.sleep(random.uniform(0.05, 0.3))
    asked = urllib.request.Request(
        f"http://{LOOPBACK}:{port}/api/v2/orders/{number}?deleteReason=CUS",
        method="DELETE",
        headers={"X-API-Key": bed.key},
    )
    began = time.monotonic()
    urllib.request.urlopen(asked, timeout=PATIENCE).close()
    while number not in receiver.came:
        if time.monotonic() > began + PATIENCE:
            raise Broken(f"the message of order {number} did not come")
        time.sleep(0.001)
    return (receiver.came[number] - began) * 1000


def rows(measured: list[Round]) -> Iterator[list[str]]:
    for engine, case in dict.fromkeys((r.engine, r.case) for r in measured):
        mine, ratios = of(measured, engine, case), ratios_of(measured, engine, case)
        times = times_of(measured, engine, case)
        yield [
            {"sqlite": "SQLite", "postgres": "PostgreSQL"}[engine],
            case,
            f"{median(r.service for r in mine):.0f}",
            f"{median(ratios):.2f}",
            f"{min(ratios):.2f}–{max(ratios):.2f}",
            f"{median(r.dispatcher for r in mine):.0f}" if case == "beside" else "",
            f"{median(times):.1f}" if times else "",
            f"{p99(times):.1f}" if times else "",
        ]


def of(measured: list[Round], engine: str, case: str) -> list[Round]:
    return [r for r in measured if (r.engine, r.case) == (engine, case)]


def ratios_of(measured: list[Round], engine: str, case: str) -> list[float]:
    """What a cancel costs the service in a case by what it costs without webhooks, round by round."""
    pairs = zip(of(measured, engine, case), of(measured, engine, "none"), strict=True)
    return [mine.service / bare.service for mine, bare in pairs]


def missed(measured: list[Round]) -> list[str]:
    """The goals that were not met."""
    engines = dict.fromkeys(r.engine for r in measured)
    costly = [
        f"{engine}, {case}: more than {GOAL} × the processor time"
        for engine, case in itertools.product(engines, ("nothing to tell", "beside"))
        if median(ratios_of(measured, engine, case)) > GOAL
    ]
    late = [
        f"{engine}, {case}: a message later than {SOON:.0f} ms"
        for engine, case in itertools.product(engines, ("inside", "beside"))
        if p99(times_of(measured, engine, case)) > SOON
    ]
    return costly + late


def times_of(measured: list[Round], engine: str, case: str) -> list[float]:
    return sorted(itertools.chain.from_iterable(r.latencies for r in of(measured, engine, case)))


def p99(times: list[float]) -> float:
    return times[int(len(times) * 0.99)]
