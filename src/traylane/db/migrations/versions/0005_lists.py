"""What a list of orders filters and sorts by becomes columns, with its indexes."""

import sqlalchemy as sa
from alembic import op

from traylane.db.migrations.online import Index, create_indexes, drop_indexes, fill, on_postgres

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_COPIED = {"customer_job_id": "customerJobId", "date_wanted": "dateWanted", "date_ordered": "dateOrdered"}
_FINAL_STATION = "CASE WHEN status = 'C' THEN station END"
_HAS_JOB = sa.text("customer_job_id <> ''")
_HOLDS_TRAY = sa.text("tray_key IS NOT NULL")
_OPEN = sa.text("NOT completed")
_ENDED = sa.text("final_station IS NOT NULL")

_INDEXES: list[Index] = [
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

# Made anew by hand, because everybody would wait while the new columns made them anew.
_BY_PO: list[Index] = [
    ("ix_orders_po_number", ["po_number", "completed", "order_number"], None),
    ("ix_orders_customer_number", ["customer_number", "po_number", "completed", "order_number"], None),
]


def upgrade() -> None:
    if on_postgres():
        drop_indexes(name for name, _, _ in _BY_PO)
        _add_columns_on_postgres()
    else:
        _add_columns_on_sqlite()
    value = "d.data::json ->> '{}'" if on_postgres() else "json_extract(d.data, '$.{}')"
    values = [f"coalesce({value.format(name)}, '')" for name in _COPIED.values()]
    copied = ", ".join(f"{column} = {copy}" for column, copy in zip(_COPIED, values, strict=True))
    fill(
        "orders",
        f"UPDATE orders SET {copied} FROM order_details d WHERE d.order_id = orders.id "
        f"AND ({', '.join(_COPIED)}) <> ({', '.join(values)})",
    )
    create_indexes("orders", _BY_PO + _INDEXES if on_postgres() else _INDEXES)


def _add_columns_on_sqlite() -> None:
    if _COPIED.keys() <= {column["name"] for column in sa.inspect(op.get_bind()).get_columns("orders")}:
        return  # by a try that was cut off
    for column in _COPIED:
        op.add_column("orders", sa.Column(column, sa.Text(), nullable=False, server_default=""))
    # SQLite can add virtual ones only.
    op.add_column("orders", sa.Column("final_station", sa.Text, sa.Computed(_FINAL_STATION)))


def _add_columns_on_postgres() -> None:
    """In one statement: a stored column writes the whole table anew, and whoever wants it waits, but only once."""
    # Prefixes are found by an index in the order of the bytes only.
    text = 'text COLLATE "C"'
    op.execute(
        "ALTER TABLE orders "
        + "".join(f"ADD COLUMN IF NOT EXISTS {column} {text} DEFAULT '' NOT NULL, " for column in _COPIED)
        + f"ADD COLUMN IF NOT EXISTS final_station text GENERATED ALWAYS AS ({_FINAL_STATION}) STORED, "
        + ", ".join(f"ALTER COLUMN {column} TYPE {text}" for column in ("tray_number", "po_number"))
    )
