"""The laboratory's people, who sign in at the console: a name, a role, a password."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from traylane.access.actor import Actor, Scope
from traylane.access.changes import record_change
from traylane.access.passwords import LONGEST, SHORTEST
from traylane.clock import Instant
from traylane.db.database import Row, Sql, Transaction
from traylane.db.ids import new_id, to_text
from traylane.errors import BadArguments, Refused
from traylane.events import names
from traylane.staff import recorded

NAME_LENGTH = 40
TERMINAL = "terminal"
"""The role of a screen on the floor or the wall, which is signed in once and stays so; its name is the place's."""
_FLOOR = frozenset({Scope.ORDERS_READ, Scope.TRACKING_READ, Scope.TRACKING_WRITE})
_DESK = _FLOOR | {Scope.ORDERS_WRITE, Scope.ORDERS_CANCEL, Scope.ORDERS_RESTORE}
_SUPERVISOR = _DESK | {Scope.ORDERS_OVERRIDE, Scope.REPORTS_READ, Scope.SETUP_READ, Scope.EVENTS_READ}
ROLES: Mapping[str, frozenset[str]] = {
    "floor": _FLOOR,
    TERMINAL: _FLOOR,
    "desk": _DESK,
    "supervisor": _SUPERVISOR,
    "admin": frozenset({Scope.ADMIN}),
}
"""What a person of each role may do."""


@dataclass(frozen=True, slots=True)
class Person:
    """A person without the password."""

    id: bytes
    name: str
    role: str
    created_at: Instant
    disabled_at: Instant | None

    @property
    def actor(self) -> Actor:
        """Who acts when this person does; the name is not in it."""
        return Actor(name=recorded(self.role, self.id), scopes=ROLES[self.role])


class PersonNotFound(Refused):
    """Nobody has this name. `provided`: what was given."""

    code = "person_not_found"
    sentence = "No such person"

    def details(self) -> list[str]:
        return [f"Provided: {self.data['provided']}"]


class NameTaken(Refused):
    """Somebody has this name. Names are never given twice, also after one was disabled."""

    code = "name_taken"
    sentence = "The name is taken"


def require_password(password: str) -> None:
    """Raises BadArguments for a password that is too short or too long."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise BadArguments(f"the password needs {SHORTEST} to {LONGEST} characters")


async def everybody(tx: Transaction) -> list[Person]:
    """Everybody by name, the disabled ones included."""
    return [_person(row) for row in await tx.rows(_ALL)]


async def named(tx: Transaction, name: str) -> tuple[Person, str] | None:
    """The person of that name who may sign in, and the password's hash."""
    rows = await tx.rows(_NAMED, name)
    return (_person(rows[0]), rows[0][5]) if rows and rows[0][4] is None else None


async def create(tx: Transaction, *, name: str, role: str, hash_: str, actor: Actor, now: Instant) -> Person:
    """Make a person. Raises BadArguments for an impossible name or role, NameTaken."""
    problems = []
    if name != name.strip() or not 1 <= len(name) <= NAME_LENGTH or not name.isprintable():
        problems.append(f"name needs 1 to {NAME_LENGTH} printable characters, none of them a space at an end")
    if role not in ROLES:
        problems.append(f"role must be one of {', '.join(ROLES)}")
    if problems:
        raise BadArguments(*problems)
    if await tx.rows(_NAMED, name):
        raise NameTaken(name=name)
    person = Person(new_id(now), name, role, now, None)
    await tx.rows(_INSERT, person.id, name, role, hash_, now)
    fields = {"personId": to_text(person.id), "role": role}
    await record_change(tx, type_=names.PERSON_CREATED, fields=fields, actor=actor, now=now)
    return person


async def disable(tx: Transaction, *, name: str, actor: Actor, now: Instant) -> Person:
    """Nobody signs in by this name any more, and who is signed in is out. Raises PersonNotFound."""
    person = await _enabled(tx, name)
    await tx.rows(_DISABLE, person.id, now)
    await _out(tx, person, "disabled", actor, now)
    return replace(person, disabled_at=now)


async def set_password(tx: Transaction, *, name: str, hash_: str, actor: Actor, now: Instant) -> Person:
    """Give a person another password; who is signed in is out. Raises PersonNotFound."""
    person = await _enabled(tx, name)
    await tx.rows(_PASSWORD, person.id, hash_)
    await _out(tx, person, "password", actor, now)
    return person


async def _enabled(tx: Transaction, name: str) -> Person:
    found = await named(tx, name)
    if found is None:
        raise PersonNotFound(provided=name)
    return found[0]


async def _out(tx: Transaction, person: Person, what: str, actor: Actor, now: Instant) -> None:
    await tx.rows(_END_SESSIONS, person.id)
    fields = {"personId": to_text(person.id), "what": what}
    await record_change(tx, type_=names.PERSON_CHANGED, fields=fields, actor=actor, now=now)


def _person(row: Row) -> Person:
    return Person(*row[:5])


_ALL = Sql.same("SELECT id, name, role, created_at, disabled_at FROM people ORDER BY name")
_NAMED = Sql.same("SELECT id, name, role, created_at, disabled_at, hash FROM people WHERE name = $1")
_INSERT = Sql.same("INSERT INTO people (id, name, role, hash, created_at) VALUES ($1, $2, $3, $4, $5)")
_DISABLE = Sql.same("UPDATE people SET disabled_at = $2 WHERE id = $1")
_PASSWORD = Sql.same("UPDATE people SET hash = $2 WHERE id = $1")
_END_SESSIONS = Sql.same("DELETE FROM sessions WHERE person_id = $1")
