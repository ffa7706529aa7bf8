"""The conformance kit: Traylane keeps all of it, and a server with a fault is found out."""

from __future__ import annotations

import http.client
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest

from tests.cli.conftest import Traylane
from tests.client.sample import Sample, sample_served
from traylane.conformance.all_cases import CASES

COUNT: Iterator[int] = iter(range(1_000_000))
Fault = Callable[[int, bytes], tuple[int, bytes]]


@pytest.fixture
def sample(database_url: str) -> Iterator[Sample]:
    with sample_served(database_url) as found:
        yield found


@pytest.fixture
def small(sqlite_url: str) -> Iterator[Sample]:
    with sample_served(sqlite_url) as found:
        yield found


@pytest.mark.slow
def test_traylane_keeps_every_sentence(traylane: Traylane, sample: Sample) -> None:
    ended = traylane("conformance", "--url", sample.url, "--key", sample.key, "--change-settings", "--json")
    assert [item for item in ended.json["items"] if item["verdict"] != "kept"] == []
    assert ended.code == 0
    assert ended.json["kept"] == len(CASES) > 60


@pytest.mark.slow
@pytest.mark.parametrize(
    ("area", "broken", "fault"),
    [
        ("find", "status_of_cancelled", lambda status, body: (status, body.replace(b"cancelation", b"cancellation"))),
        ("cancel", "no_such_order", lambda status, body: (200 if status == 404 else status, body)),
        ("cancel", "success", lambda status, body: (status, body.replace(b'"message":"",', b""))),
        ("make", "completes", lambda status, body: (200 if status == 201 else status, body)),
        ("repeat", "replay", lambda status, body: (status, body + b" " * next(COUNT))),
    ],
)
def test_a_server_with_a_fault_is_found_out(
    traylane: Traylane, small: Sample, area: str, broken: str, fault: Fault
) -> None:
    with faulty(small.url, fault) as url:
        ended = traylane("conformance", "--url", url, "--key", small.key, "--only", area, "--json")
    assert ended.code == 1
    assert broken in {item["name"] for item in ended.json["items"] if item["verdict"] == "broken"}


def test_what_changes_settings_is_left_alone_unless_asked_for(traylane: Traylane, small: Sample) -> None:
    ended = traylane("conformance", "--url", small.url, "--key", small.key, "--only", "cancel")
    assert ended.code == 0
    assert ended.out.splitlines()[-1].startswith("19 kept, 0 broken, 3 not tried.")
    assert ended.out.count("it changes settings: --change-settings") == 3


def test_only_what_is_documented_leaves_out_what_is_ours(traylane: Traylane, small: Sample) -> None:
    ended = traylane(
        *("conformance", "--url", small.url, "--key", small.key, "--only", "find", "--documented", "--json")
    )
    assert {item["source"] for item in ended.json["items"]} == {"S", "D"}


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--url", "http://127.0.0.1:1"), 3, "No server answers at http://127.0.0.1:1: check the address"),
        (("--url", "127.0.0.1:1"), 2, "the address of a server looks like http://127.0.0.1:4567"),
        (("--url", "http://127.0.0.1:1", "--only", "cancle"), 2, "Did you mean 'cancel'?"),
    ],
)
def test_what_cannot_be_tried_is_said_in_one_sentence(
    traylane: Traylane, arguments: tuple[str, ...], code: int, said: str
) -> None:
    ended = traylane("conformance", *arguments)
    assert (ended.code, ended.out) == (code, "")
    assert said in ended.err


def test_every_case_has_a_name_and_a_sentence_of_its_own() -> None:
    assert [name for name, times in Counter((case.area, case.name) for case in CASES).items() if times > 1] == []
    assert [text for text, times in Counter(case.sentence for case in CASES).items() if times > 1] == []


@contextmanager
def faulty(url: str, fault: Fault) -> Iterator[str]:
    """A server that passes on what another answers, with a fault."""
    address = urlsplit(url).netloc

    class Passing(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            there = http.client.HTTPConnection(address, timeout=30)
            there.request(self.command, self.path, body=body or None, headers=dict(self.headers.items()))
            answer = there.getresponse()
            status, told = fault(answer.status, answer.read())
            there.close()
            self.send_response_only(status)
            for name, value in answer.getheaders():
                if name.lower() not in {"content-length", "transfer-encoding", "connection", "date"}:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

        do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = pass_on  # noqa: N815

    server = ThreadingHTTPServer(("127.0.0.1", 0), Passing)
    server.daemon_threads = True
    serving = threading.Thread(target=server.serve_forever, args=(0.01,))
    serving.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        serving.join()
        server.server_close()
