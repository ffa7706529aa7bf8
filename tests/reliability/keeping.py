"""`traylane` with a planted fault: it keeps some memory of its answers, and now and then a descriptor.

Run as `python -m tests.reliability.keeping serve …`.
"""

from __future__ import annotations

import os
import sys
import time
from typing import Any

from traylane.api.service import Service
from traylane.cli.main import main

KEPT: list[bytes] = []
LAST = [0.0]
BETWEEN = 0.002
"""Seconds from one to the next: a service that is quick keeps no more than half a thousand of them each second."""
_serve = Service._serve


async def serve(self: Service, *given: Any) -> None:
    """As ever, and something stays."""
    now = time.monotonic()
    if now >= LAST[0] + BETWEEN:
        LAST[0] = now
        KEPT.append(b"x" * 300_000)
        if len(KEPT) % 20 == 0:
            os.open(os.devnull, os.O_RDONLY)
    await _serve(self, *given)


setattr(Service, "_serve", serve)  # noqa: B010 (a planted fault, which types would refuse)

if __name__ == "__main__":
    sys.exit(main())
