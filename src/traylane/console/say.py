"""What the console says: a verdict in one colour and one sentence, and what happened to an order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from traylane.access.actor import Actor, Scope
from traylane.clock import MINUTE, Instant
from traylane.console import words
from traylane.console.sentences import refused, translated
from traylane.console.words import N_, _
from traylane.errors import OrderChanged, Refused
from traylane.events import names
from traylane.events.seal import Event
from traylane.orders.cancel_rules import AlreadyCancelled, CancelRequest, ThroughNonCancelStation, refusals
from traylane.orders.desk import foreseen
from traylane.orders.details import read_details
from traylane.orders.disposition import Disposition, Part
from traylane.orders.disposition_rules import BreakageMissing
from traylane.orders.model import Order, Status
from traylane.orders.restore_rules import RestoreWindowOver
from traylane.policy.model import Policy
from traylane.staff import published

STATUS = {
    Status.UNVALID: N_("Not valid"),
    Status.VALID: N_("Valid"),
    Status.PROCESS: N_("In process"),
    Status.COMPLETE: N_("Completed"),
}
_EVENTS = {
    names.ORDER_CANCELLED: N_("Cancelled"),
    names.ORDER_RESTORED: N_("Restored"),
    names.ORDER_DISPOSED: N_("Lenses and frame accounted for"),
    names.ORDER_CHECKED_IN: N_("Scanned"),
    names.ORDER_COMPLETED: N_("Completed"),
    names.ORDER_CORRECTED: N_("Corrected"),
    names.ORDER_CREATED: N_("Created"),
    names.ORDER_ERASED: N_("Patient's data removed"),
    names.ORDER_HELD: N_("Put on hold"),
    names.ORDER_IMPORTED: N_("Imported"),
    names.ORDER_RELEASED: N_("Released from hold"),
    names.ORDER_TRAY_ASSIGNED: N_("Put into a tray"),
    names.ORDER_TRAY_RELEASED: N_("Taken out of its tray"),
    names.ORDER_TRAY_TAKEN_OVER: N_("Lost its tray to another order"),
    names.ORDER_UNVALIDATED: N_("Found not valid"),
    names.ORDER_VALIDATED: N_("Found valid"),
}


_LENSES = {"rtDisposition": N_("Right lens"), "ltDisposition": N_("Left lens")}
_SAID = Disposition(rt=Part("stock"), lt=Part("stock"))


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
    # So does what became of the lenses, where a cancel must say it.
    reason = min(policy.active_reasons, default=None) if policy.reason_required else None
    found = foreseen(order, CancelRequest(reason, disposition=_SAID), policy, "")
    if not found.refusals:
        return Verdict("green", _("Free to cancel"), tuple(map(translated, found.warnings)))
    sentence, *others = (because(refusal, policy, now) for refusal in found.refusals)
    past = CancelRequest(min(policy.override_reasons, default=None), override=True, disposition=_SAID)
    if not policy.override_reasons or any(refusals(order, past, policy)):
        return Verdict("red", sentence, tuple(others))
    if actor.may(Scope.ORDERS_OVERRIDE):
        return Verdict("amber", _("%(why)s: only a reason that allows it cancels this order", why=sentence))
    return Verdict("amber", _("%(why)s: a supervisor can still cancel it", why=sentence))


def because(refusal: Refused, policy: Policy, now: Instant) -> str:
    """A refusal in one sentence."""
    match refusal:
        case ThroughNonCancelStation():
            time = clock(refusal.data["at"], policy.time_zone, now)
            return _("Through %(station)s at %(time)s", station=refusal.data["station"], time=time)
        case AlreadyCancelled():
            known = policy.reasons.get(refusal.data["reason"] or "")
            time = clock(refusal.data["at"], policy.time_zone, now)
            said = _("Cancelled at %(time)s by %(who)s", time=time, who=translated(refusal.data["actor"]))
            return f"{said}: {known.description}" if known else said
        case OrderChanged():
            return translated(refusal.sentence)
        case BreakageMissing():
            lenses = ", ".join(_(_LENSES.get(name, name)) for name in refusal.data["missing"])
            return _("Say first what became of: %(lenses)s", lenses=lenses)
        case RestoreWindowOver():
            return _("Too late to restore: that could be done for %(hours)s hours", hours=refusal.data["hours"])
        case _:
            return refused(refusal)


def timeline(events: Sequence[Event], policy: Policy, now: Instant) -> list[Moment]:
    """What happened to an order, the newest first."""
    return [
        Moment(clock(event.at, policy.time_zone, now), _what(event, policy), translated(published(event.actor)))
        for event in reversed(events)
    ]


def _what(event: Event, policy: Policy) -> str:
    after: dict[str, Any] = msgspec.json.decode(event.data).get("after") or {}
    said = translated(_EVENTS.get(event.type, event.type))
    if event.type == names.ORDER_CHECKED_IN:
        return _("Scanned at %(place)s", place=place(after.get("station"), policy))
    if event.type == names.ORDER_CANCELLED and after.get("reason"):
        return f"{said}: {reason_text(after['reason'], policy)}"
    return said


def status(order: Order) -> str:
    """What an order's status is called, with its hold."""
    text = _(STATUS[order.status])
    return ", ".join([text, _("on hold")]) if order.on_hold and not order.is_completed else text


def place(code: str | None, policy: Policy) -> str:
    """A station by code and description."""
    if not code:
        return _("nowhere yet")
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
    return words.clock(moment, with_day=moment.date() != today.date())


def day(of: date, zone: ZoneInfo, now: Instant) -> str:
    """A day in the laboratory's calendar: `18 Nov`, with the year when that is another one."""
    today = datetime.fromtimestamp(now / 1000, UTC).astimezone(zone)
    return words.day(of, with_year=of.year != today.year)


def age(milliseconds: int) -> str:
    """How long something is ago: `5 min`, `2 h 14 min`, `3 d 4 h`."""
    minutes = max(0, milliseconds) // MINUTE
    hours, days = minutes // 60, minutes // 1440
    if days:
        return _("%(days)s d %(hours)s h", days=days, hours=hours % 24)
    if hours:
        return _("%(hours)s h %(minutes)s min", hours=hours, minutes=minutes % 60)
    return _("%(minutes)s min", minutes=minutes)
