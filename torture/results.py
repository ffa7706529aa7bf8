"""What was tried, kept in `results.json`, so that a run can be resumed."""

from __future__ import annotations

from pathlib import Path

import msgspec

from torture.promises import ROOT

FILE = ROOT / "torture" / "results.json"


class Piece(msgspec.Struct, frozen=True):
    """What one piece has shown. `outcome`: held or broken; `tried`: what its tests said."""

    outcome: str
    seconds: float
    tests: int
    tried: tuple[str, ...]
    date: str
    version: str
    machine: str


class Results:
    """All results: promise, then size (`full`, `ci`), then piece. Every change is written down at once."""

    def __init__(self, file: Path = FILE) -> None:
        self._file = file
        known = file.read_bytes() if file.exists() else b"{}"
        self._all = msgspec.json.decode(known, type=dict[str, dict[str, dict[str, Piece]]])

    def pieces(self, number: str, size: str) -> dict[str, Piece]:
        """What is known of a promise at a size, by piece (`3/20`)."""
        return self._all.get(number, {}).get(size, {})

    def record(self, number: str, size: str, piece: str, found: Piece) -> None:
        """Keep what a piece has shown, in place of what pieces of another cut had."""
        of = piece.partition("/")[2]
        kept = {name: one for name, one in self.pieces(number, size).items() if name.partition("/")[2] == of}
        self._all.setdefault(number, {})[size] = kept | {piece: found}
        self._write()

    def forget(self, number: str, size: str) -> None:
        """Try it anew."""
        self._all.get(number, {}).pop(size, None)
        self._write()

    def _write(self) -> None:
        text = msgspec.json.format(msgspec.json.encode(self._all, order="sorted"), indent=1)
        self._file.write_bytes(text + b"\n")
