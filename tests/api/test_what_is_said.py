"""What the important bad requests are told, word for word."""

from __future__ import annotations

from typing import Any

import pytest

from tests import builders
from tests.api.asgi import Client
from tests.api.bad_bodies import LONG
from tests.api.bad_inputs import IDENTIFIERS
from tests.api.conftest import MakeKey
from tests.api.good_requests import furnish
from tests.api.test_bad_input import dump
from traylane.db.database import Database

NO_RECORD = "No record found"
NOT_FOUND: tuple[int, str, list[str]] = (404, "Not found", [])
BAD = "Incorrect arguments provided"
BY_HAND: dict[str, tuple[str, str | bytes, dict[str, Any], tuple[int, str, list[str]]]] = {
    "blank identifier": ("DELETE", "/api/v2/orders/", {}, (404, NO_RECORD, ["Provided: "])),
    "space as identifier": ("DELETE", "/api/v2/orders/%20", {}, (404, NO_RECORD, ["Provided:  "])),
    "blank before cancel": ("POST", "/api/v2/orders//cancel", {}, (404, NO_RECORD, ["Provided: "])),
    "blank station": ("GET", "/api/v2/job_track/stations/", {}, (404, NO_RECORD, ["Provided: "])),
    "trailing slash": ("DELETE", "/api/v2/orders/72544/", {}, NOT_FOUND),
    "no identifier at all": ("DELETE", "/api/v2/orders", {}, (405, "Method not allowed", [])),
    "invalid bytes": ("DELETE", "/api/v2/orders/a%FFb", {}, (404, NO_RECORD, ["Provided: a?b"])),
    "NUL": ("DELETE", "/api/v2/orders/72544%00", {}, (404, NO_RECORD, ["Provided: 72544\0"])),
    "too long to fit": (
        "DELETE",
        "/api/v2/orders/" + "A" * LONG,
        {},
        (404, NO_RECORD, ["Provided: " + "A" * 64]),
    ),
    "a slash in it": ("DELETE", "/api/v2/orders/A%2F17", {}, (404, NO_RECORD, ["Provided: A/17"])),
    "status as a PO": ("DELETE", "/api/v2/orders/status", {}, (404, NO_RECORD, ["Provided: status"])),
    "dots": ("DELETE", "/api/v2/orders/..", {}, (404, NO_RECORD, ["Provided: .."])),
    "nobody's dryrun cancels": (
        "DELETE",
        "/api/v2/orders/72544?dryrun=true&deleteReason=CUS",
        {},
        (400, BAD, ["unknown parameter dryrun; did you mean dryRun?"]),
    ),
    "two reasons": (
        "DELETE",
        "/api/v2/orders/72544?deleteReason=CUS",
        {"json": {"deleteReason": "DUP"}},
        (400, BAD, ["deleteReason in the query and in the body differ"]),
    ),
    "every problem at once": (
        "DELETE",
        "/api/v2/orders/72544?by=x&dryRun=1",
        {},
        (400, BAD, ["by must be order or tray or po", "dryRun must be true or false"]),
    ),
    "a dry run of another revision": (
        "DELETE",
        "/api/v2/orders/72544?dryRun=true",
        {"headers": {"If-Match": '"72544-9"'}},
        (412, "Order has changed", ['Current: "72544-1"']),
    ),
    "a dry run with half a tag": (
        "DELETE",
        "/api/v2/orders/72544?dryRun=true",
        {"headers": {"If-Match": "72544-1"}},
        (400, BAD, ['If-Match must be "*" or a list of entity tags in double quotes, at most 1000 characters']),
    ),
    "a dry run with a bad key": (
        "DELETE",
        "/api/v2/orders/72544?dryRun=true",
        {"headers": {"Idempotency-Key": ""}},
        (400, BAD, ["Idempotency-Key needs 1 to 255 printable characters, once"]),
    ),
    "long unknown property": (
        "POST",
        "/api/v2/orders/72544/cancel",
        {"json": {"x" * 50_000: 1}},
        (400, BAD, ["unknown property " + "x" * 40]),
    ),
    "wrong type": (
        "POST",
        "/api/v2/orders/72544/cancel",
        {"json": {"deleteReason": 5}},
        (400, BAD, ["deleteReason must be a text"]),
    ),
    "too long a reason": (
        "POST",
        "/api/v2/orders/72544/cancel",
        {"json": {"deleteReason": "A" * 21}},
        (400, BAD, ["deleteReason supports up to 20 characters"]),
    ),
    "repeated property": (
        "POST",
        "/api/v2/orders/72544/cancel",
        {"body": b'{"deleteReason": "CUS", "deleteReason": "CUS"}'},
        (400, BAD, ["deleteReason is given more than once"]),
    ),
    "no body for a check-in": (
        "POST",
        "/api/v2/job_track/stations/RCV",
        {},
        (400, BAD, ["orderIdentifier is missing"]),
    ),
    "no identifier for a check-in": (
        "POST",
        "/api/v2/job_track/stations/RCV",
        {"json": {"operator": "TAL"}},
        (400, BAD, ["orderIdentifier is missing"]),
    ),
    "unknown kind": (
        "POST",
        "/api/v2/job_track/stations/RCV",
        {"json": {"orderIdentifier": "72544", "by": "id"}},
        (400, BAD, ["by must be order or tray or po"]),
    ),
    "XML": (
        "POST",
        "/api/v2/orders/72544/cancel",
        {"body": b"<a/>", "headers": {"Content-Type": "text/xml"}},
        (415, "Unsupported content type", ["Provided: text/xml"]),
    ),
    "1 MB": (
        "POST",
        "/api/v2/orders/72544/cancel",
        {"body": b"x" * 1_000_000},
        (413, "Body too large", ["Limit: 65536 bytes"]),
    ),
}


@pytest.mark.parametrize("case", BY_HAND)
async def test_it_says_what_is_wrong(db: Database, http: Client, key: MakeKey, case: str) -> None:
    await furnish(db)
    method, target, how, (status, error, details) = BY_HAND[case]
    secret = await key("admin")
    before = await dump(db)
    reply = await http.send(method, target, key=secret, **how)
    assert (reply.status, reply.json()) == (status, {"error": error, "details": details})
    assert await dump(db) == before


@pytest.mark.parametrize("name", ["composed", "decomposed"])
async def test_one_text_in_two_spellings_is_one_po(db: Database, http: Client, key: MakeKey, name: str) -> None:
    await builders.make_order(db, "72545", po="José")
    reply = await http.using(await key("orders:read")).get(b"/api/v2/orders/" + IDENTIFIERS[name])
    assert (reply.status, reply.json()["orderNumber"]) == (200, "72545")
