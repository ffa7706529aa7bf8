"""Counts in memory: a dictionary and an addition for each, since a cancel passes several of them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping

from traylane.metrics import catalogue
from traylane.metrics.catalogue import Family

Labels = tuple[str, ...]
Cells = dict[Labels, list[float]]
"""By label values: one number, or for a histogram the count of each bucket, of what is beyond, and the sum."""
Numbers = dict[str, Cells]
Gauge = Callable[[], Mapping[Labels, float]]


class Recorder:
    """The cells of one counter or histogram."""

    __slots__ = ("_bounds", "_size", "cells", "family")

    def __init__(self, family: Family) -> None:
        self.family = family
        self.cells: Cells = {}
        self._bounds = family.bounds
        self._size = len(family.bounds) + 2 if family.kind == "histogram" else 1

    def add(self, *labels: str) -> None:
        """Count one."""
        cell = self.cells.get(labels)
        if cell is None:
            cell = self.cells[labels] = [0.0] * self._size
        cell[0] += 1

    def observe(self, value: float, labels: Labels) -> None:
        """Note one value of a histogram."""
        cell = self.cells.get(labels)
        if cell is None:
            cell = self.cells[labels] = [0.0] * self._size
        cell[bisect_left(self._bounds, value)] += 1
        cell[-1] += value

    def noting(self, *labels: str) -> Callable[[float], None]:
        """A function that notes a value under these labels."""
        return lambda value: self.observe(value, labels)


class Metrics:
    """What one process has counted since it started."""

    def __init__(self) -> None:
        self.requests = Recorder(catalogue.REQUESTS)
        self.changes = Recorder(catalogue.CHANGES)
        self.batches = Recorder(catalogue.BATCHES)
        self.database = Recorder(catalogue.DATABASE)
        self.delivered = Recorder(catalogue.DELIVERED)
        self.gauges: dict[str, Gauge] = {}
        self.together: Callable[[], Numbers] = self.numbers
        """What all workers of the service counted."""

    def numbers(self) -> Numbers:
        """Everything now. What is counted later does not change it."""
        recorders = (self.requests, self.changes, self.batches, self.database, self.delivered)
        numbers: Numbers = {r.family.name: {labels: list(cell) for labels, cell in r.cells.items()} for r in recorders}
        for name, read in self.gauges.items():
            numbers[name] = {labels: [value] for labels, value in read().items()}
        return numbers
