"""`traylane keys`: let integrators in, and out again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, cast

import typer

from traylane.cli import output
from traylane.cli.ask import Place, ask
from traylane.cli.options import AsJson, DatabaseUrl, ServiceKey, ServiceUrl, nearest, one_of, point_in_time
from traylane.clock import system_clock, to_text

if TYPE_CHECKING:
    from traylane.client import shapes
    from traylane.client.async_methods import AsyncMethods

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
    url: ServiceUrl = "",
    key: ServiceKey = "",
    as_json: AsJson = False,
) -> None:
    """Create a key and show it, this once."""
    from traylane.access.actor import Scope

    wanted = [one_of(scope.strip(), Scope, "--scopes") for given in scopes for scope in given.split(",")]
    body = {"name": name, "scopes": wanted, "customerNumber": customer, "rate": rate}
    if expires is not None:
        body["expiresDateTime"] = to_text(point_in_time(expires, system_clock(), "--expires"))
    made = ask(Place(database, url, key), lambda desk: desk.create_key(cast("shapes.KeyBody", body)))
    if as_json:
        output.print_json({"key": made["secret"], **_shown(made)})
    else:
        output.print_text(str(made["secret"]))
        output.say(f"Keep the key of {made['name']} now: it cannot be shown again.")


@app.command("list")
def list_(database: DatabaseUrl = "", url: ServiceUrl = "", key: ServiceKey = "", as_json: AsJson = False) -> None:
    """Every key, without its secret, the revoked ones included."""
    keys = [_shown(found) for found in ask(Place(database, url, key), _all)]
    if as_json:
        output.print_json({"total": len(keys), "items": keys})
        return
    columns = ("name", "hint", "scopes", "customer", "rate", "expires", "revoked", "id")
    output.print_table(columns, [_row(found, columns) for found in keys])


@app.command()
def revoke(
    provided: Annotated[
        str, typer.Argument(metavar="NAME|ID", help="The key's id, or its name when it is the only one.")
    ],
    database: DatabaseUrl = "",
    url: ServiceUrl = "",
    key: ServiceKey = "",
    as_json: AsJson = False,
) -> None:
    """Revoke a live key; it is dead on the next request."""

    async def work(desk: AsyncMethods) -> shapes.KeyAnswer:
        return await desk.revoke_key(_meant(await _all(desk), provided))

    revoked = ask(Place(database, url, key), work)
    if as_json:
        output.print_json(_shown(revoked))
    else:
        output.print_text(f"Revoked the key of {revoked['name']} that ends with …{revoked['hint']}.")


async def _all(desk: AsyncMethods) -> list[shapes.KeyAnswer]:
    return [found async for found in desk.list_keys()]


def _meant(keys: Sequence[shapes.KeyAnswer], provided: str) -> str:
    """The id of the live key that is meant. Raises keys.KeyNotFound with what may have been meant."""
    from traylane.access.keys import KeyNotFound

    now = to_text(system_clock())
    live = [one for one in keys if one["revokedDateTime"] is None and (one["expiresDateTime"] or "A") > now]
    same = [one["id"] for one in live if provided in (one["id"], one["name"])]
    if len(same) == 1:
        return same[0]
    refusal = KeyNotFound(provided=provided)
    if same:
        refusal.add_note(f"several have this name, give the id of one: {', '.join(same)}")
    elif hint := nearest(provided, [one["name"] for one in live]):
        refusal.add_note(hint)
    raise refusal


def _row(shown: dict[str, object], columns: Sequence[str]) -> list[object]:
    values = shown | {"hint": f"…{shown['hint']}", "scopes": ",".join(cast(list[str], shown["scopes"]))}
    return [values[column] for column in columns]


def _shown(key: shapes.KeyAnswer) -> dict[str, object]:
    return {
        "id": key["id"],
        "name": key["name"],
        "hint": key["hint"],
        "scopes": sorted(key["scopes"]),
        "customer": key["customerNumber"],
        "rate": key["rate"],
        "created": key["createdDateTime"],
        "expires": key["expiresDateTime"],
        "revoked": key["revokedDateTime"],
    }
