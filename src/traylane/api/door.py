"""How soon those that were refused are listened to again, when there are very many of them."""

from __future__ import annotations

REFUSALS = 500
"""As many in a second cost about a tenth of the time of one process; the rest of it is for those who are served."""


class Door:
    """One for each process. Whoever is refused may come again when it is their turn; few of them at once."""

    def __init__(self) -> None:
        self._next = 0.0

    def wait(self, now: float) -> float:
        """The seconds that a client who is refused now should stay away; 0 while few are refused."""
        wait = max(0.0, self._next - now)
        self._next = now + wait + 1 / REFUSALS
        return wait
