"""What an order must be by what its events tell, beginning with the one that made it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from traylane.events import names
from traylane.orders.disposition import as_told
from traylane.orders.histories import History, Told

State = dict[str, Any]
"""Facts of an order by the names that events have for them; what no event told is not in it."""

_NOT_CANCELLED: State = {"reason": None, "override": False, "cancelledStation": None, "disposition": None}
_CHANGES = frozenset(
    {"status", "station", "onHold", "cancelled", "reason", "override", "disposition", "holdsTray", "trayNumber"}
)


def at_first(history: History, first: Told) -> State:
    """The state that the event which made the order leaves."""
    told = first.fields
    after = told["after"]
    scans = history.scans[: after.get("scans", 0)]
    state = {
        "status": after["status"],
        "onHold": after["onHold"],
        "trayNumber": told["trayNumber"],
        "cancelled": after.get("cancelled", False),
        "scan": len(scans),
        "station": scans[-1].station if scans else None,
    }
    if first.type == names.ORDER_CREATED:
        state["holdsTray"] = bool(told["trayNumber"])
    return state if state["cancelled"] else state | _NOT_CANCELLED


def then(state: State, event: Told) -> State:
    """The state after a later event."""
    fields = event.fields
    after: Mapping[str, Any] = fields.get("after", {})
    changed = {name: after[name] for name in _CHANGES & after.keys()}
    match event.type:
        case names.ORDER_CHECKED_IN:
            changed["scan"] = after["scan"]
        case names.ORDER_CANCELLED:
            changed["cancelledStation"] = changed.pop("station", None)
            changed.setdefault("disposition", None)
        case names.ORDER_TRAY_ASSIGNED:
            changed["holdsTray"] = True
        case names.ORDER_RESTORED:
            changed |= _NOT_CANCELLED | {"holdsTray": bool(after["trayNumber"])}
        case _:
            pass
    return {**state, **changed}


def claims(event: Told) -> State:
    """What an event says the order was before it, in the names of a state."""
    before: State = dict(event.fields.get("before", {}))
    if event.type == names.ORDER_CORRECTED:
        return {}
    if event.type == names.ORDER_TRAY_ASSIGNED:
        held = before.pop("trayNumber")
        before["holdsTray"] = bool(held)
        if held:
            before["trayNumber"] = held
    if event.type == names.ORDER_RESTORED:
        before["cancelledStation"] = before.pop("station")
    return before


def as_stored(history: History) -> State:
    """The order's row in the same names."""
    return {
        "status": history.status.value,
        "station": history.station,
        "onHold": history.on_hold,
        "cancelled": history.cancelled_at is not None,
        "reason": history.cancel_reason,
        "override": history.cancel_override,
        "cancelledStation": history.cancel_station,
        "disposition": as_told(history.cancel_disposition),
        "holdsTray": history.tray_key is not None,
        "trayNumber": history.tray,
        "scan": history.scan_count,
    }


def differences(claimed: State, known: State) -> list[str]:
    """The names for which both have a value, and not the same."""
    return sorted(name for name, value in claimed.items() if name in known and known[name] != value)
