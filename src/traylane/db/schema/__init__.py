"""The tables, declared once for both engines.

Instants are whole milliseconds since 1970 UTC, ids are 16 bytes (UUIDv7, made by the application), booleans are
what the engine has for them. `completed` is derived by the engine itself so that it can stand in an index.
"""

from __future__ import annotations

from traylane.db.schema.base import metadata
from traylane.db.schema.counts import cancels, counted, moves
from traylane.db.schema.events import answers, attempts, deliveries, events, lease, past_epochs, webhooks
from traylane.db.schema.laboratory import (
    addons,
    breakages,
    config,
    customers,
    employees,
    keys,
    people,
    reasons,
    sessions,
    settings,
    sign_in_tries,
    stations,
)
from traylane.db.schema.orders import counters, order_details, orders, scans, tray_events

__all__ = [
    "addons",
    "answers",
    "attempts",
    "breakages",
    "cancels",
    "config",
    "counted",
    "counters",
    "customers",
    "deliveries",
    "employees",
    "events",
    "keys",
    "lease",
    "metadata",
    "moves",
    "order_details",
    "orders",
    "past_epochs",
    "people",
    "reasons",
    "scans",
    "sessions",
    "settings",
    "sign_in_tries",
    "stations",
    "tray_events",
    "webhooks",
]
