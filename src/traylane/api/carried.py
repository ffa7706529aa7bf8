"""What requests and answers carry beside their bodies, as the description has it: path parameters and headers."""

from __future__ import annotations

from typing import Any

from traylane.access.idempotency import LONGEST_KEY
from traylane.api.call import LONGEST_IF_MATCH
from traylane.orders import lookup
from traylane.policy.catalogue import REASON_REQUIRED
from traylane.policy.kinds import ADDONS, BREAKAGES, CUSTOMERS, EMPLOYEES, REASONS, STATIONS

HEADERS: dict[str, Any] = {
    "X-Request-Id": {
        "description": "Names the request in the service's log.",
        "required": True,
        "schema": {"type": "string", "pattern": "^[0-9a-f]{16}$"},
        "example": "5f0c8e2a9b7d4613",
    },
    "ETag": {
        "description": "The order's revision, or the version of the set-up, for `If-Match`.",
        "schema": {"type": "string", "pattern": '^"[A-Za-z0-9]{1,8}-[0-9]+"$'},
        "example": '"72544-3"',
    },
    "Idempotent-Replayed": {
        "description": "The request came before with its `Idempotency-Key`: this is the answer that it got.",
        "schema": {"type": "string", "enum": ["true"]},
    },
    "Retry-After": {
        "description": "Seconds to wait before trying again.",
        "required": True,
        "schema": {"type": "integer", "minimum": 1},
        "example": 1,
    },
    "WWW-Authenticate": {
        "description": "How to authenticate.",
        "required": True,
        "schema": {"type": "string"},
        "example": 'Bearer realm="traylane"',
    },
    "Allow": {
        "description": "The methods that the path has.",
        "required": True,
        "schema": {"type": "string"},
        "example": "DELETE, GET, HEAD, OPTIONS",
    },
    "RateLimit-Policy": {
        "description": "Requests (`q`) in so many seconds (`w`). Only for a key with a rate limit.",
        "schema": {"type": "string"},
        "example": '"key";q=600;w=60',
    },
    "RateLimit": {
        "description": "What is left (`r`), and after how many seconds there is more (`t`).",
        "schema": {"type": "string"},
        "example": '"key";r=599;t=0',
    },
}
ALWAYS = ("X-Request-Id", "RateLimit-Policy", "RateLimit")
SENT_AS = {name.lower(): name for name in HEADERS}

PATH_PARAMETERS: dict[str, dict[str, Any]] = {
    "orderIdentifier": {
        "description": "An order number, tray number or purchase order number, percent-encoded (`A%2F17`).",
        "schema": {"type": "string", "minLength": 1, "maxLength": lookup.LONGEST},
        "example": "72544",
    },
    "code": {
        "description": "A station's code, percent-encoded.",
        "schema": STATIONS.columns[0].type.schema,
        "example": "RCV",
    },
    "settingName": {
        "description": "A setting's name, percent-encoded.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 100},
        "example": REASON_REQUIRED,
    },
    "keyId": {
        "description": "A key's id.",
        "schema": {"type": "string", "minLength": 36, "maxLength": 36},
        "example": "019a4342-ab80-7c4a-9d21-b0d6c5e1f7a4",
    },
    **{
        name: {
            "description": f"The {kind.key} of the {kind.one}, percent-encoded.",
            "schema": kind.columns[0].type.schema,
            "example": example,
        }
        for name, kind, example in (
            ("reasonCode", REASONS, "CUS"),
            ("customerNumber", CUSTOMERS, "1001"),
            ("addonCode", ADDONS, "SRC"),
            ("breakageCode", BREAKAGES, "SCRATCH"),
            ("employeeCode", EMPLOYEES, "TS"),
        )
    },
}
PATH_PARAMETERS["trayNumber"] = {
    "description": "A tray number; leading zeros do not matter.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 5, "pattern": "^[0-9]+$"},
    "example": "00123",
}
PATH_PARAMETERS["webhookId"] = {
    "description": "The id of an endpoint.",
    "schema": {"type": "string", "minLength": 36, "maxLength": 36},
    "example": "019a4342-ab80-7c4a-9d21-b0d6c5e1f7e0",
}
IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "Makes the request safe to repeat for 96 hours: the same answer, no second effect.",
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY, "pattern": "^[!-~]([ -~]*[!-~])?$"},
    "example": "3f1c-4be2-cancel-72544",
}
IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "description": "Only if the order, or the set-up, still has one of these entity tags. `*`: whatever it has.",
    "schema": {
        "type": "string",
        "maxLength": LONGEST_IF_MATCH,
        "pattern": r'^(\*|(W/)?"[!#-~]*"(, *(W/)?"[!#-~]*")*)$',
    },
    "example": '"72544-2"',
}
