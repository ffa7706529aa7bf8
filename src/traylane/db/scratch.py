"""A private table in a temporary file, for what does not fit into memory; it is gone when it is closed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar, cast

import apsw

K = TypeVar("K", str, int)


class Scratch:
    """Values by key; both are kept as they are."""

    def __init__(self) -> None:
        # An empty name is a temporary file of SQLite's own.
        self._connection = apsw.Connection("")
        self._connection.execute("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; BEGIN")
        self._connection.execute("CREATE TABLE kept (key PRIMARY KEY, value) WITHOUT ROWID")

    def put(self, items: Iterable[tuple[str | int, bytes]]) -> None:
        """Keep `items` (key, value); a key that is there gets the new value."""
        self._connection.executemany("INSERT OR REPLACE INTO kept VALUES (?, ?)", items)

    def get(self, keys: Sequence[K]) -> list[tuple[K, bytes]]:
        """Those of `keys` that are kept, with their values."""
        find = self._connection.execute
        found = [(key, find("SELECT value FROM kept WHERE key = ?", (key,)).fetchall()) for key in keys]
        return [(key, cast(bytes, rows[0][0])) for key, rows in found if rows]

    def close(self) -> None:
        self._connection.close()
