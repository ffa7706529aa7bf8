"""One call over as many tries as are safe, without a wire: what to send, and what to make of what came."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import msgspec

import traylane
from traylane.client import refusals
from traylane.client.ask import Ask
from traylane.client.errors import AnswerLost, ClientError, NotReached, NotTraylane, Refused

T = TypeVar("T")

FIRST_WAIT = 0.1
LONGEST_WAIT = 5.0
_MEMBERS = frozenset({"type", "title", "status", "error", "details", "code"})
_MAY_PASS = frozenset({409, 429, 503})


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How often and how long (seconds, over all tries and waits) a call is tried. `tries=1`: never again."""

    tries: int = 5
    seconds: float = 30.0
    chance: Callable[[], float] = random.random
    """0 to 1: waits are spread by it, so that clients that failed together do not come back together."""


class Exchange(Generic[T]):
    """One call. Unsafe ones get an Idempotency-Key, the same for every try."""

    def __init__(self, ask: Ask[T], key: str | None, patience: Patience, *, now: float) -> None:
        self._ask = ask
        self._patience = patience
        self._give_up = now + patience.seconds
        self._tries = 0
        self.idempotency_key = ask.idempotency_key
        if ask.keyed and self.idempotency_key is None:
            self.idempotency_key = uuid.uuid4().hex
        self.headers = self._headers(key)
        self.content = b"" if ask.body is None else msgspec.json.encode(ask.body)

    def after_failure(self, error: Exception, *, sent: bool, now: float) -> float:
        """Seconds to wait before the next try. Raises NotReached or AnswerLost when there is to be none.

        `sent`: the request may have reached the service; then only what is safe to repeat is tried again.
        """
        lost: ClientError = AnswerLost("No answer came") if sent else NotReached("The service does not answer")
        repeatable = not sent or not self._ask.changes or self.idempotency_key is not None
        wait: float = min(LONGEST_WAIT, FIRST_WAIT * 2**self._tries) * (0.5 + self._patience.chance() / 2)
        if repeatable and self._may_try_again(now + wait):
            return wait
        raise self._named(lost) from error

    def after_answer(self, status: int, headers: Mapping[str, str], body: bytes, *, now: float) -> float | None:
        """None for a success, else seconds to wait before the next try. Raises Refused, NotTraylane."""
        if status < 300:
            return None
        refusal = _refusal(status, headers, body)
        wait = refusal.retry_after
        if wait is not None and self._may_repeat(refusal):
            spread = wait + self._patience.chance() * min(1.0, wait)
            if self._may_try_again(now + spread):
                return spread
        raise self._named(refusal)

    def value(self, body: bytes) -> T:
        """The answer of a success. Raises NotTraylane."""
        if not body:
            return None  # type: ignore[return-value]  # an answer without a body is described as None
        return _decoded(body)  # type: ignore[no-any-return]

    def _may_repeat(self, refusal: Refused) -> bool:
        if refusal.status not in _MAY_PASS or (refusal.status == 409 and refusal.given_code != "key_in_use"):
            return False
        return refusal.given_code != "outcome_unknown" or not self._ask.changes or self.idempotency_key is not None

    def _may_try_again(self, at: float) -> bool:
        self._tries += 1
        return self._tries < self._patience.tries and at < self._give_up

    def _named(self, error: ClientError) -> ClientError:
        error.idempotency_key = self.idempotency_key
        return error

    def _headers(self, key: str | None) -> dict[str, str]:
        ask = self._ask
        given = {
            "Accept": "application/json, application/problem+json",
            "User-Agent": f"traylane/{traylane.__version__}",
            "Authorization": None if key is None else f"Bearer {key}",
            "Content-Type": None if ask.body is None else "application/json",
            "Idempotency-Key": self.idempotency_key,
            "If-Match": ask.if_match,
        }
        return {name: value for name, value in given.items() if value is not None}


def _refusal(status: int, headers: Mapping[str, str], body: bytes) -> Refused:
    document = _decoded(body)
    if not isinstance(document, dict) or not isinstance(document.get("error"), str):
        raise NotTraylane(f"The answer ({status}) is not one of Traylane's")
    code = str(document.get("code", ""))
    wait = headers.get("retry-after", "")
    return refusals.BY_CODE.get(code, Refused)(
        status=status,
        given_code=code,
        error=document["error"],
        details=[str(detail) for detail in document.get("details", [])],
        evidence={name: value for name, value in document.items() if name not in _MEMBERS},
        retry_after=int(wait) if wait.isdecimal() else None,
    )


def _decoded(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NotTraylane("The answer is not JSON: check the address") from error
