"""`traylane verify`: is the database whole, and the event chain?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from traylane.cli import output
from traylane.cli.opened import on_database
from traylane.cli.options import AsJson, DatabaseUrl
from traylane.clock import system_clock

if TYPE_CHECKING:
    from traylane.db.database import Database
    from traylane.events.verify import Verified
    from traylane.orders.audit import Audit


def verify(
    database: DatabaseUrl = "",
    heads: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="The signed heads that `serve --heads` wrote.", envvar="TRAYLANE_HEADS"),
    ] = None,
    orders: Annotated[
        bool, typer.Option("--orders", help="Also check that orders, scans, trays and events tell the same story.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Check that the database is intact, and no event changed, removed or added behind the service's back.

    With --orders exit code 1 when an invariant is broken.
    """
    from traylane.db.backup import require_intact
    from traylane.events.heads import Heads
    from traylane.events.verify import verify as check
    from traylane.orders.audit import audit
    from traylane.policy.rulebook import Rulebook

    async def run(db: Database) -> tuple[Verified, Audit | None]:
        whole = await check(db, Heads(heads).read() if heads is not None else ())
        if not orders:
            return whole, None
        zone = (await Rulebook().refresh(db)).policy.time_zone
        return whole, await audit(db, zone, until=system_clock())

    whole, found = on_database(database, run)
    require_intact(database)
    if as_json:
        told = {"events": whole.events, "heads": whole.heads}
        output.print_json(told if found is None else {**told, "audit": found})
    else:
        output.print_text(f"{whole.events} events in one whole chain; {whole.heads} signed heads lie on it.")
        if found is not None:
            show_audit(found)
    return output.REFUSED if found is not None and found.broken else output.DONE


def show_audit(found: Audit) -> None:
    """What was checked, and where it is broken first."""
    rows = [(check.invariant.replace("_", " "), check.broken, "; ".join(check.first)) for check in found.checks]
    output.print_table(("invariant", "broken", "first"), rows)
    said = "every invariant holds" if not found.broken else f"{len(found.broken)} invariants are broken"
    output.print_text(f"{found.orders} orders, {found.scans} scans, {found.events} events: {said}.")
