"""Everything that a client can get wrong, as raw bytes, and which statuses may answer it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from tests.api.bad_bodies import LONG, form_bodies, json_bodies, large_bodies, row_bodies
from traylane.api.parameters import Parameter
from traylane.api.routes import Route
from traylane.errors import OrderChanged
from traylane.policy.setup_change import SetupChanged


@dataclass(frozen=True, kw_only=True)
class Bad:
    """One bad request. `status`: what may answer it; `key`: whether our key goes with it."""

    name: str
    method: str
    target: bytes
    status: frozenset[int]
    headers: tuple[tuple[str, bytes], ...] = ()
    body: tuple[bytes, ...] = ()
    key: bool = True
    allow: frozenset[str] = field(default_factory=frozenset)


IDENTIFIERS: dict[str, bytes] = {
    "empty": b"",
    "a space": b"%20",
    "spaces": b"%20%20%09",
    "plus": b"+",
    "dot": b".",
    "dots": b"..",
    "encoded dots": b"%2e%2e",
    "a slash": b"%2F",
    "a path": b"..%2F..%2Fetc%2Fpasswd",
    "two segments in one": b"72544%2Fstatus",
    "backslash": b"%5C..%5C",
    "a bare percent": b"%",
    "half an escape": b"7%2",
    "no escape": b"%zz",
    "double encoding": b"72544%2500",
    "NUL": b"%00",
    "number and NUL": b"72544%00",
    "raw NUL": b"72544\x00",
    "not UTF-8": b"%FF",
    "raw not UTF-8": b"\xff\xfe",
    "overlong": b"%C0%AF",
    "lone surrogate": b"%ED%A0%80",
    "astral": b"%F0%9F%91%93",
    "composed": b"Jos%C3%A9",
    "decomposed": b"Jose%CC%81",
    "raw UTF-8": "José".encode(),
    "arabic digits": "٧٢٥٤٤".encode(),
    "superscript": "7²".encode(),
    "line feed": b"72544%0A",
    "CRLF": b"72544%0D%0AX-Evil:1",
    "escape sequence": b"%1B%5B31m",
    "right-to-left": b"%E2%80%AE72544",
    "trailing space": b"72544%20",
    "quote": b"'%20OR%201=1--",
    "semicolon": b"72544;drop",
    "format": b"%25s%25n{0}",
    "markup": b"%3Cscript%3E",
    "negative": b"-1",
    "a float": b"7.2544e4",
    "int8 overflow": b"99999999999999999999",
    "21 characters": b"A" * 21,
    "10 000 characters": b"A" * LONG,
    "10 000 digits": b"7" * LONG,
    "10 000 escapes": b"%F0%9F%91%93" * LONG,
}

NEVER_A_CODE = frozenset(
    {"empty", "NUL", "number and NUL", "raw NUL", "not UTF-8", "raw not UTF-8", "overlong", "lone surrogate"}
    | {"line feed", "CRLF", "escape sequence", "10 000 characters", "10 000 digits", "10 000 escapes"}
)
"""Identifiers that nobody can set up either."""

PATHS: dict[str, bytes] = {
    "nothing": b"",
    "star": b"*",
    "no slash": b"api/v2/orders/72544",
    "root": b"/",
    "two slashes": b"//",
    "version": b"/api/v2",
    "version and slash": b"/api/v2/",
    "other version": b"/api/v1/orders/72544",
    "capitals": b"/API/V2/orders/72544",
    "trailing slash": b"/api/v2/orders/72544/",
    "trailing slash after status": b"/api/v2/orders/72544/status/",
    "trailing slash after stations": b"/api/v2/job_track/",
    "double slash in front": b"//api/v2/orders/72544",
    "double slash within": b"/api/v2//orders/72544",
    "double slash after the identifier": b"/api/v2/orders/72544//status",
    "encoded slash of ours": b"/api%2Fv2/orders/72544",
    "unknown below an order": b"/api/v2/orders/72544/unknown",
    "too deep": b"/api/v2/orders/72544/status/x/y/z",
    "dots": b"/api/v2/orders/72544/../72544/status",
    "page and slash": b"/livez/",
    "page and more": b"/docs/x",
    "page with NUL": b"/livez%00",
    "not UTF-8": b"/\xff",
    "escaped not UTF-8": b"/%FF",
    "bare percent": b"/%",
    "long": b"/" + b"a" * LONG,
    "many segments": b"/a" * LONG,
}

TEXTS = {
    "cancelOrder": ("deleteReason", 20),
    "cancelOrderByPost": ("deleteReason", 20),
    "checkIn": ("orderIdentifier", 64),
    "createOrder": ("poNumber", 20),
    "correctOrder": ("poNumber", 20),
    "declareOrderUnvalid": ("message", 200),
    "assignTray": ("trayNumber", 20),
    "putDisposition": ("rtBreakageCode", 7),
    "putSetting": ("value", 10),
    "putDeleteReason": ("desc", 40),
    "putStation": ("desc", 40),
    "putCustomer": ("name", 60),
    "putAddon": ("desc", 40),
    "putBreakage": ("desc", 40),
    "putEmployee": ("name", 60),
    "createKey": ("name", 40),
    "createWebhook": ("url", 500),
    "changeWebhook": ("description", 100),
    "replayWebhook": ("first", 40),
}
"""A text property of each operation's body, and its most characters; the others take no body."""

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "get", "GETT")

_NUMBERS = (b"-1", b"x", b"", b"1e3", b"1.0", b"+1", b"%201", b"0x10", b"1_0", b"1000001", b"9" * 5_000, b"%D9%A1")
_NEVER = (b"%FF=1", b"a=%FF", b"&".join(b"p%d=1" % i for i in range(51)))
_STRICT = (
    b"dryrun=true",
    b"DRYRUN=true",
    b"unknown=1",
    b"unknown",
    b"=",
    b"%00=1",
    b"%ED%A0%80=1",
    b"a" * 60_000 + b"=1",
    b"&".join(b"p%d=1" % i for i in range(50)),
)
_TEXTS = (b"%00", b"CUS%00", b"%FF", b"%ED%A0%80", b"%C0%AF")
_DAYS = (b"", b"20260203", b"2026-02-30", b"2026-2-3", b"2026-02-03T00:00", b"%D9%A2026-02-03", b"now")

_KEYS = {
    "basic": ((b"Basic dTpw"),),
    "no token": (b"Bearer ",),
    "no scheme": (b"tl_live_x",),
    "unknown key": (b"Bearer tl_live_0000000000000000000000000000000000000000_bc99cc11",),
    "wrong checksum": (b"Bearer tl_live_00_00",),
    "bytes": (b"Bearer \xff\xfe\x80",),
    "NUL": (b"Bearer \x00",),
    "long": (b"Bearer " + b"a" * LONG,),
    "two": (b"Bearer a", b"Bearer b"),
}
_IF_MATCH = {
    "empty": (b"",),
    "unquoted": (b"72544-1",),
    "half quoted": (b'"72544-1',),
    "two without comma": (b'"72544-1" "72544-2"',),
    "star in a list": (b'*, "72544-1"',),
    "space within": (b'"72544-1 "',),
    "star and rubbish": (b"*x",),
    "two stars": (b"*", b"*"),
    "trailing comma": (b'"72544-1",',),
    "control": (b'"\x01"',),
    "long": (b'"' + b"a" * LONG + b'"',),
    "long list": (b'"a",' * 4_000 + b'"a"',),
}
_IDEMPOTENCY = {
    "empty": (b"",),
    "blank": (b"   ",),
    "256 characters": (b"k" * 256,),
    "long": (b"k" * LONG,),
    "not ASCII": (b"k\xe9",),
    "control": (b"k\x01k",),
    "NUL": (b"k\x00",),
    "tab": (b"k\tk",),
    "repeated": (b"k", b"k"),
    "two": (b"k", b"l"),
}
_TYPES = {
    "text": (b"text/plain",),
    "XML": (b"application/xml",),
    "multipart": (b"multipart/form-data; boundary=x",),
    "problem": (b"application/problem+json",),
    "rubbish": (b"\xff;;=",),
    "blank parameter": (b"; charset=utf-8",),
    "long": (b"a" * LONG,),
    "two": (b"application/json", b"text/plain"),
    "two in one": (b"application/json, text/plain",),
}


def bad_values(parameter: Parameter) -> Iterator[bytes]:
    """Queries in which one parameter is wrong."""
    name = parameter.name.encode()
    values = [*_TEXTS, b"A" * 60_000]
    good = [word.encode() for word in parameter.words] or [b"1"]
    if parameter.words:
        values += [b"id", good[0].swapcase(), good[0] + b" ", *([] if b"" in good else [b""])]
    elif parameter.range:
        values += _NUMBERS
    elif parameter.is_day:
        values += _DAYS
    else:
        values += [b"A" * (parameter.longest + 1), *([b""] if parameter.shortest else [])]
    yield from (name + b"=" + value for value in values)
    yield name + b"=" + good[0] + b"&" + name + b"=" + good[-1]


def _strict(route: Route) -> Iterator[bytes]:
    """Queries that nobody may believe were heeded when something is changed."""
    if not route.is_safe:
        yield from _STRICT
        for parameter in route.query:
            name = parameter.name.encode()
            yield from (name.swapcase() + b"=true", name + b"[]=true", name + b"%00=true")


def for_route(route: Route, good: bytes, body: bytes) -> Iterator[Bad]:
    """Every bad input for one endpoint. `good` and `body` are the path and body of a request that would succeed."""
    content = (("content-type", b"application/json"),) if body else ()

    def bad(name: str, *status: int, target: bytes = good, headers: object = content, key: bool = True) -> Bad:
        assert isinstance(headers, tuple)
        pieces = (body,) if body else ()
        return Bad(
            name=name,
            method=route.method,
            target=target,
            status=frozenset(status),
            headers=headers,
            body=pieces,
            key=key,
        )

    if "{" in route.path:
        before, _, after = route.path.encode().partition(b"{")
        after = after.partition(b"}")[2]
        for name, raw in IDENTIFIERS.items():
            # What nobody may look for, somebody may set up; but not all of it.
            if route.method != "PUT" or route.tag != "Set-up" or name in NEVER_A_CODE:
                yield bad(f"identifier: {name}", 400, 404, target=before + raw + after)
    for query in (*_NEVER, *(query for one in route.query for query in bad_values(one)), *_strict(route)):
        yield bad(f"query: {query[:40]!r}", 400, target=good + b"?" + query)
    for name, values in _KEYS.items():
        yield bad(f"authorization: {name}", 401, headers=(*content, *_repeat("authorization", values)), key=False)
        yield bad(f"x-api-key: {name}", 401, headers=(*content, *_repeat("x-api-key", values)), key=False)
    yield bad("another key beside ours", 401, headers=(*content, ("x-api-key", b"tl_live_x")))
    yield bad("no key", 401, key=False)
    if not route.is_safe:
        yield from _unsafe(route, bad, good, body)


def _unsafe(route: Route, bad: object, good: bytes, body: bytes) -> Iterator[Bad]:
    assert callable(bad)
    content = (("content-type", b"application/json"),) if body else ()
    for name, values in _IF_MATCH.items():
        yield bad(f"if-match: {name}", 400, headers=(*content, *_repeat("if-match", values)))
    for tag in (b'"72544-2"', b'W/"72544-1"', b'"\xff"', b'""', b' "72544-0" , W/"72544-1"'):
        status = 412 if {OrderChanged, SetupChanged} & {*route.refusals} else 400
        yield bad(f"if-match: {tag!r}", status, headers=(*content, ("if-match", tag)))
    for name, values in _IDEMPOTENCY.items():
        yield bad(f"idempotency-key: {name}", 400, headers=(*content, *_repeat("idempotency-key", values)))
    yield from _bodies(route, good, body)


def _bodies(route: Route, good: bytes, body: bytes) -> Iterator[Bad]:
    property_, longest = TEXTS.get(route.operation, ("x", 1))

    def sent(name: str, pieces: tuple[bytes, ...], *status: int, types: tuple[bytes, ...]) -> Bad:
        headers = tuple(("content-type", value) for value in types)
        return Bad(name=name, method=route.method, target=good, status=frozenset(status), headers=headers, body=pieces)

    whole = (body or b"{}",)
    for name, values in _TYPES.items():
        yield sent(f"content-type: {name}", whole, 415, types=values)
    bodies = row_bodies() if route.operation == "cancelOrders" else json_bodies(property_, longest)
    for name, pieces in bodies.items():
        yield sent(f"body: {name}", pieces, 400, types=(b"application/json",))
        if body:
            yield sent(f"body in pieces: {name}", _cut(pieces), 400, types=(b"application/json; charset=utf-8",))
            yield sent(f"body without a type: {name}", pieces, 400, types=())
    for name, pieces in form_bodies(property_).items():
        status = 400 if route.forms else 415
        yield sent(f"form: {name}", pieces, status, types=(b"application/x-www-form-urlencoded",))
    for name, (pieces, length) in large_bodies(route.largest_body).items():
        for content_type in (b"application/json", b"application/x-www-form-urlencoded"):
            case = sent(f"large body: {name} ({content_type.decode()})", pieces, 413, types=(content_type,))
            yield replace(case, headers=(*length, *case.headers))


def _cut(pieces: tuple[bytes, ...]) -> tuple[bytes, ...]:
    whole = b"".join(pieces)
    return (whole[:1], whole[1:2], b"", whole[2:])


def _repeat(name: str, values: tuple[bytes, ...]) -> tuple[tuple[str, bytes], ...]:
    return tuple((name, value) for value in values)
