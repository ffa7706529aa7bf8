"""A laboratory's days as a plan: what every client tries, and when; the same for the same seed, every time.

Clients act blindly, as people do: whether an order was held, cancelled or given another tray meanwhile is for the
rules to say. So a good part of what is tried is refused.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from traylane.clock import DAY, HOUR, MINUTE, Instant, from_text

BEGIN = from_text("2026-11-02T05:00:00.000Z")
LINE = ("RCV", "BLK", "GEN", "POL", "COT", "EDG", "QA", "SHP")
RACK = "CAN"
REASONS = ("CUS", "DUP", "ERR", "FRM", "REM")
"""The last one allows an override."""
CUSTOMERS = tuple(str(number) for number in range(1001, 1011))
TICK = 8 * MINUTE
"""What falls into so much of the laboratory's time happens at once; less than `events.span` allows for."""


class Step(NamedTuple):
    """What somebody tries at `at` with the order that arrived as the `order`th. `by`: how they name it.

    `key`: it comes with an Idempotency-Key; the same key again is a retry.
    """

    at: Instant
    order: int
    what: str
    by: str = "order"
    key: str | None = None
    more: Any = None


class _Life:
    """One order's days, as they are planned."""

    def __init__(self, order: int, at: Instant, trays: int, rng: random.Random) -> None:
        self.order = order
        self.at = at
        self._trays = trays
        self._rng = rng

    def often(self, share: float) -> bool:
        return self._rng.random() < share

    def upto(self, end: int) -> int:
        # Only random() is the same in every version of Python.
        return int(self._rng.random() * end)

    def wait(self, least: int = 6, most: int = 50) -> None:
        self.at = Instant(self.at + least * MINUTE + self.upto((most - least) * MINUTE))

    def step(self, what: str, *, by: str = "order", key: str | None = None, more: Any = None) -> Step:
        return Step(self.at, self.order, what, by, key, more)

    def named(self) -> str:
        """How a client names the order: most by tray or number, some by PO."""
        return ("order", "order", "tray", "tray", "po")[self.upto(5)]

    def tray(self) -> str:
        return f"{1 + self.upto(self._trays):05d}"


def plan(*, orders: int, days: int, seed: int) -> list[Step]:
    """Every step, in the order of time: `orders` arrive on each of `days` days."""
    rng = random.Random(seed)
    steps: list[Step] = []
    trays = tray_count(orders)
    for order in range(orders * days):
        arrives = Instant(BEGIN + order // orders * DAY + int(rng.random() * 12 * HOUR))
        steps += _live(_Life(order, arrives, trays, rng))
    return sorted(steps, key=lambda step: (step.at, step.order))


def tray_count(orders: int) -> int:
    """Trays of a laboratory that gets so many orders a day: too few for its busy hours."""
    return min(99_999, max(20, orders // 2))


def _live(life: _Life) -> Iterator[Step]:
    yield life.step("create", more={"customer": CUSTOMERS[life.upto(len(CUSTOMERS))], "on_hold": life.often(0.02)})
    if life.often(0.04):
        life.wait()
        yield life.step("unvalid")
        life.wait()
        yield life.step("validate")
    cancelled_at = min(life.upto(len(LINE) + 1), life.upto(len(LINE) + 1)) if life.often(0.4) else None
    for place, station in enumerate(LINE):
        life.wait()
        yield from _on_the_way(life)
        if place == cancelled_at:
            yield from _cancelled(life, station)
        yield life.step("scan", by=("order", "tray")[life.upto(2)], more=station)
        if life.often(0.04):
            yield life.step("scan", more=station)
    life.wait()
    if cancelled_at == len(LINE):
        yield from _cancelled(life, LINE[-1])
    yield life.step("complete")
    if life.often(0.1):
        yield life.step("complete")


def _on_the_way(life: _Life) -> Iterator[Step]:
    """What happens to an order between two stations."""
    for share, what in _WAYS:
        if life.often(share):
            yield from what(life)


def _hold(life: _Life) -> Iterator[Step]:
    yield life.step("hold", by=life.named())
    yield life.step("hold")
    life.wait()
    yield life.step("scan", more=LINE[0])
    life.wait()
    yield life.step("release")


def _other_tray(life: _Life) -> Iterator[Step]:
    yield life.step("assign", more={"tray": life.tray(), "reassign": True})


def _out_of_tray(life: _Life) -> Iterator[Step]:
    yield life.step("release_tray", by=("order", "tray")[life.upto(2)])
    life.wait()
    yield life.step("assign", more={"tray": life.tray(), "reassign": False})


def _correct(life: _Life) -> Iterator[Step]:
    yield life.step("correct")


_WAYS: tuple[tuple[float, Callable[[_Life], Iterator[Step]]], ...] = (
    (0.02, _hold),
    (0.16, _other_tray),
    (0.14, _out_of_tray),
    (0.03, _correct),
)


def _cancelled(life: _Life, station: str) -> Iterator[Step]:
    """An order is cancelled, or somebody tries; then perhaps disposed of, taken out, restored."""
    if life.often(0.3):
        yield life.step("scan", more=station)  # at the very same moment
    reason = REASONS[life.upto(len(REASONS))]
    asked = {"reason": reason, "override": life.often(0.5), "disposed": life.often(0.3), "broken": life.often(0.3)}
    key = f"cancel-{life.order}" if life.often(0.4) else None
    what = "cancel in bulk" if life.often(0.25) else "cancel"
    by = life.named()
    yield life.step(what, by=by, key=key, more=asked)
    if life.often(0.2):
        yield life.step("cancel", more=asked)
    life.wait()
    if life.often(0.3):
        broken = life.often(0.4)
        yield life.step("dispose", more={"broken": broken})
        yield life.step("dispose", more={"broken": broken})
    yield from _afterwards(life)
    if key is not None:
        life.wait()
        # By now the tray may hold another order.
        yield life.step(what, by=by, key=key, more=asked)
    if life.often(0.35):
        life.wait(30, 200)
        yield life.step("restore", more={"force": life.often(0.5)})
        yield life.step("restore", more={"force": True})
        if key is not None:
            life.wait()
            yield life.step(what, by=by, key=key, more=asked)
        if life.often(0.2):
            life.wait()
            yield life.step("cancel", by=life.named(), more=asked)


def _afterwards(life: _Life) -> Iterator[Step]:
    """Somebody takes the tray to the rack, or releases it, or nobody does and the next order gets it."""
    end = life.upto(3)
    if end == 0:
        yield life.step("scan", by="tray", more=RACK)
    elif end == 1:
        yield life.step("release_tray")
