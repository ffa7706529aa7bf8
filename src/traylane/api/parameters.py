"""Query parameters: their shapes, limits, and what is said when they are broken."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import unquote_to_bytes

from traylane.errors import BadArguments
from traylane.orders.lookup import is_storable

MOST_PARAMETERS = 50
SHOWN = 40


@dataclass(frozen=True)
class Parameter:
    """A value that comes in: a text with a length, one of a few words, a whole number in a range, or a day."""

    name: str
    help: str
    longest: int = 0
    shortest: int = 0
    words: tuple[str, ...] = ()
    range: tuple[int, int] | None = None
    is_day: bool = False
    default: str = ""
    has_third_answer: bool = False
    """Whether leaving a yes or no out is neither."""
    example: str = ""

    def problem(self, value: str) -> str | None:
        """What is wrong with `value`, or None."""
        if self.words and value not in self.words:
            return f"{self.name} must be {' or '.join(word or 'blank' for word in self.words)}"
        if self.range is not None:
            low, high = self.range
            if not (value.isascii() and value.isdecimal() and len(value) <= 9 and low <= int(value) <= high):
                return f"{self.name} must be a whole number from {low} to {high}"
        if self.is_day and not _is_day(value):
            return f"{self.name} must be a day, yyyy-mm-dd"
        if len(value) < self.shortest:
            return f"{self.name} must not be empty"
        if self.longest and len(value) > self.longest:
            return f"{self.name} supports up to {self.longest} characters"
        return None if is_storable(value) else f"{self.name} has characters that cannot be stored"


def parse_query(raw: bytes, parameters: Sequence[Parameter], *, strict: bool) -> dict[str, str]:
    """The query's parameters by name.

    `strict` (unsafe methods) refuses unknown ones, so that nobody's `?dryrun=true` cancels for real. Raises
    BadArguments with one sentence a problem.
    """
    if not raw:
        return {}
    known = {parameter.name: parameter for parameter in parameters}
    values: dict[str, str] = {}
    problems: list[str] = []
    for name, value in _pairs(raw):
        parameter = known.get(name)
        if parameter is None:
            if strict:
                problems.append(unknown("parameter", name, known))
        elif name in values:
            problems.append(f"{name} is given more than once")
        else:
            values[name] = value
            problem = parameter.problem(value)
            if problem is not None:
                problems.append(problem)
    if problems:
        raise BadArguments(*problems)
    return values


def _is_day(value: str) -> bool:
    try:
        return value.isascii() and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _pairs(raw: bytes) -> list[tuple[str, str]]:
    pairs = []
    parts = raw.split(b"&")
    if len(parts) > MOST_PARAMETERS:
        raise BadArguments(f"at most {MOST_PARAMETERS} parameters are supported")
    for part in parts:
        if part:
            name, _, value = part.partition(b"=")
            pairs.append((_text(name), _text(value)))
    return pairs


def _text(raw: bytes) -> str:
    if b"%" in raw or b"+" in raw:
        raw = unquote_to_bytes(raw.replace(b"+", b" "))
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise BadArguments("a parameter is not valid UTF-8") from error


def unknown(what: str, name: str, known: Iterable[str]) -> str:
    """What is said about a name that nobody knows, with the nearest one that is known."""
    near = difflib.get_close_matches(name[:SHOWN], known, n=1)
    return f"unknown {what} {shown(name)}" + (f"; did you mean {near[0]}?" if near else "")


def shown(name: str) -> str:
    """A name as it is repeated to the caller."""
    return name[:SHOWN] if is_storable(name) else "?"
