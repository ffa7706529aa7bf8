"""The Python client of a Traylane: every documented operation a method, sync and async.

It stands on its own: of the service only the way messages are signed is imported. Methods, shapes and refusals are
made from the API's description (`make docs`). httpx is loaded only when a client is made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from traylane.client.errors import AnswerLost, ClientError, NotReached, NotTraylane, Refused
    from traylane.client.exchange import Patience
    from traylane.client.feed import follow
    from traylane.client.http import AsyncClient, Client
    from traylane.signatures import BadSignature, verify

__all__ = [
    "AnswerLost",
    "AsyncClient",
    "BadSignature",
    "Client",
    "ClientError",
    "NotReached",
    "NotTraylane",
    "Patience",
    "Refused",
    "follow",
    "verify",
]

_PLACES = {
    "Client": "http",
    "AsyncClient": "http",
    "Patience": "exchange",
    "AnswerLost": "errors",
    "ClientError": "errors",
    "NotReached": "errors",
    "NotTraylane": "errors",
    "Refused": "errors",
    "follow": "feed",
    "BadSignature": "signatures",
    "verify": "signatures",
}


def __getattr__(name: str) -> Any:
    from importlib import import_module  # noqa: PLC0415

    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    place = _PLACES[name]
    return getattr(import_module("traylane.signatures" if place == "signatures" else f"{__name__}.{place}"), name)
