"""What a list of orders filters and sorts by becomes columns, with its indexes."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_BYTES = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_COPIED = {"customer_job_id": "customerJobId", "date_wanted": "dateWanted", "date_ordered": "dateOrdered"}
_HAS_JOB = sa.text("customer_job_id <> ''")
_HOLDS_TRAY = sa.text("tray_key IS NOT NULL")
_OPEN = sa.text("NOT completed")
_ENDED = sa.text("final_station IS NOT NULL")

_INDEXES = [
    ("ix_orders_date_wanted", ["date_wanted", "order_number"], None),
    ("ix_orders_date_ordered", ["date_ordered", "order_number"], None),
    ("ix_orders_customer_dates", ["customer_number", "date_ordered", "order_number", "date_wanted"], None),
    ("ix_orders_open", ["order_number", "date_wanted", "date_ordered"], _OPEN),
    ("ix_orders_final_station", ["final_station", "order_number", "date_wanted", "date_ordered"], _ENDED),
    ("ix_orders_job", ["customer_job_id"], _HAS_JOB),
    ("ix_orders_customer_job", ["customer_number", "customer_job_id"], _HAS_JOB),
    ("ix_orders_tray", ["tray_number"], _HOLDS_TRAY),
    ("ix_orders_customer_tray", ["customer_number", "tray_number"], _HOLDS_TRAY),
]


def upgrade() -> None:
    on_postgres = op.get_bind().dialect.name == "postgresql"
    for column in _COPIED:
        op.add_column("orders", sa.Column(column, _BYTES, nullable=False, server_default=""))
    # PostgreSQL can index stored ones only, SQLite can add virtual ones only.
    ended = sa.Computed("CASE WHEN status = 'C' THEN station END", persisted=on_postgres or None)
    op.add_column("orders", sa.Column("final_station", sa.Text, ended))
    value = "d.data::json ->> '{}'" if on_postgres else "json_extract(d.data, '$.{}')"
    copied = ", ".join(f"{column} = coalesce({value.format(name)}, '')" for column, name in _COPIED.items())
    op.execute(f"UPDATE orders SET {copied} FROM order_details d WHERE d.order_id = orders.id")
    if on_postgres:
        # Prefixes are found by an index in the order of the bytes only.
        for column in ("tray_number", "po_number"):
            op.alter_column("orders", column, type_=sa.Text(collation="C"))
    for name, columns, where in _INDEXES:
        op.create_index(name, "orders", columns, sqlite_where=where, postgresql_where=where)
