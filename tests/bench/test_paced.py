"""The load generator at a given rate."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from bench.load import Target
from bench.paced import PacedRun

FINE = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"


@contextmanager
def one_at_a_time(pause: float) -> Iterator[int]:
    """The port of a server that serves one connection, and takes `pause` seconds for each request."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            link, _ = listening.accept()
            with link:
                while link.recv(4096):
                    time.sleep(pause)
                    link.sendall(FINE)

        thread = threading.Thread(target=serve)
        thread.start()
        yield listening.getsockname()[1]
        thread.join()


def test_no_more_go_out_than_are_due() -> None:
    with one_at_a_time(0.0) as port:
        result = PacedRun(Target("127.0.0.1", port), ["/a"] * 100, 1, pace=50).run(seconds=0.5)
    assert 1 <= result.requests <= 25
    assert not result.failed()


def test_what_waits_for_a_connection_counts_from_when_it_was_due() -> None:
    with one_at_a_time(0.05) as port:
        result = PacedRun(Target("127.0.0.1", port), ["/a"] * 5, 1, pace=10_000).run(seconds=30)
    assert (result.requests, result.statuses) == (5, {"200": 5})
    # the fifth is due 0.4 ms after the first and is answered after five pauses
    assert result.max_ms >= 249
