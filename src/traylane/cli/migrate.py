"""`traylane migrate`."""

from __future__ import annotations

from traylane.cli import output
from traylane.cli.opened import database_url
from traylane.cli.options import AsJson, DatabaseUrl


def migrate(database: DatabaseUrl = "", as_json: AsJson = False) -> None:
    """Create the database if it is an SQLite file that does not exist, and bring its tables up to date."""
    url = database_url(database)
    # Here, not above: Alembic and SQLAlchemy take longer to load than every other command to run.
    import asyncio

    from traylane.db.migrate import upgrade

    before, after = asyncio.run(upgrade(url))
    if as_json:
        output.print_json({"before": before, "after": after})
    elif before == after:
        output.print_text(f"Nothing to do: the database is at {after}.")
    else:
        output.print_text(f"Migrated from {before or 'nothing'} to {after}.")
