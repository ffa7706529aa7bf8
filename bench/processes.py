"""Processes that the measurement starts: each is known by its id, and each is ended by it, whatever happens."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

LOOPBACK = "127.0.0.1"


class Broken(Exception):
    """One sentence: why there is nothing to measure."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(
    command: Sequence[str | Path],
    *,
    log: Path,
    environment: Mapping[str, str] | None = None,
    stop: signal.Signals = signal.SIGTERM,
    user: str | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """A process that lives as long as the block; output goes to `log`."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            [str(part) for part in command],
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            user=user,
        )
    try:
        yield process
    finally:
        end(process, stop)


def end(process: subprocess.Popen[bytes], how: signal.Signals) -> None:
    """Ask it to end; after fifteen seconds end it and what it started."""
    family = children(process.pid)
    if process.poll() is None:
        process.send_signal(how)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    for child in family:
        if child.is_running():
            child.kill()


def children(pid: int) -> list[psutil.Process]:
    try:
        return list(psutil.Process(pid).children(recursive=True))
    except psutil.NoSuchProcess:
        return []


def wait_until_ready(process: subprocess.Popen[bytes], url: str, log: Path, *, seconds: float = 30) -> None:
    """Until `url` answers 200."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    raise Broken(f"{url} did not become ready; the log is {log}:\n{log.read_text(errors='replace')[-2000:]}")


@dataclass(frozen=True)
class Meter:
    """Processor time so far, in seconds: the contestant's server, PostgreSQL, ended children of ours, the machine."""

    server: float
    postgres: float
    load: float
    machine: float

    @classmethod
    def read(cls, *, server: int, postgres: int) -> Meter:
        """`server` 0: there is none."""
        ended, machine = os.times(), psutil.cpu_times()
        return cls(
            server=cpu_seconds(server) if server else 0.0,
            postgres=cpu_seconds(postgres),
            load=ended.children_user + ended.children_system,
            machine=sum(machine) - machine.idle - getattr(machine, "iowait", 0.0),
        )

    def since(self, before: Meter) -> Meter:
        return Meter(
            self.server - before.server,
            self.postgres - before.postgres,
            self.load - before.load,
            self.machine - before.machine,
        )

    @property
    def strangers(self) -> float:
        """What the machine did for nobody of ours."""
        return max(self.machine - self.server - self.postgres - self.load, 0.0)


def cpu_seconds(pid: int) -> float:
    """Processor time of a process and all below it; of those that have ended, too, once they are waited for."""
    total = 0.0
    for process in [psutil.Process(pid), *children(pid)]:
        try:
            times = process.cpu_times()
        except psutil.Error:
            continue
        total += times.user + times.system
        if process.pid == pid:
            total += getattr(times, "children_user", 0.0) + getattr(times, "children_system", 0.0)
    return total
