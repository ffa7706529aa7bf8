"""Names, numbers and secrets through every path, crashes included: in no log, metric, trace or message (R24)."""

from __future__ import annotations

import http.client
import os
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from tests import builders
from tests.api import good_requests as good
from tests.cli.conftest import Traylane, traylane
from tests.journeys.conftest import SetUp
from tests.journeys.server import Server, run
from tests.reliability import canaries
from tests.reliability.canaries import FALSE_KEY, HOOK_PATH, PASSWORD, PATIENT, PERSON, PHONE, Sent, found_in
from tests.reliability.crashing import PLACES, _crash_later
from tests.reliability.promised import Tried, engine
from traylane.access import people
from traylane.access.actor import COMMAND_LINE
from traylane.access.passwords import hash_password
from traylane.db.database import Database, Sql

__all__ = ["traylane"]
pytestmark = [pytest.mark.slow, pytest.mark.promise("R24")]

TOLD = ("events WHERE type LIKE 'order.%'", "attempts", "tray_events")
"""Rows that are told to others, or shown to many. (What is set up is what somebody set up.)"""
ON_BOTH = {
    "door": {"service._handle"},
    "desk": {"call.change", "orders.status", "cancellations.cancellation"},
    "console": {"session.sign_in"},
    "sender": {"dispatch._send"},
}
REACHED: dict[str, dict[str, set[str]]] = {
    "SQLite": ON_BOTH | {"transaction": {"sqlite.run_now"}, "beside": {"dispatch.run"}},
    "PostgreSQL": ON_BOTH
    | {"transaction": {"postgres.settle", "postgres.read"}, "beside": {"dispatch.run", "postgres._in_transaction"}},
}
"""Where a crash is certainly come to: nothing leaks out of one that never happens."""


class Hooks:
    """A receiver on the loopback; `got`: heads and bodies of its messages."""

    def __init__(self) -> None:
        self.got: list[bytes] = []
        got = self.got

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["content-length"])
                body = self.rfile.read(length)
                if len(body) < length:
                    return  # its sender was killed in the middle: no message
                got.append(bytes(self.headers) + body)
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Says nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def wait_for(self, messages: int) -> None:
        """Until so many have come."""
        give_up = time.monotonic() + 20
        while len(self.got) < messages:
            assert time.monotonic() < give_up, f"{len(self.got)} messages came"
            time.sleep(0.05)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/{HOOK_PATH}"


@pytest.fixture
def hooks() -> Iterator[Hooks]:
    hooks = Hooks()
    serving = threading.Thread(target=hooks.server.serve_forever)
    serving.start()
    yield hooks
    hooks.server.shutdown()
    hooks.server.server_close()
    serving.join()


async def furnish(db: Database) -> str:
    """The laboratory of the good requests, a person, and a key for everything."""
    await good.furnish(db)
    await builders.set_setting(db, "Webhooks:Private hosts", ["127.0.0.1"])
    await builders.set_setting(db, "Orders1:Enter reason code when deleting order", False)
    hash_ = hash_password(PASSWORD)
    await db.write(
        lambda tx: people.create(tx, name=PERSON, role="desk", hash_=hash_, actor=COMMAND_LINE, now=builders.NOW)
    )
    _, secret = await builders.make_key(db, "integrator", scopes=("admin",))
    return secret


def send_all(server: Server, secret: str, requests: Iterator[Sent]) -> list[int]:
    """Send them; the statuses."""
    link, statuses = server.connect(), []
    for sent in requests:
        given = secret if sent.secret == "ours" else sent.secret
        headers = dict(sent.headers) | ({"Authorization": f"Bearer {given}"} if given else {})
        try:
            link.request(sent.method, sent.target, body=sent.body or None, headers=headers)
            reply = link.getresponse()
            statuses.append(reply.status)
            if reply.headers.get("Content-Type", "").startswith("text/event-stream"):
                link.close()
            reply.read()
        except (http.client.HTTPException, OSError):
            link.close()
    link.close()
    return statuses


def sign_in(server: Server, name: str, password: str) -> str:
    """What the browser keeps afterwards."""
    shown = server.send("GET", "/sign-in")
    cookie = (shown.header("set-cookie") or "").partition(";")[0]
    token = shown.body.decode().partition('name="token" value="')[2].partition('"')[0]
    headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
    body = urlencode({"token": token, "name": name, "password": password, "next": f"/?scan={PATIENT}"}).encode()
    reply = server.send("POST", "/sign-in", headers=headers, body=body)
    kept = (reply.header("set-cookie") or cookie).partition(";")[0]
    for path in ("/", f"/?scan={PATIENT}", f"/orders?q={PATIENT}", f"/orders/{PATIENT}", f"/station/{PATIENT}"):
        server.send("GET", path, headers={"Cookie": kept})
    body = urlencode({"token": PATIENT, "scan": PATIENT}).encode()
    server.send("POST", "/desk/scan", headers=headers | {"Cookie": kept}, body=body)
    return kept.partition("=")[2]


def a_day(server: Server, secret: str, hooks: Hooks) -> list[str]:
    """All that a laboratory does, with canaries in it; the secrets that came of it."""
    made = server.send("POST", "/api/v2/webhooks", key=secret, json={"url": hooks.url, "description": PATIENT})
    for number in range(5):
        headers = {"Content-Type": "application/json", "Idempotency-Key": f"{PATIENT} {number}"}
        server.send("POST", "/api/v2/orders", key=secret, headers=headers, body=canaries.an_order(number))
        server.send(
            "DELETE",
            f"/api/v2/orders/{PATIENT}%20{number}",
            key=secret,
            headers={"Idempotency-Key": f"{PHONE} {number}"},
        )
    another = server.send("POST", "/api/v2/keys", key=secret, json={"name": "n", "scopes": ["orders:read"]})
    sessions = [sign_in(server, PERSON, PASSWORD), sign_in(server, PERSON, canaries.WRONG_PASSWORD)]
    sessions.append(sign_in(server, PATIENT, FALSE_KEY))
    shown = [answer.json()[name] for answer, name in ((made, "secret"), (another, "secret")) if answer.status == 201]
    return [secret, *shown, *filter(None, sessions)]


@contextmanager
def serving(url: str, folder: Path, *, crash_at: str = "") -> Iterator[Server]:
    program = ("-m", "tests.reliability.crashing") if crash_at else ("-m", "traylane")
    with Server(url, folder, "--console-over-plain-http", "on", program=program) as server:
        yield server


@pytest.fixture(autouse=True)
def _traced(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CRASHES", str(tmp_path / "crashes"))
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "console")
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "100")


def leaks(text: str | bytes, secrets: list[str]) -> list[str]:
    """The lines of a text with canaries in them."""
    lines = text.splitlines() if found_in(text, *secrets) else []
    return [repr(line[:400]) for line in lines if found_in(line, *secrets)]


def test_no_canary_comes_out_of_a_day_with_every_mistake(
    database_url: str, set_up: SetUp, tmp_path: Path, hooks: Hooks, tried: Tried
) -> None:
    secret = set_up(database_url, furnish)
    with serving(database_url, tmp_path) as server:
        secrets = a_day(server, secret, hooks)
        assert len(secrets) == 6
        statuses = send_all(server, secret, canaries.everywhere())
        hooks.wait_for(10)
        metrics = server.send("GET", "/metrics", key=secret).body
    log = server.log
    assert {200, 400, 401, 404, 405, 415} <= set(statuses)
    assert log.count('"event":"request"') > 400
    assert log.count('"trace_id"') > 400
    assert len(metrics) > 1_000
    assert leaks(log, secrets) == []
    assert leaks(metrics, secrets) == []
    assert [line for message in hooks.got for line in leaks(message, secrets)] == []
    rows = set_up(database_url, _told)
    assert leaks(rows, secrets) == []
    lines, messages = len(log.splitlines()), len(hooks.got)
    told = f"{len(statuses)} requests, {lines} lines of log and traces, {messages} messages, all metrics"
    tried(f"{engine(database_url)}: {told}: no canary")


async def _told(db: Database) -> str:
    rows = [row for table in TOLD for row in await builders.execute(db, Sql.same(f"SELECT * FROM {table}"))]
    return "\n".join(repr(tuple(row)) for row in rows)


def test_no_canary_comes_out_of_the_command_line(
    database_url: str, set_up: SetUp, tmp_path: Path, tried: Tried
) -> None:
    """What a file holds, and what is a secret, is not said again; what was typed as a number may be."""
    secret = set_up(database_url, furnish)
    here = ("--database", database_url)
    good_line = b'{"orderNumber": "9001", "customerNumber": "1001", "poNumber": "%s"}' % PATIENT.encode()
    bad = (
        b"@",
        b'{"remarks": ["@"]}',
        b'{"orderNumber": "@"}',
        b'{"orderNumber": 1, "remarks": "@"}',
        b'{"remarks": "@',
    )
    bad_lines = b"".join(line.replace(b"@", PATIENT.encode()) + b"\n" for line in (*bad, good_line))
    nowhere = f"postgresql://traylane:{canaries.DATABASE_PASSWORD}@127.0.0.1:9/x"
    table = f"orderNumber,poNumber,remarks,rtSPH\n9002,{PATIENT},{PATIENT},{PATIENT}\n".encode()
    ended = [
        run("orders", "import", "-", *here, given=bad_lines),
        run("orders", "import", "-", "--dry-run", *here, given=bad_lines),
        run("orders", "import", "-", "--format", "csv", *here, given=table),
        run("users", "create", "berta", "--role", "desk", *here, given=b"kanarien\n"),
        run("users", "create", "berta", "--role", "boss", *here, given=f"{PASSWORD}\n".encode()),
        run("users", "create", "berta", "--role", "desk", *here, given=f"{PASSWORD}\n".encode()),
        run("users", "password", "nobody", *here, given=f"{PASSWORD}\n".encode()),
        run("orders", "show", "72544", "--url", "http://127.0.0.1:9", "--key", FALSE_KEY),
        run("orders", "show", "72544", "--url", "http://127.0.0.1:9", "--key", secret),
        run("orders", "show", "72544", "--database", nowhere),
        run("doctor", "--database", nowhere),
        run("serve", "--database", nowhere),
        run("orders", "show", "72544", "--database", nowhere.replace(":9", ":bad:")),
        run("setup", "apply", "-", *here, given=f'[settings]\n"Orders1:x" = "{PATIENT}"'.encode()),
        run("keys", "list", *here),
        run("webhooks", "list", *here),
    ]
    assert {one.returncode for one in ended} == {0, 1, 2, 3}
    assert b"Traceback" not in b"".join(one.stderr for one in ended)
    assert [leak for one in ended for leak in leaks(one.stdout + one.stderr, [secret])] == []
    tried(f"{engine(database_url)}: {len(ended)} commands: no canary on the terminal")


def test_a_crash_of_a_command_tells_kinds_and_places_only(
    database_url: str, traylane: Traylane, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("traylane.orders.desk.Desk.find", _crash_later)
    ended = traylane("orders", "show", PATIENT, "--database", database_url)
    assert (ended.code, ended.out) == (70, "")
    assert ended.err.startswith("Something went wrong here; please report these places; RuntimeError; ")
    assert leaks(ended.err, []) == []


@pytest.mark.parametrize("place", PLACES)
def test_no_canary_comes_out_of_a_crash(
    database_url: str,
    set_up: SetUp,
    tmp_path: Path,
    hooks: Hooks,
    monkeypatch: pytest.MonkeyPatch,
    place: str,
    tried: Tried,
) -> None:
    secret = set_up(database_url, furnish)
    monkeypatch.setenv("CRASH_AT", place)
    with serving(database_url, tmp_path, crash_at=place) as server:
        secrets = a_day(server, secret, hooks)
        statuses = send_all(server, secret, canaries.everywhere())
    log, crashes = server.log, Counter(Path(os.environ["CRASHES"]).read_text().split())
    assert sorted(REACHED[engine(database_url)][place] - set(crashes)) == [], crashes
    faults = log.count('"event":"fault"')
    assert 0 < faults < statuses.count(500) + 200, "a storm of faults"
    assert log.count("crashing.py") >= faults
    assert leaks(log, secrets) == []
    reached = ", ".join(f"{times} × {where}" for where, times in crashes.most_common())
    tried(f"{engine(database_url)}, crash at {place}: reached {reached}; {faults} faults in the log, no canary")


@pytest.mark.control
def test_a_log_of_paths_is_noticed(
    sqlite_url: str, set_up: SetUp, tmp_path: Path, hooks: Hooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same day on a service that writes down what was asked for, and what an exception said."""
    secret = set_up(sqlite_url, furnish)
    monkeypatch.setenv("CRASH_AT", "talks")
    with serving(sqlite_url, tmp_path, crash_at="talks") as server:
        secrets = a_day(server, secret, hooks)
    told = leaks(server.log, secrets)
    assert any("/api/v2/orders/Kanarienvogel" in line for line in told)
    assert any("planted" in line for line in told)
