"""What a prescription and a frame can plausibly be (ours, but for 112: contract, create). Pure, one number each.

These catch slips of the hand, a lost decimal point above all; they are wider than what a laboratory can grind. What is
not given is not judged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from traylane.orders.details import Details

EYES = {"rt": "R", "lt": "L"}


@dataclass(frozen=True)
class Implausible:
    """One thing that cannot be. `names`: the properties it was found in."""

    number: int
    message: str
    names: tuple[str, ...]

    def __str__(self) -> str:
        return f"ERROR {self.number}: {self.message}"


Rule = Callable[[Details], Iterator[tuple[str, ...]]]


@dataclass(frozen=True)
class OpticsRule:
    """A number, what it says, and which properties of an order break it."""

    number: int
    message: str
    broken: Rule


def _eyes(*names: str) -> Iterator[tuple[str, ...]]:
    for eye in EYES:
        yield tuple(eye + name for name in names)


def _between(low: float, high: float, *names: str) -> Rule:
    """Each of these numbers, where it is given, is at least `low` and at most `high`, of either eye."""

    def broken(details: Details) -> Iterator[tuple[str, ...]]:
        for eye in _eyes(*names):
            for name in eye:
                value = getattr(details, name)
                if value is not None and not low <= value <= high:
                    yield (name,)

    return broken


def _needs(amount: str, companion: str, *, unset: Any) -> Rule:
    """An `amount` that is given and not 0 needs its `companion`, of either eye."""

    def broken(details: Details) -> Iterator[tuple[str, ...]]:
        for first, second in _eyes(amount, companion):
            if getattr(details, first) and getattr(details, second) == unset:
                yield first, second

    return broken


def _not_more_than(height: str, limit: str) -> Rule:
    """A height of either eye is not more than a measure of the frame, where both are given."""

    def broken(details: Details) -> Iterator[tuple[str, ...]]:
        most = getattr(details, limit)
        for (name,) in _eyes(height):
            value = getattr(details, name)
            if value is not None and most and value > most:
                yield name, limit

    return broken


def _near_within_far(details: Details) -> Iterator[tuple[str, ...]]:
    """Eyes converge: the distance for near is not more than that for far."""
    for near, far in _eyes("NPD", "IPD"):
        values = getattr(details, near), getattr(details, far)
        if None not in values and values[0] > values[1]:
            yield near, far


def _diameter_holds_the_frame(details: Details) -> Iterator[tuple[str, ...]]:
    """The circle around a frame's shape is not smaller than its width."""
    if details.frameED and details.frameA and details.frameED < details.frameA:
        yield "frameED", "frameA"


OPTICS_RULES: tuple[OpticsRule, ...] = (
    OpticsRule(112, "SPHERE MUST BE BETWEEN -39.0 AND +49.0", _between(-39, 49, "SPH")),
    OpticsRule(113, "CYLINDER MUST BE BETWEEN -20.0 AND +20.0", _between(-20, 20, "CYL")),
    OpticsRule(114, "AXIS MUST BE BETWEEN 0 AND 180", _between(0, 180, "AX")),
    OpticsRule(115, "A CYLINDER NEEDS AN AXIS", _needs("CYL", "AX", unset=None)),
    OpticsRule(116, "ADDITION MUST BE BETWEEN 0.0 AND +9.0", _between(0, 9, "ADD")),
    OpticsRule(117, "PRISM MUST BE BETWEEN 0.0 AND 30.0", _between(0, 30, "PRVM1", "PRVM2")),
    OpticsRule(118, "A PRISM NEEDS A DIRECTION", _needs("PRVM1", "PRVA1", unset="")),
    OpticsRule(119, "A SECOND PRISM NEEDS A DIRECTION", _needs("PRVM2", "PRVA2", unset="")),
    OpticsRule(120, "PUPILLARY DISTANCE OF AN EYE MUST BE BETWEEN 15.0 AND 50.0", _between(15, 50, "IPD", "NPD")),
    OpticsRule(121, "NEAR PUPILLARY DISTANCE MUST NOT BE MORE THAN THE FAR ONE", _near_within_far),
    OpticsRule(122, "SEGMENT HEIGHT MUST NOT BE MORE THAN FRAME B", _not_more_than("SEGHT", "frameB")),
    OpticsRule(123, "OPTICAL CENTRE HEIGHT MUST NOT BE MORE THAN FRAME B", _not_more_than("OCHT", "frameB")),
    OpticsRule(124, "FRAME ED MUST NOT BE LESS THAN FRAME A", _diameter_holds_the_frame),
)


def implausible(details: Details) -> list[Implausible]:
    """Everything that cannot be, in the order of the numbers; each number once, with all properties that break it."""
    found = []
    for rule in OPTICS_RULES:
        names = dict.fromkeys(name for broken in rule.broken(details) for name in broken)
        if names:
            found.append(Implausible(rule.number, rule.message, tuple(names)))
    return found
