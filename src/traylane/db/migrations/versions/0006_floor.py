"""The floor: the terminals' clocks, recalls of lost trays, and who held a tray."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("scans", sa.Column("device_at", sa.BigInteger(), nullable=True))
    op.add_column("orders", sa.Column("taken_over_at", sa.BigInteger(), nullable=True))
    op.create_index(
        "ix_orders_taken_over_at",
        "orders",
        ["taken_over_at"],
        unique=False,
        sqlite_where=sa.text("taken_over_at IS NOT NULL"),
        postgresql_where=sa.text("taken_over_at IS NOT NULL"),
    )
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
