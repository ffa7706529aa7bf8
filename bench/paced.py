"""The load generator at a given rate: requests go out when they are due, however long the others take.

What had to wait for a free connection counts from when it was due, so that a service that stands still is not asked
less and looks no better for it.
"""

from __future__ import annotations

import itertools
import sys
import time
from collections.abc import Sequence

from bench import load
from bench.load import ROOM, SILENCE, Run, Target, answer_length, give_up, poller, unfinished


class PacedRun(Run):
    """One run; `pace`: requests a second, over as many connections as there are clients."""

    def __init__(self, target: Target, paths: Sequence[str], clients: int, *, pace: float) -> None:
        super().__init__(target, paths, clients)
        self.pace = pace

    def drive(self, end: float, left: int) -> None:
        poll = poller(self.sockets.values())
        requests, idle = itertools.islice(iter(self.requests), left), list(self.sockets)
        start, sent, starved, more = time.perf_counter(), 0, False, True
        while True:
            now = time.perf_counter()
            more = more and now < end
            due = start + sent / self.pace
            while more and idle and due <= now:
                request = next(requests, b"")
                more = bool(request)
                if request:
                    self.send(idle.pop(), request, due if starved else now)
                    sent += 1
                    due = start + sent / self.pace
            if not (more or self.sent_at):
                return
            starved = more and not idle
            wait = max(due - now, 0.0) if more and idle else SILENCE
            idle += self.answered(poll(wait) or ([] if wait < SILENCE else give_up(f"no answer for {SILENCE:.0f} s")))

    def send(self, connection: int, request: bytes, at: float) -> None:
        self.sent_at[connection] = at
        self.sockets[connection].send(request)

    def answered(self, readable: list[tuple[int, int]]) -> list[int]:
        """The connections whose answer is whole."""
        free = []
        for fd, _ in readable:
            data = self.parts.pop(fd, b"") + (self.sockets[fd].recv(ROOM) or give_up("the server closed a connection"))
            length = answer_length(data)
            if length != len(data):
                self.parts[fd] = unfinished(data, length)
                continue
            self.latencies.append(time.perf_counter() - self.sent_at.pop(fd))
            self.statuses[data[9:12]] = self.statuses.get(data[9:12], 0) + 1
            free.append(fd)
        return free


def main() -> int:
    parser = load.parser("python -m bench.paced", __doc__)
    parser.add_argument("--pace", type=float, required=True, help="requests a second")
    given = parser.parse_args()
    target = Target(given.host, given.port, given.method, given.header, given.body.encode())
    paths = given.paths.read_text().splitlines()
    return load.finish(PacedRun(target, paths, given.clients, pace=given.pace), given)


if __name__ == "__main__":
    sys.exit(main())
