"""`traylane verify`: is the event chain whole?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from traylane.cli import output
from traylane.cli.opened import on_database
from traylane.cli.options import AsJson, DatabaseUrl

if TYPE_CHECKING:
    from traylane.db.database import Database
    from traylane.events.verify import Verified


def verify(
    database: DatabaseUrl = "",
    heads: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="The signed heads that `serve --heads` wrote.", envvar="TRAYLANE_HEADS"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check that no event was changed, removed or added behind the service's back."""
    from traylane.events.heads import Heads
    from traylane.events.verify import verify as check

    async def run(db: Database) -> Verified:
        return await check(db, Heads(heads).read() if heads is not None else ())

    found = on_database(database, run)
    if as_json:
        output.print_json({"events": found.events, "heads": found.heads})
    else:
        output.print_text(f"{found.events} events in one whole chain; {found.heads} signed heads lie on it.")
