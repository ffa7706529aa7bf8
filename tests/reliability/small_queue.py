"""`traylane` with a short queue, so that a thousand clients are far too many; and, for `open`, with a planted fault.

Run as `python -m tests.reliability.small_queue short serve …`, or `… open serve …`: whoever is refused is listened to
again at once, however many they are.
"""

from __future__ import annotations

import sys

from traylane.api import door
from traylane.api.door import Door
from traylane.cli.main import main
from traylane.db import batch

QUEUE = 100
REFUSALS = 100
"""So few that a machine that is slow, too, would make many more if everybody were listened to."""


def at_once(_self: Door, _now: float) -> float:
    """Whoever is refused need not wait."""
    return 0.0


def play(part: str) -> None:
    """Plant what is to be planted."""
    batch.LONGEST_QUEUE = QUEUE
    door.REFUSALS = REFUSALS
    if part == "open":
        setattr(Door, "wait", at_once)  # noqa: B010 (a planted fault, which types would refuse)


if __name__ == "__main__":
    play(sys.argv.pop(1))
    sys.exit(main())
