"""What each that runs beside costs a cancel, and all together: `python -m bench beside`, `--quick` for two minutes.

A service is loaded with half as many cancels a second as it can do, first alone and then with company: an import of new
orders, webhooks that are told of every cancel, a report each second, and the three together. Every case has a fresh
database and its own quiet load before, a minute old at most; they take turns.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from bench import beside, report, run
from bench.beside import EVERYTHING, Round
from bench.contestants import TRAYLANE_POSTGRES, TRAYLANE_SQLITE, Contestant, Live, start
from bench.postgres import server
from bench.processes import Broken
from bench.run import Bed, Plan

CASES = (*((one,) for one in EVERYTHING), EVERYTHING)
HEADS = [
    "engine",
    "beside",
    "quiet median, ms",
    "quiet p99",
    "median beside",
    "p99 beside",
    "p99 ÷ quiet median",
    "lowest–highest",
    "imported/s",
    "messages/s",
    "reports",
]


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench beside", description=__doc__)
    parser.add_argument("--quick", action="store_true", default=os.environ.get("QUICK", "") not in ("", "0"))
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--seconds", type=int, help="for each load")
    parser.add_argument("--only", choices=("sqlite", "postgres"))
    parser.add_argument("--company", help="one case alone, for example import or webhooks,reports")
    parser.add_argument("--pace", type=float, help="cancels a second; half of what the service can do if left out")
    parser.add_argument("--work", type=Path, default=Path("var/bench-beside"))
    given = parser.parse_args(arguments)
    plan = Plan(
        contestants=[one for one in (TRAYLANE_POSTGRES, TRAYLANE_SQLITE) if given.only in (None, one.engine)],
        rounds=given.rounds or (1 if given.quick else 3),
        seconds=given.seconds or (3 if given.quick else 6),
        orders=120_000,
        clients=(beside.CLIENTS,),
        fetch_clients=(),
    )
    cases = [tuple(given.company.split(","))] if given.company else list(CASES)
    try:
        measured = measure(plan, given.work, cases, given.pace)
    except (Broken, OSError, subprocess.CalledProcessError) as problem:
        print(f"bench beside: {problem}", file=sys.stderr)
        return 1
    print(report.table(HEADS, rows(plan, measured)))
    return 0


Measured = dict[tuple[str, tuple[str, ...]], list[Round]]


def measure(plan: Plan, folder: Path, cases: list[tuple[str, ...]], pace: float | None) -> Measured:
    folder.mkdir(parents=True, exist_ok=True)
    for old in (*folder.glob("*.db*"), *folder.glob("*.log")):
        old.unlink()
    measured: Measured = {}
    with server(folder / "postgres", folder / "postgres.log") as postgres:
        bed = run.prepare(plan, postgres, folder)
        file = folder / "import.jsonl"
        beside.write_import(file, beside.IMPORTED_A_SECOND * (plan.seconds + 4))
        paces = {one.name: pace or peak(plan, bed, one) * beside.SHARE for one in plan.contestants}
        for _ in range(plan.rounds):
            for case in cases:
                for one in plan.contestants:
                    found = beside.one_round(plan, bed, one, paces[one.name], file, case)
                    measured.setdefault((one.name, case), []).append(found)
        file.unlink()
    for left in folder.glob("*.db*"):
        left.unlink()
    return measured


def peak(plan: Plan, bed: Bed, contestant: Contestant) -> float:
    """Cancels a second that the service can do."""
    database = run.fresh(plan, bed)[contestant.name]
    live = Live(contestant, database, plan.orders, bed.postgres, bed.folder, key=bed.keys[contestant.engine])
    with start(live):
        live.load("DELETE", beside.CLIENTS, run.WARM_UP)
        return live.load("DELETE", beside.CLIENTS, run.WARM_UP).rate


def rows(plan: Plan, measured: Measured) -> Iterator[list[str]]:
    for (name, case), rounds in sorted(measured.items(), key=lambda item: (item[0][0], len(item[0][1]))):
        ratios = [one.beside.p99_ms / one.quiet.p50_ms for one in rounds]
        yield [
            name,
            " + ".join(case),
            f"{median(one.quiet.p50_ms for one in rounds):.2f}",
            f"{median(one.quiet.p99_ms for one in rounds):.1f}",
            f"{median(one.beside.p50_ms for one in rounds):.2f}",
            f"{median(one.beside.p99_ms for one in rounds):.1f}",
            f"{median(ratios):.1f}",
            f"{min(ratios):.1f}–{max(ratios):.1f}",
            f"{median(one.imported for one in rounds) / plan.seconds:.0f}",
            f"{median(one.messages for one in rounds) / plan.seconds:.0f}",
            f"{median(one.reports for one in rounds):.0f}",
        ]
