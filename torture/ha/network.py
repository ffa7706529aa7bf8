"""Three database hosts and one of the service, in network namespaces of their own behind a bridge.

Nothing leaves them: the bridge is connected to no interface of the machine. The addresses are from 192.0.2.0/24, which
is for documentation and routed nowhere.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

NETWORK = "192.0.2.0/24"
NODES = {"n1": "192.0.2.1", "n2": "192.0.2.2", "n3": "192.0.2.3"}
APP = "app"
HOSTS = NODES | {APP: "192.0.2.9"}
_HUB = "hub"
_CLONE_NEWNET = 0x40000000
_PREFIX = "tlha"


class Network:
    """The namespaces; their names hold this process's id."""

    def __init__(self) -> None:
        self._ours = f"{_PREFIX}{os.getpid()}-"

    def up(self) -> None:
        """Make them."""
        for host in (_HUB, *HOSTS):
            _ip("netns", "add", self._name(host))
            self._ip(host, "link", "set", "lo", "up")
        self._ip(_HUB, "link", "add", "bridge", "type", "bridge")
        self._ip(_HUB, "link", "set", "bridge", "up")
        for host, address in HOSTS.items():
            self._ip(_HUB, "link", "add", host, "type", "veth", "peer", "name", "eth0", "netns", self._name(host))
            self._ip(_HUB, "link", "set", host, "master", "bridge", "up")
            self._ip(host, "address", "add", f"{address}/24", "dev", "eth0")
            self._ip(host, "link", "set", "eth0", "up")

    def down(self) -> None:
        """Kill what runs on the nodes, and remove every namespace."""
        for host in NODES:
            self.kill_all(host)
        for host in (_HUB, *HOSTS):
            with suppress(subprocess.CalledProcessError):
                _ip("netns", "delete", self._name(host))

    def plug(self, host: str, *, into: bool) -> None:
        """Pull the host's cable, or put it back."""
        self._ip(_HUB, "link", "set", host, "up" if into else "down")

    def on(self, host: str, *command: str, user: str = "root") -> list[str]:
        """The command line that runs `command` on a host."""
        becoming = () if user == "root" else ("setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups")
        # Shared memory of a PostgreSQL that is killed ends with its last process.
        return ["ip", "netns", "exec", self._name(host), "unshare", "--ipc", *becoming, *command]

    def kill_all(self, host: str) -> None:
        """kill -9 of everything that runs on a host."""
        for pid in _ip("netns", "pids", self._name(host), check=False).split():
            with suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)

    @contextmanager
    def inside(self, host: str) -> Iterator[None]:
        """This thread is on the host, and so are the threads and processes that it starts."""
        with open("/proc/thread-self/ns/net", "rb") as before, open(f"/run/netns/{self._name(host)}", "rb") as there:
            _enter(there.fileno())
            try:
                yield
            finally:
                _enter(before.fileno())

    def _name(self, host: str) -> str:
        return f"{self._ours}{host}"

    def _ip(self, host: str, *arguments: str) -> None:
        _ip("-netns", self._name(host), *arguments)


def sweep() -> None:
    """End what runs that were killed have left, and remove its namespaces."""
    for path in Path("/run/netns").glob(f"{_PREFIX}*"):
        if not is_running(path.name.removeprefix(_PREFIX)):
            for left in _ip("netns", "pids", path.name, check=False).split():
                with suppress(ProcessLookupError):
                    os.kill(int(left), signal.SIGKILL)
            _ip("netns", "delete", path.name)


def is_running(name: str) -> bool:
    """Whether the process is there whose id a name begins with."""
    return Path(f"/proc/{name.partition('-')[0]}").exists()


def _ip(*arguments: str, check: bool = True) -> str:
    return subprocess.run(["ip", *arguments], check=check, capture_output=True, text=True).stdout


def _enter(namespace: int) -> None:
    if ctypes.CDLL(None, use_errno=True).setns(namespace, _CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")
