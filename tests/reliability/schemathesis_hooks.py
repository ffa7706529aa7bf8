"""What Schemathesis does not know of a laboratory: orders that exist, and which refusals a well-formed request can get.

Loaded by Schemathesis itself (SCHEMATHESIS_HOOKS).
"""

from __future__ import annotations

import json
import re
import zlib
from typing import Any

import schemathesis

ORDERS = 3_000
STATIONS = ("RCV", "GEN")
BAD_ARGUMENTS = "Incorrect arguments provided"
IF_MATCH = re.compile(r'\*|(W/)?"[!#-~]*"(, *(W/)?"[!#-~]*")*')
BETWEEN_VALUES = re.compile(
    "deleteReason in the query and in the body differ|value (must|has) .*|customer .* does not exist"
    "|the expiry is in the past|expiresDateTime is not a date-time|name needs 1 to 40 printable characters"
    r"|(items\[\d+\]: )?(rt|lt|frame)(Breakage|Employee)Code is (only for a broken part|missing)"
    r"|and \d+ more|atomic supports up to 500 rows|frame(A|B|ED) is less than \d+ \(0 when unset\)"
    "|give at least one of .*|rtLens.*, ltLens.* are missing, at least one parameter must be provided"
    "|(after|before|first|last) must be a cursor that the feed gave.*|last must not be before first.*"
    "|deviceDateTime must be a date-time .*"
    "|unknown event type .*|url .*|(from|to) must .*|from must not be after to.*|at most [0-9]+ days.*"
)
"""What no schema can say: about two values together, the clock, what is set up, what Unicode calls printable, what a
cursor, a list of types or a day is."""


def order_number(text: str) -> str:
    """The number of an order that exists, the same one for the same text."""
    return f"S{zlib.crc32(text.encode('utf-8', 'replace')) % ORDERS:05}"


@schemathesis.hook
def before_call(_context: Any, case: Any, _kwargs: Any) -> None:
    """Ask for problems half of the time; let two of three well-formed requests mean what exists, with their own key."""
    if case.meta is None:
        return
    if zlib.crc32(repr(case.path_parameters).encode("utf-8", "replace")) % 2 and case.headers is not None:
        case.headers["Accept"] = "application/problem+json"
    if not case.meta.generation.mode.is_positive:
        return
    given = case.path_parameters or {}
    identifier, code = given.get("orderIdentifier"), given.get("code")
    if isinstance(identifier, str) and zlib.crc32(identifier.encode("utf-8", "replace")) % 3:
        case.path_parameters["orderIdentifier"] = order_number(identifier)
    if isinstance(code, str) and case.method != "PUT" and zlib.crc32(code.encode("utf-8", "replace")) % 3:
        case.path_parameters["code"] = STATIONS[len(code) % 2]
    if "Idempotency-Key" in (case.headers or {}) and zlib.crc32(repr(case.body).encode("utf-8", "replace")) % 3:
        # It sends the example's key with everything, and all but the first would only hear that it was used.
        asked = repr((case.path_parameters, case.query, case.body)).encode("utf-8", "replace")
        case.headers["Idempotency-Key"] = f"{zlib.crc32(asked):08x}"
    condition = (case.headers or {}).get("If-Match")
    if condition is not None and not IF_MATCH.fullmatch(str(condition)):
        case.headers["If-Match"] = "*"  # its coverage phase sends 0 whatever the pattern says
    body = case.body
    if isinstance(body, dict) and isinstance(body.get("orderIdentifier"), str):
        case.body = {**body, "orderIdentifier": order_number(body["orderIdentifier"])}


@schemathesis.check
def well_formed_requests_are_not_called_malformed(_context: Any, response: Any, case: Any) -> None:
    """A request that the description allows gets what it asked for, or a reason that is not its form."""
    if case.meta is None or not case.meta.generation.mode.is_positive or response.status_code != 400:
        return
    body = json.loads(response.content)
    said = set(body["details"])
    assert body["error"] != BAD_ARGUMENTS or all(map(BETWEEN_VALUES.fullmatch, said)), f"called malformed: {said}"


@schemathesis.check
def errors_have_the_standard_body(_context: Any, response: Any, case: Any) -> None:
    """Every error has `error` and `details`, an X-Request-Id, and no more unless it is a problem."""
    if response.status_code < 400 or case.method == "HEAD":
        return
    body = json.loads(response.content)
    assert set(body) >= {"error", "details"}, f"not the standard body: {body}"
    assert all(isinstance(line, str) for line in body["details"]), f"details are not strings: {body}"
    assert "x-request-id" in response.headers, "no X-Request-Id"
