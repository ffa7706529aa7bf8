"""Sums of the events, for reports: how far they are counted, and what came of it. They can be made anew from the events
at any time."""

from __future__ import annotations

import sqlalchemy as sa

from traylane.db.schema.base import CLUSTERED, metadata

counted = sa.Table(
    "counted",
    metadata,
    sa.Column("one", sa.Integer, primary_key=True, autoincrement=False),
    # the last place of the feed that is in the sums; no row: none is
    sa.Column("position", sa.BigInteger, nullable=False),
    sa.CheckConstraint("one = 1", name="one_row"),
)

moves = sa.Table(
    "moves",
    metadata,
    # empty: of all customers together
    sa.Column("customer", sa.Text, primary_key=True),
    # came, completed, cancelled or restored
    sa.Column("kind", sa.Text, primary_key=True),
    # of an hour, since 1970 UTC
    sa.Column("quarter", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("count", sa.BigInteger, nullable=False),
    **CLUSTERED,
)

cancels = sa.Table(
    "cancels",
    metadata,
    sa.Column("quarter", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("customer", sa.Text, primary_key=True),
    # codes, empty for none
    sa.Column("reason", sa.Text, primary_key=True),
    sa.Column("station", sa.Text, primary_key=True),
    sa.Column("override", sa.Boolean, primary_key=True),
    sa.Column("count", sa.BigInteger, nullable=False),
    **CLUSTERED,
)
