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


@dataclass(frozen=True)
class Used:
    """What a command used until it ended, with every process that it started and waited for.

    `seconds` by the clock, `cpu` of the processors, `memory`: the most that each process had, summed, in bytes.
    """

    code: int
    seconds: float
    cpu: float
    memory: int


def used_by(command: Sequence[str | Path]) -> Used:
    """Run a command to its end. Linux only: memory is looked at every 10 ms, what grows after the last look is missed.

    It is the kernel's mark of each process (VmHWM) as it was last: it only grows, but begins anew with the program, and
    until then is that of whoever started the process. `ru_maxrss` does not begin anew, and knows one process alone.
    """
    most: dict[int, int] = {}
    began = time.perf_counter()
    process = subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL)
    while True:
        pid, status, spent = os.wait4(process.pid, os.WNOHANG)
        if pid:
            break
        for one in [process.pid, *_started_by(process.pid)]:
            most[one] = bytes_of(one, "VmHWM") or most.get(one, 0)
        time.sleep(0.01)
    seconds = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    return Used(process.returncode, seconds, spent.ru_utime + spent.ru_stime, sum(most.values()))


def _started_by(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def bytes_of(pid: int, what: str) -> int:
    """Bytes that the kernel counts for a process under a name of proc(5); 0 for one that has just ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{what}:")), 0)


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


def family(pid: int) -> list[int]:
    """A process and all below it."""
    return [pid, *(child.pid for child in children(pid))]


def wait_until_ready(
    process: subprocess.Popen[bytes], url: str, log: Path, *, seconds: float = 30, every: float = 0.05
) -> None:
    """Until `url` answers 200; asked again `every` so many seconds."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(every)
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
