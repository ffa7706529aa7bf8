"""What a measured command used: with what it started, without who started it."""

from __future__ import annotations

import sys
from pathlib import Path

from bench.processes import used_by

MEGABYTE = 1024 * 1024
HOLD = "import time; held = b'x' * {size}; time.sleep(0.2)"
BESIDE = "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1]], check=True)"


def python(*arguments: str | Path) -> list[str | Path]:
    return [sys.executable, "-c", *arguments]


def test_memory_of_the_process_beside_counts() -> None:
    small = used_by(python(BESIDE, HOLD.format(size=1))).memory
    large = used_by(python(BESIDE, HOLD.format(size=100 * MEGABYTE))).memory
    assert 95 * MEGABYTE < large - small < 105 * MEGABYTE


def test_memory_of_who_measures_does_not() -> None:
    held = b"x" * (200 * MEGABYTE)
    assert used_by(python(HOLD.format(size=1))).memory < 100 * MEGABYTE < len(held)


def test_processor_time_of_the_process_beside_counts() -> None:
    used = used_by(python(BESIDE, "import time\nwhile time.process_time() < 0.3: pass"))
    assert used.code == 0
    assert 0.3 <= used.cpu < 2


def test_a_process_counts_from_the_start_of_its_program() -> None:
    """Between fork and exec it looks as large as whoever started it."""
    forked = f"""
import os, sys, time
held = bytearray({100 * MEGABYTE})
if not os.fork():
    time.sleep(0.2)
    os.execv(sys.executable, [sys.executable, "-c", "import time; time.sleep(0.1)"])
os.wait()"""
    assert 100 * MEGABYTE < used_by(python(forked)).memory < 180 * MEGABYTE
