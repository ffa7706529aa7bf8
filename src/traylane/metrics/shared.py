"""Several workers of one service answer on one port: each writes down what it counted, and whoever is asked adds up.

What a worker that died had counted stays: a counter never goes back.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import msgspec

from traylane.metrics.catalogue import FAMILIES, Kind
from traylane.metrics.record import Metrics, Numbers

WRITE_SECONDS = 1.0
ALIVE_SECONDS = 10.0
"""Whoever has not written for so long is dead: its gauges count no more."""

_KINDS: dict[str, Kind] = {family.name: family.kind for family in FAMILIES}
_MAXIMA = frozenset(family.name for family in FAMILIES if family.joined == "max")
_encode = msgspec.msgpack.Encoder().encode
_Written = dict[str, list[tuple[tuple[str, ...], list[float]]]]
_decode = msgspec.msgpack.Decoder(_Written).decode


class Shared:
    """One worker's part of the folder that all workers of a service share."""

    def __init__(self, folder: Path, metrics: Metrics) -> None:
        self._folder = folder
        self._metrics = metrics
        self._own = folder / f"{os.getpid()}-{secrets.token_hex(4)}.counts"

    def write(self) -> None:
        """Write down what was counted so far, whole or not at all. Does nothing when the folder is gone."""
        written = {name: list(cells.items()) for name, cells in self._metrics.numbers().items()}
        new = self._own.with_suffix(".new")
        with suppress(OSError):
            new.write_bytes(_encode(written))
            new.replace(self._own)

    def together(self) -> Numbers:
        """What all workers counted: this one until now, the others until a second ago."""
        self.write()  # what was once told is still there when this worker dies
        return added(self._metrics.numbers(), self._others())

    def _others(self) -> Iterable[Numbers]:
        for path in self._folder.glob("*.counts"):
            if path == self._own:
                continue
            try:
                is_alive = time.time() - path.stat().st_mtime < ALIVE_SECONDS
                written = _decode(path.read_bytes())
            except (OSError, msgspec.DecodeError):
                continue
            yield {
                name: dict(cells)
                for name, cells in written.items()
                if name in _KINDS and (is_alive or _KINDS[name] != "gauge")
            }


def added(first: Numbers, others: Iterable[Numbers]) -> Numbers:
    """The sum of all, or for some gauges the largest."""
    total = {name: {labels: list(cell) for labels, cell in cells.items()} for name, cells in first.items()}
    for numbers in others:
        for name, cells in numbers.items():
            known = total.setdefault(name, {})
            for labels, cell in cells.items():
                so_far = known.get(labels, [0.0] * len(cell))
                join = max if name in _MAXIMA else _plus
                known[labels] = [join(a, b) for a, b in zip(so_far, cell, strict=True)]
    return total


def _plus(a: float, b: float) -> float:
    return a + b
