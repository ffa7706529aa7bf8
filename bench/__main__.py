"""Measure everything in one run: `python -m bench`, or `--quick` (also `QUICK=1`) for a few minutes.

`python -m bench import` measures the import of orders alone (bench/imports.py), `python -m bench webhooks` what
webhooks cost a cancel and how soon they arrive (bench/webhooks.py), `python -m bench size` what a fetch and a cancel
touch among 5 000 000 orders (bench/size.py), `python -m bench pages` the pages of the console of a large laboratory
(bench/pages.py), `python -m bench beside` what an import, webhooks and reports cost the cancels beside them, each alone
and all together (bench/company.py).

Exit code 1 when something could not be measured or a goal was missed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from types import FrameType

from bench import beside, company, contestants, goals, imports, many, pages, report, run, size, starts, webhooks
from bench.contestants import ROOT, Contestant, Measure
from bench.goals import Figure
from bench.postgres import server
from bench.processes import Broken

HOME = ROOT / "var" / "bench"
PAGE = ROOT / "docs" / "reference" / "performance.md"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", default=os.environ.get("QUICK", "") not in ("", "0"))
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--seconds", type=int, help="for each measure")
    parser.add_argument("--orders", type=int, help="in every database")
    parser.add_argument("--clients", default="64,16,1")
    parser.add_argument(
        "--only",
        default="",
        help="some contestants: traylane, pgbench, textbook, drf, apsw, constant, postgres, sqlite",
    )
    parser.add_argument("--work", type=Path, default=HOME)
    return parser.parse_args()


def plan_of(given: argparse.Namespace) -> run.Plan:
    rounds, seconds, orders = (3, 2, 120_000) if given.quick else (7, 4, 200_000)
    clients = tuple(int(number) for number in given.clients.split(","))
    return run.Plan(
        contestants=chosen(given.only),
        rounds=given.rounds or rounds,
        seconds=given.seconds or seconds,
        orders=given.orders or orders,
        clients=clients,
        fetch_clients=clients[:1] if given.quick else clients,
        brief=given.quick,
    )


def chosen(only: str) -> list[Contestant]:
    """All, or those that every one of the comma-separated words fits as kind or engine."""
    words = {word for word in only.split(",") if word}
    kinds, engines = words - {"postgres", "sqlite"}, words & {"postgres", "sqlite"}
    found = [
        contestant
        for contestant in contestants.ALL
        if (not kinds or contestant.kind in kinds) and (not engines or contestant.engine in engines)
    ]
    if not found:
        raise Broken(f"nobody is called {only}")
    return found


def measured(plan: run.Plan, folder: Path) -> tuple[list[Measure], list[Figure], str]:
    folder.mkdir(parents=True, exist_ok=True)
    for old in [*folder.glob("*.log"), *folder.glob("*.db*"), *folder.glob("pgbench_log.*")]:
        old.unlink()
    with server(folder / "postgres", folder / "postgres.log") as postgres:
        version = asyncio.run(postgres.fetch("SHOW server_version"))[0][0]
        bed = run.prepare(plan, postgres, folder)
        measures = run.measure(plan, bed)
        figures = list(goals.ratios(measures, plan.clients))
        for part in (many, starts) if plan.with_traylane else ():
            figures += part.measure(plan, bed)
        figures += beside.measure(plan, bed, measures)
    for database in folder.glob("*.db*"):
        database.unlink()
    return measures, figures, version


def publish(plan: run.Plan, measures: list[Measure], figures: list[Figure], version: str, folder: Path) -> Path:
    """A run with everybody, at home, becomes the page of the documentation; the figures stay beside the logs."""
    (folder / "performance.json").write_text(json.dumps([asdict(measure) for measure in measures], indent=1))
    page = PAGE if plan.contestants == contestants.ALL and folder == HOME else folder / PAGE.name
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(report.write(plan, measures, figures, version))
    return page


def stop(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main() -> int:
    for asked in (signal.SIGINT, signal.SIGTERM):
        signal.signal(asked, stop)
    alone = {
        "beside": company.main,
        "import": imports.main,
        "pages": pages.main,
        "size": size.main,
        "webhooks": webhooks.main,
    }
    if sys.argv[1:] and sys.argv[1] in alone:
        return alone[sys.argv[1]](sys.argv[2:])
    given = arguments()
    try:
        plan = plan_of(given)
        measures, figures, version = measured(plan, given.work)
    except (Broken, OSError, subprocess.CalledProcessError) as problem:
        print(f"bench: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("bench: stopped", file=sys.stderr)
        return 130
    page = publish(plan, measures, figures, version, given.work)
    print(report.table(goals.HEADS, (figure.row() for figure in figures)))
    for method in ("DELETE", "SCAN", "GET"):
        print(f"\n{method}\n{report.table(report.RATE_HEADS, report.rate_rows(measures, method))}")
    print(f"\n{report.costs(measures)}\n{page}")
    return 1 if goals.missed(figures) else 0


if __name__ == "__main__":
    sys.exit(main())
