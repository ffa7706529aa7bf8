"""Read the laboratory's set-up as rules get it."""

from __future__ import annotations

from traylane.db.database import Sql, Transaction
from traylane.policy import setup_store
from traylane.policy.catalogue import SETTINGS
from traylane.policy.kinds import ADDONS, BREAKAGES, CUSTOMERS, EMPLOYEES, OPERATORS, REASONS, STATIONS
from traylane.policy.model import Policy

_VERSION = Sql.same("SELECT version FROM config WHERE one = 1")


async def version(tx: Transaction) -> int:
    """The configuration's version now."""
    value: int = (await tx.rows(_VERSION))[0][0]
    return value


async def load(tx: Transaction, *, version: int) -> Policy:
    """The snapshot that rules get."""
    setup = await setup_store.load(tx)
    of = {
        kind.name: {code: kind.as_model(code, row) for code, row in setup.of(kind).items()}
        for kind in (CUSTOMERS, STATIONS, OPERATORS, REASONS, ADDONS, BREAKAGES, EMPLOYEES)
    }
    places = (*of[STATIONS.name].values(), *of[OPERATORS.name].values())
    return Policy(
        version,
        {station.code: station for station in sorted(places, key=lambda s: (s.sequence, s.code))},
        of[REASONS.name],
        of[CUSTOMERS.name],
        of[ADDONS.name],
        of[BREAKAGES.name],
        of[EMPLOYEES.name],
        **{setting.attribute: setting.type.parse(setup.settings[setting.name]) for setting in SETTINGS},
    )
