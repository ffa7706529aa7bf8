"""The epoch of the feed."""

import time

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Every database has an epoch of its own, so that nobody goes on with another one's cursor."""
    op.add_column("config", sa.Column("epoch", sa.BigInteger(), server_default="0", nullable=False))
    op.create_table(
        "past_epochs",
        sa.Column("epoch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kept_to", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("epoch", name=op.f("pk_past_epochs")),
    )
    op.execute(f"UPDATE config SET epoch = {time.time_ns() // 1_000_000}")
