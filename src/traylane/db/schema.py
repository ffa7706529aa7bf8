"""The tables, declared once for both engines.

Instants are whole milliseconds since 1970 UTC, ids are 16 bytes (UUIDv7, made by the application), booleans are
what the engine has for them. `completed` is derived by the engine itself so that it can stand in an index.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import DDLCompiler

HEAD = "0009"
"""The revision that this code reads and writes; tests hold it against the migration chain."""

metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
    }
)

_ID = sa.LargeBinary(16)
_NO = sa.false()
# The same order on both engines, and the cheapest one: that of the bytes.
_NUMBER = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_HAS_JOB = sa.text("customer_job_id <> ''")
_HOLDS_TRAY = sa.text("tray_key IS NOT NULL")
_CLUSTERED: dict[str, Any] = {"sqlite_with_rowid": False}


class _Derived(sa.Computed):
    """A column that the engine derives: stored on PostgreSQL, which can index no other; virtual on SQLite, which can
    add no other to a table."""


@compiles(_Derived, "postgresql")
def _stored(derived: _Derived, _: DDLCompiler, **__: Any) -> str:
    return f"GENERATED ALWAYS AS ({derived.sqltext}) STORED"


orders = sa.Table(
    "orders",
    metadata,
    sa.Column("id", _ID, primary_key=True),
    sa.Column("order_number", _NUMBER, nullable=False),
    sa.Column("tray_number", _NUMBER, nullable=False, server_default=""),
    # The tray as a number while the order holds it; null once it is completed or the tray was released.
    sa.Column("tray_key", sa.Integer),
    sa.Column("po_number", _NUMBER, nullable=False, server_default=""),
    sa.Column("customer_number", sa.Text, nullable=False),
    # Copies of the document's fields, for lists; dates are yyyy-mm-dd, "" when unset.
    sa.Column("customer_job_id", _NUMBER, nullable=False, server_default=""),
    sa.Column("date_wanted", _NUMBER, nullable=False, server_default=""),
    sa.Column("date_ordered", _NUMBER, nullable=False, server_default=""),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("completed", sa.Boolean, sa.Computed("status = 'C'", persisted=True)),
    sa.Column("on_hold", sa.Boolean, nullable=False, server_default=_NO),
    sa.Column("revision", sa.Integer, nullable=False, server_default="1"),
    sa.Column("station", sa.Text),
    # Where a completed order was last, null before: a list finds it by this, and no check-in moves an index entry.
    sa.Column("final_station", sa.Text, _Derived("CASE WHEN status = 'C' THEN station END")),
    sa.Column("station_at", sa.BigInteger),
    sa.Column("scan_count", sa.Integer, nullable=False, server_default="0"),
    sa.Column("cancelled_at", sa.BigInteger),
    sa.Column("cancel_reason", sa.Text),
    sa.Column("cancel_actor", sa.Text),
    sa.Column("cancel_station", sa.Text),
    sa.Column("cancel_override", sa.Boolean, nullable=False, server_default=_NO),
    # what became of lenses and frame of a cancelled order: JSON by the names of the v2 API, null until it is posted
    sa.Column("cancel_disposition", sa.Text),
    # when the tray of this order, a cancelled one, was given to another: its recall stays open until it is null again
    sa.Column("taken_over_at", sa.BigInteger),
    sa.CheckConstraint("status IN ('U', 'V', 'P', 'C')", name="status"),
    sa.CheckConstraint("tray_key IS NULL OR status <> 'C'", name="completed_order_has_left_its_tray"),
    sa.CheckConstraint("cancelled_at IS NULL OR status <> 'C'", name="completed_order_is_not_cancelled"),
    # find by order number; order numbers are unique
    sa.Index("uq_orders_order_number", "order_number", unique=True),
    # find by tray; two orders never hold one tray
    sa.Index(
        "uq_orders_tray_key",
        "tray_key",
        unique=True,
        sqlite_where=sa.text("tray_key IS NOT NULL"),
        postgresql_where=sa.text("tray_key IS NOT NULL"),
    ),
    # find by PO, not completed ones first
    sa.Index("ix_orders_po_number", "po_number", "completed", "order_number"),
    # the same for a key that is bound to a customer
    sa.Index("ix_orders_customer_number", "customer_number", "po_number", "completed", "order_number"),
    # Lists. No column that a cancel changes, nor one that a check-in does: their updates touch no index.
    # by a date, over all orders
    sa.Index("ix_orders_date_wanted", "date_wanted", "order_number"),
    sa.Index("ix_orders_date_ordered", "date_ordered", "order_number"),
    # one customer's
    sa.Index("ix_orders_customer_dates", "customer_number", "date_ordered", "order_number", "date_wanted"),
    # those that are not completed, cancelled ones included; what else is asked of them is looked up in the row
    sa.Index(
        "ix_orders_open",
        "order_number",
        "date_wanted",
        "date_ordered",
        sqlite_where=sa.text("NOT completed"),
        postgresql_where=sa.text("NOT completed"),
    ),
    # completed ones by their last station
    sa.Index(
        "ix_orders_final_station",
        "final_station",
        "order_number",
        "date_wanted",
        "date_ordered",
        sqlite_where=sa.text("final_station IS NOT NULL"),
        postgresql_where=sa.text("final_station IS NOT NULL"),
    ),
    # search by the beginning of a job id, or of the tray that an order holds; for all, and for one customer
    sa.Index("ix_orders_job", "customer_job_id", sqlite_where=_HAS_JOB, postgresql_where=_HAS_JOB),
    sa.Index(
        "ix_orders_customer_job", "customer_number", "customer_job_id", sqlite_where=_HAS_JOB, postgresql_where=_HAS_JOB
    ),
    sa.Index("ix_orders_tray", "tray_number", sqlite_where=_HOLDS_TRAY, postgresql_where=_HOLDS_TRAY),
    sa.Index(
        "ix_orders_customer_tray",
        "customer_number",
        "tray_number",
        sqlite_where=_HOLDS_TRAY,
        postgresql_where=_HOLDS_TRAY,
    ),
    # recalls of orders that lost their tray
    sa.Index(
        "ix_orders_taken_over_at",
        "taken_over_at",
        sqlite_where=sa.text("taken_over_at IS NOT NULL"),
        postgresql_where=sa.text("taken_over_at IS NOT NULL"),
    ),
    # room for the next version of a row on its own page
    postgresql_with={"fillfactor": 80},
    **_CLUSTERED,
)

order_details = sa.Table(
    "order_details",
    metadata,
    sa.Column("order_id", _ID, primary_key=True),
    # JSON by the names of Fetch a Single Order: optics, frame, dates, add-ons; never queried by. Not clustered: on
    # SQLite a row of over a quarter page would get overflow pages of its own.
    sa.Column("data", sa.Text, nullable=False),
)

scans = sa.Table(
    "scans",
    metadata,
    sa.Column("order_id", _ID, primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("station", sa.Text, nullable=False),
    sa.Column("operator", sa.Text),
    sa.Column("at", sa.BigInteger, nullable=False),
    # whether the station was non-cancel when it was scanned
    sa.Column("non_cancel", sa.Boolean, nullable=False),
    # what the terminal's own clock said; never orders anything
    sa.Column("device_at", sa.BigInteger),
    **_CLUSTERED,
)

tray_events = sa.Table(
    "tray_events",
    metadata,
    sa.Column("tray_key", sa.Integer, primary_key=True, autoincrement=False),
    # the event by which an order got or left the tray
    sa.Column("order_id", _ID, primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    # whether the order holds the tray after it
    sa.Column("holds", sa.Boolean, nullable=False),
    **_CLUSTERED,
)

events = sa.Table(
    "events",
    metadata,
    # the order, or sixteen zero bytes for the laboratory's set-up
    sa.Column("subject_id", _ID, primary_key=True),
    # the order's revision, or the configuration's version, that this event made
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("id", _ID, nullable=False),
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
    **_CLUSTERED,
)

attempts = sa.Table(
    "attempts",
    metadata,
    sa.Column("order_id", _ID, primary_key=True),
    sa.Column("actor", sa.Text, primary_key=True),
    sa.Column("code", sa.Text, primary_key=True),
    # the minute in which it was tried, as an instant
    sa.Column("minute", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("count", sa.Integer, nullable=False),
    # prune what is old
    sa.Index("ix_attempts_minute", "minute"),
    **_CLUSTERED,
)

answers = sa.Table(
    "answers",
    metadata,
    # whose Idempotency-Key it is, across key rotation
    sa.Column("integrator", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("fingerprint", sa.LargeBinary(32), nullable=False),
    sa.Column("order_id", _ID),
    # the order's revision that the answer tells of: a later restore ends the answer
    sa.Column("revision", sa.Integer),
    sa.Column("at", sa.BigInteger, nullable=False),
    # the whole answer, as it was sent
    sa.Column("answer", sa.LargeBinary, nullable=False),
    # forget what is past its time
    sa.Index("ix_answers_at", "at"),
    **_CLUSTERED,
)

counters = sa.Table(
    "counters",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    # where the range began when it was last counted in, and the number to go on with
    sa.Column("first", sa.BigInteger, nullable=False),
    sa.Column("next", sa.BigInteger, nullable=False),
)

config = sa.Table(
    "config",
    metadata,
    sa.Column("one", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("version", sa.Integer, nullable=False),
    # of the feed: an instant; another one once events were lost
    sa.Column("epoch", sa.BigInteger, nullable=False, server_default="0"),
    sa.CheckConstraint("one = 1", name="one_row"),
)

past_epochs = sa.Table(
    "past_epochs",
    metadata,
    sa.Column("epoch", sa.BigInteger, primary_key=True, autoincrement=False),
    # the last position that is still the one that readers of the epoch saw
    sa.Column("kept_to", sa.BigInteger, nullable=False),
)

settings = sa.Table(
    "settings",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),  # JSON
)

stations = sa.Table(
    "stations",
    metadata,
    sa.Column("code", sa.Text, primary_key=True),
    sa.Column("description", sa.Text, nullable=False),
    sa.Column("customer_description", sa.Text, nullable=False, server_default=""),
    sa.Column("sequence", sa.Integer, nullable=False, server_default="0"),
    sa.Column("non_cancel", sa.Boolean, nullable=False, server_default=_NO),
    sa.Column("requires_operator", sa.Boolean, nullable=False, server_default=_NO),
    sa.Column("is_operator", sa.Boolean, nullable=False, server_default=_NO),
    sa.Column("active", sa.Boolean, nullable=False, server_default=sa.true()),
    # JSON: further properties, by their names in the set-up file
    sa.Column("data", sa.Text, nullable=False, server_default="{}"),
)

reasons = sa.Table(
    "reasons",
    metadata,
    sa.Column("code", sa.Text, primary_key=True),
    sa.Column("description", sa.Text, nullable=False),
    # whether a cancel past a non-cancel station may give it
    sa.Column("allows_override", sa.Boolean, nullable=False, server_default=_NO),
    sa.Column("active", sa.Boolean, nullable=False, server_default=sa.true()),
)

customers = sa.Table(
    "customers",
    metadata,
    sa.Column("number", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("active", sa.Boolean, nullable=False, server_default=sa.true()),
)

addons = sa.Table(
    "addons",
    metadata,
    sa.Column("code", sa.Text, primary_key=True),
    sa.Column("data", sa.Text, nullable=False),  # JSON: description and flags, by their names in the set-up file
)

breakages = sa.Table(
    "breakages",
    metadata,
    sa.Column("code", sa.Text, primary_key=True),
    sa.Column("description", sa.Text, nullable=False),
    sa.Column("active", sa.Boolean, nullable=False, server_default=sa.true()),
)

employees = sa.Table(
    "employees",
    metadata,
    sa.Column("code", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("active", sa.Boolean, nullable=False, server_default=sa.true()),
)

keys = sa.Table(
    "keys",
    metadata,
    sa.Column("id", _ID, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),  # the integrator
    sa.Column("digest", sa.LargeBinary(32), nullable=False),
    sa.Column("hint", sa.Text, nullable=False),  # the last characters, to tell keys apart
    sa.Column("scopes", sa.Text, nullable=False),  # comma-separated
    sa.Column("customer", sa.Text),
    sa.Column("rate", sa.Integer),  # requests a minute
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("expires_at", sa.BigInteger),
    sa.Column("revoked_at", sa.BigInteger),
    sa.Index("uq_keys_digest", "digest", unique=True),
)

lease = sa.Table(
    "lease",
    metadata,
    sa.Column("task", sa.Text, primary_key=True),
    sa.Column("holder", _ID, nullable=False),
    sa.Column("until", sa.BigInteger, nullable=False),
)

webhooks = sa.Table(
    "webhooks",
    metadata,
    sa.Column("id", _ID, primary_key=True),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("description", sa.Text, nullable=False, server_default=""),
    sa.Column("types", sa.Text, nullable=False, server_default=""),  # comma-separated; empty: every event of an order
    sa.Column("customer", sa.Text),
    sa.Column("staff", sa.Boolean, nullable=False, server_default=_NO),
    sa.Column("secrets", sa.Text, nullable=False),  # JSON, the newest first: signing needs them as they are
    # how far the feed was told
    sa.Column("position", sa.BigInteger, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("failing_since", sa.BigInteger),
    sa.Column("disabled_at", sa.BigInteger),
    sa.Column("disabled_why", sa.Text, nullable=False, server_default=""),
    sa.Column("lease_holder", _ID),
    sa.Column("lease_until", sa.BigInteger),
)

deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column("webhook_id", _ID, primary_key=True),
    # of the event in the feed
    sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("event_id", _ID, nullable=False),
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
    **_CLUSTERED,
)

people = sa.Table(
    "people",
    metadata,
    sa.Column("id", _ID, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),  # of the password: argon2id
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("disabled_at", sa.BigInteger),
    sa.Index("uq_people_name", "name", unique=True),
)

sessions = sa.Table(
    "sessions",
    metadata,
    # of what the browser keeps
    sa.Column("digest", sa.LargeBinary(32), primary_key=True),
    sa.Column("person_id", _ID, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("seen_at", sa.BigInteger, nullable=False),
    sa.Column("recent", sa.Text, nullable=False),  # JSON: the last scans of the session with their outcome
)

sign_in_tries = sa.Table(
    "sign_in_tries",
    metadata,
    # digest of a name or an address
    sa.Column("subject", sa.LargeBinary(32), primary_key=True),
    sa.Column("count", sa.Integer, nullable=False),
    sa.Column("since", sa.BigInteger, nullable=False),
)
