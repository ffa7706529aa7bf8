"""`traylane simulate`: a laboratory's days with many clients at once, and then the question whether all is true."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from traylane.cli import output
from traylane.cli.opened import on_database
from traylane.cli.options import AsJson
from traylane.cli.progress import progress
from traylane.clock import DAY, Instant

if TYPE_CHECKING:
    from traylane.db.database import Database
    from traylane.orders.audit import Audit
    from traylane.simulation.clients import Tally

T = TypeVar("T")

EmptyDatabase = Annotated[
    str,
    typer.Option(
        "--database",
        metavar="URL",
        help="A migrated database without orders, which the days are left in; a temporary file without it.",
    ),
]


def simulate(
    orders: Annotated[int, typer.Option(min=1, max=10_000, help="Orders that arrive each day.")] = 1_000,
    days: Annotated[int, typer.Option(min=1, max=90, help="Days.")] = 5,
    seed: Annotated[int, typer.Option(min=0, help="Another seed, another plan; the same one, the same plan.")] = 7,
    clients: Annotated[int, typer.Option(min=1, max=512, help="Clients with a request under way at once.")] = 64,
    database: EmptyDatabase = "",
    as_json: AsJson = False,
) -> int:
    """Let a laboratory's days happen, by many clients at once, and check that the database tells a true story.

    Orders arrive, are scanned through the line, held, cancelled, restored and completed, and their trays go round.
    Exit code 1 when an invariant is broken.
    """
    from traylane.cli import sample
    from traylane.orders.audit import audit
    from traylane.policy.rulebook import Rulebook
    from traylane.simulation import laboratory
    from traylane.simulation.plan import plan

    steps = plan(orders=orders, days=days, seed=seed)

    async def run(db: Database) -> tuple[Tally, Audit, dict[str, float]]:
        await laboratory.set_up(db, sample.setup_text(), orders=orders)
        began = time.perf_counter()
        with progress("Working", total=len(steps), unit="steps", data_on_stdout=as_json) as advance:
            tally = await laboratory.live(db, steps, clients=clients, tell=advance)
        ended = time.perf_counter()
        zone = (await Rulebook().refresh(db)).policy.time_zone
        found = await audit(db, zone, until=Instant(steps[-1].at + 2 * DAY))
        seconds = {"days": round(ended - began, 1), "check": round(time.perf_counter() - ended, 1)}
        return tally, found, seconds

    tally, found, seconds = _on(database, run)
    if as_json:
        output.print_json(_document(len(steps), tally, found, seconds))
    else:
        _show(len(steps), tally, found, seconds)
    return output.REFUSED if found.broken or tally.wrong_repeats else output.DONE


def _on(database: str, run: Callable[[Database], Awaitable[T]]) -> T:
    if database:
        return on_database(database, run)
    import asyncio
    import tempfile

    from traylane.db.migrate import upgrade

    with tempfile.TemporaryDirectory(prefix="traylane-days-") as folder:
        url = f"sqlite:///{Path(folder) / 'lab.db'}"
        asyncio.run(upgrade(url))
        return on_database(url, run)


def _document(tried: int, tally: Tally, found: Audit, seconds: dict[str, float]) -> dict[str, Any]:
    return {
        "tried": tried,
        "done": dict(tally.done),
        "repeated": dict(tally.repeated),
        "refused": [{"what": what, "code": code, "times": times} for (what, code), times in tally.refused.items()],
        "wrongRepeats": tally.wrong_repeats,
        "audit": found,
        "seconds": seconds,
    }


def _show(tried: int, tally: Tally, found: Audit, seconds: dict[str, float]) -> None:
    from traylane.cli.verify import show_audit

    output.print_table(("what was tried", "done", "repeated", "refused"), _rows(tally))
    output.print_text(f"{tried} steps in {seconds['days']} s; checked in {seconds['check']} s.")
    if tally.wrong_repeats:
        output.print_text(f"{len(tally.wrong_repeats)} retries had another answer: {tally.wrong_repeats[0]}")
    show_audit(found)


def _rows(tally: Tally) -> Iterator[tuple[str, int, int, str]]:
    for what in sorted({*tally.done, *tally.repeated, *(what for what, _ in tally.refused)}):
        codes = sorted(((n, code) for (one, code), n in tally.refused.items() if one == what), reverse=True)
        yield what, tally.done[what], tally.repeated[what], ", ".join(f"{code} {n}" for n, code in codes)
