"""An upgrade that is cut off in the middle goes on where it was, and ends with the very same schema."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.engine import Engine

from tests.db import outside
from tests.db.test_migrations import on_alembics_connection
from tests.reliability.many_orders import as_of
from traylane.db import connect, migrate
from traylane.db.migrations import online
from traylane.db.revision import HEAD
from traylane.db.schema import metadata

ORDERS = 20
MIDDLES = [
    "SET customer_job_id",
    "ix_orders_date_wanted",
    "ix_orders_open",
    "CREATE TABLE tray_events",
    "INTO tray_events",
]
UNFILLED = "SELECT count(*) FROM orders WHERE customer_job_id <> 'J'"


class CutOff(Exception):
    """The process is gone."""


async def cut_off_at(url: str, middle: str) -> None:
    """An upgrade whose process ends before the statement with these words; of several pieces, before the second."""
    seen = 0

    def listen(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        nonlocal seen
        seen += middle in statement
        if seen == (2 if "SET" in middle else 1):
            raise CutOff

    sa.event.listen(Engine, "before_cursor_execute", listen)
    try:
        with pytest.raises(CutOff):
            await migrate.upgrade(url)
    finally:
        sa.event.remove(Engine, "before_cursor_execute", listen)


@pytest.mark.parametrize("middle", MIDDLES)
@pytest.mark.parametrize("on", ["sqlite", "postgres"])
async def test_what_was_cut_off_goes_on(
    on: str, middle: str, empty_postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(online, "AT_ONCE", ORDERS // 2)
    url = {"sqlite": f"sqlite:///{tmp_path}/lab.db", "postgres": empty_postgres_url}[on]
    await as_of(url, "0004", ORDERS)
    await cut_off_at(url, middle)
    assert await connect.revision(url) != HEAD

    await migrate.upgrade(url)

    def look(connection: sa.Connection) -> tuple[object, list[object]]:
        differences = list(compare_metadata(MigrationContext.configure(connection), metadata))
        return connection.exec_driver_sql(UNFILLED).scalar(), differences

    assert await on_alembics_connection(url, look) == (0, [])


async def test_an_index_that_was_cut_off_is_made_anew(empty_postgres_url: str) -> None:
    await as_of(empty_postgres_url, "0005", ORDERS)
    await outside.execute(
        empty_postgres_url,
        "ALTER TABLE orders ADD COLUMN taken_over_at bigint",
        "CREATE INDEX ix_orders_taken_over_at ON orders (order_number)",
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'ix_orders_taken_over_at'::regclass",
    )

    await migrate.upgrade(empty_postgres_url)

    def difference(connection: sa.Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))

    assert await on_alembics_connection(empty_postgres_url, difference) == []
