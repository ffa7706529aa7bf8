"""Events and what is kept beside them: refused attempts, answers, epochs, leases, webhooks."""

from __future__ import annotations

import sqlalchemy as sa

from traylane.db.schema.base import CLUSTERED, ID, NO, metadata

events = sa.Table(
    "events",
    metadata,
    # the order, or sixteen zero bytes for the laboratory's set-up
    sa.Column("subject_id", ID, primary_key=True),
    # the order's revision, or the configuration's version, that this event made
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("id", ID, nullable=False),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("data", sa.Text, nullable=False),
    # given by the sealer: place in the gap-free feed, and the hash of (previous hash + event)
    sa.Column("position", sa.BigInteger),
    sa.Column("hash", sa.LargeBinary(32)),
    # read the feed, find its head
    sa.Index(
        "uq_events_position",
        "position",
        unique=True,
        sqlite_where=sa.text("position IS NOT NULL"),
        postgresql_where=sa.text("position IS NOT NULL"),
    ),
    # what the sealer has still to do
    sa.Index(
        "ix_events_unsealed",
        "id",
        sqlite_where=sa.text("position IS NULL"),
        postgresql_where=sa.text("position IS NULL"),
    ),
    postgresql_with={"fillfactor": 50},
    **CLUSTERED,
)

attempts = sa.Table(
    "attempts",
    metadata,
    sa.Column("order_id", ID, primary_key=True),
    sa.Column("actor", sa.Text, primary_key=True),
    sa.Column("code", sa.Text, primary_key=True),
    # the minute in which it was tried, as an instant
    sa.Column("minute", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("count", sa.Integer, nullable=False),
    # prune what is old
    sa.Index("ix_attempts_minute", "minute"),
    **CLUSTERED,
)

answers = sa.Table(
    "answers",
    metadata,
    # whose Idempotency-Key it is, across key rotation
    sa.Column("integrator", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("fingerprint", sa.LargeBinary(32), nullable=False),
    sa.Column("order_id", ID),
    # the order's revision that the answer tells of: a later restore ends the answer
    sa.Column("revision", sa.Integer),
    sa.Column("at", sa.BigInteger, nullable=False),
    # the whole answer, as it was sent
    sa.Column("answer", sa.LargeBinary, nullable=False),
    # forget what is past its time
    sa.Index("ix_answers_at", "at"),
    **CLUSTERED,
)

past_epochs = sa.Table(
    "past_epochs",
    metadata,
    sa.Column("epoch", sa.BigInteger, primary_key=True, autoincrement=False),
    # the last position that is still the one that readers of the epoch saw
    sa.Column("kept_to", sa.BigInteger, nullable=False),
)

lease = sa.Table(
    "lease",
    metadata,
    sa.Column("task", sa.Text, primary_key=True),
    sa.Column("holder", ID, nullable=False),
    sa.Column("until", sa.BigInteger, nullable=False),
)

webhooks = sa.Table(
    "webhooks",
    metadata,
    sa.Column("id", ID, primary_key=True),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("description", sa.Text, nullable=False, server_default=""),
    sa.Column("types", sa.Text, nullable=False, server_default=""),  # comma-separated; empty: every event of an order
    sa.Column("customer", sa.Text),
    sa.Column("staff", sa.Boolean, nullable=False, server_default=NO),
    sa.Column("secrets", sa.Text, nullable=False),  # JSON, the newest first: signing needs them as they are
    # how far the feed was told
    sa.Column("position", sa.BigInteger, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("failing_since", sa.BigInteger),
    sa.Column("disabled_at", sa.BigInteger),
    sa.Column("disabled_why", sa.Text, nullable=False, server_default=""),
    sa.Column("lease_holder", ID),
    sa.Column("lease_until", sa.BigInteger),
)

deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column("webhook_id", ID, primary_key=True),
    # of the event in the feed
    sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("event_id", ID, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    # when it is due, null when it is over
    sa.Column("next_at", sa.BigInteger),
    sa.Column("tried", sa.Integer, nullable=False, server_default="0"),
    sa.Column("tries", sa.Text, nullable=False),  # JSON: the log
    sa.CheckConstraint("state IN ('pending', 'delivered', 'failed')", name="state"),
    # what is due
    sa.Index(
        "ix_deliveries_due",
        "webhook_id",
        "next_at",
        sqlite_where=sa.text("next_at IS NOT NULL"),
        postgresql_where=sa.text("next_at IS NOT NULL"),
    ),
    # when the next one is due
    sa.Index(
        "ix_deliveries_next_at",
        "next_at",
        sqlite_where=sa.text("next_at IS NOT NULL"),
        postgresql_where=sa.text("next_at IS NOT NULL"),
    ),
    **CLUSTERED,
)
