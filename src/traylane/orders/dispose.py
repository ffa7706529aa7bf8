"""Say afterwards what became of the parts of a cancelled order, or correct it. The same again changes nothing."""

from __future__ import annotations

from traylane.access.actor import Actor
from traylane.clock import Instant
from traylane.events import names
from traylane.orders import disposition
from traylane.orders.disposition_rules import DispositionRequest, first_refusal
from traylane.orders.model import Order
from traylane.orders.verb import Effect, Verb
from traylane.policy.model import Policy


def post(order: Order, request: DispositionRequest, _policy: Policy, _actor: Actor, _now: Instant) -> Effect:
    """The whole disposition anew; the event tells what it was and what it is."""
    text = request.disposition.text()
    return Effect(
        columns={"cancel_disposition": text},
        event=names.order_fields(
            number=order.number,
            customer=order.customer,
            tray=order.tray,
            before={"disposition": disposition.as_told(order.cancel_disposition)},
            after={"disposition": disposition.as_told(text)},
        ),
    )


def is_posted(order: Order, request: DispositionRequest, _policy: Policy) -> bool:
    """Whether the very same was said before."""
    return request.disposition == disposition.from_text(order.cancel_disposition)


DISPOSE: Verb[DispositionRequest] = Verb(
    event=names.ORDER_DISPOSED,
    columns=("cancel_disposition",),
    judge=first_refusal,
    effect=post,
    is_made=is_posted,
)
