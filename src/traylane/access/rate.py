"""How many requests a key may make: a bucket that holds one minute's worth and fills steadily.

Counted by each process for itself; with N workers a key gets up to N times its rate.
"""

from __future__ import annotations

import math
from typing import Any

from traylane.access.keys import Key
from traylane.clock import MINUTE, Instant
from traylane.errors import Refused


class RateLimited(Refused):
    """The key's bucket is empty. `rate`: requests a minute; `retry_after`: seconds until the next one."""

    code = "rate_limited"
    sentence = "Too many requests"


class RateLimiter:
    """The buckets of all keys that have a rate."""

    def __init__(self) -> None:
        self._buckets: dict[bytes, tuple[float, Instant]] = {}

    def spend(self, key: Key, now: Instant) -> dict[str, Any]:
        """Take one request from the key's bucket; what is left of it.

        Returns `{}` for a key without a rate. Raises RateLimited when the bucket is empty.
        """
        if key.rate is None:
            return {}
        level, since = self._buckets.get(key.id, (float(key.rate), now))
        level = min(float(key.rate), level + max(0, now - since) * key.rate / MINUTE)
        if level < 1:
            self._buckets[key.id] = (level, now)
            raise RateLimited(rate=key.rate, retry_after=math.ceil((1 - level) * MINUTE / key.rate / 1000))
        self._buckets[key.id] = (level - 1, now)
        return {"rate": key.rate, "remaining": int(level - 1)}
