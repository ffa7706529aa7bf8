"""What the service counts of itself, as Prometheus reads it."""

from __future__ import annotations

import traylane
from traylane.api.call import Call
from traylane.api.http import Answer
from traylane.clock import Instant
from traylane.db.database import Collision, ConnectionLost, Database, Transaction
from traylane.errors import Unavailable
from traylane.events import seal
from traylane.metrics import catalogue
from traylane.metrics.record import Numbers
from traylane.metrics.text import MEDIA, text
from traylane.webhooks import store


async def read_metrics(call: Call) -> Answer:
    """Everything that all workers counted, and how far behind the database's own work is."""
    call.actor.require_unbound()
    desk = call.desk
    try:
        await desk.policy_for(call.actor)
        behind = await _of_the_database(desk.db, desk.clock())
    except (Unavailable, Collision, ConnectionLost):
        # Whoever watches the service has to be told just then.
        behind = {catalogue.UP.name: {(): [0.0]}}
    numbers = desk.metrics.together() | behind
    numbers[catalogue.BUILD.name] = {(traylane.__version__,): [1.0]}
    return Answer(200, text(numbers).encode(), [(b"content-type", MEDIA.encode())])


async def _of_the_database(db: Database, now: Instant) -> Numbers:
    async def work(tx: Transaction) -> Numbers:
        events, age = (0, 0.0) if db.seals_on_write else await seal.lag(tx, now)
        hooks = await store.backlog(tx, now=now)
        states = {"enabled": hooks.enabled, "failing": hooks.failing, "disabled": hooks.disabled}
        return {
            catalogue.UP.name: {(): [1.0]},
            catalogue.UNSEALED.name: {(): [events]},
            catalogue.UNSEALED_AGE.name: {(): [age]},
            catalogue.ENDPOINTS.name: {(state,): [count] for state, count in states.items()},
            catalogue.WAITING_DELIVERIES.name: {(): [hooks.pending]},
            catalogue.OVERDUE.name: {(): [hooks.overdue]},
        }

    return await db.read(work)
