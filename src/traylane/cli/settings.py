"""`traylane settings`: the laboratory's settings, one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from traylane.cli import output
from traylane.cli.ask import Place, ask
from traylane.cli.options import AsJson, DatabaseUrl, IfMatch, ServiceKey, ServiceUrl, setup_tag

if TYPE_CHECKING:
    from traylane.client import shapes
    from traylane.client.async_methods import AsyncMethods

app = typer.Typer(help="Settings of the laboratory.", no_args_is_help=True, rich_markup_mode=None)

Name = Annotated[str, typer.Argument(metavar="NAME", help='For example "Modules:Job Tracker".')]


@app.command("list")
def list_(database: DatabaseUrl = "", url: ServiceUrl = "", key: ServiceKey = "", as_json: AsJson = False) -> None:
    """Every setting with its value."""

    async def work(desk: AsyncMethods) -> list[shapes.SettingAnswer]:
        return [found async for found in desk.list_settings()]

    settings = ask(Place(database, url, key), work)
    if as_json:
        output.print_json({"total": len(settings), "items": settings})
    else:
        rows = [(found["name"], typed(found["value"]), typed(found["default"]), found["unit"]) for found in settings]
        output.print_table(("name", "value", "default", "unit"), rows)


@app.command()
def get(
    name: Name, database: DatabaseUrl = "", url: ServiceUrl = "", key: ServiceKey = "", as_json: AsJson = False
) -> None:
    """One setting: its value alone, as `set` takes it."""
    found = ask(Place(database, url, key), lambda desk: desk.fetch_setting(name))
    if as_json:
        output.print_json(found)
    else:
        output.print_text(typed(found["value"]))


@app.command("set")
def set_(
    name: Name,
    value: Annotated[
        str, typer.Argument(metavar="VALUE", help="on or off, a number, 06:00-22:00, a list with commas, …")
    ],
    if_match: IfMatch = None,
    database: DatabaseUrl = "",
    url: ServiceUrl = "",
    key: ServiceKey = "",
    as_json: AsJson = False,
) -> None:
    """Change a setting; orders are judged by it from the next request on."""
    from traylane.policy.catalogue import BY_NAME

    wanted: Any = BY_NAME[name].type.from_text(value) if name in BY_NAME else value
    body: shapes.SettingBody = {"value": wanted}
    found = ask(Place(database, url, key), lambda desk: desk.put_setting(name, body, if_match=setup_tag(if_match)))
    if as_json:
        output.print_json(found)
    else:
        output.print_text(typed(found["value"]))


def typed(value: object) -> str:
    """A value as a person types it."""
    match value:
        case bool():
            return "on" if value else "off"
        case [int(first), int(last)]:
            return f"{first}-{last}"
        case [str(first), str(last)] if ":" in first and "=" not in first:
            return f"{first}-{last}"
        case list():
            return ", ".join(map(str, value))
        case _:
            return str(value)
