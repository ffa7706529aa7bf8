"""The paths that need no key: health, and the description of the API."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping

from traylane.api.docs_page import docs_page
from traylane.api.http import JSON, Answer, Header, json_answer
from traylane.api.openapi import encoded
from traylane.errors import Fault, Unavailable
from traylane.log import log

READY_FOR_SECONDS = 1.0
_HTML: Header = (b"content-type", b"text/html; charset=utf-8")
_POLICY: Header = (
    b"content-security-policy",
    b"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
)


class Readiness:
    """Whether the service can make changes; asked of the database at most once a second.

    Not ready either once it is told that the service is `stopping`.
    """

    def __init__(self, check: Callable[[], Awaitable[None]]) -> None:
        self.stopping = False
        self._check = check
        self._good_until = 0.0

    async def answer(self) -> Answer:
        """200, or 503 with one sentence."""
        if self.stopping:
            raise Unavailable("The service is stopping")
        if time.monotonic() >= self._good_until:
            try:
                await self._check()
            except Fault as fault:
                log("not_ready", level="error", hint=str(fault))
                # Whoever asks without a key learns neither paths nor addresses.
                raise Unavailable("The database cannot take changes; the log says why", retry_after=2) from fault
            self._good_until = time.monotonic() + READY_FOR_SECONDS
        return json_answer(200, {"status": "ready"})


async def alive() -> Answer:
    """200 as long as the event loop turns."""
    return json_answer(200, {"status": "alive"})


async def openapi_json() -> Answer:
    """The description of the API, OpenAPI 3.1."""
    return Answer(200, encoded(), [JSON])


async def docs() -> Answer:
    """The same for people: one page that needs nothing from elsewhere."""
    return Answer(200, docs_page(), [_HTML, _POLICY])


def pages(ready: Readiness) -> Mapping[str, Callable[[], Awaitable[Answer]]]:
    """Path to page."""
    return {"/livez": alive, "/readyz": ready.answer, "/openapi.json": openapi_json, "/docs": docs}
