"""How large a promise is tried, with which seed, and what was tried.

`make torture` asks for the full size, in pieces: each is a part of the size, with seeds of its own.
"""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from traylane.db.database import Database

Tried = Callable[[str], None]
_APART = 1_000_003


def is_full() -> bool:
    """Whether this is the full size."""
    return os.environ.get("TRAYLANE_TORTURE") == "full"


def size(ci: int, full: int) -> int:
    """How much to try here: `ci`, or at full size this piece's part of `full`."""
    return max(1, full // _number("TRAYLANE_PIECES")) if is_full() else ci


def seed(base: int) -> int:
    """The seed of this piece; of the first one it is `base`."""
    return base + _APART * (_number("TRAYLANE_PIECE") - 1)


def engine(of: Database | str) -> str:
    """The name of a database's engine, or of a URL's."""
    sqlite = of.startswith("sqlite:") if isinstance(of, str) else of.seals_on_write
    return "SQLite" if sqlite else "PostgreSQL"


@pytest.fixture
def tried(record_property: Callable[[str, object], None]) -> Tried:
    """Tells what was tried: `tried("500 kills, seed 7: 0 lost")`. It stands in the table of promises."""
    return lambda said: record_property("tried", said)


def _number(variable: str) -> int:
    return int(os.environ.get(variable, "1"))
