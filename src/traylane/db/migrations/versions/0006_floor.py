"""The floor: the terminals' clocks, recalls of lost trays, and who held a tray."""

import sqlalchemy as sa
from alembic import op

from traylane.db.migrations.online import create_indexes, on_postgres

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    again = on_postgres()
    op.add_column("scans", sa.Column("device_at", sa.BigInteger(), nullable=True), if_not_exists=again)
    op.add_column("orders", sa.Column("taken_over_at", sa.BigInteger(), nullable=True), if_not_exists=again)
    create_indexes("orders", [("ix_orders_taken_over_at", ["taken_over_at"], sa.text("taken_over_at IS NOT NULL"))])
    op.create_table(
        "tray_events",
        sa.Column("tray_key", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("order_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("holds", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("tray_key", "order_id", "seq", name=op.f("pk_tray_events")),
        sqlite_with_rowid=False,
    )
    # an imported order got its tray by its first event
    op.execute(
        "INSERT INTO tray_events (tray_key, order_id, seq, holds) "
        "SELECT tray_key, id, 1, true FROM orders WHERE tray_key IS NOT NULL"
    )
