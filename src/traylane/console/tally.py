"""What a session has done at the desk: counters, and the last scans with what came of them."""

from __future__ import annotations

from typing import Literal

import msgspec

from traylane.access.sessions import Session
from traylane.clock import Instant

KEPT = 8
Outcome = Literal["cancelled", "restored", "refused"]


class Recent(msgspec.Struct):
    """A scan of this session and what came of it; `good`: it did what it was for."""

    at: Instant
    order: str
    said: str
    good: bool


class Tally(msgspec.Struct, omit_defaults=True):
    """The counters of a session, and its last scans, the newest first."""

    cancelled: int = 0
    restored: int = 0
    refused: int = 0
    recent: list[Recent] = []

    def after(self, outcome: Outcome, line: Recent) -> Tally:
        """With one more scan."""
        more = {outcome: getattr(self, outcome) + 1}
        return msgspec.structs.replace(self, recent=[line, *self.recent][:KEPT], **more)


_read = msgspec.json.Decoder(Tally | list[Recent]).decode


def tally_of(session: Session) -> Tally:
    """What the session has done. A new one keeps an empty list; so did all of them before there were counters."""
    kept = _read(session.recent)
    return kept if isinstance(kept, Tally) else Tally(recent=kept)


def text(tally: Tally) -> str:
    """A tally as a session keeps it."""
    return msgspec.json.encode(tally).decode()
