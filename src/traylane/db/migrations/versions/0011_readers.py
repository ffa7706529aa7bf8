"""Which versions of the code can use the database."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("config", sa.Column("usable_from", sa.Text(), server_default="0011", nullable=False))
