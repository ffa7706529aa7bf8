"""What the console says: a verdict in one colour and one sentence, and what happened to an order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from traylane.access.actor import Actor, Scope
from traylane.clock import Instant
from traylane.console.words import _
from traylane.errors import Refused
from traylane.events import names
from traylane.events.seal import Event
from traylane.orders.cancel_rules import AlreadyCancelled, CancelRequest, ThroughNonCancelStation, refusals
from traylane.orders.desk import foreseen
from traylane.orders.details import read_details
from traylane.orders.model import Order, Status
from traylane.policy.model import Policy
from traylane.staff import published

STATUS = {
    Status.UNVALID: "Not valid",
    Status.VALID: "Valid",
    Status.PROCESS: "In process",
    Status.COMPLETE: "Completed",
}
_EVENTS = {
    names.ORDER_CANCELLED: "Cancelled",
    names.ORDER_RESTORED: "Restored",
    names.ORDER_DISPOSED: "Lenses and frame accounted for",
    names.ORDER_CHECKED_IN: "Scanned",
    names.ORDER_COMPLETED: "Completed",
    names.ORDER_CORRECTED: "Corrected",
    names.ORDER_CREATED: "Created",
    names.ORDER_HELD: "Put on hold",
    names.ORDER_IMPORTED: "Imported",
    names.ORDER_RELEASED: "Released from hold",
    names.ORDER_TRAY_ASSIGNED: "Put into a tray",
    names.ORDER_TRAY_RELEASED: "Taken out of its tray",
    names.ORDER_TRAY_TAKEN_OVER: "Lost its tray to another order",
    names.ORDER_UNVALIDATED: "Found not valid",
    names.ORDER_VALIDATED: "Found valid",
}


class Verdict(msgspec.Struct, frozen=True):
    """`colour`: green (free to cancel), amber (needs a supervisor), red (cannot be cancelled)."""

    colour: str
    sentence: str
    notes: tuple[str, ...] = ()


class Moment(msgspec.Struct, frozen=True):
    """A line of an order's timeline."""

    at: str
    what: str
    who: str


def verdict(order: Order, policy: Policy, actor: Actor, now: Instant) -> Verdict:
    """Whether the order may be cancelled, by the very rules that a cancel is judged by."""
    # The reason is what the clerk gives next: here any active one stands for it.
    reason = min(policy.active_reasons, default=None) if policy.reason_required else None
    found = foreseen(order, CancelRequest(reason), policy, "")
    if not found.refusals:
        return Verdict("green", "Free to cancel", found.warnings)
    sentence, *others = (because(refusal, policy, now) for refusal in found.refusals)
    past = CancelRequest(min(policy.override_reasons, default=None), override=True)
    if not policy.override_reasons or any(refusals(order, past, policy)):
        return Verdict("red", sentence, tuple(others))
    if actor.may(Scope.ORDERS_OVERRIDE):
        return Verdict("amber", f"{sentence}: only a reason that allows it cancels this order")
    return Verdict("amber", f"{sentence}: a supervisor can still cancel it")


def because(refusal: Refused, policy: Policy, now: Instant) -> str:
    """A refusal in one sentence."""
    match refusal:
        case ThroughNonCancelStation():
            return f"Through {refusal.data['station']} at {clock(refusal.data['at'], policy.time_zone, now)}"
        case AlreadyCancelled():
            reason = refusal.data["reason"]
            known = policy.reasons.get(reason) if reason else None
            why = f": {known.description}" if known else ""
            return f"Cancelled at {clock(refusal.data['at'], policy.time_zone, now)} by {refusal.data['actor']}{why}"
        case _:
            return "; ".join([refusal.sentence, *refusal.details()])


def timeline(events: Sequence[Event], policy: Policy, now: Instant) -> list[Moment]:
    """What happened to an order, the newest first."""
    return [
        Moment(clock(event.at, policy.time_zone, now), _what(event, policy), published(event.actor))
        for event in reversed(events)
    ]


def _what(event: Event, policy: Policy) -> str:
    after: dict[str, Any] = msgspec.json.decode(event.data).get("after") or {}
    said = _EVENTS.get(event.type, event.type)
    if event.type == names.ORDER_CHECKED_IN:
        return f"{said} at {place(after.get('station'), policy)}"
    if event.type == names.ORDER_CANCELLED and after.get("reason"):
        return f"{said}: {reason_text(after['reason'], policy)}"
    return said


def status(order: Order) -> str:
    """What an order's status is called, with its hold."""
    text = _(STATUS[order.status])
    return f"{text}, {_('on hold')}" if order.on_hold and not order.is_completed else text


def place(code: str | None, policy: Policy) -> str:
    """A station by code and description."""
    if not code:
        return "nowhere yet"
    station = policy.stations.get(code)
    return f"{code} {station.description}" if station else code


def reason_text(code: str, policy: Policy) -> str:
    """A reason by code and description."""
    known = policy.reasons.get(code)
    return f"{code} {known.description}" if known else code


def work(order: Order) -> str:
    """Lenses and frame in a few words; nothing that names a patient."""
    details = read_details(order.details)
    lens = " ".join(filter(None, (details.rtLensStyle or details.ltLensStyle, details.rtLensMaterial)))
    return ", ".join(filter(None, (lens, details.frameName)))


def clock(at: Instant, zone: ZoneInfo, now: Instant) -> str:
    """A time in the laboratory: `10:42`, with the day when that is not today."""
    moment, today = (datetime.fromtimestamp(t / 1000, UTC).astimezone(zone) for t in (at, now))
    return f"{moment:%H:%M}" if moment.date() == today.date() else f"{moment:%d %b %H:%M}"
