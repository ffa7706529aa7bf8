"""Read the laboratory's set-up."""

from __future__ import annotations

import msgspec

from traylane.db.database import Sql, Transaction
from traylane.policy import catalogue
from traylane.policy.model import Policy, Reason, Station

STATION_COLUMNS = (
    "code, description, customer_description, sequence, non_cancel, requires_operator, is_operator, active"
)

_SETTINGS = Sql.same("SELECT name, value FROM settings")
_STATIONS = Sql.same(f"SELECT {STATION_COLUMNS} FROM stations ORDER BY sequence, code")
_REASONS = Sql.same("SELECT code, description, active, allows_override FROM reasons ORDER BY code")
_VERSION = Sql.same("SELECT version FROM config WHERE one = 1")


async def version(tx: Transaction) -> int:
    """The configuration's version now."""
    value: int = (await tx.rows(_VERSION))[0][0]
    return value


async def settings(tx: Transaction) -> dict[str, object]:
    """Every setting with its value, the default where none was set."""
    stored = {row[0]: msgspec.json.decode(row[1]) for row in await tx.rows(_SETTINGS)}
    return {setting.name: stored.get(setting.name, setting.default) for setting in catalogue.SETTINGS}


async def stations(tx: Transaction) -> list[Station]:
    """Stations and operators, the retired ones included, in the order of the line."""
    return [Station(*row[:4], *map(bool, row[4:])) for row in await tx.rows(_STATIONS)]


async def reasons(tx: Transaction) -> list[Reason]:
    """Delete reasons, the retired ones included."""
    return [Reason(row[0], row[1], bool(row[2]), bool(row[3])) for row in await tx.rows(_REASONS)]


async def load(tx: Transaction, *, version: int) -> Policy:
    """The snapshot that rules get."""
    values = await settings(tx)
    networks = values[catalogue.TRUSTED_NETWORKS]
    assert isinstance(networks, list)
    return Policy(
        version=version,
        reason_required=values[catalogue.REASON_REQUIRED] is True,
        job_tracker_installed=values[catalogue.JOB_TRACKER] is True,
        trusted_networks=tuple(filter(None, map(catalogue.split_network, networks))),
        stations={station.code: station for station in await stations(tx)},
        reasons={reason.code: reason for reason in await reasons(tx)},
    )
