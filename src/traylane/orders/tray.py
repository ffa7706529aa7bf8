"""Give an order a tray, and release it (contract: Tray assignment).

Two orders never hold one tray: a unique index says so, and who loses a race is judged again and told who was first.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from traylane.access.actor import Actor
from traylane.clock import Instant
from traylane.db.database import Transaction
from traylane.errors import Refused
from traylane.events import names
from traylane.orders import store
from traylane.orders.change import Companion, Effect, Verb
from traylane.orders.frozen_rules import first_refusal
from traylane.orders.lookup import Kind, MoreThanOneRecord, RecordNotFound, Ref
from traylane.orders.model import Order
from traylane.orders.tray_rules import (
    ASSIGN_RULES,
    RELEASE_TRAY_RULES,
    AssignRequest,
    TrayOrderAmbiguous,
    TrayOrderNotFound,
)
from traylane.policy.model import Policy


async def with_holders(
    tx: Transaction, policy: Policy, asked: Sequence[tuple[Order, AssignRequest]]
) -> Sequence[AssignRequest]:
    """What is asked, each with the order that holds the tray now."""
    refs = [Ref(request.tray if request.key is not None else "", by=Kind.TRAY) for _, request in asked]
    _, found = await store.find(tx, refs, policy)
    return [
        msgspec.structs.replace(request, holder=hits[0].order if hits else None)
        for (_, request), hits in zip(asked, found, strict=True)
    ]


def put_in(order: Order, request: AssignRequest, policy: Policy, actor: Actor, now: Instant) -> Effect:
    """The order in the tray; a cancelled order that it is taken over from holds it no more, and its recall stays."""
    holder = None if request.holder is None or request.holder.id == order.id else request.holder
    held = order.tray if order.tray_key is not None else ""
    return Effect(
        columns={"tray_number": request.tray, "tray_key": request.key},
        event=names.order_fields(
            number=order.number,
            customer=order.customer,
            tray=request.tray,
            before={"trayNumber": held},
            after={"trayNumber": request.tray, "takenFrom": None if holder is None else _shown(holder, order)},
        ),
        also=() if holder is None else (_taken_from(holder, order, now),),
    )


def _taken_from(holder: Order, taker: Order, now: Instant) -> Companion:
    return Companion(
        order=holder,
        columns={"tray_key": None, "taken_over_at": now},
        event=names.ORDER_TRAY_TAKEN_OVER,
        fields=names.order_fields(
            number=holder.number,
            customer=holder.customer,
            tray=holder.tray,
            before={"holdsTray": True},
            after={"holdsTray": False, "takenBy": _shown(taker, holder)},
        ),
    )


def _shown(other: Order, to: Order) -> str | None:
    """The number of `other` in an event of `to`, whose customer may not know of other customers' orders."""
    return other.number if other.customer == to.customer else None


def take_out(order: Order, request: None, policy: Policy, actor: Actor, now: Instant) -> Effect:
    """The order out of its tray. A cancelled one stays known by the tray's number, and its recall is closed.

    Also when the tray was given to another order meanwhile, with the work still in it: then that has been taken out.
    """
    known_by = order.tray if order.is_cancelled else ""
    return Effect(
        columns={"tray_number": known_by, "tray_key": None, "taken_over_at": None},
        event=names.order_fields(
            number=order.number,
            customer=order.customer,
            tray=order.tray,
            before={"trayNumber": order.tray, "holdsTray": order.tray_key is not None, "cancelled": order.is_cancelled},
            after={"trayNumber": known_by, "holdsTray": False, "cancelled": order.is_cancelled},
        ),
    )


def in_assignment_words(refusal: Refused) -> Refused:
    """A failed look-up as the assignment says it."""
    match refusal:
        case RecordNotFound():
            return TrayOrderNotFound()
        case MoreThanOneRecord():
            return TrayOrderAmbiguous(more=refusal.details())
        case _:
            return refusal


ASSIGN: Verb[AssignRequest] = Verb(
    event=names.ORDER_TRAY_ASSIGNED,
    columns=("tray_number", "tray_key"),
    judge=first_refusal(ASSIGN_RULES),
    effect=put_in,
    whole=True,
    further=with_holders,
    lookup_refusal=in_assignment_words,
)
RELEASE_TRAY: Verb[None] = Verb(
    event=names.ORDER_TRAY_RELEASED,
    columns=("tray_number", "tray_key", "taken_over_at"),
    judge=first_refusal(RELEASE_TRAY_RULES),
    effect=take_out,
)
