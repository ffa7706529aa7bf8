"""The set-up of a laboratory, and whom it lets in."""

from __future__ import annotations

import sqlalchemy as sa

from traylane.db.schema.base import ID, NO, metadata

config = sa.Table(
    "config",
    metadata,
    sa.Column("one", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("version", sa.Integer, nullable=False),
    # of the feed: an instant; another one once events were lost
    sa.Column("epoch", sa.BigInteger, nullable=False, server_default="0"),
    # the revision of the oldest code that can read and write this schema
    sa.Column("usable_from", sa.Text, nullable=False, server_default="0011"),
    sa.CheckConstraint("one = 1", name="one_row"),
)

settings = sa.Table(
    "settings",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),  # JSON
)

stations = sa.Table(
    "stations",
    metadata,
    sa.Column("code", sa.Text, primary_key=True),
    sa.Column("description", sa.Text, nullable=False),
    sa.Column("customer_description", sa.Text, nullable=False, server_default=""),
    sa.Column("sequence", sa.Integer, nullable=False, server_default="0"),
    sa.Column("non_cancel", sa.Boolean, nullable=False, server_default=NO),
    sa.Column("requires_operator", sa.Boolean, nullable=False, server_default=NO),
    sa.Column("is_operator", sa.Boolean, nullable=False, server_default=NO),
    sa.Column("active", sa.Boolean, nullable=False, server_default=sa.true()),
    # JSON: further properties, by their names in the set-up file
    sa.Column("data", sa.Text, nullable=False, server_default="{}"),
)

reasons = sa.Table(
    "reasons",
    metadata,
    sa.Column("code", sa.Text, primary_key=True),
    sa.Column("description", sa.Text, nullable=False),
    # whether a cancel past a non-cancel station may give it
    sa.Column("allows_override", sa.Boolean, nullable=False, server_default=NO),
    sa.Column("active", sa.Boolean, nullable=False, server_default=sa.true()),
)

customers = sa.Table(
    "customers",
    metadata,
    sa.Column("number", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("active", sa.Boolean, nullable=False, server_default=sa.true()),
)

addons = sa.Table(
    "addons",
    metadata,
    sa.Column("code", sa.Text, primary_key=True),
    sa.Column("data", sa.Text, nullable=False),  # JSON: description and flags, by their names in the set-up file
)

breakages = sa.Table(
    "breakages",
    metadata,
    sa.Column("code", sa.Text, primary_key=True),
    sa.Column("description", sa.Text, nullable=False),
    sa.Column("active", sa.Boolean, nullable=False, server_default=sa.true()),
)

employees = sa.Table(
    "employees",
    metadata,
    sa.Column("code", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("active", sa.Boolean, nullable=False, server_default=sa.true()),
)

keys = sa.Table(
    "keys",
    metadata,
    sa.Column("id", ID, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),  # the integrator
    sa.Column("digest", sa.LargeBinary(32), nullable=False),
    sa.Column("hint", sa.Text, nullable=False),  # the last characters, to tell keys apart
    sa.Column("scopes", sa.Text, nullable=False),  # comma-separated
    sa.Column("customer", sa.Text),
    sa.Column("rate", sa.Integer),  # requests a minute
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("expires_at", sa.BigInteger),
    sa.Column("revoked_at", sa.BigInteger),
    sa.Index("uq_keys_digest", "digest", unique=True),
)

people = sa.Table(
    "people",
    metadata,
    sa.Column("id", ID, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),  # of the password: argon2id
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("disabled_at", sa.BigInteger),
    sa.Index("uq_people_name", "name", unique=True),
)

sessions = sa.Table(
    "sessions",
    metadata,
    # of what the browser keeps
    sa.Column("digest", sa.LargeBinary(32), primary_key=True),
    sa.Column("person_id", ID, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("seen_at", sa.BigInteger, nullable=False),
    sa.Column("recent", sa.Text, nullable=False),  # JSON: the last scans of the session with their outcome
)

sign_in_tries = sa.Table(
    "sign_in_tries",
    metadata,
    # digest of a name or an address
    sa.Column("subject", sa.LargeBinary(32), primary_key=True),
    sa.Column("count", sa.Integer, nullable=False),
    sa.Column("since", sa.BigInteger, nullable=False),
)
