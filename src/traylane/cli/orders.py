"""`traylane orders`."""

from __future__ import annotations

import typer

app = typer.Typer(help="Find, cancel, import and export orders.", no_args_is_help=True, rich_markup_mode=None)


@app.command()
def show() -> None: ...
@app.command()
def xx() -> None: ...
