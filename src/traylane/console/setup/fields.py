"""The fields of a form, made from the type of each value, and what was entered into them."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import msgspec

from traylane.console.sentences import translated
from traylane.console.words import _
from traylane.policy.value_types import ZONE, Type

Entered = bool | str | tuple[str, str]
"""What stands in a field: a switch, a text, or a first and a last."""
SECOND = " to"
"""What the name of a pair's second field ends with."""


class Field(msgspec.Struct, kw_only=True):
    """One field as a page shows it. `now`: what is stored meanwhile, where somebody else has changed it."""

    name: str
    label: str
    widget: str
    entered: Entered = ""
    help: str = ""
    unit: str = ""
    problem: str = ""
    now: str = ""
    longest: int = 80
    low: int = 0
    high: int = 0
    needed: bool = False
    choices: tuple[str, ...] = ()


def widget(type_: Type) -> str:
    """Which kind of field a value of this type is entered into."""
    match type_.schema:
        case {"type": "boolean"}:
            return "switch"
        case {"type": "integer"}:
            return "number"
        case {"type": "array", "maxItems": 2}:
            return "pair"
        case {"type": "array"}:
            return "lines"
        case _:
            return "text"


def field(name: str, type_: Type, label: str, *, help_: str = "", unit: str = "", needed: bool = False) -> Field:
    """An empty field for a value of this type."""
    made = Field(name=name, label=label, widget=widget(type_), help=help_, unit=unit, needed=needed)
    made.longest = type_.schema.get("maxLength", 4_000 if made.widget == "lines" else 12)
    made.low, made.high = type_.schema.get("minimum", 0), type_.schema.get("maximum", 0)
    made.choices = _zones() if type_ is ZONE else ()
    return made


def shown(type_: Type, value: Any) -> Entered:
    """A stored value as it stands in its field."""
    match widget(type_):
        case "switch":
            return bool(value)
        case "pair":
            return str(value[0]), str(value[1])
        case "lines":
            return "\n".join(map(str, value))
        case _:
            return str(value)


def entered(type_: Type, name: str, form: Mapping[str, str]) -> Entered:
    """What a form says in a field."""
    given = form.get(name, "").strip()
    match widget(type_):
        case "switch":
            return given == "on"
        case "pair":
            return given, form.get(name + SECOND, "").strip()
        case "lines":
            return "\n".join(filter(None, map(str.strip, given.splitlines())))
        case _:
            return given


def value_of(type_: Type, said: Entered) -> Any:
    """The value that was entered; what cannot be read stays as it is, for the type's own check to say."""
    match said:
        case bool():
            return said
        case (first, last):
            return type_.from_text(f"{first}-{last}")
        case _ if widget(type_) == "lines":
            return type_.from_text(",".join(said.splitlines()))
        case _:
            return type_.from_text(said)


def in_words(said: Entered) -> str:
    """What stands in a field, as a text."""
    match said:
        case bool():
            return _("on") if said else _("off")
        case (first, last):
            return f"{first} – {last}"
        case _:
            return ", ".join(said.splitlines()) or _("empty")


def place(problems: Iterable[str], fields: Iterable[Field]) -> list[str]:
    """Put each problem at the field that it begins with the name of; those that fit none come back."""
    left = []
    by_name = {field.name: field for field in fields}
    for problem in problems:
        mark = '" ' if problem.startswith('"') else " "
        name, _mark, wrong = problem.removeprefix('"').partition(mark)
        if name in by_name:
            by_name[name].problem = translated(wrong)
        else:
            left.append(translated(problem))
    return left


@cache
def _zones() -> tuple[str, ...]:
    places = ("Africa/", "America/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/", "Pacific/", "UTC")
    return tuple(sorted(name for name in zoneinfo.available_timezones() if name.startswith(places)))
