"""What becomes of the lenses and the frame of a cancelled order: back to stock, or broken (ours)."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

PARTS = ("rt", "lt", "frame")
"""Right lens, left lens, frame: prefixes of their properties on the wire."""
LENSES = ("rt", "lt")


class Part(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One part's end. A broken one has a breakage code and the code of the employee who says so."""

    kind: Literal["stock", "broken"]
    breakage: Annotated[str, Meta(max_length=7)] | None = None
    employee: Annotated[str, Meta(max_length=2)] | None = None


class Disposition(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What was said of each part; None where nothing was."""

    rt: Part | None = None
    lt: Part | None = None
    frame: Part | None = None

    def parts(self) -> tuple[tuple[str, Part], ...]:
        """The parts that something was said of, by prefix."""
        named = (("rt", self.rt), ("lt", self.lt), ("frame", self.frame))
        return tuple((name, part) for name, part in named if part is not None)

    def broken(self, *names: str) -> tuple[str, ...]:
        """Which of the parts `names` are broken."""
        return tuple(name for name, part in self.parts() if name in names and part.kind == "broken")

    def incomplete(self) -> tuple[str, ...]:
        """Parts whose codes do not fit their end."""
        return tuple(
            name
            for name, part in self.parts()
            if {part.breakage is None, part.employee is None} != {part.kind == "stock"}
        )

    def text(self) -> str | None:
        """As it stands in the order's row; None when nothing was said."""
        return msgspec.json.encode(self).decode() if self.parts() else None


NOTHING_SAID = Disposition()
_read = msgspec.json.Decoder(Disposition).decode


def from_text(text: str | None) -> Disposition:
    """The disposition that an order's row holds."""
    return NOTHING_SAID if text is None else _read(text)


def as_told(text: str | None) -> dict[str, dict[str, str]] | None:
    """What a row holds as events tell it: codes only; None when nothing was said."""
    told: dict[str, dict[str, str]] | None = None if text is None else msgspec.json.decode(text)
    return told
