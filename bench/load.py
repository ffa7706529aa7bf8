"""The load generator: N keep-alive connections, one thread, as little work for each request as Python allows.

Every connection has one request under way; the answer is read as far as status and length, then the next path goes
out. Requests are complete byte strings before the clock starts. Without `repeat` a path is sent once and never again.
Prints one JSON object; the exit code is 1 unless every answer had the expected status.
"""

from __future__ import annotations

import argparse
import gc
import itertools
import json
import select
import selectors
import socket
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import NoReturn

SILENCE = 30.0
"""Seconds without any answer after which the run is given up."""

ROOM = 16_384
"""Bytes that are read at once."""

Poll = Callable[[float], list[tuple[int, int]]]


@dataclass
class Result:
    """What one run saw. `cpu_us`: processor time of the generator itself for each request."""

    requests: int = 0
    seconds: float = 0.0
    rate: float = 0.0
    p50_ms: float = 0.0
    p99_ms: float = 0.0
    max_ms: float = 0.0
    cpu_us: float = 0.0
    statuses: dict[str, int] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    exhausted: bool = False

    def failed(self, expected: str = "200") -> bool:
        """Whether anything but the expected status came back, or nothing at all."""
        return bool(self.errors) or self.statuses != {expected: self.requests} or self.requests == 0


class BadAnswer(Exception):
    """The answer is none that this generator can read."""


@dataclass(frozen=True)
class Target:
    host: str
    port: int
    method: str = "GET"
    headers: Sequence[str] = ()
    body: bytes = b""

    def requests(self, paths: Iterable[str]) -> list[bytes]:
        """Whole requests, ready to send. What stands behind a tab is the body of that one."""
        lines = "".join(f"{line}\r\n" for line in (f"Host: {self.host}:{self.port}", *self.headers)).encode()
        return [self._request(*path.encode().partition(b"\t")[::2], lines) for path in paths]

    def _request(self, path: bytes, own: bytes, lines: bytes) -> bytes:
        body = own or self.body
        length = b"Content-Length: %d\r\n" % len(body) if body else b""
        return b"%b %b HTTP/1.1\r\n%b%b\r\n%b" % (self.method.encode(), path, lines, length, body)


def poller(sockets: Iterable[socket.socket]) -> Poll:
    """What waits for readable sockets: epoll where there is one, else what the platform offers."""
    if hasattr(select, "epoll"):
        epoll = select.epoll()
        for connection in sockets:
            epoll.register(connection.fileno(), select.EPOLLIN)
        return epoll.poll
    selector = selectors.DefaultSelector()
    for connection in sockets:
        selector.register(connection.fileno(), selectors.EVENT_READ)
    return lambda timeout: [(key.fd, events) for key, events in selector.select(timeout)]


def answer_length(data: bytes) -> int:
    """How long the whole answer is, or 0 while its head is not complete."""
    end = data.find(b"\r\n\r\n")
    if end < 0:
        return 0
    at = data.find(b"content-length: ", 0, end)
    if at >= 0:
        return end + 4 + int(data[at + 16 : data.find(b"\r\n", at)])
    for line in data[:end].split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            return end + 4 + int(value)
    raise BadAnswer(f"an answer without Content-Length: {data[:80]!r}")


def give_up(why: str) -> NoReturn:
    raise BadAnswer(why)


def unfinished(data: bytes, length: int) -> bytes:
    """What is kept until the rest arrives; an answer has as many bytes as it says."""
    if 0 < length < len(data):
        raise BadAnswer("more bytes than the answer's Content-Length")
    return data


class Run:
    """One run against one target. A queue of whole requests, the sockets, what was seen."""

    def __init__(self, target: Target, paths: Sequence[str], clients: int, *, repeat: bool = False) -> None:
        self.target = target
        self.requests = target.requests(paths)
        self.repeat = repeat
        self.clients = clients
        self.sockets: dict[int, socket.socket] = {}
        self.sent_at: dict[int, float] = {}
        self.parts: dict[int, bytes] = {}
        self.latencies: list[float] = []
        self.statuses: dict[bytes, int] = {}
        self.errors: list[str] = []

    def connect(self) -> None:
        for _ in range(self.clients):
            connection = socket.create_connection((self.target.host, self.target.port), timeout=10)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.setblocking(False)
            self.sockets[connection.fileno()] = connection

    def close(self) -> None:
        for connection in self.sockets.values():
            connection.close()

    def run(self, *, seconds: float | None = None, count: int | None = None) -> Result:
        """Until the time is up, `count` requests were sent or the paths are used up, whichever comes first."""
        self.connect()
        cpu, start = time.process_time(), time.perf_counter()
        end = start + seconds if seconds is not None else float("inf")
        try:
            self.drive(end, count if count is not None else sys.maxsize)
        except (BadAnswer, OSError, ValueError) as problem:
            self.errors.append(f"{type(problem).__name__}: {problem}")
        finally:
            self.close()
        return self.result(time.perf_counter() - start, time.process_time() - cpu)

    def drive(self, end: float, left: int) -> None:
        """The loop itself; names are local and calls are few, because its cost is in every figure."""
        poll, now, sent_at, parts = poller(self.sockets.values()), time.perf_counter, self.sent_at, self.parts
        requests = itertools.islice(itertools.cycle(self.requests) if self.repeat else iter(self.requests), left)
        receive = {fd: connection.recv for fd, connection in self.sockets.items()}
        send = {fd: connection.send for fd, connection in self.sockets.items()}
        latencies, statuses = self.latencies, self.statuses
        for fd, request in zip(send, requests, strict=False):
            sent_at[fd] = now()
            send[fd](request)
        under_way = len(sent_at)
        while under_way:
            for fd, _ in poll(SILENCE) or give_up(f"no answer for {SILENCE:.0f} s"):
                data = receive[fd](ROOM) or give_up("the server closed a connection")
                if fd in parts:
                    data = parts.pop(fd) + data
                length = answer_length(data)
                if length != len(data):
                    parts[fd] = unfinished(data, length)
                    continue
                time_now = now()
                latencies.append(time_now - sent_at[fd])
                status = data[9:12]
                statuses[status] = statuses.get(status, 0) + 1
                request = next(requests, b"") if time_now < end else b""
                if request:
                    sent_at[fd] = time_now
                    send[fd](request)
                else:
                    under_way -= 1

    def result(self, seconds: float, cpu: float) -> Result:
        slowest = sorted(self.latencies) or [0.0]
        done = len(self.latencies)
        return Result(
            requests=done,
            seconds=seconds,
            rate=done / seconds,
            p50_ms=slowest[len(slowest) // 2] * 1e3,
            p99_ms=slowest[int(len(slowest) * 0.99)] * 1e3,
            max_ms=slowest[-1] * 1e3,
            cpu_us=cpu / max(done, 1) * 1e6,
            statuses={status.decode("latin-1"): n for status, n in sorted(self.statuses.items())},
            errors=self.errors,
            exhausted=not self.repeat and done >= len(self.requests),
        )


def parser(program: str, about: str | None) -> argparse.ArgumentParser:
    """What every load generator can be told."""
    parser = argparse.ArgumentParser(prog=program, description=about)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--method", default="GET")
    parser.add_argument("--paths", type=Path, required=True, help="a path a line, with its body behind a tab")
    parser.add_argument("--header", action="append", default=[], help="for example 'X-API-Key: abc'")
    parser.add_argument("--body", default="")
    parser.add_argument("--clients", type=int, default=1)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--count", type=int)
    parser.add_argument("--expect", default="200", help="the status that every answer must have")
    return parser


def main() -> int:
    options = parser("python -m bench.load", __doc__)
    options.add_argument("--repeat", action="store_true", help="begin again when every path was used")
    given = options.parse_args()
    target = Target(given.host, given.port, given.method, given.header, given.body.encode())
    paths = given.paths.read_text().splitlines()
    return finish(Run(target, paths, given.clients, repeat=given.repeat), given)


def finish(run: Run, given: argparse.Namespace) -> int:
    """Let it run, and print what came of it; the exit code."""
    gc.collect()
    gc.freeze()
    result = run.run(seconds=given.seconds, count=given.count)
    print(json.dumps(asdict(result)))
    return 1 if result.failed(given.expect) else 0


if __name__ == "__main__":
    sys.exit(main())
