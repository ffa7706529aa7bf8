"""What a run has shown, as Markdown: ratios first, then rates, then the machine and the statements."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

import psutil

from bench import contestants, goals, pgbench
from bench.contestants import Contestant, Measure
from bench.goals import Figure
from bench.postgres import SETTINGS
from bench.run import Plan

LIBRARIES = (
    *("apsw", "asyncpg", "msgspec", "uvicorn", "uvloop", "httptools"),
    *("fastapi", "sqlalchemy", "aiosqlite", "django", "djangorestframework", "psycopg", "gunicorn"),
)

METHOD = """\
{rounds} rounds, {seconds} s for each figure, {orders} orders in every database. In a round each contestant has a
fresh copy of the same data, and they take turns, so that a slow minute hits all of them. Figures are medians over the
rounds; the spread is the smallest and the largest. Load generator, servers and databases share the machine. A cancel
is one changed order and one event, a check-in one more row, the scan; durable before the answer
(`synchronous_commit=on`, `synchronous=FULL`); after each round all are counted and held against the answers. On
PostgreSQL every HTTP server runs one process for each core, on SQLite one."""

GOALS = """\
Processor time: by how much less of it the first needs for a request than the second, PostgreSQL's included; it moves
less than a rate when others use the machine.

pgbench sends one prepared statement for each cancel, a transaction each. Bare apsw is a loop that makes as many cancels
in a transaction as there are clients, with the pragmas and checkpoints of the service. Neither has HTTP, looks,
rules or answers. The textbook stack is FastAPI with the ORM of SQLAlchemy under uvicorn (`bench/textbook.py`); Django
REST framework runs under gunicorn, 8 threads a process (`bench/drf/`). The constant answer is raw ASGI under uvicorn:
what HTTP alone leaves to gain.

Bulk goes over one connection in calls of 10 000 rows, each beside 500 cancels of one client. Memory is what the
processes of the service have for themselves; what the first calls of a bulk take once and keep is not growth. A list is
all of its orders in one answer. A start is timed from the command until `/readyz` answers 200, compiled as by an
installer. Half of peak: requests go out when they are due, half as many a second as the run had with all its clients;
beside them an import of new orders runs, each cancel is told to an endpoint, and a report is asked for each second.

What a fetch and a cancel touch among a million orders is measured by itself: [size](size.md)."""

COSTS = """\
µs are processor time for each request: of the server with all its processes, of PostgreSQL, of the load generator
(or of pgbench as a client). What the service still seals after its last answer is waited for and counted; that took at
most {sealing:.1f} s. Others took {disturbed:.0%} of the machine meanwhile (median; at worst {worst:.0%}).{verdict}"""

QUIET = 0.1
"""The share of the machine that others may take while it still counts as quiet."""

RATE_HEADS = ["", "clients", "rate/s", "spread", "p50 ms", "p99 ms", "max ms", "server µs", "PostgreSQL µs", "load µs"]

STATEMENTS = """\
## Statements

The service's stand in `src/traylane/orders/`, the textbook stack's in `bench/textbook.py`. pgbench runs this, prepared:

```sql
{script}```"""


def of(measures: list[Measure], who: Contestant, method: str, clients: int) -> list[Measure]:
    return [m for m in measures if (m.contestant, m.method, m.clients) == (who.name, method, clients)]


def write(plan: Plan, measures: list[Measure], figures: list[Figure], postgres_version: str) -> str:
    parts = [
        "# Performance",
        "Made by `make bench`; a run of your own replaces this page.",
        METHOD.format(rounds=plan.rounds, seconds=plan.seconds, orders=plan.orders),
        "## Goals",
        table(goals.HEADS, (figure.row() for figure in figures)),
        GOALS,
        "## Cancel",
        table(RATE_HEADS, rate_rows(measures, "DELETE")),
        "## Check-in",
        table(RATE_HEADS, rate_rows(measures, "SCAN")),
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
