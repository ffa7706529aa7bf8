"""What only a socket can show: raw paths, slow and half-sent requests, what is no HTTP."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.builders import execute, make_key, make_order
from tests.journeys.conftest import SetUp
from tests.journeys.server import Server, rest, send
from traylane.db.database import Database, Sql

pytestmark = pytest.mark.slow


async def _orders_and_key(db: Database) -> str:
    for number, po in enumerate(("A/17", "50%", "status", "..", "Zo\u00eb", "a b")):
        await make_order(db, f"100{number}", po=po)
    await make_order(db, "72544")
    _, secret = await make_key(db, scopes=("orders:read", "orders:cancel"))
    return secret


async def _cancelled(db: Database) -> list[str]:
    rows = await execute(db, Sql.same("SELECT order_number FROM orders WHERE cancelled_at IS NOT NULL"))
    return [row[0] for row in rows]


def test_an_encoded_identifier_arrives_as_it_was_sent(sqlite_url: str, tmp_path: Path, set_up: SetUp) -> None:
    key = set_up(sqlite_url, _orders_and_key)
    raw = ["A%2F17", "A%2f17", "50%25", "status", "..", "%2e%2e", "Zo%C3%AB", "a%20b"]
    with Server(sqlite_url, tmp_path) as server:
        found = [server.send("GET", f"/api/v2/orders/{part}", key=key).json()["poNumber"] for part in raw]
        split = server.send("GET", "/api/v2/orders/A/17", key=key)
        bytes_ = [server.send("GET", f"/api/v2/orders/{part}", key=key).status for part in ("%FF", "%00", "%ZZ", "%")]
    assert found == ["A/17", "A/17", "50%", "status", "..", "..", "Zo\u00eb", "a b"]
    assert (split.status, split.body) == (404, b'{"error":"Not found","details":[]}')
    assert bytes_ == [404, 404, 404, 404]


def test_a_request_that_does_not_come_whole_ends_within_the_bound_and_changes_nothing(
    sqlite_url: str, tmp_path: Path, set_up: SetUp
) -> None:
    key = set_up(sqlite_url, _orders_and_key)
    head = _head(key, 30)
    sent = [b"", head[:20], head[:60], head + b'{"deleteReason"', head + b'{"deleteReason"']
    with Server(sqlite_url, tmp_path) as server:
        started = time.monotonic()
        links = [server.socket() for _ in sent]
        for link, part in zip(links, sent, strict=True):
            link.sendall(part)
        links.pop().close()
        meanwhile = server.send("GET", "/livez").status
        *heads, body = [rest(link) for link in links]
        for link in links:
            link.close()
        waited = time.monotonic() - started
    assert meanwhile == 200
    assert heads == [b"", b"", b""]
    assert body.startswith(b"HTTP/1.1 408 ")
    assert body.endswith(b'{"error":"Request timed out","details":["Limit: 10 seconds"]}')
    assert 8 < waited < 15
    assert set_up(sqlite_url, _cancelled) == []


def test_what_is_no_http_gets_the_standard_body_too(sqlite_url: str, tmp_path: Path) -> None:
    with Server(sqlite_url, tmp_path) as server:
        answers = []
        hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
        for sent in (b"HELO example.org\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", hello):
            with server.socket() as link:
                link.sendall(sent)
                answers.append(rest(link))
        alive = server.send("GET", "/livez").status
    assert all(b'{"error":"Incorrect arguments provided","details":["' in answer for answer in answers)
    assert all(b"content-type: application/json" in answer.lower() for answer in answers)
    assert alive == 200


def test_a_head_that_is_too_large_is_refused(sqlite_url: str, tmp_path: Path) -> None:
    with Server(sqlite_url, tmp_path) as server, server.socket() as link:
        link.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\nX-Long: " + b"x" * 200_000)
        answer = rest(link)
    assert b"HTTP/1.1 400 " in answer
    assert b"alive" not in answer


def test_a_body_that_is_too_large_is_413_before_it_has_come(sqlite_url: str, tmp_path: Path, set_up: SetUp) -> None:
    key = set_up(sqlite_url, _orders_and_key)
    with Server(sqlite_url, tmp_path) as server:
        with server.socket() as link:
            link.sendall(_head(key, 10_000_000))
            announced = rest(link)
        with server.socket() as link:
            head = _head(key, 0).replace(b"Content-Length: 0", b"Transfer-Encoding: chunked")
            link.sendall(head + b"10000\r\n" + b" " * 65_536 + b"\r\n10000\r\n" + b" " * 65_536 + b"\r\n")
            chunked = rest(link)
    for answer in (announced, chunked):
        assert answer.startswith(b"HTTP/1.1 413 ")
        assert answer.endswith(b'{"error":"Body too large","details":["Limit: 65536 bytes"]}')
    assert set_up(sqlite_url, _cancelled) == []


def test_a_connection_stays_open_over_refusals(sqlite_url: str, tmp_path: Path, set_up: SetUp) -> None:
    key = set_up(sqlite_url, _orders_and_key)
    with Server(sqlite_url, tmp_path) as server:
        connection = server.connect()
        heard = [
            send(connection, "GET", "/nowhere").status,
            send(connection, "DELETE", "/api/v2/orders/72544").status,
            send(connection, "PUT", "/api/v2/orders/72544", body=b"{}").status,
            send(connection, "DELETE", "/api/v2/orders/9999999", key=key, body=b"{}").status,
            send(connection, "HEAD", "/api/v2/orders/72544", key=key).status,
            send(connection, "OPTIONS", "/api/v2/orders/72544").status,
            send(connection, "DELETE", "/api/v2/orders/72544", key=key).status,
        ]
        connection.close()
    assert heard == [404, 401, 405, 404, 200, 204, 200]


def test_the_log_holds_neither_paths_nor_keys_nor_numbers_of_the_customer(
    sqlite_url: str, tmp_path: Path, set_up: SetUp
) -> None:
    key = set_up(sqlite_url, _orders_and_key)
    with Server(sqlite_url, tmp_path) as server:
        server.send("DELETE", "/api/v2/orders/A%2F17?deleteReason=CUS", key=key)
        server.send("GET", "/api/v2/orders/Jane%20Doe", key=key)
        server.stop()
        log = server.log
    assert '"route":"/api/v2/orders/{orderIdentifier}","status":200' in log
    assert '"order":"1000"' in log
    assert [word for word in ("A/17", "A%2F17", "Jane", "CUS", key) if word in log] == []


def _head(key: str, length: int) -> bytes:
    return (
        f"DELETE /api/v2/orders/72544 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    ).encode()


def test_what_is_no_http_and_a_head_without_end_get_the_standard_body(sqlite_url: str, tmp_path: Path) -> None:
    with Server(sqlite_url, tmp_path) as server:
        answers = []
        for sent in (b"GARBAGE\r\n\r\n", b"GET /livez HTTP/1.1\r\nHost: x\r\nX-A: " + b"a" * 70_000):
            link = server.socket()
            link.sendall(sent)
            answers.append(rest(link).partition(b"\r\n\r\n")[2])
            link.close()
        meanwhile = server.send("GET", "/livez").status
    assert answers == [
        b'{"error":"Incorrect arguments provided","details":["Invalid HTTP request received."]}',
        b'{"error":"Incorrect arguments provided","details":["the request\'s head is larger than 65536 bytes"]}',
    ]
    assert meanwhile == 200
