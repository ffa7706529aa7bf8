"""One piece of a promise: its tests, run by pytest, and what they said."""

from __future__ import annotations

import datetime
import os
import platform
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from pathlib import Path

import traylane
from torture.promises import ROOT, Promise
from torture.results import Piece

LOGS = ROOT / "var" / "torture"
MOST_SECONDS = 1_800
"""One test of a piece may take that long; a piece should take 600."""


def run(number: str, promise: Promise, *, size: str, piece: int, pieces: int) -> Piece:
    """Run the promise's tests once; their output goes to a file in `var/torture`."""
    LOGS.mkdir(parents=True, exist_ok=True)
    report, log = (LOGS / f"{number}-{size}-{piece}{ending}" for ending in (".xml", ".log"))
    report.unlink(missing_ok=True)
    began = time.monotonic()
    with log.open("wb") as out:
        ended = subprocess.run(
            _command(promise, report, piece),
            cwd=ROOT,
            env=_environment(number, size, piece, pieces),
            stdout=out,
            stderr=out,
            check=False,
        )
    tests, tried = _told(report)
    return Piece(
        outcome="held" if ended.returncode == 0 and tests else "broken",
        seconds=round(time.monotonic() - began, 1),
        tests=tests,
        tried=tried,
        date=datetime.datetime.now(datetime.UTC).date().isoformat(),
        version=_version(),
        machine=_machine(),
    )


def _command(promise: Promise, report: Path, piece: int) -> list[str]:
    options = ["-n", "0", "-p", "torture.selecting", "-p", "no:randomly", f"--hypothesis-seed={piece}"]
    options += ["-o", "junit_family=xunit1", f"--junitxml={report}", f"--timeout={MOST_SECONDS}"]
    return [sys.executable, "-m", "pytest", *options, *promise.modules]


def _environment(number: str, size: str, piece: int, pieces: int) -> dict[str, str]:
    ours = {
        "TRAYLANE_PROMISE": number,
        "TRAYLANE_TORTURE": size,
        "TRAYLANE_PIECE": str(piece),
        "TRAYLANE_PIECES": str(pieces),
    }
    return os.environ | ours


def _told(report: Path) -> tuple[int, tuple[str, ...]]:
    """How many tests were run, and what they said that they tried."""
    if not report.exists():
        return 0, ()
    suite = ET.parse(report).getroot()
    said = [
        found.get("value", "")
        for case in suite.iter("testcase")
        for found in case.iter("property")
        if found.get("name") == "tried"
    ]
    return sum(1 for _ in suite.iter("testcase")), tuple(said)


def _version() -> str:
    """The version, and the commit where there is one."""
    git = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    return f"{traylane.__version__} {git.stdout.strip()}".strip()


def _machine() -> str:
    return f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"
