"""Orders: the narrow row that every request touches, the document beside it, scans, trays."""

from __future__ import annotations

import sqlalchemy as sa

from traylane.db.schema.base import CLUSTERED, ID, NO, NUMBER, Derived, metadata

_HAS_JOB = sa.text("customer_job_id <> ''")
_HOLDS_TRAY = sa.text("tray_key IS NOT NULL")

orders = sa.Table(
    "orders",
    metadata,
    sa.Column("id", ID, primary_key=True),
    sa.Column("order_number", NUMBER, nullable=False),
    sa.Column("tray_number", NUMBER, nullable=False, server_default=""),
    # The tray as a number while the order holds it; null once it is completed or the tray was released.
    sa.Column("tray_key", sa.Integer),
    sa.Column("po_number", NUMBER, nullable=False, server_default=""),
    sa.Column("customer_number", sa.Text, nullable=False),
    # Copies of the document's fields, for lists; dates are yyyy-mm-dd, "" when unset.
    sa.Column("customer_job_id", NUMBER, nullable=False, server_default=""),
    sa.Column("date_wanted", NUMBER, nullable=False, server_default=""),
    sa.Column("date_ordered", NUMBER, nullable=False, server_default=""),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("completed", sa.Boolean, sa.Computed("status = 'C'", persisted=True)),
    sa.Column("on_hold", sa.Boolean, nullable=False, server_default=NO),
    sa.Column("revision", sa.Integer, nullable=False, server_default="1"),
    sa.Column("station", sa.Text),
    # Where a completed order was last, null before: a list finds it by this, and no check-in moves an index entry.
    sa.Column("final_station", sa.Text, Derived("CASE WHEN status = 'C' THEN station END")),
    sa.Column("station_at", sa.BigInteger),
    sa.Column("scan_count", sa.Integer, nullable=False, server_default="0"),
    sa.Column("cancelled_at", sa.BigInteger),
    sa.Column("cancel_reason", sa.Text),
    sa.Column("cancel_actor", sa.Text),
    sa.Column("cancel_station", sa.Text),
    sa.Column("cancel_override", sa.Boolean, nullable=False, server_default=NO),
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
    **CLUSTERED,
)

order_details = sa.Table(
    "order_details",
    metadata,
    sa.Column("order_id", ID, primary_key=True),
    # JSON by the names of Fetch a Single Order: optics, frame, dates, add-ons; never queried by. Not clustered: on
    # SQLite a row of over a quarter page would get overflow pages of its own.
    sa.Column("data", sa.Text, nullable=False),
)

scans = sa.Table(
    "scans",
    metadata,
    sa.Column("order_id", ID, primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("station", sa.Text, nullable=False),
    sa.Column("operator", sa.Text),
    sa.Column("at", sa.BigInteger, nullable=False),
    # whether the station was non-cancel when it was scanned
    sa.Column("non_cancel", sa.Boolean, nullable=False),
    # what the terminal's own clock said; never orders anything
    sa.Column("device_at", sa.BigInteger),
    **CLUSTERED,
)

tray_events = sa.Table(
    "tray_events",
    metadata,
    sa.Column("tray_key", sa.Integer, primary_key=True, autoincrement=False),
    # the event by which an order got or left the tray
    sa.Column("order_id", ID, primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    # whether the order holds the tray after it
    sa.Column("holds", sa.Boolean, nullable=False),
    **CLUSTERED,
)

counters = sa.Table(
    "counters",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    # where the range began when it was last counted in, and the number to go on with
    sa.Column("first", sa.BigInteger, nullable=False),
    sa.Column("next", sa.BigInteger, nullable=False),
)
