"""The load generator against a small server on loopback that remembers what it was asked."""

from __future__ import annotations

import json
import socketserver
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.load import BadAnswer, Run, Target, answer_length

GONE = b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}"
FINE = b'HTTP/1.1 200 OK\r\nserver: s\r\ncontent-length: 11\r\n\r\n{"a": "b"}\n'


class Conversation(socketserver.StreamRequestHandler):
    """Answers 404 to paths that begin with /gone, hangs up at /bye, sends /slow in two pieces, else 200."""

    server: Server

    def handle(self) -> None:
        self.server.connections.append(self.client_address)
        while line := self.rfile.readline():
            method, path = line.decode().split(" ")[:2]
            while self.rfile.readline() != b"\r\n":
                pass
            self.server.seen.append(f"{method} {path}")
            if path == "/bye":
                return
            answer = GONE if path.startswith("/gone") else FINE
            if path == "/slow":
                self.wfile.write(answer[:70])
                time.sleep(0.05)
                answer = answer[70:]
            self.wfile.write(answer)


class Server(socketserver.ThreadingTCPServer):
    """Remembers what it was asked; its closing waits for every conversation to end."""

    daemon_threads = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Conversation)
        self.seen: list[str] = []
        self.connections: list[object] = []
        self.port = int(self.server_address[1])


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as made:
        thread = threading.Thread(target=made.serve_forever, args=(0.01,))
        thread.start()
        yield made
        made.shutdown()
        thread.join()


def test_every_path_is_sent_exactly_once_and_counted(server: Server) -> None:
    paths = [f"/orders/{n}" for n in range(50)]
    result = Run(Target("127.0.0.1", server.port, "DELETE"), paths, clients=4).run(seconds=10)
    assert Counter(server.seen) == Counter({f"DELETE /orders/{n}": 1 for n in range(50)})
    assert (result.requests, result.statuses, result.exhausted) == (50, {"200": 50}, True)
    assert len(server.connections) == 4
    assert not result.failed()


def test_it_stops_after_count(server: Server) -> None:
    result = Run(Target("127.0.0.1", server.port), ["/a", "/b", "/c", "/d", "/e"], clients=2).run(count=3)
    assert Counter(server.seen) == Counter({"GET /a": 1, "GET /b": 1, "GET /c": 1})
    assert (result.requests, result.exhausted) == (3, False)


def test_it_stops_when_the_time_is_up(server: Server) -> None:
    result = Run(Target("127.0.0.1", server.port), ["/a"], clients=2, repeat=True).run(seconds=0.2)
    assert 0.2 <= result.seconds < 2
    assert len(server.seen) == result.requests


def test_repeat_goes_round(server: Server) -> None:
    Run(Target("127.0.0.1", server.port), ["/a", "/b"], clients=1, repeat=True).run(count=5)
    assert Counter(server.seen) == Counter({"GET /a": 3, "GET /b": 2})


def test_an_answer_that_is_not_200_is_counted_and_fails_the_run(server: Server) -> None:
    result = Run(Target("127.0.0.1", server.port), ["/a", "/gone/1", "/b", "/gone/2"], clients=1).run(count=4)
    assert result.statuses == {"200": 2, "404": 2}
    assert result.failed()


def test_another_status_may_be_the_expected_one(server: Server) -> None:
    result = Run(Target("127.0.0.1", server.port), ["/gone/1"], clients=1).run(count=1)
    assert not result.failed("404")


def test_an_answer_in_two_pieces_is_one_answer(server: Server) -> None:
    result = Run(Target("127.0.0.1", server.port), ["/slow", "/a"], clients=1).run(count=2)
    assert result.statuses == {"200": 2}
    assert result.max_ms > 40


def test_a_server_that_hangs_up_fails_the_run(server: Server) -> None:
    result = Run(Target("127.0.0.1", server.port), ["/a", "/bye", "/b"], clients=1).run(count=3)
    assert result.errors == ["BadAnswer: the server closed a connection"]
    assert result.failed()


def test_a_run_without_answers_has_failed(server: Server) -> None:
    assert Run(Target("127.0.0.1", server.port), [], clients=1).run(count=1).failed()


def test_length_is_read_whatever_the_spelling() -> None:
    assert answer_length(b"HTTP/1.1 200 OK\r\nCONTENT-LENGTH:3\r\n\r\nabc") == 40
    assert answer_length(b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n") == 41
    assert answer_length(b"HTTP/1.1 200 OK\r\ncontent-len") == 0


def test_an_answer_without_length_is_not_guessed() -> None:
    with pytest.raises(BadAnswer):
        answer_length(b"HTTP/1.1 200 OK\r\nserver: s\r\n\r\n")


def test_the_command_prints_json_and_says_failure_by_its_exit_code(server: Server, tmp_path: Path) -> None:
    paths = tmp_path / "paths"
    paths.write_text("/a\n/gone/1\n")
    command = [sys.executable, "-m", "bench.load", "--port", str(server.port), "--paths", str(paths), "--count", "2"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert ended.returncode == 1
    assert json.loads(ended.stdout)["statuses"] == {"200": 1, "404": 1}


def test_a_line_may_bring_its_own_body() -> None:
    plain, own = Target("h", 1, "POST", ["A: b"], b"all").requests(["/a", '/b\t{"n":1}'])
    assert plain == b"POST /a HTTP/1.1\r\nHost: h:1\r\nA: b\r\nContent-Length: 3\r\n\r\nall"
    assert own == b'POST /b HTTP/1.1\r\nHost: h:1\r\nA: b\r\nContent-Length: 7\r\n\r\n{"n":1}'
