"""The laboratory of a simulation: its set-up, and its days at the very desk that the service has."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import groupby

from traylane.access.actor import COMMAND_LINE
from traylane.clock import Instant
from traylane.db.database import Database, Sql, Transaction
from traylane.errors import Fault, Unavailable
from traylane.events.seal import seal_forever
from traylane.orders.desk import Desk
from traylane.policy import catalogue, edit, setup_file
from traylane.simulation.clients import Clients, Tally
from traylane.simulation.plan import BEGIN, TICK, Step, tray_count
from traylane.tracking.verbs import VERBS

SEALED_WITHIN = 60.0
"""Seconds for the sealer to come to the end of what the days left."""

_ANY_ORDER = Sql.same("SELECT 1 FROM orders LIMIT 1")
_UNSEALED = Sql.same("SELECT 1 FROM events WHERE position IS NULL LIMIT 1")
_MORE_CODES = """
[[reasons]]
code = "REM"
desc = "Remake"
allowsOverride = true

[[employees]]
code = "AA"
name = "Employee A"
"""


async def set_up(db: Database, text: str, *, orders: int) -> None:
    """A laboratory with the set-up `text` (TOML) and a plan's further codes. Raises Fault when it has orders."""
    if await db.read(lambda tx: tx.rows(_ANY_ORDER)):
        raise Fault("The database has orders: a simulation needs one without, for example a new file")
    wanted = setup_file.read((text + _MORE_CODES).encode())
    wanted = replace(wanted, settings={**wanted.settings, catalogue.TRAY_POOL: [1, tray_count(orders)]})

    async def work(tx: Transaction) -> None:
        await edit.apply(tx, wanted, actor=COMMAND_LINE, now=BEGIN)

    await db.write(work)


async def live(db: Database, steps: list[Step], *, clients: int, tell: Callable[[int], None]) -> Tally:
    """Let `clients` clients at a time try every step, the desk's clock driven by the plan; what came of it.

    `tell` is told how many were tried. When the database does not answer, that counts as a refusal; raises
    errors.Unavailable when the sealer does not come to an end.
    """
    now, tried = BEGIN, 0
    desk = Desk(db=db, clock=lambda: now, verbs=VERBS)
    people = Clients(desk, at_once=clients)
    sealer = None if db.seals_on_write else asyncio.create_task(seal_forever(db, now, desk.feed.tide))
    try:
        for at, together in _ticks(steps):
            now = at
            await people.try_all(together)
            tried += len(together)
            tell(tried)
        await desk.close()
        await _until_sealed(db)
    finally:
        if sealer is not None:
            sealer.cancel()
            await asyncio.gather(sealer, return_exceptions=True)
    return people.tally


def _ticks(steps: list[Step]) -> Iterator[tuple[Instant, list[Step]]]:
    for tick, together in groupby(steps, key=lambda step: step.at // TICK):
        yield Instant(tick * TICK), list(together)


async def _until_sealed(db: Database) -> None:
    give_up = time.monotonic() + SEALED_WITHIN
    while await db.read(lambda tx: tx.rows(_UNSEALED)):
        if time.monotonic() > give_up:
            raise Unavailable("The events were not sealed in time; `traylane verify` says more")
        await asyncio.sleep(0.05)
