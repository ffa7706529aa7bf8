"""Which events an endpoint is told."""

from __future__ import annotations

from traylane.db.ids import NIL
from traylane.events.feed import Fits, types_named
from traylane.events.record import customer_of
from traylane.events.seal import Event
from traylane.webhooks.model import Endpoint

EVERY_ORDER = "order.*"
"""What an endpoint that names no types is told: the set-up only to who asks for it by name."""


def choice_of(endpoint: Endpoint) -> Fits:
    """Whether an event is one that the endpoint wants and may get."""
    types, _ = types_named(endpoint.types or (EVERY_ORDER,))

    def fits(event: Event) -> bool:
        if event.type not in types:
            return False
        if endpoint.customer is None:
            return True
        return event.subject != NIL and customer_of(event) == endpoint.customer

    return fits
