"""Restore a cancelled order: as it was before its cancel, as far as that is still possible (ours).

A cancel leaves status, station and hold as they are, so taking the mark away brings them back. The tray comes back
when the order still holds it or nobody else does; two restores, or a restore and an assignment, that want one tray
meet at its unique index, and the one that loses is judged again.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from traylane.access.actor import Actor
from traylane.clock import Instant
from traylane.db.database import Sql, Transaction
from traylane.errors import Refused
from traylane.events import names
from traylane.orders import disposition
from traylane.orders.model import Order
from traylane.orders.restore_rules import Holder, RestoreRequest, not_restored, refusals
from traylane.orders.verb import Effect, Verb
from traylane.policy.model import Policy

_HOLDER = Sql(
    sqlite="SELECT order_number, customer_number FROM orders WHERE tray_key = ?1",
    postgres="SELECT order_number, customer_number FROM orders WHERE tray_key = $1::int",
    postgres_many="""
        SELECT u.n, o.order_number, o.customer_number FROM unnest($1::int[]) WITH ORDINALITY AS u(tray, n)
        JOIN orders o ON o.tray_key = u.tray""",
)


def first_refusal(order: Order, request: RestoreRequest, policy: Policy) -> Refused | None:
    """What the rules say first, or None when the order may be restored."""
    return next(refusals(order, request, policy), None)


def unflag(order: Order, request: RestoreRequest, _policy: Policy, _actor: Actor, _now: Instant) -> Effect:
    """The order without its mark; without its tray when another order holds that now."""
    lost = not_restored(order, request)
    tray = order.tray if request.holder is None else ""
    return Effect(
        columns={
            "tray_number": tray,
            "tray_key": int(tray) if tray else None,
            "cancelled_at": None,
            "cancel_reason": None,
            "cancel_actor": None,
            "cancel_station": None,
            "cancel_override": False,
            "cancel_disposition": None,
            "taken_over_at": None,
        },
        event=names.order_fields(
            number=order.number,
            customer=order.customer,
            tray=tray,
            before={
                "cancelled": True,
                "reason": order.cancel_reason,
                "station": order.cancel_station,
                "override": order.cancel_override,
                "disposition": disposition.as_told(order.cancel_disposition),
                "trayNumber": order.tray,
            },
            after={
                "cancelled": False,
                "status": order.status,
                "station": order.station,
                "onHold": order.on_hold,
                "trayNumber": tray,
                "forced": request.force,
                "notRestored": [f"{thing.what}: {thing.code}" for thing in lost],
            },
        ),
        warning=" ".join(thing.reason for thing in lost),
        told=lost,
    )


async def with_holders(
    tx: Transaction, _policy: Policy, asked: Sequence[tuple[Order, RestoreRequest]]
) -> Sequence[RestoreRequest]:
    """What is asked, with the order that each order's tray belongs to now, if it is another one."""
    gone = [i for i, (order, _) in enumerate(asked) if order.tray and order.tray_key is None]
    complete = [request for _, request in asked]
    if gone:
        held = await tx.each(_HOLDER, [(int(asked[i][0].tray),) for i in gone])
        for i, rows in zip(gone, held, strict=True):
            if rows:
                complete[i] = msgspec.structs.replace(complete[i], holder=Holder(rows[0][0], rows[0][1]))
    return complete


def at(request: RestoreRequest, now: Instant) -> RestoreRequest:
    """What is asked, with the time."""
    return msgspec.structs.replace(request, now=now)


RESTORE: Verb[RestoreRequest] = Verb(
    event=names.ORDER_RESTORED,
    columns=(
        "tray_number",
        "tray_key",
        "cancelled_at",
        "cancel_reason",
        "cancel_actor",
        "cancel_station",
        "cancel_override",
        "cancel_disposition",
        "taken_over_at",
    ),
    judge=first_refusal,
    effect=unflag,
    further=with_holders,
    at=at,
)
