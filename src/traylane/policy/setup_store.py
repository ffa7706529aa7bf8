"""Read and write the whole set-up, row by row, by its names in the set-up file."""

from __future__ import annotations

from typing import Any

import msgspec

from traylane.db.database import Sql, Transaction
from traylane.policy import store
from traylane.policy.setup_file import ADDONS, CUSTOMERS, OPERATORS, REASONS, STATIONS, Setup

# Two set-ups that are applied at once take turns.
_LOCKED_VERSION = Sql(
    sqlite="SELECT version FROM config WHERE one = 1",
    postgres="SELECT version FROM config WHERE one = 1 FOR UPDATE",
)
_CUSTOMERS = Sql.same("SELECT number, name FROM customers ORDER BY number")
_ADDONS = Sql.same("SELECT code, data FROM addons ORDER BY code")

_SAVE_SETTING = Sql.same("""
    INSERT INTO settings (name, value) VALUES ($1, $2)
    ON CONFLICT (name) DO UPDATE SET value = excluded.value""")
_SAVE_CUSTOMER = Sql.same("""
    INSERT INTO customers (number, name) VALUES ($1, $2)
    ON CONFLICT (number) DO UPDATE SET name = excluded.name""")
_SAVE_STATION = Sql.same(f"""
    INSERT INTO stations ({store.STATION_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
    ON CONFLICT (code) DO UPDATE SET description = excluded.description,
        customer_description = excluded.customer_description, sequence = excluded.sequence,
        non_cancel = excluded.non_cancel, requires_operator = excluded.requires_operator,
        is_operator = excluded.is_operator, active = excluded.active""")
_SAVE_OPERATOR = Sql.same("""
    INSERT INTO stations (code, description, is_operator, active) VALUES ($1, $2, $3, $4)
    ON CONFLICT (code) DO UPDATE SET description = excluded.description, active = excluded.active""")
_SAVE_REASON = Sql.same("""
    INSERT INTO reasons (code, description, allows_override, active) VALUES ($1, $2, $3, $4)
    ON CONFLICT (code) DO UPDATE SET description = excluded.description, allows_override = excluded.allows_override,
        active = excluded.active""")
_SAVE_ADDON = Sql.same("""
    INSERT INTO addons (code, data) VALUES ($1, $2)
    ON CONFLICT (code) DO UPDATE SET data = excluded.data""")


async def locked_version(tx: Transaction) -> int:
    """The configuration's version, which nobody else changes before this transaction ends."""
    version: int = (await tx.rows(_LOCKED_VERSION))[0][0]
    return version


async def load(tx: Transaction) -> Setup:
    """Everything that is set up; settings that were never set with their defaults."""
    settings: dict[str, Any] = await store.settings(tx)
    stations = await store.stations(tx)
    places = {
        s.code: {
            "desc": s.description,
            "customerDesc": s.customer_description,
            "sequence": s.sequence,
            "nonCancel": s.non_cancel,
            "requiresOperator": s.requires_operator,
            "active": s.active,
        }
        for s in stations
        if not s.is_operator
    }
    rows = {
        CUSTOMERS.name: {row[0]: {"name": row[1]} for row in await tx.rows(_CUSTOMERS)},
        STATIONS.name: places,
        OPERATORS.name: {s.code: {"desc": s.description, "active": s.active} for s in stations if s.is_operator},
        REASONS.name: {
            r.code: {"desc": r.description, "allowsOverride": r.allows_override, "active": r.active}
            for r in await store.reasons(tx)
        },
        ADDONS.name: {row[0]: {"isAR": False} | msgspec.json.decode(row[1]) for row in await tx.rows(_ADDONS)},
    }
    return Setup(settings, rows)


async def save(tx: Transaction, setup: Setup) -> None:
    """Write complete rows, new or not."""
    await tx.many(_SAVE_SETTING, [(name, _json(value)) for name, value in setup.settings.items()])
    await tx.many(_SAVE_CUSTOMER, [(number, row["name"]) for number, row in setup.of(CUSTOMERS).items()])
    await tx.many(
        _SAVE_STATION,
        [
            (
                code,
                row["desc"],
                row["customerDesc"],
                row["sequence"],
                row["nonCancel"],
                row["requiresOperator"],
                False,
                row["active"],
            )
            for code, row in setup.of(STATIONS).items()
        ],
    )
    await tx.many(
        _SAVE_OPERATOR, [(code, row["desc"], True, row["active"]) for code, row in setup.of(OPERATORS).items()]
    )
    await tx.many(
        _SAVE_REASON,
        [(code, row["desc"], row["allowsOverride"], row["active"]) for code, row in setup.of(REASONS).items()],
    )
    await tx.many(_SAVE_ADDON, [(code, _json(row)) for code, row in setup.of(ADDONS).items()])


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
