"""The set-up file: TOML with settings and an array of tables for each kind (contract: Set-up).

A row needs its code; what it leaves out stays as it is, and gets its default when the row is new.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from difflib import get_close_matches

import tomli_w

from traylane.errors import Refused
from traylane.policy import catalogue
from traylane.policy.kinds import KINDS, OPERATORS, STATIONS, Kind, Setup
from traylane.policy.value_types import Value

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


def nearest(given: str, known: Iterable[str]) -> str:
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
    except ValueError as error:  # a number of thousands of digits, which the reader does not call bad TOML
        raise BadSetup(["the file has a number that is too long"]) from error


def _settings(given: object, problems: list[str]) -> dict[str, Value]:
    if not isinstance(given, dict):
        problems.append("settings must be a table: [settings]")
        return {}
    settings = {}
    for name, value in given.items():
        setting = catalogue.BY_NAME.get(name)
        if setting is None:
            problems.append(_unknown("setting", name, catalogue.BY_NAME))
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
            yield f"{place}: {_unknown('property', name, columns)}"
        elif wrong := columns[name].type.check(value):
            yield f"{place}: {name} {wrong}"


def _unknown(what: str, name: str, known: Iterable[str]) -> str:
    return f'unknown {what} "{name[:60]}"{nearest(name, known)}'
