"""How long something took, without what the machine did meanwhile: it stood still, or had others to run.

A guest whose host has other work runs nothing for a while, and a bound that is promised says nothing about that. A
process of its own, which does nothing but wake up every few milliseconds, notes when it was much too late: it shares
nothing with what is measured but the machine, so whatever the service or a test holds up still counts. How long a
process that had something to do waited for a processor, the kernel tells; who waits for a lock, the disk or a timer has
nothing to do.
"""

from __future__ import annotations

import atexit
import functools
import mmap
import os
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

LATE = 0.1
"""Seconds between two ticks from which on nothing ran here. Programs that share a processor wait less."""
_ROOM = 4_096
_TICK = f"""
import mmap, select, struct, sys, time
shared, last, noted = mmap.mmap(int(sys.argv[1]), {16 * (_ROOM + 1)}), time.monotonic(), 0
while not select.select([sys.stdin], [], [], 0.005)[0]:
    now = time.monotonic()
    if now - last > {LATE}:
        struct.pack_into("dd", shared, 16 * (1 + noted % {_ROOM}), last, now)
        noted += 1
    last = now
    struct.pack_into("d", shared, 0, now)
"""


class Metronome:
    """Notes when nothing ran. `process`: who does it; it ends with whoever has started it."""

    def __init__(self) -> None:
        with tempfile.TemporaryFile() as file:
            file.truncate(16 * (_ROOM + 1))
            self._seen = memoryview(mmap.mmap(file.fileno(), 0)).cast("d")
            self.process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", _TICK, str(file.fileno())],
                stdin=subprocess.PIPE,
                pass_fds=[file.fileno()],
            )
        self.wait_until(time.monotonic())

    def wait_until(self, moment: float) -> None:
        """Until it has ticked after a moment: what happened before that is noted."""
        while self._seen[0] < moment:
            assert self.process.poll() is None, "the metronome has ended"
            time.sleep(0.001)

    def stood_still(self, began: float, ended: float) -> float:
        """Seconds between two moments in which nothing ran."""
        self.wait_until(ended)
        pairs = zip(self._seen[2::2], self._seen[3::2], strict=True)
        return sum(max(0.0, min(ended, until) - max(began, since)) for since, until in pairs)

    def close(self) -> None:
        self.process.communicate()


@functools.cache
def metronome() -> Metronome:
    """The one of this process."""
    made = Metronome()
    atexit.register(made.close)
    return made


def now() -> float:
    """A moment, for `since`."""
    metronome()
    return time.monotonic()


def since(began: float) -> float:
    """Seconds that the machine ran since a moment."""
    ended = time.monotonic()
    return ended - began - (metronome().stood_still(began, ended) if ended - began > LATE else 0.0)


class Moment(NamedTuple):
    """When, and how long until then the processes waited for a processor."""

    at: float
    waited: float


class Watch:
    """For what these processes and this one do one after the other: without what they waited for a processor."""

    def __init__(self, *processes: int) -> None:
        self.processes = {os.getpid(), *processes}
        self._waited: dict[str, int] = {}
        self._looked_at = 0.0

    def now(self) -> Moment:
        """A moment, for `since`."""
        metronome()
        return Moment(time.monotonic(), self._until_now(of_late=0.02))

    def since(self, began: Moment) -> float:
        """Seconds that the machine ran these processes, or that they had nothing to do, since a moment."""
        ended = time.monotonic()
        took = ended - began.at
        if took <= LATE:
            return took
        # What stands still waits for a processor, too, perhaps: it is one time, not two.
        return took - max(metronome().stood_still(began.at, ended), self._until_now() - began.waited)

    def _until_now(self, *, of_late: float = 0.0) -> float:
        # Threads that have ended keep what they waited.
        if time.monotonic() > self._looked_at + of_late:
            self._looked_at = time.monotonic()
            for process in self.processes:
                with suppress(OSError):
                    for thread in Path(f"/proc/{process}/task").iterdir():
                        with suppress(OSError):
                            self._waited[thread.name] = int((thread / "schedstat").read_text().split()[1])
        return sum(self._waited.values()) / 1e9
