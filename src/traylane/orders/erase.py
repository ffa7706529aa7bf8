"""Remove the patient's data from an order that is done with; the chain of events stays whole.

Events hold codes and numbers only, so none of them changes: an event tells that the data was removed. What stays is
what the laboratory's reports and stock need.
"""

from __future__ import annotations

from collections.abc import Sequence

from traylane.access.actor import Actor
from traylane.clock import Instant
from traylane.db.database import Row, Sql, Transaction
from traylane.events import names
from traylane.orders.change import Request
from traylane.orders.desk import Desk
from traylane.orders.details import DEFAULTS, Details, details_text, read_details
from traylane.orders.erase_rules import ERASE_RULES
from traylane.orders.frozen_rules import first_refusal
from traylane.orders.lookup import Ref
from traylane.orders.model import Order
from traylane.orders.row import copies
from traylane.orders.verb import Done, Effect, Verb
from traylane.policy.model import Policy

KEPT = frozenset(
    {"addons", "arCode", "arDesc", "createdUser", "dateCompleted", "dateOrdered", "dateReceived", "dateTimeValid"}
    | {"dateWanted", "frameColor", "frameManufacturer", "frameName", "frameSKU", "frameStatusCode", "frameType"}
    | {"frameUPC", "jobType"}
    | {f"{eye}Lens{what}" for eye in ("rt", "lt") for what in ("Color", "Material", "Style", "Treat")}
)
"""Properties that say what was made, and nothing of who wears it."""
PAGE = 200


def without_patient(details: Details) -> Details:
    """The document without what belongs to a person: job id, remarks, prescription, measures, traces."""
    return Details(**{name: getattr(details, name) for name in DEFAULTS if name in KEPT})


def erase(order: Order, request: None, policy: Policy, actor: Actor, now: Instant) -> Effect:
    """The order without its patient's data; its event says that, and none of it."""
    details = without_patient(read_details(order.details))
    return Effect(
        columns={"po_number": "", **copies(details)},
        details=details_text(details),
        event=names.order_fields(number=order.number, customer=order.customer, tray=order.tray),
    )


def is_erased(order: Order, request: None, policy: Policy) -> bool:
    """Whether nothing of the patient is left."""
    return not order.po and details_text(without_patient(read_details(order.details))) == order.details


ERASE: Verb[None] = Verb(
    event=names.ORDER_ERASED,
    columns=("po_number", "customer_job_id", "date_wanted", "date_ordered"),
    details=True,
    judge=first_refusal(ERASE_RULES),
    effect=erase,
    is_made=is_erased,
)


async def erase_order(desk: Desk, ref: Ref, actor: Actor) -> Done:
    """Remove the patient's data from one order, and the answers that were kept about it.

    Raises RecordNotFound, MoreThanOneRecord, OrderInWork, errors.Unavailable.
    """
    done = await desk.change(ERASE, Request(ref, None, actor, desk.clock()))
    assert isinstance(done, Done)
    await desk.db.write(lambda tx: tx.rows(_FORGET, done.order.id))
    return done


async def done_with(tx: Transaction, *, before: Instant, after: bytes) -> Sequence[Row]:
    """Id and number of the next orders that are done with, unchanged since `before`, and not erased."""
    return await tx.rows(_OLD, before, after, PAGE)


_FORGET = Sql.same("DELETE FROM answers WHERE order_id = $1")
_OLD = Sql.same("""
    SELECT o.id, o.order_number FROM orders o
    WHERE o.id > $2 AND (o.status = 'C' OR o.cancelled_at IS NOT NULL) AND NOT EXISTS (
        SELECT 1 FROM events e WHERE e.subject_id = o.id AND (e.at >= $1 OR e.type = 'order.erased'))
    ORDER BY o.id LIMIT $3""")
