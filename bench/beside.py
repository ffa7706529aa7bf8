"""A cancel at half of what the service can do: alone, and with an import, webhooks and reports beside it."""

from __future__ import annotations

import asyncio
import http.client
import json
import subprocess
import threading
from collections.abc import Collection, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from statistics import median

from bench import data, orders, run
from bench.contestants import Contestant, Live, Measure, start
from bench.goals import Figure
from bench.load import Result
from bench.processes import LOOPBACK, Broken, running
from bench.receiver import Receiver
from bench.run import Bed, Plan

CLIENTS = 64
SHARE = 0.5
"""Of what the service can do."""
IMPORTED_A_SECOND = 25_000
"""More than there is time for."""
FIRST_IMPORTED = 5_000_000
EVERY = 1.0
"""Seconds between one report's answer and the next report."""
REPORTS = "/api/v2/reports/cancellations"
IMPORTED = "SELECT count(*) FROM events WHERE type = 'order.imported'"
IMPORT, WEBHOOKS, REPORT = "import", "webhooks", "reports"
EVERYTHING = (IMPORT, WEBHOOKS, REPORT)


@dataclass(frozen=True)
class Round:
    """The same load twice, and what ran beside the second one and came of it meanwhile."""

    quiet: Result
    beside: Result
    reports: int
    messages: int
    imported: int


def measure(plan: Plan, bed: Bed, measures: list[Measure]) -> list[Figure]:
    """`measures`: of the run before, for what the service can do."""
    file = bed.folder / "import.jsonl"
    write_import(file, IMPORTED_A_SECOND * (plan.seconds + 4))
    found: list[Figure] = []
    for contestant in (one for one in plan.contestants if one.kind == "traylane"):
        peak = median(
            m.result.rate
            for m in measures
            if (m.contestant, m.method, m.clients) == (contestant.name, "DELETE", plan.clients[0])
        )
        rounds = [one_round(plan, bed, contestant, peak * SHARE, file) for _ in range(plan.rounds)]
        found += figures(contestant.name, rounds)
    file.unlink()
    return found


def figures(name: str, rounds: list[Round]) -> Iterator[Figure]:
    ratios = [one.beside.p99_ms / one.quiet.p50_ms for one in rounds]
    yield Figure(
        f"half of peak, {name}: p99 of a cancel beside import, webhooks, reports ÷ quiet median", ratios, 5, True
    )
    yield Figure(f"half of peak, {name}: quiet median", [one.quiet.p50_ms for one in rounds], unit="ms")
    yield Figure(f"half of peak, {name}: quiet p99", [one.quiet.p99_ms for one in rounds], unit="ms")
    yield Figure(f"half of peak, {name}: median beside", [one.beside.p50_ms for one in rounds], unit="ms")
    yield Figure(f"half of peak, {name}: p99 beside", [one.beside.p99_ms for one in rounds], unit="ms")


def one_round(
    plan: Plan,
    bed: Bed,
    contestant: Contestant,
    pace: float,
    file: Path,
    company: Collection[str] = EVERYTHING,
) -> Round:
    """`company`: what runs beside the second load."""
    database = run.fresh(replace(plan, contestants=[contestant]), bed)[contestant.name]
    url = bed.postgres.url(database) if contestant.engine == "postgres" else data.SQLITE + database
    live = Live(contestant, database, plan.orders, bed.postgres, bed.folder, key=bed.keys[contestant.engine])
    receiver, answers = Receiver(), list[int]()
    receiver.start()
    try:
        with start(live), ExitStack() as stack:
            live.load("DELETE", CLIENTS, 1)
            quiet = steady(live, plan.seconds, pace)
            if WEBHOOKS in company:
                traylane("settings", "set", "Webhooks:Private hosts", LOOPBACK, "--database", url)
                traylane("webhooks", "create", receiver.url, "--type", "order.cancelled", "--database", url)
            if IMPORT in company:
                stack.enter_context(importing(url, file, bed.folder / "import.log"))
            if REPORT in company:
                answers = stack.enter_context(reporting(live))
            beside = steady(live, plan.seconds, pace)
            found = Round(quiet, beside, len(answers), len(receiver.came), asyncio.run(live.ask(IMPORTED))[0])
    finally:
        receiver.stop()
    came = {IMPORT: found.imported, WEBHOOKS: found.messages, REPORT: found.reports}
    if not all(came[one] for one in company):
        raise Broken(f"{contestant.name}: beside the cancels came {came}")
    run.say(
        f"half of peak {contestant.name:24} {beside.rate:6.0f}/s  quiet {quiet.p50_ms:.2f}, p99 {quiet.p99_ms:.2f} ms; "
        f"beside {'+'.join(company)} {beside.p50_ms:.2f} ms, p99 {beside.p99_ms:.2f} ms, {came}"
    )
    return found


def steady(live: Live, seconds: int, pace: float) -> Result:
    result = live.load("DELETE", CLIENTS, seconds, pace=pace)
    if result.failed():
        raise Broken(f"{live.contestant.name}: {result.statuses} {result.errors}")
    return result


def traylane(*arguments: str) -> None:
    subprocess.run([data.TRAYLANE, *arguments], check=True, stdout=subprocess.DEVNULL)


def write_import(file: Path, many: int) -> None:
    """`many` new orders, as an import file has them."""
    document = {**orders.details(0, Random(1)), "customerNumber": "1001", "status": "V", "addons": []}
    document.pop("dateTimeValid")
    text = json.dumps(document, separators=(",", ":"))[1:]
    with file.open("w") as lines:
        for number in range(FIRST_IMPORTED, FIRST_IMPORTED + many):
            lines.write(f'{{"orderNumber":"{number}",{text}\n')


@contextmanager
def importing(url: str, file: Path, log: Path) -> Iterator[None]:
    """An import that runs as long as the block; it has more lines than that."""
    with running([data.TRAYLANE, "orders", "import", file, "--database", url], log=log) as process:
        yield
        if process.poll() is not None:
            raise Broken(f"the import ended before the load:\n{log.read_text()[-1000:]}")


@contextmanager
def reporting(live: Live) -> Iterator[list[int]]:
    """A report every EVERY seconds as long as the block runs; the size of each."""
    ended, sizes = threading.Event(), list[int]()

    def ask() -> None:
        with closing(http.client.HTTPConnection(LOOPBACK, live.port, timeout=60)) as link:
            while not ended.is_set():
                link.request("GET", REPORTS, headers={"X-API-Key": live.key})
                answer = link.getresponse()
                body = answer.read()
                if answer.status != 200:
                    return
                sizes.append(len(body))
                ended.wait(EVERY)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    try:
        yield sizes
    finally:
        ended.set()
        thread.join()
