"""A table of orders that is large, made by one statement; for what depends on how large it is."""

from __future__ import annotations

import sqlalchemy as sa

from tests.builders import execute
from tests.db.test_migrations import on_alembics_connection, until
from tests.reliability.promised import engine
from traylane.db.database import Database, Sql

_MADE = {
    "SQLite": """
        INSERT INTO orders (id, order_number, customer_number, status)
        WITH RECURSIVE g (n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM g WHERE n < {last})
        SELECT CAST(printf('%016d', n) AS BLOB), CAST(n AS TEXT), '1001', 'V' FROM g""",
    "PostgreSQL": """
        INSERT INTO orders (id, order_number, customer_number, status)
        SELECT convert_to(lpad(n::text, 16, '0'), 'UTF8'), n::text, '1001', 'V'
        FROM generate_series({first}, {last}) n""",
}
AT_ONCE = 4_000
DETAILS = """INSERT INTO order_details SELECT id, '{"customerJobId":"J"}' FROM orders"""


def orders(on: str, last: int, *, first: int = 1) -> str:
    """The statement for an engine: orders that can be cancelled, their numbers from `first` to `last`."""
    return _MADE[on].format(first=first, last=last)


async def fill(db: Database, last: int, *, first: int = 1) -> None:
    """The same in an open database, in pieces that its statements have the time for."""
    since = Sql.same(f"{DETAILS} WHERE id >= $1")
    for begin in range(first, last + 1, AT_ONCE):
        await execute(db, Sql.same(orders(engine(db), min(begin + AT_ONCE - 1, last), first=begin)))
        await execute(db, since, f"{begin:016}".encode())


async def as_of(url: str, revision: str, count: int) -> None:
    """A database as it was at a revision, with orders."""

    def make(connection: sa.Connection) -> None:
        until(connection, revision)
        connection.exec_driver_sql(orders(engine(url), count))
        connection.exec_driver_sql(DETAILS)
        connection.commit()

    await on_alembics_connection(url, make)
