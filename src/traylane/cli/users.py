"""`traylane users`: the laboratory's people, who sign in at the console."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated

import typer

from traylane.cli import output
from traylane.cli.opened import on_database
from traylane.cli.options import AsJson, DatabaseUrl, one_of
from traylane.clock import system_clock, to_text

if TYPE_CHECKING:
    from traylane.access.people import Person
    from traylane.db.database import Database, Transaction

app = typer.Typer(help="People who sign in at the console.", no_args_is_help=True, rich_markup_mode=None)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The name that the person signs in with.")]


@app.command()
def create(
    name: Name,
    role: Annotated[str, typer.Option("--role", metavar="ROLE", help="floor, terminal, desk, supervisor or admin.")],
    database: DatabaseUrl = "",
    as_json: AsJson = False,
) -> None:
    """Let a person in; asks for the password, or reads it as one line of standard input."""
    from traylane.access import people
    from traylane.access.actor import COMMAND_LINE

    one_of(role, people.ROLES, "--role")
    hash_ = _hash()
    person = _written(
        database,
        lambda tx: people.create(tx, name=name, role=role, hash_=hash_, actor=COMMAND_LINE, now=system_clock()),
    )
    _tell(person, f"{person.name} can sign in as {person.role}.", as_json)


@app.command("list")
def list_(database: DatabaseUrl = "", as_json: AsJson = False) -> None:
    """Everybody, the disabled ones included; `recorded` is how events and cancellations name a person."""
    from traylane.access import people

    async def run(db: Database) -> list[Person]:
        return await db.read(people.everybody)

    found = [_shown(person) for person in on_database(database, run)]
    if as_json:
        output.print_json({"total": len(found), "items": found})
    else:
        columns = ("name", "role", "recorded", "created", "disabled")
        output.print_table(columns, [[person[column] for column in columns] for person in found])


@app.command()
def disable(name: Name, database: DatabaseUrl = "", as_json: AsJson = False) -> None:
    """Let a person in no more; whoever is signed in by this name is out at once."""
    from traylane.access import people
    from traylane.access.actor import COMMAND_LINE

    person = _written(database, lambda tx: people.disable(tx, name=name, actor=COMMAND_LINE, now=system_clock()))
    _tell(person, f"{person.name} cannot sign in any more.", as_json)


@app.command()
def password(name: Name, database: DatabaseUrl = "", as_json: AsJson = False) -> None:
    """Give a person another password; whoever is signed in by this name is out at once."""
    from traylane.access import people
    from traylane.access.actor import COMMAND_LINE

    hash_ = _hash()
    person = _written(
        database,
        lambda tx: people.set_password(tx, name=name, hash_=hash_, actor=COMMAND_LINE, now=system_clock()),
    )
    _tell(person, f"{person.name} has another password.", as_json)


def _hash() -> str:
    from traylane.access.passwords import hash_password
    from traylane.access.people import require_password

    if sys.stdin.isatty():
        given = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    else:
        given = sys.stdin.readline().rstrip("\r\n")
    require_password(given)
    return hash_password(given)


def _written(database: str, work: Callable[[Transaction], Awaitable[Person]]) -> Person:
    async def run(db: Database) -> Person:
        return await db.write(work)

    return on_database(database, run)


def _tell(person: Person, sentence: str, as_json: bool) -> None:
    if as_json:
        output.print_json(_shown(person))
    else:
        output.print_text(sentence)


def _shown(person: Person) -> dict[str, object]:
    disabled = person.disabled_at
    return {
        "name": person.name,
        "role": person.role,
        "recorded": person.actor.name,
        "created": to_text(person.created_at),
        "disabled": None if disabled is None else to_text(disabled),
    }
