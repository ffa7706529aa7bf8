"""What has to be reached: each goal is a figure, its median over the rounds, and its limit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import median

from bench.contestants import (
    BARE_SQLITE,
    CONSTANT,
    DRF_POSTGRES,
    DRF_SQLITE,
    PGBENCH,
    TEXTBOOK_POSTGRES,
    TEXTBOOK_SQLITE,
    TRAYLANE_POSTGRES,
    TRAYLANE_SQLITE,
    Contestant,
    Measure,
)

HEADS = ["", "clients", "figure", "spread", "goal", "", "processor time"]
WHAT = {"DELETE": "cancel", "SCAN": "check-in", "GET": "fetch"}


@dataclass(frozen=True)
class Figure:
    """A figure of every round, and its goal: None when it is only shown.

    `processor`: what one costs beside the other, in processor time, where two are compared.
    """

    what: str
    values: list[float]
    goal: float | None = None
    at_most: bool = False
    unit: str = ""
    clients: str = ""
    processor: list[float] = field(default_factory=list)

    @property
    def verdict(self) -> str:
        if self.goal is None:
            return ""
        if not self.values:
            return "not measured"
        found = median(self.values)
        return "pass" if (found <= self.goal if self.at_most else found >= self.goal) else "FAIL"

    def row(self) -> list[str]:
        """As the table shows it."""
        unit = f" {self.unit}" if self.unit else ""
        middle = f"{number(median(self.values))}{unit}" if self.values else ""
        spread = f"{number(min(self.values))}–{number(max(self.values))}" if self.values else ""
        goal = "" if self.goal is None else f"{'≤' if self.at_most else '≥'} {self.goal:g}{unit}"
        processor = f"÷ {number(median(self.processor))}" if self.processor else ""
        return [self.what, self.clients, middle, spread, goal, self.verdict, processor]


def number(value: float) -> str:
    """Two digits behind the point while they say something."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.2f}"


@dataclass(frozen=True)
class Pair:
    """Who is compared with whom; `goals`: how many times as fast, by the number of clients."""

    method: str
    over: Contestant
    under: Contestant
    goals: dict[int, float] = field(default_factory=dict)

    def figure(self, measures: list[Measure], clients: int) -> Figure:
        """One value a round: both were measured within the same minute."""
        above, below = (
            {m.round: m for m in measures if (m.contestant, m.method, m.clients) == (who.name, self.method, clients)}
            for who in (self.over, self.under)
        )
        rounds = sorted(above.keys() & below.keys())
        return Figure(
            what=f"{WHAT[self.method]}: {self.over.name} ÷ {self.under.name}",
            values=[above[at].result.rate / below[at].result.rate for at in rounds],
            goal=self.goals.get(clients),
            clients=str(clients),
            processor=[below[at].cost_us / max(above[at].cost_us, 1e-9) for at in rounds],
        )


PAIRS = [
    Pair("DELETE", TRAYLANE_POSTGRES, PGBENCH, {64: 1.2, 16: 0.65, 1: 0.45}),
    Pair("DELETE", TRAYLANE_SQLITE, BARE_SQLITE, {64: 0.5, 16: 0.45, 1: 0.4}),
    Pair("DELETE", TRAYLANE_POSTGRES, TEXTBOOK_POSTGRES, {64: 20}),
    Pair("DELETE", TRAYLANE_SQLITE, TEXTBOOK_SQLITE, {64: 40}),
    Pair("DELETE", TRAYLANE_POSTGRES, DRF_POSTGRES, {64: 25}),
    Pair("DELETE", TRAYLANE_SQLITE, DRF_SQLITE, {64: 30}),
    Pair("DELETE", TRAYLANE_POSTGRES, CONSTANT),
    Pair("SCAN", TRAYLANE_POSTGRES, TEXTBOOK_POSTGRES, {64: 20}),
    Pair("SCAN", TRAYLANE_SQLITE, TEXTBOOK_SQLITE, {64: 20}),
    Pair("GET", TRAYLANE_POSTGRES, TEXTBOOK_POSTGRES, {64: 10}),
    Pair("GET", TRAYLANE_SQLITE, TEXTBOOK_SQLITE, {64: 20}),
    Pair("GET", TRAYLANE_POSTGRES, DRF_POSTGRES),
    Pair("GET", TRAYLANE_SQLITE, DRF_SQLITE),
    Pair("GET", TRAYLANE_POSTGRES, CONSTANT),
]


def ratios(measures: list[Measure], clients: tuple[int, ...]) -> Iterator[Figure]:
    """Everybody beside whom the service is held; what has neither a value nor a goal is left out."""
    for pair in PAIRS:
        for clients_ in clients:
            figure = pair.figure(measures, clients_)
            if figure.values or figure.goal is not None:
                yield figure


def missed(figures: list[Figure]) -> list[Figure]:
    """Goals that were not met, or not measured."""
    return [figure for figure in figures if figure.verdict not in ("", "pass")]
