"""A service in processes of its own, talked to over sockets."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import traylane
from tests.api.asgi import Reply
from tests.ports import free_port

READY_SECONDS = 90
STOP_SECONDS = 60
_SOURCES = str(Path(traylane.__file__).parents[1])
_TESTS = str(Path(__file__).parents[2])


def run(
    *arguments: str, given: bytes = b"", program: Sequence[str] = ("-m", "traylane")
) -> subprocess.CompletedProcess[bytes]:
    """Run one `traylane` command to its end. `program` runs instead of `-m traylane`."""
    return subprocess.run(
        [sys.executable, *program, *arguments],
        input=given,
        capture_output=True,
        check=False,
        timeout=200,
        env=_environment(),
    )


class Server:
    """One running service. `options` are those of `traylane serve`; `program` runs instead of `-m traylane`."""

    def __init__(
        self,
        database: str,
        folder: Path,
        *options: str,
        cafile: Path | None = None,
        program: Sequence[str] = ("-m", "traylane"),
    ) -> None:
        self.port = free_port()
        self.log_file = folder / f"serve-{self.port}.log"
        self._command = [sys.executable, *program, "serve", "--database", database, "--port", str(self.port), *options]
        self._tls = None if cafile is None else ssl.create_default_context(cafile=str(cafile))
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Server:
        self.start()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def log(self) -> str:
        """What the service has said on standard error."""
        return self.log_file.read_text()

    def start(self) -> None:
        """Start and wait until /readyz says yes."""
        with self.log_file.open("ab") as log:
            # A group of its own: whatever it leaves behind can be ended with it.
            self._process = subprocess.Popen(
                self._command, stdout=log, stderr=log, env=_environment(), start_new_session=True
            )
        give_up = time.monotonic() + READY_SECONDS
        while not self._is_ready():
            assert self._process.poll() is None, f"the service did not start: {self.log}"
            assert time.monotonic() < give_up, f"the service was not ready in time: {self.log}"
            time.sleep(0.05)

    def stop(self) -> int:
        """Ask it to stop; its exit code. A second time does nothing."""
        if self._process is None:
            return 0
        process, self._process = self._process, None
        process.terminate()
        try:
            return process.wait(STOP_SECONDS)
        finally:
            _end_group(process.pid)
            process.wait()

    def kill(self) -> None:
        """kill -9, with all its workers."""
        assert self._process is not None
        process, self._process = self._process, None
        _end_group(process.pid)
        process.wait()

    def connect(self, *, timeout: float = 30) -> http.client.HTTPConnection:
        """A connection that is kept open."""
        if self._tls is not None:
            return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=timeout, context=self._tls)
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)

    def socket(self) -> socket.socket:
        """A bare socket."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=30)

    def send(
        self,
        method: str,
        target: str,
        *,
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        json: Any = None,
    ) -> Reply:
        """One request on a connection of its own."""
        connection = self.connect()
        try:
            return send(connection, method, target, key=key, headers=headers, body=body, json=json)
        finally:
            connection.close()

    def _is_ready(self) -> bool:
        try:
            return self.send("GET", "/readyz").status == 200
        except (OSError, http.client.HTTPException):
            return False


def send(
    connection: http.client.HTTPConnection,
    method: str,
    target: str,
    *,
    key: str | None = None,
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    json: Any = None,
) -> Reply:
    """One request on a connection that stays open."""
    fields = dict(headers or {})
    if key is not None:
        fields["Authorization"] = f"Bearer {key}"
    if json is not None:
        body = _encoded(json)
        fields["Content-Type"] = "application/json"
    connection.request(method, target, body=body or None, headers=fields)
    answer = connection.getresponse()
    pairs = tuple((name.lower().encode(), value.encode("latin-1")) for name, value in answer.getheaders())
    return Reply(answer.status, pairs, answer.read())


def rest(link: socket.socket) -> bytes:
    """What comes on a socket until its end."""
    parts = []
    with contextlib.suppress(ConnectionResetError):
        while part := link.recv(65_536):
            parts.append(part)
    return b"".join(parts)


def _encoded(content: Any) -> bytes:
    return json.dumps(content).encode()


def _end_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def _environment() -> dict[str, str]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("TRAYLANE_")}
    # Nobody waits for a drain but the tests of it, which say --drain.
    return ours | {"PYTHONPATH": os.pathsep.join((_SOURCES, _TESTS)), "TRAYLANE_DRAIN": "0"}
