"""Read and write the set-up, kind by kind, by its names in the set-up file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import msgspec

from traylane.db.database import Sql, Transaction
from traylane.policy import catalogue
from traylane.policy.kinds import KINDS, Column, Kind, Rows, Setup
from traylane.policy.value_types import SWITCH, Value

# Two set-ups that are applied at once take turns.
_LOCKED_VERSION = Sql(
    sqlite="SELECT version FROM config WHERE one = 1",
    postgres="SELECT version FROM config WHERE one = 1 FOR UPDATE",
)
_SAVE_SETTING = Sql.same("""
    INSERT INTO settings (name, value) VALUES ($1, $2)
    ON CONFLICT (name) DO UPDATE SET value = excluded.value""")


async def locked_version(tx: Transaction) -> int:
    """The configuration's version, which nobody else changes before this transaction ends."""
    version: int = (await tx.rows(_LOCKED_VERSION))[0][0]
    return version


async def load(tx: Transaction, kinds: tuple[Kind, ...] = KINDS) -> Setup:
    """What is set up, the retired included; settings that were never set with their defaults."""
    stored: dict[str, Value] = {}
    found: dict[str, dict[str, dict[str, Value]]] = {kind.name: {} for kind in kinds}
    for name, text in await tx.rows(_select(kinds)):
        row = msgspec.json.decode(text)
        if name == _OF_SETTINGS:
            stored[row[0]] = msgspec.json.decode(row[1])
        else:
            found[name][row[0]] = _row(_BY_NAME[name], row)
    settings = {setting.name: stored.get(setting.name, setting.default) for setting in catalogue.SETTINGS}
    return Setup(settings, {kind.name: _in_order(kind, found[kind.name]) for kind in kinds})


def _row(kind: Kind, stored: Sequence[Any]) -> dict[str, Value]:
    own = zip(_own(kind), stored, strict=False)
    given = {column.name: bool(value) if column.type is SWITCH else value for column, value in own}
    return kind.complete(given | (msgspec.json.decode(stored[-1]) if _has_document(kind) else {}))


def _in_order(kind: Kind, rows: Rows) -> Rows:
    # Sorted here, because the engines do not agree on the order of texts.
    return dict(sorted(rows.items(), key=lambda item: ([item[1][name] for name in kind.order], item[0])))


async def save(tx: Transaction, setup: Setup) -> None:
    """Write complete rows, new or not."""
    await tx.many(_SAVE_SETTING, [(name, _json(value)) for name, value in setup.settings.items()])
    for kind in KINDS:
        await tx.many(_save(kind), [_stored(kind, code, row) for code, row in setup.of(kind).items()])


def _stored(kind: Kind, code: str, row: Mapping[str, Value]) -> tuple[Any, ...]:
    own = [row[column.name] for column in _own(kind)[1:]]
    document = {column.name: row[column.name] for column in kind.columns if column.in_document}
    return (code, *own, *kind.fixed.values(), *([_json(document)] if document else []))


def _own(kind: Kind) -> list[Column]:
    return [column for column in kind.columns if not column.in_document]


def _has_document(kind: Kind) -> bool:
    return any(column.in_document for column in kind.columns)


@cache
def _save(kind: Kind) -> Sql:
    names = [column.attribute for column in _own(kind)] + [*kind.fixed] + ["data"] * _has_document(kind)
    places = ", ".join(f"${place}" for place in range(1, len(names) + 1))
    changes = ", ".join(f"{name} = excluded.{name}" for name in names[1:])
    return Sql.same(
        f"INSERT INTO {kind.table} ({', '.join(names)}) VALUES ({places}) "
        f"ON CONFLICT ({names[0]}) DO UPDATE SET {changes}"
    )


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


@cache
def _select(kinds: tuple[Kind, ...]) -> Sql:
    """One statement, so that what it reads is of one version, in one round trip: (kind, JSON array of a row)."""
    sources = [(_OF_SETTINGS, ["name", "value"], "settings")]
    for kind in kinds:
        names = [column.attribute for column in _own(kind)] + ["data"] * _has_document(kind)
        where = " AND ".join(f"{name} = {str(value).lower()}" for name, value in kind.fixed.items())
        sources.append((kind.name, names, f"{kind.table} WHERE {where}" if where else kind.table))

    def text(row: str) -> str:
        return " UNION ALL ".join(f"SELECT '{name}', {row % ', '.join(names)} FROM {of}" for name, names, of in sources)

    return Sql(sqlite=text("json_array(%s)"), postgres=text("json_build_array(%s)::text"))


_OF_SETTINGS = "settings"
_BY_NAME = {kind.name: kind for kind in KINDS}
