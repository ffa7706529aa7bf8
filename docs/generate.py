"""Write the reference pages and the client's methods from the code: `python -m docs.generate`.

With `--check` say which ones are stale.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import sqlalchemy as sa
import typer.main

from docs import client_code, words
from torture import page as torture_page
from traylane.access.actor import Scope
from traylane.api.errors import STATUS
from traylane.api.routes import ROUTES
from traylane.cli.main import EPILOG, app
from traylane.cli.main import main as run
from traylane.db.schema import metadata
from traylane.events.names import FIELDS
from traylane.metrics.catalogue import FAMILIES
from traylane.orders.cancel_rules import CANCEL_RULES
from traylane.orders.complete_rules import COMPLETE_RULES
from traylane.orders.correct_rules import CORRECT_RULES
from traylane.orders.create_rules import CREATE_RULES
from traylane.orders.hold_rules import HOLD_RULES, RELEASE_RULES
from traylane.orders.tray_rules import ASSIGN_RULES, RELEASE_TRAY_RULES
from traylane.orders.validate_rules import UNVALID_RULES, VALIDATE_RULES
from traylane.policy.catalogue import SETTINGS
from traylane.tracking.checkin_rules import CHECK_IN_RULES

FOLDER = Path(__file__).parent / "reference"
MADE = "<!-- Made by `make docs`; edit the code instead. -->"

RULES: dict[str, Sequence[object]] = {
    "a cancel": CANCEL_RULES,
    "a check-in": CHECK_IN_RULES,
    "a create": CREATE_RULES,
    "a correction": CORRECT_RULES,
    "completing": COMPLETE_RULES,
    "a hold": HOLD_RULES,
    "a release from hold": RELEASE_RULES,
    "declaring an order valid": VALIDATE_RULES,
    "declaring an order unvalid": UNVALID_RULES,
    "assigning a tray": ASSIGN_RULES,
    "releasing a tray": RELEASE_TRAY_RULES,
}


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines)


def first_line(thing: object) -> str:
    """The first line of a docstring."""
    return (thing.__doc__ or "").strip().partition("\n")[0]


def page(title: str, *blocks: str) -> str:
    """A page."""
    return "\n\n".join([f"# {title}", MADE, *blocks]) + "\n"


def endpoints() -> str:
    """Every route with its scope and its own refusals."""
    rows = [
        (
            f"`{route.method} {route.path}`",
            route.title,
            f"`{route.scope}`",
            ", ".join(f"`{refusal.code}`" for refusal in route.refusals),
        )
        for route in ROUTES
    ]
    text = (
        "The full description, for programs and people, is served by every Traylane at `/openapi.json` and `/docs`. "
        "Every endpoint can also answer `unauthenticated`, `forbidden`, `rate_limited`, `internal` and `unavailable`; "
        "what each code means stands in [refusals](refusals.md). "
        "`dryRun=true` on a cancel needs no more than `orders:read`."
    )
    return page("Endpoints", text, table(("endpoint", "what it does", "scope", "refusals"), rows))


def refusals() -> str:
    """Every refusal."""
    rows = sorted(
        (status, refusal.sentence, f"`{refusal.code}`", first_line(refusal)) for refusal, status in STATUS.items()
    )
    text = (
        'The body is always `{"error": "…", "details": ["…"]}`. '
        "Programs that ask for `application/problem+json` get the code too."
    )
    blocks = []
    for what, rules in RULES.items():
        lines = "\n".join(f"{place}. {first_line(rule)}" for place, rule in enumerate(rules, 1))
        blocks += [f"## The rules of {what}, in the order they are asked", lines]
    return page("Refusals", text, table(("status", "error", "code", "when"), rows), *blocks)


def settings() -> str:
    """The settings catalogue."""
    rows = [
        (
            f"`{setting.name}`",
            setting.type.name,
            f"`{json.dumps(setting.default)}`",
            setting.unit,
            setting.help + (" Only the scope `admin` may change it." if setting.guarded else ""),
        )
        for setting in SETTINGS
    ]
    text = "Settings of the laboratory. Values are written as here in a set-up file."
    return page("Settings", text, table(("name", "value", "default", "unit", "what it does"), rows))


def events() -> str:
    """Every event and its fields."""
    blocks = []
    for name, fields in FIELDS.items():
        blocks += [f"## `{name}`", table(("field", "what it holds"), [(f"`{n}`", w) for n, w in fields.items()])]
    text = (
        "Each change is one event, recorded in the commit of the change. Beside these fields an event has an id, "
        "a `seq` (the order's revision that it made), a date-time and an actor."
    )
    return page("Events", text, *blocks)


def tables() -> str:
    """Every table."""
    text = "One schema for SQLite and PostgreSQL. Instants are milliseconds since 1970 UTC, ids sixteen bytes (UUIDv7)."
    blocks = []
    for found in metadata.sorted_tables:
        columns = [(f"`{c.name}`", kind(c.type), "" if c.nullable else "required") for c in found.columns]
        indexes = [f"- `{index.name}`: {', '.join(map(str, index.columns.keys()))}" for index in sorted_indexes(found)]
        blocks += [
            f"## {found.name}",
            table(("column", "type", ""), columns),
            *(["\n".join(indexes)] if indexes else []),
        ]
    return page("Tables", text, *blocks)


def sorted_indexes(found: sa.Table) -> list[sa.Index]:
    """A table's indexes by name."""
    return sorted(found.indexes, key=lambda index: str(index.name))


def kind(type_: object) -> str:
    """A column's type in words that fit both engines."""
    return type(type_).__name__.lower().replace("largebinary", "bytes").replace("biginteger", "integer (64 bit)")


def scopes() -> str:
    """Every scope and the endpoints that need it."""
    rows = []
    for scope in Scope:
        needed = [f"`{route.method} {route.path}`" for route in ROUTES if route.scope is scope]
        rows.append((f"`{scope}`", "<br>".join(needed) or ("everything" if scope is Scope.ADMIN else "")))
    return page("Scopes", table(("scope", "endpoints"), rows))


def metrics() -> str:
    """Every metric."""
    rows = [
        (
            f"`{family.name}`",
            family.kind,
            ", ".join(f"`{label}`" for label in family.labels),
            family.help,
            f"`{family.otel}`" if family.otel else "",
        )
        for family in FAMILIES
    ]
    text = (
        "What `GET /metrics` tells, for all workers of a service together. Labels hold words of the program alone: "
        "route templates, codes of refusals, names of events. How to read it stands in "
        "[monitoring](../monitoring.md)."
    )
    return page("Metrics", text, table(("metric", "kind", "labels", "what it says", "OpenTelemetry"), rows))


def command_line() -> str:
    """Every command with its options, as `--help` says them."""
    blocks = [f"## `{' '.join(words)}`\n\n```text\n{help_of(words[1:])}\n```" for words in commands()]
    return page("Command line", EPILOG, *blocks)


def commands() -> list[list[str]]:
    """The words of every command, groups left out."""
    found: list[list[str]] = []
    waiting = [(["traylane"], typer.main.get_command(app))]
    while waiting:
        words, command = waiting.pop(0)
        below = getattr(command, "commands", {})
        waiting += [([*words, name], below[name]) for name in below]
        if not below:
            found.append(words)
    return sorted(found)


def help_of(words: Sequence[str]) -> str:
    """What a command says of itself."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        run([*words, "--help"])
    return said.getvalue().strip()


def promises_page() -> str:
    """Every promise, and what tried it last."""
    rows = table(torture_page.HEADS, torture_page.table_rows())
    return page("Promises", torture_page.TEXT, rows, torture_page.details())


PAGES: dict[str, Callable[[], str]] = {
    "api.md": endpoints,
    "refusals.md": refusals,
    "settings.md": settings,
    "events.md": events,
    "tables.md": tables,
    "scopes.md": scopes,
    "command-line.md": command_line,
    "metrics.md": metrics,
    "promises.md": promises_page,
}


def main(arguments: Sequence[str]) -> int:
    """Write the pages and the client's code; with --check, only compare: 1 if one is stale."""
    os.environ.update(COLUMNS="100", TERMINAL_WIDTH="100", NO_COLOR="1")
    stale = []
    FOLDER.mkdir(exist_ok=True)
    for path, make in [*((FOLDER / name, make) for name, make in PAGES.items()), *client_code.files(), *words.files()]:
        text = make()
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(path.name)
            if "--check" not in arguments:
                path.write_text(text, encoding="utf-8")
    if "--check" in arguments and stale:
        sys.stderr.write(f"Stale: {', '.join(stale)}; run `make docs`.\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
