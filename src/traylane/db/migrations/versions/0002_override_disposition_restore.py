"""Reasons that allow an override, what became of a cancelled order's parts, and which revision an answer tells of."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("reasons", sa.Column("allows_override", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("orders", sa.Column("cancel_disposition", sa.Text(), nullable=True))
    op.add_column("answers", sa.Column("revision", sa.Integer(), nullable=True))
