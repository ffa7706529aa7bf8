"""What the machine did not run does not count, and what somebody was busy with does."""

from __future__ import annotations

import signal
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
