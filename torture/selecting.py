"""Leaves the tests of one promise: a module may try two. `TRAYLANE_PROMISE` names it; pytest loads this with `-p`."""

from __future__ import annotations

import os

import pytest


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect what is not marked with the promise."""
    wanted = os.environ["TRAYLANE_PROMISE"]
    kept = [item for item in items if wanted in promises_of(item)]
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = kept


def promises_of(item: pytest.Item) -> set[str]:
    """The numbers that a test is marked with."""
    return {number for mark in item.iter_markers("promise") for number in mark.args}
