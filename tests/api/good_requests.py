"""One request that succeeds for each operation, and the laboratory in which it does."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tests import builders
from traylane.api.routes import ROUTES, Route
from traylane.db.database import Database, Sql

BODIES: Mapping[str, bytes] = {
    "cancelOrder": b'{"deleteReason": "CUS"}',
    "cancelOrderByPost": b'{"deleteReason": "CUS"}',
    "cancelOrders": b'{"items": [{"orderIdentifier": "72544", "deleteReason": "CUS"}]}',
    "checkIn": b'{"orderIdentifier": "72544"}',
    "createOrder": b'{"customerNumber": "1001", "customerJobId": "J", "poNumber": "9", "jobType": "F",'
    b' "rtLensStyle": "SV", "rtLensMaterial": "CR39"}',
    "correctOrder": b'{"poNumber": "9"}',
    "declareOrderUnvalid": b'{"message": "no prescription"}',
    "assignTray": b'{"trayNumber": "9", "reassign": true}',
    "putDisposition": b'{"ltDisposition": "stock"}',
    "putSetting": b'{"value": "]C1"}',
    "putDeleteReason": b'{"desc": "another"}',
    "putStation": b'{"desc": "another"}',
    "putCustomer": b'{"name": "another"}',
    "putAddon": b'{"desc": "another"}',
    "putBreakage": b'{"desc": "another"}',
    "putEmployee": b'{"name": "another"}',
    "createKey": b'{"name": "new", "scopes": ["orders:read"]}',
    "createWebhook": b'{"url": "https://shop.example/hooks"}',
    "changeWebhook": b'{"description": "another"}',
    "replayWebhook": b'{"first": "1.1", "last": "1.1"}',
}
STATUSES = {
    "createOrder": 202,
    "completeOrder": 201,
    "createKey": 201,
    "createWebhook": 201,
    "rotateWebhookSecret": 201,
}
"""What a success answers, where it is not 200."""
STATES: Mapping[str, dict[str, Any]] = {
    "releaseOrder": {"on_hold": True},
    "validateOrder": {"status": "U"},
    "restoreOrder": {"cancelled_at": builders.NOW},
    "putDisposition": {"cancelled_at": builders.NOW},
}
"""What the order must be like, where it is not just any order."""
SEGMENTS: Mapping[str, str] = {
    "orderIdentifier": "72544",
    "code": "RCV",
    "trayNumber": "7",
    "settingName": "Job%20Tracking:Scanner%20prefix",
    "reasonCode": "CUS",
    "customerNumber": "1001",
    "addonCode": "SRC",
    "breakageCode": "BRK",
    "employeeCode": "TS",
    "keyId": builders.SPARE_KEY,
    "webhookId": builders.SPARE_WEBHOOK,
}
"""What exists, for each parameter of a path."""
LEAVE_ALL_AS_IT_IS = frozenset({"replayWebhook"})
"""Unsafe operations whose good request changes nothing here: there is no event to be sent again."""


def status(route: Route) -> int:
    return STATUSES.get(route.operation, 200)


def target(route: Route, **segments: str) -> bytes:
    """The path. `segments`: other values than SEGMENTS has."""
    return re.sub(r"{(\w+)}", lambda found: {**SEGMENTS, **segments}[found[1]], route.path).encode()


def body(route: Route) -> bytes:
    return BODIES.get(route.operation, b"")


async def furnish(db: Database) -> None:
    """A laboratory in which every good request succeeds."""
    await builders.make_station(db, "RCV")
    await builders.set_up_one_of_each(db)
    await make_the_order(db, "")
    await builders.set_setting(db, "Orders1:Enter reason code when deleting order", True)


async def make_the_order(db: Database, operation: str, *, customer: str = "1001") -> None:
    """The order that is asked for, as a good request of `operation` needs it."""
    for table in ("orders", "order_details", "scans"):
        await builders.execute(db, Sql.same(f"DELETE FROM {table}"))
    state = STATES.get(operation, {})
    await builders.make_order(db, "72544", tray="00123", po="337178", customer=customer, **state)


def of_orders() -> list[Route]:
    """The operations that are about one order, which their path names."""
    return [route for route in ROUTES if "{orderIdentifier}" in route.path]
