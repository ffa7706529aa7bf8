"""The description of the API (OpenAPI 3.1), made from the route table."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from typing import Any

import msgspec

import traylane
from traylane.access.actor import Scope
from traylane.api import examples
from traylane.api.carried import HEADERS
from traylane.api.errors import Internal, MethodNotAllowed
from traylane.api.http import LARGEST_BODY, encode
from traylane.api.operations import header_references, operation, refusal_responses
from traylane.api.routes import ROUTES, Refusals
from traylane.api.schemas import basics
from traylane.errors import Unavailable

_REFERENCE = "#/components/schemas/{name}"

_ABOUT = f"""\
The order desk of an optical laboratory: find, track and safely cancel orders.

**Errors.** Whatever goes wrong, unknown paths included, the answer is
`{{"error": "<text>", "details": ["<string>", …]}}`. A client that accepts `application/problem+json` gets the same as
RFC 9457, with `code` for programs and the evidence beside it. 409, 429 and 503 say in `Retry-After` how many seconds to
wait, 405 names in `Allow` what the path has. `X-Request-Id` names the request in the service's log.

**Order identifiers** are order numbers, tray numbers or purchase order numbers, looked for in this order, as one
percent-encoded segment of the path (`A%2F17`). Tray numbers find active orders only; a purchase order number must be
unique among the orders that are not completed. A blank one, or one longer than 20 characters, is `No record found`.

**Methods.** Every GET has its HEAD. OPTIONS answers 204 with `Allow`, for every path that exists, without a key. Any
other method is 405 with `Allow`. A path is exact: a trailing slash makes it another path, or a blank identifier.

**Unsafe methods** take nothing that they do not know: an unknown or repeated parameter, an unknown property, or a
header value that cannot be honoured is 400 `Incorrect arguments provided`. Bodies are JSON (UTF-8) of at most
{LARGEST_BODY} bytes that arrive within 10 seconds.

**Repeating safely.** With an `Idempotency-Key` the first outcome is kept for 96 hours and given again, byte for byte,
with `Idempotent-Replayed: true`. With `If-Match` nothing happens to an order that has changed meanwhile. With
`dryRun=true` nothing is written at all.
"""
_TAGS = (
    {"name": "Orders", "description": "Fetch and cancel orders."},
    {"name": "Job Tracker", "description": "Stations, and what is scanned there."},
    {"name": "Set-up", "description": "Settings, codes, customers, people and keys. Every change is an event."},
    {"name": "Events", "description": "What happened, once and in order."},
    {"name": "Reports", "description": "Numbers, counted from the events."},
    {"name": "Service", "description": "Health, and this description. No key is needed."},
)
_SECURITY = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "Send the key as `Authorization: Bearer tl_live_…`. A key may do what its scopes say: "
        + ", ".join(f"`{scope}`" for scope in Scope)
        + ". One that is bound to a customer sees only that customer's orders; others do not exist for it.",
    },
    "apiKey": {
        "type": "apiKey",
        "in": "header",
        "name": "X-API-Key",
        "description": "`X-API-Key: tl_live_…` is the same.",
    },
}
_PAGE_REFUSALS: Refusals = (MethodNotAllowed, Internal, Unavailable)


@cache
def description() -> dict[str, Any]:
    """The OpenAPI 3.1 document."""
    shapes = _shapes()
    references, components = msgspec.json.schema_components(shapes, ref_template=_REFERENCE)
    by_shape = dict(zip(shapes, references, strict=True))
    paths: dict[str, dict[str, Any]] = defaultdict(dict)
    for route in ROUTES:
        paths[route.path][route.method.lower()] = operation(route, by_shape)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Traylane", "version": traylane.__version__, "description": _ABOUT},
        "servers": [{"url": "/"}],
        "tags": list(_TAGS),
        "paths": {**paths, **_pages(by_shape)},
        "components": {
            "schemas": {name: _plain(schema) for name, schema in components.items()},
            "headers": HEADERS,
            "securitySchemes": _SECURITY,
        },
    }


@cache
def encoded() -> bytes:
    """The OpenAPI 3.1 document as it is sent."""
    return encode(description())


def _shapes() -> list[type[msgspec.Struct]]:
    shapes: dict[type[msgspec.Struct], None] = dict.fromkeys((basics.ErrorBody, basics.Problem, basics.Health))
    for route in ROUTES:
        shapes.update(dict.fromkeys(route.responses))
        if route.body is not None:
            shapes[route.body] = None
    return list(shapes)


def _plain(schema: dict[str, Any]) -> dict[str, Any]:
    # `null` as a default says no more than that the property may be left out.
    for member in schema.get("properties", {}).values():
        if "default" in member and member["default"] is None:
            del member["default"]
    return schema


def _pages(by_shape: dict[Any, Any]) -> dict[str, Any]:
    health = {"schema": by_shape[basics.Health]}
    return {
        "/livez": _page(
            "live",
            "Whether the process answers",
            "Asks nothing but the event loop: for what restarts a process that hangs.",
            {"application/json": {**health, "examples": examples.answers("live")}},
            by_shape,
        ),
        "/readyz": _page(
            "ready",
            "Whether changes can be made",
            "The database is writable and its schema is this version's; asked at most once a second. If not: 503, and "
            "the service's log says what to do.",
            {"application/json": {**health, "examples": examples.answers("ready")}},
            by_shape,
        ),
        "/openapi.json": _page(
            "describe",
            "This description",
            "OpenAPI 3.1.",
            {"application/json": {"schema": {"type": "object", "required": ["openapi", "info", "paths"]}}},
            by_shape,
        ),
        "/docs": _page(
            "readDescription",
            "This description for people",
            "One page that needs nothing from elsewhere.",
            {"text/html": {"schema": {"type": "string"}}},
            by_shape,
        ),
    }


def _page(name: str, summary: str, text: str, content: dict[str, Any], by_shape: dict[Any, Any]) -> dict[str, Any]:
    return {
        "get": {
            "operationId": name,
            "tags": ["Service"],
            "summary": summary,
            "description": text,
            "security": [],
            "responses": {
                "200": {"description": "As asked.", "headers": header_references("X-Request-Id"), "content": content},
                **refusal_responses(_PAGE_REFUSALS, by_shape),
            },
        }
    }
