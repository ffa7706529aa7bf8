"""The set-up file: TOML with settings, customers, stations, operators, reasons and add-ons (contract: Set-up).

A row needs its code; what it leaves out stays as it is, and gets its default when the row is new.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

import tomli_w

from traylane.errors import Refused
from traylane.policy import catalogue

Value = bool | int | str
LARGEST_FILE = 4 * 1024 * 1024
MOST_ROWS = 10_000
"""Rows of one kind."""
MOST_PROBLEMS = 20
"""Problems that are named; more are counted."""


class BadSetup(Refused):
    """The file cannot be applied; nothing was changed. `problems`: one sentence each."""

    code = "bad_setup"
    sentence = "The set-up file was not applied"

    def __init__(self, problems: list[str]) -> None:
        shown = problems[:MOST_PROBLEMS]
        more = len(problems) - len(shown)
        super().__init__(problems=[*shown, *([f"and {more} more problems"] if more else [])])

    def details(self) -> list[str]:
        return list(self.data["problems"])


def _text(longest: int) -> Callable[[object], str | None]:
    def check(value: object) -> str | None:
        if not isinstance(value, str):
            return "must be a text"
        if len(value) > longest or not (value.isprintable() or not value):
            return f"must have at most {longest} printable characters"
        return None

    return check


def _code(longest: int) -> Callable[[object], str | None]:
    def check(value: object) -> str | None:
        if not isinstance(value, str) or not 1 <= len(value) <= longest or not value.isprintable():
            return f"must have 1 to {longest} printable characters"
        return "must not begin or end with a blank" if value != value.strip() else None

    return check


def _flag(value: object) -> str | None:
    return None if isinstance(value, bool) else "must be true or false"


def _sequence(value: object) -> str | None:
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return None if is_number and 0 <= value <= 9999 else "must be a whole number, 0 to 9999"  # type: ignore[operator]


@dataclass(frozen=True, slots=True)
class Column:
    """One property of a row. `default` is what a new row gets, None when it must be given.

    What is `personal` may name a person and stays out of events.
    """

    name: str
    check: Callable[[object], str | None]
    default: Value | None = None
    personal: bool = False


@dataclass(frozen=True, slots=True)
class Kind:
    """One array of tables of the file. The first column identifies a row."""

    name: str
    columns: tuple[Column, ...]

    @property
    def key(self) -> str:
        return self.columns[0].name


_ACTIVE = Column("active", _flag, default=True)
CUSTOMERS = Kind("customers", (Column("number", _code(8)), Column("name", _text(60), personal=True)))
STATIONS = Kind(
    "stations",
    (
        Column("code", _code(10)),
        Column("desc", _text(40)),
        Column("customerDesc", _text(40), default=""),
        Column("sequence", _sequence, default=0),
        Column("nonCancel", _flag, default=False),
        Column("requiresOperator", _flag, default=False),
        _ACTIVE,
    ),
)
OPERATORS = Kind("operators", (Column("code", _code(10)), Column("desc", _text(40), personal=True), _ACTIVE))
REASONS = Kind(
    "reasons",
    (Column("code", _code(20)), Column("desc", _text(40)), Column("allowsOverride", _flag, default=False), _ACTIVE),
)
ADDONS = Kind("addons", (Column("code", _code(20)), Column("desc", _text(40)), Column("isAR", _flag, default=False)))
KINDS = (CUSTOMERS, STATIONS, OPERATORS, REASONS, ADDONS)

Rows = Mapping[str, Mapping[str, Value]]
"""Rows by code, each with its other properties by their names in the file."""


@dataclass(frozen=True)
class Setup:
    """What a file says, or what the database holds: settings by name, and rows by kind and code."""

    settings: Mapping[str, catalogue.SettingValue] = field(default_factory=dict)
    rows: Mapping[str, Rows] = field(default_factory=dict)

    def of(self, kind: Kind) -> Rows:
        return self.rows.get(kind.name, {})


def read(content: bytes) -> Setup:
    """Read a set-up file. Raises BadSetup that names every problem, and the nearest name for an unknown one."""
    problems: list[str] = []
    document = _document(content)
    known = ("settings", *(kind.name for kind in KINDS))
    problems += [_unknown("table", name, known) for name in document if name not in known]
    settings = _settings(document.get("settings", {}), problems)
    rows = {kind.name: _rows(kind, document[kind.name], problems) for kind in KINDS if kind.name in document}
    both = rows.get(STATIONS.name, {}).keys() & rows.get(OPERATORS.name, {}).keys()
    problems += [f'"{code}" cannot be a station and an operator' for code in sorted(both)]
    if problems:
        raise BadSetup(problems)
    return Setup(settings, rows)


def write(setup: Setup) -> str:
    """The file that `read` makes the same `setup` of."""
    parts = [tomli_w.dumps({"settings": dict(setup.settings)})] if setup.settings else []
    for kind in KINDS:
        for code, row in setup.of(kind).items():
            parts.append(f"[[{kind.name}]]\n{tomli_w.dumps({kind.key: code, **row})}")
    return "\n".join(parts)


def nearest(given: str, known: tuple[str, ...] | list[str]) -> str:
    """`; did you mean "x"?` for the known name that is most like `given`, or nothing."""
    by_small = {name.lower(): name for name in known}
    close = get_close_matches(given.lower(), by_small, n=1, cutoff=0.5)
    return f'; did you mean "{by_small[close[0]]}"?' if close else ""


def _document(content: bytes) -> dict[str, object]:
    if len(content) > LARGEST_FILE:
        raise BadSetup([f"a set-up file has at most {LARGEST_FILE // 1024 // 1024} MiB"])
    try:
        return tomllib.loads(content.decode())
    except UnicodeDecodeError as error:
        raise BadSetup([f"the file is not UTF-8 (byte {error.start})"]) from error
    except tomllib.TOMLDecodeError as error:
        raise BadSetup([f"the file is not TOML: {error}"]) from error
    except RecursionError as error:
        raise BadSetup(["the file is nested too deep"]) from error


def _settings(given: object, problems: list[str]) -> dict[str, catalogue.SettingValue]:
    if not isinstance(given, dict):
        problems.append("settings must be a table: [settings]")
        return {}
    settings = {}
    for name, value in given.items():
        setting = catalogue.BY_NAME.get(name)
        if setting is None:
            problems.append(_unknown("setting", name, tuple(catalogue.BY_NAME)))
        elif wrong := setting.check(value):
            problems.append(f'setting "{name}" {wrong}')
        else:
            settings[name] = value
    return settings


def _rows(kind: Kind, given: object, problems: list[str]) -> dict[str, dict[str, Value]]:
    if not isinstance(given, list) or not all(isinstance(row, dict) for row in given):
        problems.append(f"{kind.name} must be tables: [[{kind.name}]]")
        return {}
    if len(given) > MOST_ROWS:
        problems.append(f"{kind.name}: at most {MOST_ROWS} of them")
        return {}
    rows: dict[str, dict[str, Value]] = {}
    for place, row in enumerate(given, 1):
        found = list(_row_problems(kind, row, f"{kind.name} {place}"))
        code = row.get(kind.key)
        if not found and code in rows:
            found.append(f'{kind.name} {place}: "{code}" comes twice')
        if not found:
            rows[code] = {name: value for name, value in row.items() if name != kind.key}
        problems += found
    return rows


def _row_problems(kind: Kind, row: dict[str, object], place: str) -> Iterator[str]:
    columns = {column.name: column for column in kind.columns}
    if kind.key not in row:
        yield f"{place}: {kind.key} is missing"
    for name, value in row.items():
        if name not in columns:
            yield f"{place}: {_unknown('property', name, tuple(columns))}"
        elif wrong := columns[name].check(value):
            yield f"{place}: {name} {wrong}"


def _unknown(what: str, name: str, known: tuple[str, ...]) -> str:
    return f'unknown {what} "{name[:60]}"{nearest(name, known)}'
