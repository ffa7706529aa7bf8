"""Charts as shapes: what a page draws with lines and boxes. Pure: nothing here reads or knows a colour."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

import msgspec

WIDE, HIGH = 920, 300
LEFT, RIGHT, TOP, BELOW = 48, 48, 24, 34
NARROW, ROW, NAMES, FIGURES = 460, 32, 170, 56
MOST = 12
"""Columns and rows of a ranking; the rest are one."""
LABELS_OF_DAYS = 10
LONGEST_LABEL = 9
LONGEST_NAME = 20


class Item(msgspec.Struct, frozen=True):
    """What a bar stands for: a short label, the whole name, how many."""

    label: str
    name: str
    count: int


class Box(msgspec.Struct, frozen=True):
    """One bar. `label_x`, `label_y`: where its label stands; `within`: how much of it is drawn differently."""

    x: float
    y: float
    width: float
    height: float
    item: Item
    label: str
    label_x: float
    label_y: float
    within: float = 0


class Tick(msgspec.Struct, frozen=True):
    """A line of the scale and its figure."""

    y: float
    text: str


class Chart(msgspec.Struct, frozen=True):
    """A chart of `width` by `height`. `line`: the points of the running share, empty where there is none."""

    width: int
    height: int
    boxes: tuple[Box, ...]
    ticks: tuple[Tick, ...] = ()
    shares: tuple[Tick, ...] = ()
    line: tuple[tuple[float, float], ...] = ()

    @property
    def points(self) -> str:
        return " ".join(f"{x:.1f},{y:.1f}" for x, y in self.line)


def pareto(items: Sequence[Item], others: str) -> Chart:
    """Columns from the largest on, and the share that they make together."""
    shown = first_of(items, others)
    boxes, ticks, scale = _columns(shown, [0] * len(shown), every=1)
    total = sum(item.count for item in shown) or 1
    running = accumulate(item.count for item in shown)
    floor = HIGH - BELOW
    line = [(b.x + b.width / 2, floor - sum_ / total * scale) for b, sum_ in zip(boxes, running, strict=True)]
    shares = tuple(Tick(floor - part / 100 * scale, f"{part} %") for part in (0, 50, 100))
    return Chart(WIDE, HIGH, tuple(boxes), ticks, shares, tuple(line))


def columns(items: Sequence[Item], within: Sequence[int]) -> Chart:
    """Columns side by side in their order, `within` of each drawn differently."""
    boxes, ticks, _scale = _columns(items, within, every=max(1, -(-len(items) // LABELS_OF_DAYS)))
    return Chart(WIDE, HIGH, tuple(boxes), ticks)


def rows(items: Sequence[Item], others: str = "") -> Chart:
    """Bars below each other; with `others` the largest first, and what is left as one."""
    shown = first_of(items, others) if others else items
    most = max((item.count for item in shown), default=0) or 1
    space = NARROW - NAMES - FIGURES
    boxes = tuple(
        Box(
            x=NAMES,
            y=place * ROW + 5,
            width=round(item.count / most * space, 1),
            height=ROW - 10,
            item=item,
            label=_short(item.label, LONGEST_NAME),
            label_x=NAMES - 10,
            label_y=place * ROW + ROW / 2 + 5,
        )
        for place, item in enumerate(shown)
    )
    return Chart(NARROW, max(1, len(shown)) * ROW, boxes)


def first_of(items: Sequence[Item], others: str) -> list[Item]:
    """The first MOST items, what is behind them counted together."""
    if len(items) <= MOST:
        return list(items)
    rest = sum(item.count for item in items[MOST - 1 :])
    return [*items[: MOST - 1], Item(others, others, rest)]


def _columns(items: Sequence[Item], within: Sequence[int], *, every: int) -> tuple[list[Box], tuple[Tick, ...], float]:
    most = max((item.count for item in items), default=0)
    step = _step(most)
    top = step * max(1, -(-most // step))
    space, floor = HIGH - TOP - BELOW, HIGH - BELOW
    each = (WIDE - LEFT - RIGHT) / max(1, len(items))
    width = min(64.0, each * 0.72)
    boxes = []
    for place, (item, part) in enumerate(zip(items, within, strict=True)):
        middle = LEFT + each * (place + 0.5)
        height = item.count / top * space
        label = _short(item.label, LONGEST_LABEL) if place % every == 0 else ""
        boxes.append(
            Box(
                x=round(middle - width / 2, 1),
                y=round(floor - height, 1),
                width=round(width, 1),
                height=round(height, 1),
                item=item,
                label=label,
                label_x=round(middle, 1),
                label_y=floor + 20,
                within=round(min(part, item.count) / top * space, 1),
            )
        )
    ticks = tuple(Tick(floor - count / top * space, str(count)) for count in range(0, top + 1, step))
    return boxes, ticks, space


def _step(most: int) -> int:
    """A round step that makes about four of a scale."""
    wanted, size = max(1, -(-most // 4)), 1
    while True:
        for times in (1, 2, 5):
            if size * times >= wanted:
                return size * times
        size *= 10


def _short(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
