"""`traylane erase`: remove patients' data from orders that are done with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from traylane.cli import output
from traylane.cli.opened import at_desk
from traylane.cli.options import AsJson, DatabaseUrl
from traylane.clock import DAY, Instant
from traylane.errors import BadArguments

if TYPE_CHECKING:
    from traylane.orders.desk import Desk


def erase(
    number: Annotated[str, typer.Argument(metavar="[ORDER]", help="The order's number.")] = "",
    older_than: Annotated[
        int | None,
        typer.Option("--older-than", metavar="DAYS", min=1, help="Every order unchanged for so many days."),
    ] = None,
    by_retention: Annotated[
        bool,
        typer.Option("--by-retention", help="For as many days as the setting Laboratory:Retention in days says."),
    ] = False,
    database: DatabaseUrl = "",
    as_json: AsJson = False,
) -> None:
    """Remove the patient's data from an order that is completed or cancelled, or from all such old ones.

    PO number, job id, remarks, prescription, measures and traces go; what was made, where it was scanned and what
    happened stays. An event tells of it, and `traylane verify` finds the chain as whole as before. This cannot be
    undone; copies of the database keep what they have.
    """
    if sum((bool(number), older_than is not None, by_retention)) != 1:
        raise BadArguments("give an order's number, or --older-than, or --by-retention")
    erased = at_desk(database, lambda desk: _one(desk, number) if number else _old(desk, older_than))
    if as_json:
        output.print_json({"erased": erased})
    else:
        output.print_text(f"{len(erased)} orders hold nothing of their patients any more.")


async def _one(desk: Desk, number: str) -> list[str]:
    from traylane.access.actor import COMMAND_LINE
    from traylane.orders.erase import erase_order
    from traylane.orders.lookup import Kind, Ref

    return [(await erase_order(desk, Ref(number, by=Kind.ORDER), COMMAND_LINE)).order.number]


async def _old(desk: Desk, days: int | None) -> list[str]:
    """What was erased of what is older than `days`, or than the setting says: nothing while that is 0."""
    from traylane.access.actor import COMMAND_LINE
    from traylane.orders.erase import PAGE, done_with, erase_order
    from traylane.orders.lookup import Ref
    from traylane.orders.model import OrderId

    kept = (await desk.policy_for(COMMAND_LINE)).retention_days if days is None else days
    if not kept:
        return []
    erased, after, before = [], b"", Instant(desk.clock() - kept * DAY)
    while True:
        page = await desk.db.read(lambda tx: done_with(tx, before=before, after=after))  # noqa: B023 (awaited at once)
        for id_, number in page:
            await erase_order(desk, Ref(number, id=OrderId(id_)), COMMAND_LINE)
            erased.append(number)
        if len(page) < PAGE:
            return erased
        after = page[-1][0]
