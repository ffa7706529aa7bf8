"""What the machine did not run does not count, and what somebody was busy with does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

from tests import standstill


def test_a_moment_in_which_nothing_runs_does_not_count() -> None:
    """To the metronome it is the same whether it stands still alone or with the whole machine."""
    began = standstill.now()
    ticking = standstill.metronome().process
    ticking.send_signal(signal.SIGSTOP)
    time.sleep(0.5)
    ticking.send_signal(signal.SIGCONT)
    assert standstill.since(began) < time.monotonic() - began - 0.4


def test_what_keeps_a_process_busy_counts() -> None:
    began, end = standstill.now(), time.process_time() + 0.5
    while time.process_time() < end:
        pass
    assert standstill.since(began) > 0.3


def test_waiting_for_a_processor_does_not_count() -> None:
    """Others keep the one processor busy that this process may use."""
    watch, all_, here = standstill.Watch(), os.sched_getaffinity(0), {min(os.sched_getaffinity(0))}
    os.sched_setaffinity(0, here)
    others = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(4)]
    try:
        began, end = watch.now(), time.process_time() + 0.5
        while time.process_time() < end:
            pass
        longest, took = time.monotonic() - began.at, watch.since(began)
    finally:
        os.sched_setaffinity(0, all_)
        for other in others:
            other.kill()
            other.wait()
    assert longest > 0.8
    assert 0.3 < took < longest / 1.5


def test_waiting_for_a_lock_counts() -> None:
    watch = standstill.Watch()
    began, beginning = watch.now(), time.monotonic()
    while watch.since(began) < 0.5:
        time.sleep(0.01)
    assert time.monotonic() - beginning < 20
