"""`traylane keys`: let integrators in, and out again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, cast

import typer

from traylane.cli import output
from traylane.cli.opened import on_database
from traylane.cli.options import AsJson, DatabaseUrl, nearest, one_of, point_in_time
from traylane.clock import system_clock, to_text

if TYPE_CHECKING:
    from traylane.access.keys import Key, Keyring
    from traylane.clock import Instant
    from traylane.db.database import Database, Transaction

app = typer.Typer(help="Access keys of integrators.", no_args_is_help=True, rich_markup_mode=None)

Scopes = Annotated[
    list[str],
    typer.Option("--scopes", metavar="SCOPE,…", help="What the key may do, for example orders:read,orders:cancel."),
]


@app.command()
def create(
    name: Annotated[str, typer.Option("--name", help="The integrator; at most two live keys have one name.")],
    scopes: Scopes,
    customer: Annotated[str | None, typer.Option("--customer", help="Limit the key to this customer's orders.")] = None,
    rate: Annotated[int | None, typer.Option("--rate", help="Requests a minute; no limit without it.")] = None,
    expires: Annotated[
        str | None, typer.Option("--expires", metavar="WHEN", help="2027-01-01 (from 00:00 UTC on) or 90d.")
    ] = None,
    database: DatabaseUrl = "",
    as_json: AsJson = False,
) -> None:
    """Create a key and show it, this once."""
    from traylane.access import keys
    from traylane.access.actor import COMMAND_LINE, Scope

    now = system_clock()
    wanted = [one_of(scope.strip(), Scope, "--scopes") for given in scopes for scope in given.split(",")]
    expires_at = None if expires is None else point_in_time(expires, now, "--expires")

    async def work(tx: Transaction) -> tuple[Key, str]:
        return await keys.create(
            tx,
            name=name,
            scopes=wanted,
            customer=customer,
            rate=rate,
            expires_at=expires_at,
            actor=COMMAND_LINE,
            now=now,
        )

    async def run(db: Database) -> tuple[Key, str]:
        return await db.write(work)

    key, secret = on_database(database, run)
    if as_json:
        output.print_json({"key": secret, **_shown(key)})
    else:
        output.print_text(secret)
        output.say(f"Keep the key of {key.name} now: it cannot be shown again.")


@app.command("list")
def list_(database: DatabaseUrl = "", as_json: AsJson = False) -> None:
    """Every key, without its secret, the revoked ones included."""
    keys = on_database(database, _keyring).keys
    if as_json:
        output.print_json({"total": len(keys), "items": [_shown(key) for key in keys]})
        return
    columns = ("name", "hint", "scopes", "customer", "rate", "expires", "revoked", "id")
    output.print_table(columns, [_row(_shown(key), columns) for key in keys])


@app.command()
def revoke(
    provided: Annotated[
        str, typer.Argument(metavar="NAME|ID", help="The key's id, or its name when it is the only one.")
    ],
    database: DatabaseUrl = "",
    as_json: AsJson = False,
) -> None:
    """Revoke a live key; it is dead on the next request."""
    from traylane.access import keys
    from traylane.access.actor import COMMAND_LINE

    now = system_clock()

    async def work(tx: Transaction) -> Key:
        return await keys.revoke(tx, provided=provided, actor=COMMAND_LINE, now=now)

    async def run(db: Database) -> Key:
        try:
            return await db.write(work)
        except keys.KeyNotFound as refusal:
            if advice := _advice(await _keyring(db), provided, now):
                refusal.add_note(advice)
            raise

    key = on_database(database, run)
    if as_json:
        output.print_json({**_shown(key), "revoked": to_text(now)})
    else:
        output.print_text(f"Revoked the key of {key.name} that ends with …{key.hint}.")


async def _keyring(db: Database) -> Keyring:
    from traylane.access import keys

    return await db.read(keys.load)


def _advice(keyring: Keyring, provided: str, now: Instant) -> str:
    from traylane.db import ids

    live = [key for key in keyring.keys if key.is_live(now)]
    same = [ids.to_text(key.id) for key in live if key.name == provided]
    if same:
        return f"several have this name, give the id of one: {', '.join(same)}"
    return nearest(provided, [key.name for key in live])


def _row(shown: dict[str, object], columns: Sequence[str]) -> list[object]:
    values = shown | {"hint": f"…{shown['hint']}", "scopes": ",".join(cast(list[str], shown["scopes"]))}
    return [values[column] for column in columns]


def _shown(key: Key) -> dict[str, object]:
    from traylane.db import ids

    def when(instant: Instant | None) -> str | None:
        return None if instant is None else to_text(instant)

    return {
        "id": ids.to_text(key.id),
        "name": key.name,
        "hint": key.hint,
        "scopes": sorted(key.scopes),
        "customer": key.customer,
        "rate": key.rate,
        "created": when(key.created_at),
        "expires": when(key.expires_at),
        "revoked": when(key.revoked_at),
    }
