"""A load generator for far too many clients: each has a connection and one request under way, whatever others do.

Run as `python -m tests.reliability.storm --port … --pid … --clients … --seconds …`. Requests come on standard input,
one a line: method, target, and behind a tab the body. Who is refused sends the same again, at once or, with `--heed`,
when Retry-After says so. `--seconds` count from when `--settle` seconds have passed and each client was answered once,
however long that takes, or others instead of it; a success after more than `--deadline` seconds counts as late. Prints
one JSON object.
"""

from __future__ import annotations

import argparse
import gc
import heapq
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field

import psutil

from bench.load import ROOM, Run, Target, answer_length, give_up, poller

LONGEST = 60.0
"""Seconds until each client was answered once: a service that leaves one without an answer is not waited for."""
Quantiles = tuple[float, float, float]
"""Half of them, 99 of 100, all; in milliseconds."""


@dataclass
class Seen:
    """What came back in the time that counts. `untold`: refusals without Retry-After; `cpu`: of the service, seconds.

    `broken`: connections that the service closed; `taken`: how many of the requests were used.
    """

    seconds: float = 0.0
    cpu: float = 0.0
    done: int = 0
    late: int = 0
    refused: int = 0
    untold: int = 0
    others: dict[str, int] = field(default_factory=dict)
    broken: int = 0
    taken: int = 0
    done_ms: Quantiles = (0.0, 0.0, 0.0)
    refused_ms: Quantiles = (0.0, 0.0, 0.0)


def quantiles(seconds: list[float]) -> Quantiles:
    """How long they took."""
    ranked = sorted(seconds) or [0.0]
    return ranked[len(ranked) // 2] * 1e3, ranked[int(len(ranked) * 0.99)] * 1e3, ranked[-1] * 1e3


def retry_after(data: bytes) -> float | None:
    """The seconds of Retry-After, None without one."""
    _, there, rest = data.partition(b"retry-after: ")
    return float(rest[: rest.find(b"\r\n")]) if there else None


class Storm(Run):
    """One storm. `ramp`: over how many seconds the clients' first requests are spread."""

    def __init__(self, given: argparse.Namespace, lines: list[str]) -> None:
        super().__init__(Target("127.0.0.1", given.port), [], given.clients)
        self.given = given
        self.lines = lines
        self.service = psutil.Process(given.pid)
        self.seen = Seen()
        self.done: list[float] = []
        self.refused: list[float] = []
        self.under_way: dict[int, bytes] = {}
        self.again: dict[int, bytes] = {}
        self.silent: set[int] = set()
        self.answers = 0
        self.counts_from = float("inf")

    def whole(self) -> Iterator[bytes]:
        """The requests, each made when it is needed."""
        headers = [f"X-API-Key: {self.given.key}"]
        targets = {word: Target("127.0.0.1", self.given.port, word, headers) for word in ("GET", "POST", "DELETE")}
        for line in self.lines:
            self.seen.taken += 1
            method, _, path = line.partition(" ")
            yield targets[method].requests([path])[0]

    def drive(self, end: float, left: int) -> None:
        poll, requests, now = poller(self.sockets.values()), self.whole(), time.perf_counter()
        apart = self.given.ramp / self.clients
        waiting = [(now + place * apart, fd) for place, fd in enumerate(self.sockets)]
        settled, end, spent = now + self.given.settle, now + self.given.settle + LONGEST, -1.0
        self.silent = set(self.sockets)
        while now < end:
            while waiting and waiting[0][0] <= now:
                self.send(heapq.heappop(waiting)[1], requests)
            if spent < 0 and now >= settled and (not self.silent or self.answers > 2 * self.clients):
                spent, self.counts_from, end = self.spent(), now, now + self.given.seconds
            due = min(waiting[0][0] if waiting else end, end, settled if now < settled else end)
            for fd, _ in poll(max(due - now, 0.0)):
                next_at = self.answered(fd)
                if next_at is not None:
                    heapq.heappush(waiting, (next_at, fd))
            now = time.perf_counter()
        if spent < 0:
            give_up(f"{len(self.silent)} were not answered")
        self.seen.seconds, self.seen.cpu = now - self.counts_from, self.spent() - spent

    def spent(self) -> float:
        """Processor time of the service until now."""
        times = self.service.cpu_times()
        return float(times.user + times.system)

    def send(self, fd: int, requests: Iterator[bytes]) -> None:
        request = self.again.pop(fd, b"") or next(requests, b"") or give_up("there were too few requests")
        self.sockets[fd].send(request)
        self.sent_at[fd], self.under_way[fd] = time.perf_counter(), request

    def answered(self, fd: int) -> float | None:
        """When the client asks next; None while its answer is not whole, and when it has no connection any more."""
        got = self.sockets[fd].recv(ROOM)
        data = self.parts.pop(fd, b"") + got
        if not got:
            self.seen.broken += 1
            self.silent.discard(fd)
            self.sockets.pop(fd).close()
            return None
        if answer_length(data) != len(data):
            self.parts[fd] = data
            return None
        now, request, pause = time.perf_counter(), self.under_way.pop(fd), retry_after(data)
        status = data[9:12].decode()
        self.silent.discard(fd)
        self.answers += 1
        if status in {"429", "503"}:
            self.again[fd] = request
        if now >= self.counts_from:
            self.note(status, now - self.sent_at[fd], is_told=pause is not None)
        return now + pause if pause is not None and self.given.heed else now

    def note(self, status: str, took: float, *, is_told: bool) -> None:
        if status == "200":
            self.done.append(took)
            self.seen.done += took <= self.given.deadline
            self.seen.late += took > self.given.deadline
        elif status in {"429", "503"}:
            self.refused.append(took)
            self.seen.refused += 1
            self.seen.untold += not is_told
        else:
            self.seen.others[status] = self.seen.others.get(status, 0) + 1


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.reliability.storm", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--pid", type=int, required=True)
    parser.add_argument("--key", required=True)
    parser.add_argument("--clients", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--settle", type=float, default=0.0)
    parser.add_argument("--ramp", type=float, default=0.0)
    parser.add_argument("--deadline", type=float, default=10.0)
    parser.add_argument("--heed", action="store_true")
    given = parser.parse_args()
    storm = Storm(given, sys.stdin.read().splitlines())
    gc.collect()
    gc.freeze()
    gc.disable()
    storm.run(seconds=given.seconds)
    storm.seen.done_ms, storm.seen.refused_ms = quantiles(storm.done), quantiles(storm.refused)
    json.dump(asdict(storm.seen), sys.stdout)
    sys.stderr.write("\n".join(storm.errors))
    return 1 if storm.errors else 0


if __name__ == "__main__":
    sys.exit(main())
