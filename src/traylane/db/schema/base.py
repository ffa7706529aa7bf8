"""What all tables share: names of constraints, types, and what the engines differ in."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import DDLCompiler

metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
    }
)

ID = sa.LargeBinary(16)
NO = sa.false()
# The same order on both engines, and the cheapest one: that of the bytes.
NUMBER = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
CLUSTERED: dict[str, Any] = {"sqlite_with_rowid": False}


class Derived(sa.Computed):
    """A column that the engine derives: stored on PostgreSQL, which can index no other; virtual on SQLite, which can
    add no other to a table."""


@compiles(Derived, "postgresql")
def _stored(derived: Derived, _: DDLCompiler, **__: Any) -> str:
    return f"GENERATED ALWAYS AS ({derived.sqltext}) STORED"
