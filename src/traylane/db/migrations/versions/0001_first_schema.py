"""The first schema: orders and their history, set-up, keys, stored answers."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_NUMBER = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

_SEALED = """
    OLD.position IS NOT NULL OR NEW.position IS NULL OR NEW.hash IS NULL
    OR (NEW.subject_id, NEW.seq, NEW.id, NEW.type, NEW.at, NEW.actor, NEW.data)
       <> (OLD.subject_id, OLD.seq, OLD.id, OLD.type, OLD.at, OLD.actor, OLD.data)
"""

# Events are only ever appended; the sealer may give an event its position and hash, once.
_APPEND_ONLY = {
    "sqlite": [
        f"""CREATE TRIGGER events_keep BEFORE UPDATE ON events WHEN {_SEALED}
            BEGIN SELECT RAISE(ABORT, 'events are append-only'); END""",
        """CREATE TRIGGER events_stay BEFORE DELETE ON events
            BEGIN SELECT RAISE(ABORT, 'events are append-only'); END""",
    ],
    "postgresql": [
        """CREATE FUNCTION events_are_append_only() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION 'events are append-only'; END $$""",
        f"""CREATE TRIGGER events_keep BEFORE UPDATE ON events FOR EACH ROW WHEN ({_SEALED})
            EXECUTE FUNCTION events_are_append_only()""",
        """CREATE TRIGGER events_stay BEFORE DELETE ON events FOR EACH ROW
            EXECUTE FUNCTION events_are_append_only()""",
        """CREATE TRIGGER events_remain BEFORE TRUNCATE ON events FOR EACH STATEMENT
            EXECUTE FUNCTION events_are_append_only()""",
    ],
}


def upgrade() -> None:

    op.create_table(
        "addons",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_addons")),
    )
    op.create_table(
        "answers",
        sa.Column("integrator", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(length=32), nullable=False),
        sa.Column("order_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("integrator", "key", name=op.f("pk_answers")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_answers_at", "answers", ["at"], unique=False)
    op.create_table(
        "attempts",
        sa.Column("order_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("minute", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("order_id", "actor", "code", "minute", name=op.f("pk_attempts")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_attempts_minute", "attempts", ["minute"], unique=False)
    op.create_table(
        "config",
        sa.Column("one", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("one = 1", name=op.f("ck_config_one_row")),
        sa.PrimaryKeyConstraint("one", name=op.f("pk_config")),
    )
    op.create_table(
        "customers",
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_customers")),
    )
    op.create_table(
        "events",
        sa.Column("subject_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=True),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=True),
        sa.PrimaryKeyConstraint("subject_id", "seq", name=op.f("pk_events")),
        postgresql_with={"fillfactor": 50},
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_events_unsealed",
        "events",
        ["id"],
        unique=False,
        sqlite_where=sa.text("position IS NULL"),
        postgresql_where=sa.text("position IS NULL"),
    )
    op.create_index(
        "uq_events_position",
        "events",
        ["position"],
        unique=True,
        sqlite_where=sa.text("position IS NOT NULL"),
        postgresql_where=sa.text("position IS NOT NULL"),
    )
    op.create_table(
        "keys",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("hint", sa.Text(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("customer", sa.Text(), nullable=True),
        sa.Column("rate", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_keys")),
    )
    op.create_index("uq_keys_digest", "keys", ["digest"], unique=True)
    op.create_table(
        "lease",
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("holder", sa.LargeBinary(length=16), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("task", name=op.f("pk_lease")),
    )
    op.create_table(
        "order_details",
        sa.Column("order_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_order_details")),
    )
    op.create_table(
        "orders",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("order_number", _NUMBER, nullable=False),
        sa.Column("tray_number", sa.Text(), server_default="", nullable=False),
        sa.Column("tray_key", sa.Integer(), nullable=True),
        sa.Column("po_number", sa.Text(), server_default="", nullable=False),
        sa.Column("customer_number", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("completed", sa.Boolean(), sa.Computed("status = 'C'", persisted=True), nullable=True),
        sa.Column("on_hold", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
        sa.Column("station", sa.Text(), nullable=True),
        sa.Column("station_at", sa.BigInteger(), nullable=True),
        sa.Column("scan_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("cancelled_at", sa.BigInteger(), nullable=True),
        sa.Column("cancel_reason", sa.Text(), nullable=True),
        sa.Column("cancel_actor", sa.Text(), nullable=True),
        sa.Column("cancel_station", sa.Text(), nullable=True),
        sa.Column("cancel_override", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.CheckConstraint(
            "cancelled_at IS NULL OR status <> 'C'", name=op.f("ck_orders_completed_order_is_not_cancelled")
        ),
        sa.CheckConstraint("status IN ('U', 'V', 'P', 'C')", name=op.f("ck_orders_status")),
        sa.CheckConstraint(
            "tray_key IS NULL OR status <> 'C'", name=op.f("ck_orders_completed_order_has_left_its_tray")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
        postgresql_with={"fillfactor": 80},
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_orders_customer_number",
        "orders",
        ["customer_number", "po_number", "completed", "order_number"],
        unique=False,
    )
    op.create_index("ix_orders_po_number", "orders", ["po_number", "completed", "order_number"], unique=False)
    op.create_index("uq_orders_order_number", "orders", ["order_number"], unique=True)
    op.create_index(
        "uq_orders_tray_key",
        "orders",
        ["tray_key"],
        unique=True,
        sqlite_where=sa.text("tray_key IS NOT NULL"),
        postgresql_where=sa.text("tray_key IS NOT NULL"),
    )
    op.create_table(
        "reasons",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_reasons")),
    )
    op.create_table(
        "scans",
        sa.Column("order_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("station", sa.Text(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("non_cancel", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("order_id", "seq", name=op.f("pk_scans")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "settings",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_settings")),
    )
    op.create_table(
        "stations",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("customer_description", sa.Text(), server_default="", nullable=False),
        sa.Column("sequence", sa.Integer(), server_default="0", nullable=False),
        sa.Column("non_cancel", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("requires_operator", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("is_operator", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_stations")),
    )

    op.execute("INSERT INTO config (one, version) VALUES (1, 1)")
    for statement in _APPEND_ONLY[op.get_bind().dialect.name]:
        op.execute(statement)
