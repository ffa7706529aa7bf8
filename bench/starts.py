"""How long a start takes: of the service until it is ready, of the command line until it has said what it can do."""

from __future__ import annotations

import compileall
from dataclasses import replace
from pathlib import Path
from time import perf_counter

import traylane
from bench import data, run
from bench.contestants import TRAYLANE_POSTGRES, TRAYLANE_SQLITE, Contestant
from bench.goals import Figure
from bench.processes import LOOPBACK, Broken, free_port, running, used_by, wait_until_ready
from bench.run import Bed, Plan

TIMES = 5


def measure(plan: Plan, bed: Bed) -> list[Figure]:
    field = [one for one in (TRAYLANE_POSTGRES, TRAYLANE_SQLITE) if one in plan.contestants]
    databases = run.fresh(replace(plan, contestants=field), bed)
    run.say("starts")
    # as an installer does; the sources of a checkout may never have been compiled
    compileall.compile_dir(Path(traylane.__file__).parent, quiet=1)
    found = []
    for contestant in field:
        postgres = contestant.engine == "postgres"
        name = databases[contestant.name]
        url = bed.postgres.url(name) if postgres else data.SQLITE + name
        seconds = [until_ready(bed, contestant, url) for _ in range(TIMES)]
        found.append(Figure(f"cold start to ready, {contestant.name}", seconds, 1.0, at_most=True, unit="s"))
    helped = [until_helped() for _ in range(TIMES)]
    return [*found, Figure("`traylane --help`", helped, 0.3, at_most=True, unit="s")]


def until_ready(bed: Bed, contestant: Contestant, url: str) -> float:
    """Seconds from the start of the process until `/readyz` answers 200."""
    port, log = free_port(), bed.folder / f"start-{contestant.engine}.log"
    command: list[str | Path] = [data.TRAYLANE, "serve", "--database", url, "--host", LOOPBACK, "--port", str(port)]
    began = perf_counter()
    with running(command, log=log) as process:
        wait_until_ready(process, f"http://{LOOPBACK}:{port}/readyz", log, every=0.005)
        return perf_counter() - began


def until_helped() -> float:
    used = used_by([data.TRAYLANE, "--help"])
    if used.code:
        raise Broken(f"traylane --help ended with {used.code}")
    return used.seconds
