"""Every event and its fields. Names are past tense; data holds codes and ids, never what may identify a person."""

from __future__ import annotations

from typing import Any

ORDER_CANCELLED = "order.cancelled"
ORDER_RESTORED = "order.restored"
ORDER_DISPOSED = "order.disposed"
ORDER_CHECKED_IN = "order.checked_in"
ORDER_COMPLETED = "order.completed"
ORDER_CORRECTED = "order.corrected"
ORDER_CREATED = "order.created"
ORDER_ERASED = "order.erased"
ORDER_HELD = "order.held"
ORDER_IMPORTED = "order.imported"
ORDER_RELEASED = "order.released"
ORDER_TRAY_ASSIGNED = "order.tray_assigned"
ORDER_TRAY_RELEASED = "order.tray_released"
ORDER_TRAY_TAKEN_OVER = "order.tray_taken_over"
ORDER_UNVALIDATED = "order.unvalidated"
ORDER_VALIDATED = "order.validated"
SETUP_CHANGED = "setup.changed"
KEY_CREATED = "key.created"
KEY_REVOKED = "key.revoked"
PERSON_CREATED = "person.created"
PERSON_CHANGED = "person.changed"
WEBHOOK_CREATED = "webhook.created"
WEBHOOK_CHANGED = "webhook.changed"
WEBHOOK_DELETED = "webhook.deleted"
WEBHOOK_DISABLED = "webhook.disabled"

WITHHELD = "withheld"
"""Stands for a value that may name a person."""

_ORDER = {
    "orderNumber": "the order",
    "customerNumber": "whose order it is",
    "trayNumber": "the tray it is in, empty when it has none",
}

FIELDS: dict[str, dict[str, str]] = {
    ORDER_CANCELLED: {
        **_ORDER,
        "before": "cancelled: false",
        "after": "cancelled: true, reason (null when none is used), station (null before the first scan), override; "
        "with an override nonCancelStation, the station it went past; disposition, when it came with the cancel",
    },
    ORDER_RESTORED: {
        "orderNumber": "the order",
        "customerNumber": "whose order it is",
        "trayNumber": "the tray it is in now, empty when it has none",
        "before": "cancelled: true, reason, station, override, disposition (null when none was posted), trayNumber",
        "after": "cancelled: false, status, station, onHold, trayNumber, forced, "
        "notRestored (what could not be restored: a code each)",
    },
    ORDER_DISPOSED: {
        **_ORDER,
        "before": "disposition (null when none was posted)",
        "after": "disposition: for rt, lt and frame, where something was said, kind (stock or broken), breakage, "
        "employee",
    },
    ORDER_CHECKED_IN: {
        **_ORDER,
        "before": "status, station",
        "after": "status, station, scan (its place in the order's history), operator, nonCancel; deviceDateTime (the "
        "terminal's clock) if it said one, recall (`closed`) for a cancelled order at a cancel rack",
    },
    ORDER_COMPLETED: {
        **_ORDER,
        "before": "status, holdsTray",
        "after": "status, holdsTray (false: it has left its tray), dateCompleted",
    },
    ORDER_CORRECTED: {
        **_ORDER,
        "before": "of what was corrected: dateWanted, and `withheld` for poNumber, customerJobId and remarks, "
        "which may name a person",
        "after": "the same properties",
    },
    ORDER_CREATED: {
        **_ORDER,
        "after": "status, onHold, jobType, addons",
    },
    ORDER_ERASED: _ORDER,
    ORDER_HELD: {
        **_ORDER,
        "before": "onHold, status",
        "after": "onHold, status (the same: hold is a flag beside it)",
    },
    ORDER_IMPORTED: {
        **_ORDER,
        "after": "status, onHold, cancelled, scans (how many came with it)",
    },
    ORDER_RELEASED: {**_ORDER, "before": "onHold, status", "after": "onHold, status"},
    ORDER_TRAY_ASSIGNED: {
        **_ORDER,
        "before": "trayNumber (empty when it had none)",
        "after": "trayNumber, takenFrom (the cancelled order that it was taken over from; null when there is none or "
        "it is another customer's)",
    },
    ORDER_TRAY_RELEASED: {
        **_ORDER,
        "before": "trayNumber, holdsTray, cancelled",
        "after": "trayNumber (a cancelled order stays known by it), holdsTray, cancelled",
    },
    ORDER_TRAY_TAKEN_OVER: {
        **_ORDER,
        "before": "holdsTray",
        "after": "holdsTray (false), takenBy (the order that was given the tray of this cancelled one; null when it is "
        "another customer's)",
    },
    ORDER_UNVALIDATED: {**_ORDER, "before": "status", "after": "status; what is wrong stands in the order alone"},
    ORDER_VALIDATED: {**_ORDER, "before": "status", "after": "status"},
    SETUP_CHANGED: {"changes": "one entry a change: kind, code, before, after"},
    KEY_CREATED: {
        "keyId": "the key",
        "name": "the integrator",
        "scopes": "what it may do",
        "customerNumber": "or null",
    },
    KEY_REVOKED: {"keyId": "the key", "name": "the integrator"},
    PERSON_CREATED: {
        "personId": "who may sign in at the console, by id",
        "role": "floor, terminal, desk, supervisor or admin",
    },
    PERSON_CHANGED: {"personId": "who, by id", "what": "disabled or password"},
    WEBHOOK_CREATED: {
        "webhookId": "the endpoint",
        "host": "where it is",
        "types": "what it is told; empty: every event of an order",
    },
    WEBHOOK_CHANGED: {"webhookId": "the endpoint", "host": "where it is", "enabled": "whether it is told anything"},
    WEBHOOK_DELETED: {"webhookId": "the endpoint", "host": "where it was"},
    WEBHOOK_DISABLED: {"webhookId": "the endpoint", "host": "where it is", "why": "in words"},
}

STAFF = frozenset({"operator", "employee"})
"""Properties that name a person who works in the laboratory; they do not leave the house."""


def without_staff(value: Any) -> Any:
    """An event's data without what STAFF names."""
    match value:
        case dict():
            return {name: without_staff(member) for name, member in value.items() if name not in STAFF}
        case list():
            return [without_staff(member) for member in value]
        case _:
            return value


def order_fields(*, number: str, customer: str, tray: str, **fields: Any) -> dict[str, Any]:
    """The data of an event about an order."""
    return {"orderNumber": number, "customerNumber": customer, "trayNumber": tray, **fields}
