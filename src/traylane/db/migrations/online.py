"""What migrations do that takes long: a piece at a time, each committed, so that nobody waits for the whole of it.

A migration that was cut off runs again from its beginning: what it did already must do no harm.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from contextlib import nullcontext

import sqlalchemy as sa
from alembic import op

AT_ONCE = 2_000
"""Rows that are filled together: whoever changes one of them waits for so many, some hundredths of a second."""
BESIDE_WAIT_MS = 60_000
"""What nobody waits for may itself wait so long for others."""

Index = tuple[str, Sequence[str], sa.TextClause | None]
"""Name, columns, and of which rows."""


def on_postgres() -> bool:
    """Which engine is migrated."""
    return op.get_bind().dialect.name == "postgresql"


def create_indexes(table: str, indexes: Iterable[Index]) -> None:
    """Create indexes beside readers, and on PostgreSQL beside writers; on SQLite they have their turn between two."""
    if not on_postgres():
        for place, (name, columns, where) in enumerate(indexes):
            if place:
                _let_others_write()
            op.create_index(name, table, columns, sqlite_where=where, if_not_exists=True)
        return
    with op.get_context().autocommit_block():
        # It waits for every transaction that is older, and nobody waits for it.
        op.execute(f"SET lock_timeout = {BESIDE_WAIT_MS}")
        for name, columns, where in indexes:
            _drop_unfinished(name)
            op.create_index(
                name, table, columns, postgresql_where=where, postgresql_concurrently=True, if_not_exists=True
            )
        op.execute("RESET lock_timeout")


def drop_indexes(names: Iterable[str]) -> None:
    """Drop indexes of PostgreSQL beside readers and writers."""
    with op.get_context().autocommit_block():
        op.execute(f"SET lock_timeout = {BESIDE_WAIT_MS}")
        for name in names:
            op.drop_index(name, postgresql_concurrently=True, if_exists=True)
        op.execute("RESET lock_timeout")


def _drop_unfinished(name: str) -> None:
    """What is left of an index whose making was cut off; it would be kept up to date and never used."""
    unfinished = sa.text("SELECT 1 FROM pg_index WHERE indexrelid = to_regclass(:name) AND NOT indisvalid")
    if op.get_bind().execute(unfinished, {"name": name}).first() is not None:
        op.drop_index(name, postgresql_concurrently=True)


def fill(table: str, update: str) -> None:
    """Run an update of many rows, in pieces by `id`. `update`: a whole statement that ends in a condition."""
    # Not max(id): before PostgreSQL 18 bytea has none.
    piece = f"SELECT id FROM {table} WHERE id > :after ORDER BY id LIMIT {AT_ONCE}"
    ask = sa.text(f"SELECT id FROM ({piece}) piece ORDER BY id DESC LIMIT 1")
    work = sa.text(f"{update} AND {table}.id > :after AND {table}.id <= :last")
    with op.get_context().autocommit_block() if on_postgres() else nullcontext():
        after = b"" if on_postgres() else ""
        while (last := op.get_bind().execute(ask, {"after": after}).scalar()) is not None:
            op.get_bind().execute(work, {"after": after, "last": last})
            after = last
            if not on_postgres():
                _let_others_write()


def _let_others_write() -> None:
    """End SQLite's transaction, and begin the next one when those who wait have had their turn."""
    op.execute("COMMIT")
    time.sleep(0.005)
    op.execute("BEGIN IMMEDIATE")
