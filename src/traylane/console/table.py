"""Which handler answers which path of the console."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import NamedTuple

from traylane.console.web import Reply
from traylane.errors import Refused

Handler = Callable[..., Awaitable[Reply]]
"""Gets what was asked, the session of who asks, and what stands in the path for each `{}`."""
_ANY = "{}"


class Row(NamedTuple):
    """One page or form. `path`: a segment `{}` is whatever stands there."""

    method: str
    path: str
    handler: Handler


class NoSuchPage(Refused):
    """The console has no such page."""

    code = "no_page"
    sentence = "No such page"


class NotSo(Refused):
    """The page is there, but not for this method."""

    code = "not_so"
    sentence = "Not allowed"


class Table:
    """The rows, asked in order."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._rows = [(row.method, tuple(row.path[1:].split("/")), row.handler) for row in rows]
        self._first = {pattern[0] for _, pattern, _ in self._rows}

    def knows(self, path: str) -> bool:
        """Whether a path begins as one of the rows does."""
        return path[1:].partition("/")[0] in self._first

    def find(self, method: str, segments: tuple[str, ...]) -> tuple[Handler, list[str]]:
        """The handler and what it gets from the path. Raises NoSuchPage, NotSo."""
        fits = [(row, handler) for row, pattern, handler in self._rows if _fits(pattern, segments)]
        if not fits:
            raise NoSuchPage
        for row, pattern, handler in self._rows:
            if row == method and _fits(pattern, segments):
                return handler, [given for want, given in zip(pattern, segments, strict=True) if want == _ANY]
        raise NotSo


def _fits(pattern: tuple[str, ...], segments: tuple[str, ...]) -> bool:
    return len(pattern) == len(segments) and all(
        want in (_ANY, given) for want, given in zip(pattern, segments, strict=True)
    )
