"""TLS. The certificate beside this file is for 127.0.0.1, signs itself, and guards nothing but these tests.

It was made with `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 36500
-subj /CN=localhost -addext subjectAltName=IP:127.0.0.1,DNS:localhost -keyout key.pem -out cert.pem`.
"""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from tests.builders import make_key, make_order
from tests.journeys.conftest import SetUp
from tests.journeys.server import Server, rest, run
from traylane.db.database import Database

pytestmark = pytest.mark.slow

CERT = Path(__file__).parent / "tls" / "cert.pem"
KEY = Path(__file__).parent / "tls" / "key.pem"


async def _order_and_key(db: Database) -> str:
    await make_order(db, "72544")
    _, secret = await make_key(db)
    return secret


def test_https_works_and_nothing_is_answered_in_clear(sqlite_url: str, tmp_path: Path, set_up: SetUp) -> None:
    key = set_up(sqlite_url, _order_and_key)
    with Server(sqlite_url, tmp_path, "--tls-cert", str(CERT), "--tls-key", str(KEY), cafile=CERT) as server:
        reply = server.send("DELETE", "/api/v2/orders/72544", key=key)
        with server.socket() as clear:
            clear.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
            answer = rest(clear)
        with server.socket() as unknown, pytest.raises(ssl.SSLCertVerificationError):
            ssl.create_default_context().wrap_socket(unknown, server_hostname="localhost")
    assert (reply.status, reply.json()["orderNumber"]) == (200, "72544")
    assert b"HTTP" not in answer
    assert b"alive" not in answer


def test_old_tls_is_refused(sqlite_url: str, tmp_path: Path) -> None:
    with Server(sqlite_url, tmp_path, "--tls-cert", str(CERT), "--tls-key", str(KEY), cafile=CERT) as server:
        context = ssl.create_default_context(cafile=str(CERT))
        with server.socket() as link, context.wrap_socket(link, server_hostname="localhost") as wrapped:
            spoken = wrapped.version()
    assert spoken in {"TLSv1.2", "TLSv1.3"}


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            ("--tls-cert", "/nowhere/cert.pem", "--tls-key", str(KEY)),
            b"Cannot read /nowhere/cert.pem: check the path and its permissions\n",
        ),
        (
            ("--tls-cert", str(CERT), "--tls-key", "/nowhere/key.pem"),
            b"Cannot read /nowhere/key.pem: check the path and its permissions\n",
        ),
        (("--tls-cert", str(CERT)), b"TLS needs both --tls-cert and --tls-key\n"),
        (("--tls-key", str(KEY)), b"TLS needs both --tls-cert and --tls-key\n"),
    ],
)
def test_a_certificate_that_is_not_there_is_one_sentence(
    sqlite_url: str, options: tuple[str, ...], sentence: bytes
) -> None:
    ended = run("serve", "--database", sqlite_url, "--port", "1", *options)
    assert (ended.returncode, ended.stderr, ended.stdout) == (3, sentence, b"")


def test_a_certificate_that_is_none_is_one_sentence(sqlite_url: str, tmp_path: Path) -> None:
    (tmp_path / "cert.pem").write_text("nonsense")
    options = ("--tls-cert", str(tmp_path / "cert.pem"), "--tls-key", str(KEY))
    ended = run("serve", "--database", sqlite_url, "--port", "1", *options)
    sentence = f"{tmp_path}/cert.pem and {KEY} are no certificate with its private key: give both as PEM files\n"
    assert (ended.returncode, ended.stderr.decode(), ended.stdout) == (3, sentence, b"")
