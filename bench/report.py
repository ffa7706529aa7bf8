"""What a run has shown, as Markdown: ratios first, then rates, then the machine and the statements."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import psutil

from bench import contestants, pgbench
from bench.contestants import Contestant, Measure
from bench.postgres import SETTINGS
from bench.run import Plan

LIBRARIES = ("apsw", "asyncpg", "msgspec", "uvicorn", "uvloop", "httptools", "fastapi", "sqlalchemy", "aiosqlite")

METHOD = """\
{rounds} rounds, {seconds} s for each figure, {orders} orders in every database. In a round each contestant has a fresh
copy of the same data, and they take turns, so that a slow minute hits all of them. Figures are medians over the rounds;
the spread is the smallest and the largest. Load generator, servers and databases share the machine. A cancel is one
changed order and one event, durable before the answer (`synchronous_commit=on`, `synchronous=FULL`); after each round
both are counted and held against the answers. On PostgreSQL every HTTP server runs one process for each core, on
SQLite one."""

COSTS = """\
µs are processor time for each request: of the server with all its processes, of PostgreSQL, of the load generator
(or of pgbench as a client). What the service still seals after its last answer is waited for and counted; that took at
most {sealing:.1f} s. Others took {disturbed:.0%} of the machine meanwhile (median; at worst {worst:.0%}).{verdict}"""

QUIET = 0.1
"""The share of the machine that others may take while it still counts as quiet."""

RATIO_HEADS = ["", "clients", "ratio", "spread", "goal", ""]
RATE_HEADS = ["", "clients", "rate/s", "spread", "p50 ms", "p99 ms", "max ms", "server µs", "PostgreSQL µs", "load µs"]

STATEMENTS = """\
## Statements

The service's stand in `src/traylane/orders/`, the textbook stack's in `bench/textbook.py`. pgbench runs this, prepared:

```sql
{script}```"""


@dataclass(frozen=True)
class Ratio:
    """How many times faster `over` is than `under`; `goal` is what it has to reach, None when it is only shown."""

    over: Contestant
    under: Contestant
    method: str
    clients: int
    goal: float | None = None

    def values(self, measures: list[Measure]) -> list[float]:
        """One value a round: both were measured within the same minute."""
        above, below = (rates(measures, who, self.method, self.clients) for who in (self.over, self.under))
        return [above[round_] / below[round_] for round_ in sorted(above.keys() & below.keys())]

    def verdict(self, measures: list[Measure]) -> str:
        if self.goal is None:
            return ""
        values = self.values(measures)
        if not values:
            return "not measured"
        return "pass" if median(values) >= self.goal else "FAIL"


def ratios(plan: Plan) -> list[Ratio]:
    goals = {64: 0.8, 16: 0.4}
    pairs = [
        (contestants.TRAYLANE_POSTGRES, contestants.TEXTBOOK_POSTGRES),
        (contestants.TRAYLANE_SQLITE, contestants.TEXTBOOK_SQLITE),
    ]
    shown = [
        Ratio(contestants.TRAYLANE_POSTGRES, contestants.PGBENCH, "DELETE", clients, goals.get(clients))
        for clients in plan.clients
    ]
    for over, under in pairs:
        shown += [Ratio(over, under, "DELETE", n, 10.0 if n == 64 else None) for n in plan.clients]
    for over, under in pairs:
        shown += [Ratio(over, under, "GET", clients) for clients in plan.fetch_clients]
    return shown


def of(measures: list[Measure], who: Contestant, method: str, clients: int) -> list[Measure]:
    return [m for m in measures if (m.contestant, m.method, m.clients) == (who.name, method, clients)]


def rates(measures: list[Measure], who: Contestant, method: str, clients: int) -> dict[int, float]:
    return {m.round: m.result.rate for m in of(measures, who, method, clients)}


def missed(plan: Plan, measures: list[Measure]) -> list[Ratio]:
    return [ratio for ratio in ratios(plan) if ratio.verdict(measures) not in ("", "pass")]


def write(plan: Plan, measures: list[Measure], postgres_version: str) -> str:
    parts = [
        "# Performance",
        "Made by `make bench`; a run of your own replaces this page.",
        METHOD.format(rounds=plan.rounds, seconds=plan.seconds, orders=plan.orders),
        "## Ratios",
        table(RATIO_HEADS, ratio_rows(plan, measures)),
        "## Cancel",
        table(RATE_HEADS, rate_rows(measures, "DELETE")),
        "## Fetch",
        table(RATE_HEADS, rate_rows(measures, "GET")),
        costs(measures),
        machine(postgres_version),
        STATEMENTS.format(script=pgbench.SCRIPT.read_text()),
    ]
    return "\n\n".join(parts) + "\n"


def costs(measures: list[Measure]) -> str:
    disturbed = median(measure.disturbed for measure in measures)
    return COSTS.format(
        sealing=max(measure.sealing for measure in measures),
        disturbed=disturbed,
        worst=max(measure.disturbed for measure in measures),
        verdict="" if disturbed <= QUIET else "\n**The machine was not quiet: these figures do not count.**",
    )


def ratio_rows(plan: Plan, measures: list[Measure]) -> Iterator[list[str]]:
    for ratio in ratios(plan):
        values = ratio.values(measures)
        figures = [f"{median(values):.2f}", f"{min(values):.2f}–{max(values):.2f}"] if values else ["", ""]
        what = "cancel" if ratio.method == "DELETE" else "fetch"
        goal = "" if ratio.goal is None else f"≥ {ratio.goal:g}"
        name = f"{what}: {ratio.over.name} ÷ {ratio.under.name}"
        yield [name, str(ratio.clients), *figures, goal, ratio.verdict(measures)]


def rate_rows(measures: list[Measure], method: str) -> Iterator[list[str]]:
    for clients in sorted({m.clients for m in measures if m.method == method}, reverse=True):
        for who in contestants.ALL:
            mine = of(measures, who, method, clients)
            if mine:
                yield [who.name, str(clients), *figures_of(mine)]


def figures_of(mine: list[Measure]) -> list[str]:
    def middle(figure: Callable[[Measure], float], digits: int) -> str:
        return f"{median(figure(m) for m in mine):.{digits}f}"

    all_rates = [m.result.rate for m in mine]
    return [
        middle(lambda m: m.result.rate, 0),
        f"{min(all_rates):.0f}–{max(all_rates):.0f}",
        middle(lambda m: m.result.p50_ms, 2),
        middle(lambda m: m.result.p99_ms, 2),
        middle(lambda m: m.result.max_ms, 1),
        middle(lambda m: m.server_cpu_us, 0),
        middle(lambda m: m.postgres_cpu_us, 0),
        middle(lambda m: m.load_cpu_us, 0),
    ]


def table(heads: list[str], rows: Iterator[list[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def machine(postgres_version: str) -> str:
    libraries = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in LIBRARIES)
    settings = ", ".join(f"`{name}={value}`" for name, value in SETTINGS.items() if value)
    memory = psutil.virtual_memory().total / 2**30
    system = f"{platform.system()} {platform.release().partition('-')[0]}"
    return "\n".join(
        [
            "## Machine and versions\n",
            f"- {os.cpu_count()} cores ({processor()}), {memory:.0f} GiB of memory, {system}",
            f"- Python {platform.python_version()}; {libraries}",
            f"- PostgreSQL {postgres_version}: {settings}",
        ]
    )


def processor() -> str:
    described = Path("/proc/cpuinfo")
    if described.exists():
        for line in described.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine()
