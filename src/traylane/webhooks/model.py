"""An endpoint, a delivery, and when it is tried again. Pure: nothing here reads or sends."""

from __future__ import annotations

import random

import msgspec

from traylane.clock import DAY, HOUR, MINUTE, Instant

PAUSES = (5_000, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR)
"""Milliseconds between one try and the next: ten tries over 75 hours and 35 minutes."""
JITTER = 0.1
LONGEST_PAUSE = DAY
"""No receiver's Retry-After is waited for longer."""
KEPT_TRIES = 20
GIVEN_UP_AFTER = 3 * DAY
"""An endpoint is disabled when a delivery has failed for good and nothing has arrived for so long."""

PENDING, DELIVERED, FAILED = "pending", "delivered", "failed"


class Secret(msgspec.Struct, frozen=True):
    """What messages are signed with; `until`: the end of an overlap after a rotation."""

    text: str
    until: Instant | None = None


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """Where messages go. `types` and `customer` choose what is told; `staff`: with the codes of who works here.

    `position`: everything up to there was told, or is on its way as a delivery. `failing_since`: nothing has arrived
    since then.
    """

    id: bytes
    url: str
    description: str
    types: tuple[str, ...]
    customer: str | None
    staff: bool
    secrets: tuple[Secret, ...]
    position: int
    created_at: Instant
    failing_since: Instant | None = None
    disabled_at: Instant | None = None
    disabled_why: str = ""

    def signing(self, now: Instant) -> list[str]:
        """The secrets that are in force, the newest first."""
        return [secret.text for secret in self.secrets if secret.until is None or secret.until > now]


class Try(msgspec.Struct, frozen=True, kw_only=True):
    """One try of a delivery. `status`: 0 when no answer came; `answer`: how it began."""

    at: Instant
    ms: int
    status: int
    error: str = ""
    answer: str = ""
    retry_after: int | None = None

    @property
    def arrived(self) -> bool:
        return 200 <= self.status < 300

    @property
    def is_gone(self) -> bool:
        """Whether the receiver says that it wants nothing more, ever."""
        return self.status == 410


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One event on its way to one endpoint. `next_at`: when it is due again, None when it is over.

    `tried` counts since it was sent off or replayed; of `tries` the last ones are kept.
    """

    endpoint: bytes
    position: int
    event: bytes
    state: str
    next_at: Instant | None
    tried: int = 0
    tries: tuple[Try, ...] = ()

    def after(self, tried: Try) -> Delivery:
        """The delivery after one more try."""
        tries, count = (*self.tries, tried)[-KEPT_TRIES:], self.tried + 1
        state, next_at = PENDING, None
        if tried.arrived:
            state = DELIVERED
        elif count > len(PAUSES) or tried.is_gone:
            state = FAILED
        else:
            next_at = _next(tried, count)
        return msgspec.structs.replace(self, state=state, next_at=next_at, tried=count, tries=tries)


def _next(tried: Try, count: int) -> Instant:
    pause = PAUSES[count - 1] * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 (spreads load, hides nothing)
    asked = min((tried.retry_after or 0) * 1000, LONGEST_PAUSE)
    return Instant(tried.at + int(max(pause, asked)))
