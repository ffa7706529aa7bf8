"""Every parser that takes bytes from outside, fed with anything: it refuses in its own words, or takes it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.api import good_requests as good
from tests.cli.conftest import SETUP
from traylane import clock
from traylane.access.actor import COMMAND_LINE
from traylane.access.keys import is_well_formed, new_secret
from traylane.api.auth import secret_of
from traylane.api.bodies import parse_body
from traylane.api.call import Call
from traylane.api.parameters import parse_query
from traylane.api.router import Router
from traylane.api.routes import ROUTES
from traylane.console.session import safe_path
from traylane.console.web import _fields
from traylane.errors import Fault, Refused
from traylane.events.feed import Cursor, parse_cursor
from traylane.orders.bad_line import BadLine
from traylane.orders.interchange import read_line
from traylane.orders.lookup import Ref, tray_key
from traylane.orders.spreadsheet import header_line, records
from traylane.policy import setup_file
from traylane.webhooks.target import problem_of

WITH_BODY = [route for route in ROUTES if route.body is not None]
WITH_QUERY = [route for route in ROUTES if route.query]
ORDER = b'{"orderNumber":"72544","customerNumber":"1001","status":"V","poNumber":"A/17","remarks":"x","rtSPH":-2.25}'
TABLE = header_line() + b'72544,"A,17",V\n'
CONTENT_TYPES = ["application/json", "application/x-www-form-urlencoded", "application/x-ndjson", "text/plain", ""]
KEY = new_secret()
FUZZ = settings(max_examples=300)


def spoiled(*good_ones: bytes) -> st.SearchStrategy[bytes]:
    """Anything, and good input with a piece of anything in it, or left out of it."""

    def spoil(text: bytes, start: int, length: int, piece: bytes) -> bytes:
        at = start % (len(text) + 1)
        return text[:at] + piece + text[at + length :]

    sizes = st.integers(0, 1_000)
    pieces = st.one_of(
        st.binary(max_size=20), st.sampled_from([b"\0", b"\xff", b'"', b"\\ud800", b"[" * 5_000, b"9" * 5_000])
    )
    return st.one_of(st.binary(max_size=200), st.builds(spoil, st.sampled_from(good_ones), sizes, sizes, pieces))


def texts(*good_ones: str) -> st.SearchStrategy[str]:
    return st.one_of(
        st.text(max_size=100), spoiled(*(one.encode() for one in good_ones)).map(lambda b: b.decode("latin-1"))
    )


def headers(name: bytes, *good_ones: bytes) -> st.SearchStrategy[dict[bytes, list[bytes]]]:
    return st.lists(spoiled(*good_ones), max_size=3).map(lambda values: {name: values} if values else {})


def call(sent: dict[bytes, list[bytes]]) -> Call:
    nothing: Any = None
    return Call(nothing, COMMAND_LINE, clock.Instant(0), "DELETE", "/", (), {}, None, sent)


@FUZZ
@given(st.data())
def test_queries(data: st.DataObject) -> None:
    route = data.draw(st.sampled_from(WITH_QUERY))
    names = b"&".join(parameter.name.encode() + b"=1" for parameter in route.query)
    raw = data.draw(spoiled(names, b"from=2026-11-02&to=2026-11-03&limit=10&dryRun=true"))
    with suppress(Refused):
        parse_query(raw, route.query, strict=data.draw(st.booleans()))


@FUZZ
@given(st.data())
def test_bodies(data: st.DataObject) -> None:
    route = data.draw(st.sampled_from(WITH_BODY))
    raw, kind = data.draw(spoiled(good.body(route) or b"{}")), data.draw(st.sampled_from(CONTENT_TYPES))
    with suppress(Refused):
        if route.read is not None:
            route.read(raw, kind)
        else:
            assert route.body is not None
            parse_body(raw, kind, route.body, route.forms)


@FUZZ
@given(
    method=st.sampled_from(["GET", "HEAD", "DELETE", "POST", "PUT", "PATCH"]), path=spoiled(b"/api/v2/orders/A%2F17")
)
def test_paths(method: str, path: bytes) -> None:
    with suppress(Refused):
        route, given_ones = Router(ROUTES).find(method, path)
        assert route.path.count("{") == len(given_ones)


@FUZZ
@given(text=texts("72544", "00123", "A/17", "José"), scanned=st.booleans(), prefix=st.text(max_size=3))
def test_identifiers(text: str, scanned: bool, prefix: str) -> None:
    ref = Ref(text, scanned=scanned)
    ref.keys(prefix)
    ref.without_zeros(prefix)
    key = tray_key(text)
    assert key is None or 0 <= key <= 99_999


@FUZZ
@given(line=spoiled(ORDER))
def test_lines_of_an_import(line: bytes) -> None:
    with suppress(BadLine):
        read_line(line)


@FUZZ
@given(table=spoiled(TABLE, b"orderNumber;status\n1;V\n"), ignore=st.booleans())
def test_tables_of_an_import(table: bytes, ignore: bool) -> None:
    with suppress(BadLine, Refused, Fault):
        for line in records(table.splitlines(keepends=True), names={}, ignore_unknown=ignore):
            if isinstance(line, bytes):
                with suppress(BadLine):
                    read_line(line)


@FUZZ
@given(text=texts("mh2p0a.1042", "1.0", "zzzzzzzzzzzz.9999999999999999999"))
def test_cursors(text: str) -> None:
    cursor = parse_cursor(text)
    if cursor is not None:
        assert isinstance(cursor, Cursor)
        assert 0 <= cursor.position < 1 << 63
        assert 0 <= cursor.epoch < 1 << 63


@FUZZ
@given(text=texts(KEY))
def test_keys(text: str) -> None:
    assert is_well_formed(text) in {True, False}


@FUZZ
@given(
    sent=headers(b"authorization", b"Bearer " + new_secret().encode()) | headers(b"x-api-key", new_secret().encode())
)
def test_authorization(sent: dict[bytes, list[bytes]]) -> None:
    with suppress(Refused):
        secret_of(sent)


@FUZZ
@given(sent=headers(b"if-match", b'"72544-3", W/"x"', b"*"))
def test_if_match(sent: dict[bytes, list[bytes]]) -> None:
    with suppress(Refused):
        call(sent).if_match()


@FUZZ
@given(sent=headers(b"idempotency-key", b"cancel 72544"))
def test_idempotency_key(sent: dict[bytes, list[bytes]]) -> None:
    with suppress(Refused):
        key = call(sent).idempotency_key()
        assert key is None or key.isascii()


@FUZZ
@given(url=texts("https://shop.example:8443/hooks?a=1", "http://[::1]:80/", "https://user@h/#f"))
def test_urls_of_webhooks(url: str) -> None:
    problem_of(url, ())
    problem_of(url, {"erp.local"})


@FUZZ
@given(content=spoiled(SETUP))
def test_set_up_files(content: bytes) -> None:
    with suppress(Refused, Fault):
        setup_file.read(content)


@FUZZ
@given(text=texts("2026-11-02T09:15:00.000Z", "2026-02-30T00:00:00Z", "0000-01-01T00:00:00.000Z"))
def test_date_times(text: str) -> None:
    with suppress(ValueError):
        clock.to_text(clock.from_text(text))


@FUZZ
@given(raw=spoiled(b"token=1&scan=A%2F17&name=%C3%BC"), path=texts("/station/GEN?x=1", "//evil.example"))
def test_forms_of_the_console(raw: bytes, path: str) -> None:
    with suppress(Refused):
        _fields(raw)
    assert safe_path(path).startswith("/")
    assert not safe_path(path).startswith("//")


def careless(text: str) -> int:
    return int(text.partition(".")[2])


@pytest.mark.parametrize("parser", [careless])
def test_a_parser_that_raises_something_else_is_noticed(parser: Callable[[str], object]) -> None:
    @FUZZ
    @given(text=texts("1.0"))
    def fuzz(text: str) -> None:
        with suppress(Refused):
            parser(text)

    with pytest.raises(ValueError, match="invalid literal"):
        fuzz()
