"""`traylane reasons`, `stations`, `customers`, `addons`, `breakages`, `employees`: each has the same commands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from traylane.cli import output
from traylane.cli.ask import Place, ask
from traylane.cli.options import AsJson, DatabaseUrl, IfMatch, ServiceKey, ServiceUrl, nearest, setup_tag

if TYPE_CHECKING:
    from traylane.client.async_methods import AsyncMethods
    from traylane.policy.kinds import Kind
    from traylane.policy.value_types import Type

_GIVEN = "PROPERTY=VALUE"
Code = Annotated[str, typer.Argument(metavar="CODE", help="What identifies it.")]
Given = Annotated[
    list[str], typer.Argument(metavar="PROPERTY=VALUE…", help='For example desc="Customer request" or active=on.')
]


class Commands(NamedTuple):
    """The commands of one kind. `kind`: its name; `method`: as in the client's `list_…s` and `put_…`."""

    name: str
    kind: str
    method: str
    help: str


COMMANDS = (
    Commands("reasons", "reasons", "delete_reason", "Delete reasons."),
    Commands("stations", "stations", "station", "Stations, and operators (operator=on)."),
    Commands("customers", "customers", "customer", "Customers."),
    Commands("addons", "addons", "addon", "Add-ons."),
    Commands("breakages", "breakages", "breakage", "Breakage codes."),
    Commands("employees", "employees", "employee", "Employees who can break a lens."),
)


def app_of(commands: Commands) -> typer.Typer:
    """`list`, `set` and `retire` of one kind."""
    app = typer.Typer(help=commands.help, no_args_is_help=True, rich_markup_mode=None)

    @app.command("list")
    def list_(database: DatabaseUrl = "", url: ServiceUrl = "", key: ServiceKey = "", as_json: AsJson = False) -> None:
        """All of them, the retired included."""
        rows = ask(Place(database, url, key), lambda desk: _all(desk, commands))
        if as_json:
            output.print_json({"total": len(rows), "items": rows})
        else:
            columns = tuple(dict.fromkeys(name for row in rows for name in row))
            output.print_table(columns, [[_shown(row.get(name)) for name in columns] for row in rows])

    @app.command("set")
    def set_(
        code: Code,
        given: Given,
        if_match: IfMatch = None,
        database: DatabaseUrl = "",
        url: ServiceUrl = "",
        key: ServiceKey = "",
        as_json: AsJson = False,
    ) -> None:
        """Set one up, or change it; what is not given stays as it is."""
        changes = _read(commands, given)

        async def work(desk: AsyncMethods) -> Mapping[str, Any]:
            return await _put(desk, commands, code, await _one(desk, commands, code), changes, if_match)

        _print(ask(Place(database, url, key), work), as_json=as_json)

    @app.command()
    def retire(
        code: Code,
        if_match: IfMatch = None,
        database: DatabaseUrl = "",
        url: ServiceUrl = "",
        key: ServiceKey = "",
        as_json: AsJson = False,
    ) -> None:
        """Retire one: it cannot be used any more; what points at it keeps it."""

        async def work(desk: AsyncMethods) -> Mapping[str, Any]:
            row = await _one(desk, commands, code)
            if not row:
                raise await _not_there(desk, commands, code)
            return await _put(desk, commands, code, row, {"active": False}, if_match)

        _print(ask(Place(database, url, key), work), as_json=as_json)

    return app


async def _all(desk: AsyncMethods, commands: Commands) -> list[Mapping[str, Any]]:
    return [row async for row in getattr(desk, f"list_{commands.method}s")()]


async def _one(desk: AsyncMethods, commands: Commands, code: str) -> Mapping[str, Any]:
    """A row as it is now, empty when there is none."""
    name = _kind(commands).key
    return next((row for row in await _all(desk, commands) if row[name] == code), {})


async def _put(
    desk: AsyncMethods,
    commands: Commands,
    code: str,
    row: Mapping[str, Any],
    changes: Mapping[str, object],
    if_match: str | None,
) -> Mapping[str, Any]:
    body = {name: value for name, value in row.items() if name != _kind(commands).key}
    put = getattr(desk, f"put_{commands.method}")
    saved: Mapping[str, Any] = await put(code, {**body, **changes}, if_match=setup_tag(if_match))
    return saved


async def _not_there(desk: AsyncMethods, commands: Commands, code: str) -> Exception:
    from traylane.api.errors import NotSetUp

    refusal = NotSetUp(provided=code)
    name = _kind(commands).key
    if hint := nearest(code, [row[name] for row in await _all(desk, commands)]):
        refusal.add_note(hint)
    return refusal


def _kind(commands: Commands) -> Kind:
    from traylane.policy.kinds import KINDS

    return next(kind for kind in KINDS if kind.name == commands.kind)


def _types(commands: Commands) -> dict[str, Type]:
    from traylane.policy.value_types import SWITCH

    types = {column.name: column.type for column in _kind(commands).columns[1:]}
    return types | ({"operator": SWITCH} if commands.kind == "stations" else {})


def _read(commands: Commands, given: list[str]) -> dict[str, object]:
    """Properties as they were typed. Raises typer.BadParameter that names the nearest property."""
    types, values = _types(commands), dict[str, object]()
    for text in given:
        name, equals, value = text.partition("=")
        if name not in types or not equals:
            hint = nearest(name, types) or f"It is one of {', '.join(types)}."
            raise typer.BadParameter(
                f"'{text[:60]}' is no property with its value. {hint}", param_hint="PROPERTY=VALUE"
            )
        values[name] = types[name].from_text(value)
        if wrong := types[name].check(values[name]):
            raise typer.BadParameter(f"{name} {wrong}", param_hint=_GIVEN)
    return values


def _print(row: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        output.print_json(row)
    else:
        output.print_table(("property", "value"), [(name, _shown(value)) for name, value in row.items()])


def _shown(value: object) -> object:
    match value:
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(map(str, value))
        case _:
            return value
