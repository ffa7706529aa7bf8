"""Send one message: one POST, no redirects, every wait bounded, the answer capped."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Callable, Collection

import httpcore

import traylane
from traylane.clock import Clock
from traylane.webhooks.connect import Connections
from traylane.webhooks.model import Try
from traylane.webhooks.target import TargetRefused, require

TIMEOUT = 15.0
READ_AT_MOST = 64 * 1024
KEPT_OF_ANSWER = 1_000


class Sender:
    """Sends messages over connections that go to checked addresses. `allowed`: hosts that may be private, now."""

    def __init__(self, clock: Clock, allowed: Callable[[], Collection[str]], trusted: ssl.SSLContext | None = None):
        self._clock = clock
        self._allowed = allowed
        self._connections = Connections(allowed, trusted or ssl.create_default_context())

    async def warm_up(self) -> None:
        """Load what the first message would load, 15 ms in which nobody else gets a turn."""
        await self._connections.warm_up()

    async def send(self, url: str, headers: dict[str, str], body: bytes) -> Try:
        """Try once; what came of it. Raises nothing that a receiver could cause."""
        began, at = time.monotonic(), self._clock()
        status, answer, error, retry_after = 0, "", "", None
        try:
            # What was allowed when the endpoint was made may be so no longer.
            require(url, self._allowed())
            async with asyncio.timeout(TIMEOUT):
                status, retry_after, answer = await self._post(url, headers, body)
        except TimeoutError:
            error = f"no answer within {TIMEOUT:.0f} seconds"
        except TargetRefused as refused:
            error = str(refused)
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException, OSError) as failure:
            error = _words(failure)
        if 300 <= status < 400:
            error = "redirects are not followed"
        ms = round((time.monotonic() - began) * 1000)
        return Try(at=at, ms=ms, status=status, error=error, answer=answer, retry_after=retry_after)

    async def close(self) -> None:
        """Close every connection."""
        await self._connections.close()

    async def _post(self, url: str, headers: dict[str, str], body: bytes) -> tuple[int, int | None, str]:
        sent = {
            "content-type": "application/json",
            "user-agent": f"traylane/{traylane.__version__}",
            "accept": "*/*",
            **headers,
        }
        async with (
            self._connections.one(url) as connection,
            connection.stream("POST", url, headers=list(sent.items()), content=body) as response,
        ):
            kept = bytearray()
            async for part in response.aiter_stream():
                kept += part
                if len(kept) >= READ_AT_MOST:
                    break
            wait = dict(response.headers).get(b"retry-after", b"")
            seconds = int(wait) if wait.isdigit() and len(wait) < 9 else None
            return response.status, seconds, kept[:KEPT_OF_ANSWER].decode("utf-8", "replace").replace("\0", "\ufffd")


def _words(failure: Exception) -> str:
    cause: BaseException | None = failure
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"the certificate is not trusted: {cause.verify_message}"
        if isinstance(cause, ssl.SSLError):
            return "TLS could not be agreed on"
        if isinstance(cause, ConnectionRefusedError):
            return "the connection was refused"
        cause = cause.__cause__ or cause.__context__
    if isinstance(failure, httpcore.ProtocolError):
        return "the answer is no HTTP"
    if isinstance(failure, httpcore.ConnectError):
        return "no connection could be made"
    return "the connection broke"
