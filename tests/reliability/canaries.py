"""What must be in no log, metric, trace or message: a patient, a person, and every secret; put wherever it fits."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import quote

from tests.api import good_requests as good
from traylane.api.routes import ROUTES, Route

PATIENT = "Kanarienvogel"
"""Short enough for a PO number and an identifier; it stands for a name in any text that a client may send."""
PHONE = "+15550142587"
PERSON = "Anna Kanarienperson"
PASSWORD = "kanarien password 7"
WRONG_PASSWORD = "kanarien wrong word"
FALSE_KEY = "tl_live_KanarienKeyThatNobodyHas00000000000000_deadbeef"
HOOK_PATH = "KanarienHookSecret"
DATABASE_PASSWORD = "kanarienpw"
ALWAYS = (PATIENT, PHONE, PERSON, PASSWORD, WRONG_PASSWORD, FALSE_KEY, HOOK_PATH, DATABASE_PASSWORD)


@dataclass(frozen=True)
class Sent:
    """One request as it goes over the wire."""

    method: str
    target: str
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    secret: str | None = "ours"
    """`ours`: our key goes with it; None: none; else this one."""


def everywhere() -> Iterator[Sent]:
    """Every operation with the canaries in every place that it has, and every path that is none."""
    for route in ROUTES:
        yield from _of_a_route(route)
    for target in (f"/{PATIENT}", f"/api/v2/{PATIENT}/x?q={PHONE}", f"/docs/{PATIENT}", f"/livez?{PATIENT}"):
        yield Sent("GET", target)
        yield Sent("DELETE", target)
    yield Sent(PATIENT.upper(), "/api/v2/orders/72544")
    yield Sent("GET", "/api/v2/orders/72544", headers={"User-Agent": PATIENT, "Referer": PATIENT, "Cookie": PATIENT})
    yield Sent("GET", "/api/v2/orders/72544", headers={"Accept": PATIENT, "X-Request-Id": PATIENT})
    yield Sent("GET", "/api/v2/orders/72544", headers={"X-API-Key": FALSE_KEY}, secret=None)
    yield Sent("GET", "/api/v2/orders/72544", headers={"Authorization": f"Basic {PASSWORD}"}, secret=None)


def _of_a_route(route: Route) -> Iterator[Sent]:
    path = good.target(route).decode()
    json_type = {"Content-Type": "application/json"}
    plain = good.body(route)
    named = good.target(route, **dict.fromkeys(good.SEGMENTS, quote(PATIENT))).decode()
    for secret in ("ours", None, FALSE_KEY):
        yield Sent(route.method, path, _spoiled(plain), json_type, secret)
        yield Sent(route.method, named, plain, json_type, secret)
    yield Sent(route.method, f"{path}?{PATIENT}={PHONE}", plain, json_type)
    for parameter in route.query:
        yield Sent(route.method, f"{path}?{parameter.name}={PATIENT}", plain, json_type)
    yield Sent(route.method, path, PATIENT.encode(), json_type)
    yield Sent(route.method, path, PATIENT.encode(), {"Content-Type": f"text/{PATIENT}"})
    yield Sent(route.method, path, plain, {**json_type, "If-Match": PATIENT, "Idempotency-Key": f"{PATIENT} {PHONE}"})
    yield Sent(route.method, path, plain, {**json_type, "If-Match": f'"{PATIENT}"', "Content-Encoding": PATIENT})


def _spoiled(body: bytes) -> bytes:
    """A JSON object with the canary as each of its texts, and as a property."""
    given = json.loads(body or b"{}")
    spoiled = {name: PATIENT if isinstance(value, str) else value for name, value in given.items()}
    return json.dumps(spoiled | {PATIENT: PHONE}).encode()


def an_order(number: int) -> bytes:
    """A create that is taken, with the canaries as what identifies the patient."""
    return json.dumps(
        {
            "customerNumber": "1001",
            "customerJobId": PATIENT[:13],
            "poNumber": f"{PATIENT} {number}",
            "jobType": "F",
            "remarks": f"{PATIENT} {PHONE}",
            "rtLensStyle": "SV",
            "rtLensMaterial": "CR39",
        }
    ).encode()


def found_in(text: str | bytes, *more: str) -> list[str]:
    """The canaries that are in a text, however it spells them: as they are, quoted, in capitals."""
    raw = text if isinstance(text, bytes) else text.encode("utf-8", "replace")
    low = raw.lower()
    return [
        canary
        for canary in (*ALWAYS, *more)
        if any(spelling.lower().encode() in low for spelling in {canary, quote(canary), quote(canary, safe="")})
    ]
