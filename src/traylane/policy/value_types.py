"""What a value of the set-up can be: how it is checked, how rules get it, and how it is typed at a command line."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

Value = bool | int | str | list[int] | list[str]
"""As set-up files, the API and the database have it."""

MINUTES_OF_A_DAY = 24 * 60
MOST_ENTRIES = 100
LONGEST_ZONE = 64
_HIDDEN = r"\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff"
"""Characters that show nothing, or change how others show."""
_PRINTABLE = re.compile(f"[^{_HIDDEN}]*")
_LONE_SURROGATE = re.compile(r"[\ud800-\udfff]")
"""What a path that is not UTF-8 is read as; no pattern of the API's description has a word for it."""
_CODE = re.compile(rf"[^{_HIDDEN}\s]([^{_HIDDEN}]*[^{_HIDDEN}\s])?")
_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])|24:00")
_WORDS = {"true": True, "on": True, "yes": True, "false": False, "off": False, "no": False}


def _unchanged(value: Any) -> Any:
    return value


@dataclass(frozen=True, slots=True)
class Type:
    """A kind of value. `check` returns what is wrong with one, or None.

    `parse` makes what rules get of a checked value. `from_text` makes a value of what was typed; what it cannot read
    comes back as it is, for `check` to say. `schema` is for the API's description.
    """

    name: str
    schema: dict[str, Any]
    check: Callable[[object], str | None]
    parse: Callable[[Any], Any] = _unchanged
    from_text: Callable[[str], object] = _unchanged


def _is_switch(value: object) -> str | None:
    return None if isinstance(value, bool) else "must be true or false"


SWITCH = Type("switch", {"type": "boolean"}, _is_switch, from_text=lambda text: _WORDS.get(text.lower(), text))


def is_whole(value: object, low: int, high: int) -> bool:
    """Whether `value` is a whole number (true and false are none) from `low` to `high`."""
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def _number(text: str) -> object:
    text = text.strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 12 else text


def whole(low: int, high: int) -> Type:
    """A whole number, from `low` to `high`."""

    def check(value: object) -> str | None:
        return None if is_whole(value, low, high) else f"must be a whole number, {low} to {high}"

    schema = {"type": "integer", "minimum": low, "maximum": high}
    return Type(f"whole number, {low} to {high}", schema, check, from_text=_number)


def span(low: int, high: int) -> Type:
    """A first and a last whole number; rules get a pair."""

    def check(value: object) -> str | None:
        if isinstance(value, list) and len(value) == 2 and all(is_whole(number, low, high) for number in value):
            return None if value[0] <= value[1] else "must not end before it begins"
        return f"must be the first and the last whole number, [{low}, {high}] at most"

    def from_text(text: str) -> object:
        return [_number(part) for part in text.split("-")]

    number = {"type": "integer", "minimum": low, "maximum": high}
    schema = {"type": "array", "items": number, "minItems": 2, "maxItems": 2}
    return Type(f"first and last, {low} to {high}", schema, check, tuple, from_text)


def _is_printable(text: str) -> bool:
    return _PRINTABLE.fullmatch(text) is not None and not _LONE_SURROGATE.search(text)


def text(longest: int) -> Type:
    """A text of printable characters, perhaps an empty one."""

    def check(value: object) -> str | None:
        if not isinstance(value, str):
            return "must be a text"
        if len(value) > longest or not _is_printable(value):
            return f"must have at most {longest} printable characters"
        return None

    schema = {"type": "string", "maxLength": longest, "pattern": f"^{_PRINTABLE.pattern}$"}
    return Type(f"text, at most {longest} characters", schema, check)


def code(longest: int) -> Type:
    """What identifies a row: printable characters, no blank at either end."""

    def check(value: object) -> str | None:
        if not isinstance(value, str) or not 1 <= len(value) <= longest or not _is_printable(value):
            return f"must have 1 to {longest} printable characters"
        return None if _CODE.fullmatch(value) else "must not begin or end with a blank"

    schema = {"type": "string", "minLength": 1, "maxLength": longest, "pattern": f"^{_CODE.pattern}$"}
    return Type(f"code, at most {longest} characters", schema, check)


def codes(longest: int, most: int) -> Type:
    """A list of at most `most` codes."""
    one = code(longest)

    def check(value: object) -> str | None:
        if not isinstance(value, list) or len(value) > most:
            return f"must be a list of at most {most} codes"
        return next((f"has a code that {wrong}" for wrong in map(one.check, value) if wrong), None)

    schema = {"type": "array", "items": one.schema, "maxItems": most}
    return Type(f"list of at most {most} codes", schema, check, tuple, _entries)


def _entries(text: str) -> object:
    return [entry.strip() for entry in text.split(",") if entry.strip()]


def minutes(time_of_day: str) -> int:
    """Minutes since midnight. Raises ValueError unless `time_of_day` reads from 00:00 to 24:00."""
    found = _TIME.fullmatch(time_of_day)
    if found is None:
        raise ValueError("not a time of day")
    return int(found[1]) * 60 + int(found[2]) if found[1] else MINUTES_OF_A_DAY


def _is_hours(value: object) -> str | None:
    is_pair = isinstance(value, list) and len(value) == 2 and all(isinstance(time, str) for time in value)
    if not is_pair or not all(_TIME.fullmatch(time) for time in value):  # type: ignore[attr-defined]
        return 'must be two times of day like ["06:00", "22:00"]'
    return None if value[0] != value[1] else "must not end when it begins"  # type: ignore[index]


HOURS = Type(
    "two times of day",
    {"type": "array", "items": {"type": "string", "pattern": f"^({_TIME.pattern})$"}, "minItems": 2, "maxItems": 2},
    _is_hours,
    lambda value: (minutes(value[0]), minutes(value[1])),
    lambda text: text.split("-"),
)
"""From and to, past midnight when the second is the earlier one; rules get minutes since midnight."""


def _is_zone(value: object) -> str | None:
    try:
        ZoneInfo(value if isinstance(value, str) and len(value) <= LONGEST_ZONE else "")
    except (ValueError, LookupError, OSError):
        return 'must be a time zone like "Europe/Berlin" or "UTC"'
    return None


ZONE = Type("time zone", {"type": "string", "minLength": 1, "maxLength": LONGEST_ZONE}, _is_zone, ZoneInfo)


def _is_networks(value: object) -> str | None:
    if not isinstance(value, list) or len(value) > MOST_ENTRIES:
        return f'must be a list of at most {MOST_ENTRIES} entries like "192.168.7.0/24 = floor"'
    for entry in value:
        if not isinstance(entry, str) or split_network(entry) is None:
            return f'has an entry that is not like "192.168.7.0/24 = floor": {entry!r}'
    return None


def split_network(entry: str) -> tuple[str, str] | None:
    """Network and name of the key of one entry of the trusted networks; None when it is malformed."""
    network, equals, name = (part.strip() for part in entry.partition("="))
    try:
        ipaddress.ip_network(network)
    except ValueError:
        return None
    return (network, name) if equals and name else None


NETWORKS = Type(
    "list of networks and keys",
    {"type": "array", "items": {"type": "string"}, "maxItems": MOST_ENTRIES},
    _is_networks,
    lambda value: tuple(filter(None, map(split_network, value))),
    _entries,
)

_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?|[0-9a-f:]{2,39}")


def _is_hosts(value: object) -> str | None:
    if not isinstance(value, list) or len(value) > MOST_ENTRIES:
        return f'must be a list of at most {MOST_ENTRIES} hosts like "erp.local" or "192.168.7.20"'
    for entry in value:
        if not isinstance(entry, str) or not _HOST.fullmatch(entry):
            return f'has an entry that is no host like "erp.local" or "192.168.7.20": {entry!r}'
    return None


HOSTS = Type(
    "list of hosts",
    {"type": "array", "items": {"type": "string"}, "maxItems": MOST_ENTRIES},
    _is_hosts,
    frozenset,
    _entries,
)
