"""`traylane call`: any operation of the API, on the database or on a service."""

from __future__ import annotations

import inspect
import sys
from typing import Annotated, Any

import typer

from traylane.cli import output
from traylane.cli.ask import Place, ask
from traylane.cli.options import DatabaseUrl, ServiceKey, ServiceUrl, nearest
from traylane.cli.orders import print_document

_PAGE = "_page"


def call(
    operation: Annotated[
        str | None, typer.Argument(metavar="OPERATION", help="As /docs names it: fetchOrder, or fetch-order.")
    ] = None,
    values: Annotated[
        list[str] | None, typer.Argument(metavar="VALUE", help="What stands in the path, in order.")
    ] = None,
    given: Annotated[
        list[str] | None,
        typer.Option("--with", metavar="NAME=VALUE", help="A parameter, for example limit=10; may be repeated."),
    ] = None,
    body: Annotated[
        str | None, typer.Option("--body", metavar="JSON", help="The body; - reads it from standard input.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Ask what it would say; nothing is written.")] = False,
    database: DatabaseUrl = "",
    url: ServiceUrl = "",
    key: ServiceKey = "",
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON document, also for what is shown as a table.")
    ] = False,
) -> None:
    """Call any operation of the API and print its answer. Without OPERATION: which there are."""
    known = operations()
    if operation is None:
        _list(known, as_json=as_json)
        return
    name = _named(operation, known, dry_run=dry_run)
    positional, named = _arguments(name, known[name], values or [], given or [], body)
    answer: Any = ask(Place(database, url, key), lambda desk: getattr(desk, name)(*positional, **named))
    if isinstance(answer, dict) and not as_json and "items" not in answer:
        print_document(answer, as_json=False)
    else:
        output.print_json(answer)


def operations() -> dict[str, inspect.Signature]:
    """The client's methods by name, one for each operation; a list's is the one that gives a page."""
    from traylane.client.async_methods import AsyncMethods

    names = [name for name in vars(AsyncMethods) if not name.startswith("_")]
    pages = {name.removesuffix(_PAGE) for name in names if name.endswith(_PAGE)}
    return {name: inspect.signature(getattr(AsyncMethods, name)) for name in names if name not in pages}


def _list(known: dict[str, inspect.Signature], *, as_json: bool) -> None:
    rows = [(_shown(name), ", ".join(_taken(signature))) for name, signature in sorted(known.items())]
    if as_json:
        output.print_json({"items": [{"operation": name, "takes": takes} for name, takes in rows]})
    else:
        output.print_table(("operation", "takes"), rows)


def _named(given: str, known: dict[str, inspect.Signature], *, dry_run: bool) -> str:
    end = "_dry_run" if dry_run else ""
    wanted = _plain(given) + _plain(end)
    for name in known:
        if wanted in {_plain(name), _plain(name.removesuffix(_PAGE))}:
            return name
    hint = nearest(given, [_shown(name) for name in known if name.endswith(end)])
    what = "has no dry run" if dry_run and _plain(given) in map(_plain, known) else "is unknown"
    raise typer.BadParameter(
        f"'{given[:60]}' {what}. {hint or 'Run `traylane call` for a list.'}", param_hint="OPERATION"
    )


def _arguments(
    name: str, signature: inspect.Signature, values: list[str], given: list[str], body: str | None
) -> tuple[list[str], dict[str, Any]]:
    parameters = list(signature.parameters.values())[1:]
    path = [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD and p.name != "body"]
    if len(values) != len(path):
        wanted = " ".join(path).upper() or "no VALUE"
        raise typer.BadParameter(f"{_shown(name)} takes {wanted}", param_hint="VALUE")
    options = {_plain(p.name): p.name for p in parameters if p.kind is p.KEYWORD_ONLY}
    named: dict[str, Any] = {}
    for text in given:
        option, equals, value = text.partition("=")
        if not equals or _plain(option) not in options:
            hint = nearest(option, options.values()) or f"It takes {', '.join(options.values()) or 'nothing'}."
            raise typer.BadParameter(f"{_shown(name)} has no parameter '{option[:60]}'. {hint}", param_hint="--with")
        named[options[_plain(option)]] = value
    if "body" in signature.parameters:
        required = signature.parameters["body"].default is inspect.Parameter.empty
        if body is None and required:
            raise typer.BadParameter(f"{_shown(name)} needs one", param_hint="--body")
        if body is not None:
            named["body"] = _document(body)
    elif body is not None:
        raise typer.BadParameter(f"{_shown(name)} takes none", param_hint="--body")
    return values, named


def _document(given: str) -> Any:
    import msgspec

    try:
        return msgspec.json.decode(sys.stdin.buffer.read() if given == "-" else given.encode())
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise typer.BadParameter("is not JSON", param_hint="--body") from None


def _taken(signature: inspect.Signature) -> list[str]:
    return [name for name in signature.parameters if name not in {"self", "idempotency_key", "if_match"}]


def _plain(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()


def _shown(name: str) -> str:
    return name.removesuffix(_PAGE).replace("_", "-")
