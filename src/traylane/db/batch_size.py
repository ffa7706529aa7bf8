"""How many items of bulk work go together."""

from __future__ import annotations

BEHIND = (8, 200)
"""Fewest and most items of a batch behind another lane."""
BRIEF = 0.01
"""Seconds that such a batch should take while somebody is ahead: its size follows from what the last one took."""


def fitting(items: int, seconds: float, *, alone: bool) -> int:
    """How many items may go together, after so many took so long. `alone`: nobody is ahead."""
    fewest, most = BEHIND
    return most if alone else max(fewest, min(most, 2 * items, int(items * BRIEF / max(seconds, 0.0001))))
