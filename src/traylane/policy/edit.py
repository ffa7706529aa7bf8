"""Change the laboratory's set-up: in one transaction, told by one event.

What is not named stays as it is. Rows are retired with `active = false`: orders and old cancellations keep pointing
at them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from traylane.access.actor import Actor, Scope
from traylane.access.changes import record_change
from traylane.clock import Instant
from traylane.db.database import Transaction
from traylane.events import names
from traylane.policy import setup_store
from traylane.policy.catalogue import BY_NAME, conflicts
from traylane.policy.kinds import KINDS, OPERATORS, STATIONS, Setup
from traylane.policy.setup_file import BadSetup


class SetupConflict(BadSetup):
    """What is to be set up does not go with what is there; nothing was changed."""

    code = "setup_conflict"
    sentence = "The set-up was not changed"


WITHHELD = "withheld"
"""What stands in an event for a text that may name a person."""
SETTINGS = "settings"


@dataclass(frozen=True, slots=True)
class Change:
    """One setting or row that becomes another: only what differs. `before` is None for a new row.

    For a setting the one property is `value`.
    """

    kind: str
    code: str
    before: Mapping[str, object] | None
    after: Mapping[str, object]


@dataclass(frozen=True)
class Applied:
    """What was changed, and the configuration's version that holds it (the old one when nothing was changed)."""

    changes: tuple[Change, ...]
    version: int


async def apply(tx: Transaction, wanted: Setup, *, actor: Actor, now: Instant, dry_run: bool = False) -> Applied:
    """Bring the database to what `wanted` says. Changing nothing bumps no version and records no event.

    With `dry_run` nothing is written. Raises SetupConflict when a new row lacks a property, or a code changes sides
    between stations and operators, or the settings do not go together; Forbidden when the actor may not change one.
    """
    version = await setup_store.locked_version(tx)
    now_set = await setup_store.load(tx)
    if problems := list(_problems(now_set, wanted)):
        raise SetupConflict(problems)
    changes = tuple(differences(now_set, wanted))
    if any(change.kind == SETTINGS and BY_NAME[change.code].guarded for change in changes):
        actor.require(Scope.ADMIN)
    if not changes or dry_run:
        return Applied(changes, version)
    await setup_store.save(tx, _merged(now_set, wanted, changes))
    fields = {"changes": [_told(change) for change in changes]}
    version = await record_change(tx, type_=names.SETUP_CHANGED, fields=fields, actor=actor, now=now)
    return Applied(changes, version)


def differences(now_set: Setup, wanted: Setup) -> Iterator[Change]:
    """What `wanted` would change, settings first, then by kind in the order of the file."""
    for name, value in wanted.settings.items():
        if now_set.settings[name] != value:
            yield Change(SETTINGS, name, {"value": now_set.settings[name]}, {"value": value})
    for kind in KINDS:
        there = now_set.of(kind)
        for code, row in wanted.of(kind).items():
            if code not in there:
                yield Change(kind.name, code, None, kind.complete(row))
                continue
            before = {name: there[code][name] for name in row if there[code][name] != row[name]}
            if before:
                yield Change(kind.name, code, before, {name: row[name] for name in before})


def _problems(now_set: Setup, wanted: Setup) -> Iterator[str]:
    for kind in KINDS:
        there = now_set.of(kind)
        for code, row in wanted.of(kind).items():
            if code not in there and (lacking := kind.lacking(row)):
                yield f'{kind.name} "{code}" is new: {", ".join(lacking)} is missing'
    for kind, other in ((STATIONS, OPERATORS), (OPERATORS, STATIONS)):
        for code in wanted.of(kind).keys() & now_set.of(other).keys():
            yield f'"{code}" is set up in {other.name} and cannot be in {kind.name} too'
    yield from conflicts({**now_set.settings, **wanted.settings})


def _merged(now_set: Setup, wanted: Setup, changes: tuple[Change, ...]) -> Setup:
    """The changed settings and rows as they are to be stored, complete."""
    touched = {(change.kind, change.code) for change in changes}
    return Setup(
        {name: value for name, value in wanted.settings.items() if (SETTINGS, name) in touched},
        {
            kind.name: {
                code: {**now_set.of(kind)[code], **row} if code in now_set.of(kind) else kind.complete(row)
                for code, row in wanted.of(kind).items()
                if (kind.name, code) in touched
            }
            for kind in KINDS
        },
    )


def _told(change: Change) -> dict[str, object]:
    """A change as its event tells it: what may name a person is withheld."""
    personal = {(kind.name, column.name) for kind in KINDS for column in kind.columns if column.personal}

    def shown(values: Mapping[str, object]) -> dict[str, object]:
        return {name: WITHHELD if (change.kind, name) in personal else value for name, value in values.items()}

    before = None if change.before is None else shown(change.before)
    return {"kind": change.kind, "code": change.code, "before": before, "after": shown(change.after)}
