"""An order as the cancel desk shows it: what it is, how it stands, and in which ways it could be cancelled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from traylane.access.actor import Actor, Scope
from traylane.clock import Instant
from traylane.console import say
from traylane.console.parts import parts_shown
from traylane.console.words import N_, _
from traylane.orders.cancel_rules import CancelRequest
from traylane.orders.desk import Desk
from traylane.orders.disposition import LENSES
from traylane.orders.disposition_rules import breakage_missing
from traylane.orders.lookup import Hit, Kind, Ref
from traylane.orders.model import Order
from traylane.orders.restore_rules import RestoreRequest
from traylane.policy.model import Policy

TIMELINE = 100
_AS = {Kind.ID: N_("order"), Kind.ORDER: N_("order number"), Kind.TRAY: N_("tray"), Kind.PO: N_("PO number")}


async def card(desk: Desk, order: Order, policy: Policy, actor: Actor, said: Mapping[str, str]) -> dict[str, Any]:
    """The card of one order. `said`: the fields of the form that it was shown for."""
    now = desk.clock()
    shown = facts(order, policy, actor, now)
    total, events = (await desk.history(Ref("").pinned(order), actor, limit=TIMELINE, offset=0))[1:]
    shown["timeline"] = say.timeline(events, policy, now)
    shown["earlier"] = total > len(events)
    shown["undo"] = order.is_cancelled and await _restorable(desk, order, actor)
    shown["reasons"] = _ways(shown, policy)
    if shown["ready"] and breakage_missing(order, CancelRequest().disposition, policy):
        asked = parts_shown(order, policy)
        lenses = [part | _said_of(part["name"], said) for part in asked["parts"] if part["name"] in LENSES]
        shown["asks"] = asked | {"parts": lenses}
    return shown


def choice(hit: Hit, policy: Policy, actor: Actor, now: Instant) -> dict[str, Any]:
    """One of several orders that fit, and as what it does."""
    return facts(hit.order, policy, actor, now) | {"as": _(_AS[hit.kind])}


def facts(order: Order, policy: Policy, actor: Actor, now: Instant) -> dict[str, Any]:
    """What an order is and where it stands."""
    verdict = say.verdict(order, policy, actor, now)
    past = verdict.colour == "amber" and actor.may(Scope.ORDERS_OVERRIDE)
    return {
        "number": order.number,
        "tag": order.tag,
        "tray": order.tray,
        "po": order.po,
        "customer": order.customer,
        "status": say.status(order),
        "place": say.place(order.station, policy),
        "since": say.clock(order.station_at, policy.time_zone, now) if order.station_at is not None else "",
        "work": say.work(order),
        "verdict": verdict,
        "ready": actor.may(Scope.ORDERS_CANCEL) and (past or verdict.colour == "green"),
        "override": past,
        "reason_required": policy.reason_required,
        "cancelled": order.is_cancelled,
        "asks": None,
    }


def _said_of(name: str, said: Mapping[str, str]) -> dict[str, str]:
    return {
        "kind": said.get(name, ""),
        "breakage": said.get(f"{name}Breakage", ""),
        "employee": said.get(f"{name}Employee", ""),
    }


def _ways(shown: Mapping[str, Any], policy: Policy) -> list[dict[str, str]]:
    """The reasons that would cancel the order."""
    if not shown["ready"]:
        return []
    codes = policy.override_reasons if shown["override"] else policy.active_reasons if policy.reason_required else ()
    return [{"code": code, "text": policy.reasons[code].description} for code in sorted(codes)]


async def _restorable(desk: Desk, order: Order, actor: Actor) -> bool:
    if not actor.may(Scope.ORDERS_RESTORE):
        return False
    found = await desk.foresee_restore(Ref("").pinned(order), RestoreRequest(), actor)
    return not found.refusals
