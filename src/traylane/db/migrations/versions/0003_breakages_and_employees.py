"""Breakage codes and employees; customers can be retired; stations take further properties."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "breakages",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_breakages")),
    )
    op.create_table(
        "employees",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_employees")),
    )
    op.add_column("customers", sa.Column("active", sa.Boolean(), server_default=sa.true(), nullable=False))
    op.add_column("stations", sa.Column("data", sa.Text(), server_default="{}", nullable=False))
