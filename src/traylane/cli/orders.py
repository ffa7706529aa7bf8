"""`traylane orders`: the API's use cases, on the database itself or on a service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from traylane.cli import cancellations, data, order_changes, order_list, output
from traylane.cli.ask import Place, ask
from traylane.cli.options import AsJson, By, DatabaseUrl, Identifier, Kind, ServiceKey, ServiceUrl, kind_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from traylane.client import shapes
    from traylane.client.async_methods import AsyncMethods

app = typer.Typer(help="Find, cancel, import and export orders.", no_args_is_help=True, rich_markup_mode=None)

app.command("list")(order_list.list_)
app.command("import")(data.import_)
app.command("export")(data.export)
app.command("restore")(cancellations.restore)
app.command("disposition")(cancellations.disposition)
app.command("create")(order_changes.create)
app.command("correct")(order_changes.correct)
app.command("complete")(order_changes.complete)
app.command("hold")(order_changes.hold)
app.command("release")(order_changes.release)
app.command("validate")(order_changes.validate)
app.command("unvalid")(order_changes.unvalid)
app.command("tray")(order_changes.tray)
app.command("release-tray")(order_changes.release_tray)

LONGEST_REASON = 20
Override = Annotated[
    bool, typer.Option("--override", help="Cancel past a non-cancel station; the reason must allow it.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what a cancel would answer, and change nothing.")]
CancelFile = Annotated[
    str | None,
    typer.Option("--file", metavar="FILE", help="Cancel every order of a file: an identifier or a JSON object a line."),
]
ResultFile = Annotated[
    str | None, typer.Option("--result", metavar="FILE", help="Where the answers go; FILE.results.jsonl if left out.")
]
IdempotencyKey = Annotated[
    str | None,
    typer.Option("--idempotency-key", metavar="KEY", help="With --file; if left out it is made of the file."),
]
Reason = Annotated[str | None, typer.Option("--reason", metavar="CODE", help="The delete reason.")]


@app.command()
def show(
    identifier: Identifier,
    by: By = None,
    database: DatabaseUrl = "",
    url: ServiceUrl = "",
    key: ServiceKey = "",
    as_json: AsJson = False,
) -> None:
    """Show one order."""
    kind = kind_of(by)

    async def work(desk: AsyncMethods) -> tuple[shapes.OrderAnswer, list[str]]:
        order = await desk.fetch_order(identifier, by=kind)
        return order, [] if as_json else await _notes(desk, identifier, kind)

    order, notes = ask(Place(database, url, key), work)
    for note in notes:
        output.say(note)
    print_document(order, as_json=as_json)


@app.command()
def status(
    identifier: Identifier,
    by: By = None,
    database: DatabaseUrl = "",
    url: ServiceUrl = "",
    key: ServiceKey = "",
    as_json: AsJson = False,
) -> None:
    """Where an order stands."""
    kind = kind_of(by)
    found = ask(Place(database, url, key), lambda desk: desk.fetch_order_status(identifier, by=kind))
    print_document(found, as_json=as_json)


@app.command()
def cancel(
    identifier: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="Order number, tray number or purchase order number.")
    ] = None,
    by: By = None,
    reason: Reason = None,
    override: Override = False,
    said: cancellations.Said = None,
    dry_run: DryRun = False,
    file: CancelFile = None,
    result: ResultFile = None,
    again: IdempotencyKey = None,
    database: DatabaseUrl = "",
    url: ServiceUrl = "",
    key: ServiceKey = "",
    as_json: AsJson = False,
) -> None:
    """Cancel an order, or with --file many: flag it for deletion, under the laboratory's rules."""
    kind, place = kind_of(by), Place(database, url, key)
    if reason is not None and len(reason) > LONGEST_REASON:
        raise typer.BadParameter(f"a reason has at most {LONGEST_REASON} characters", param_hint="--reason")
    if (identifier is None) == (file is None):
        raise typer.BadParameter("name an order, or a file with --file", param_hint="ID")
    body: Any = cancellations.said_of(said)
    if file is not None:
        given = {"by": kind, "deleteReason": reason, "override": override or None, **body}
        defaults = {name: value for name, value in given.items() if value is not None}
        cancellations.cancel_file(place, file, result, defaults, again=again, as_json=as_json)
        return
    assert identifier is not None
    how: dict[str, Any] = {"by": kind, "delete_reason": reason, "override": override or None}
    if dry_run:
        verdict = ask(place, lambda desk: desk.cancel_order_dry_run(identifier, body or None, **how))
        _print_verdict(verdict, as_json=as_json)
        return
    order = ask(place, lambda desk: desk.cancel_order(identifier, body or None, **how))
    if order["message"] and not as_json:
        output.say(order["message"])
    print_document(order, as_json=as_json)
    if not as_json:
        output.say(f"Order {order['orderNumber']} is cancelled.")


@app.command()
def events(
    identifier: Identifier,
    by: By = None,
    limit: Annotated[int, typer.Option("--limit", min=0, max=1_000_000, help="At most this many.")] = 1_000_000,
    offset: Annotated[int, typer.Option("--offset", min=0, max=1_000_000, help="Leave out this many first.")] = 0,
    database: DatabaseUrl = "",
    url: ServiceUrl = "",
    key: ServiceKey = "",
    as_json: AsJson = False,
) -> None:
    """What happened to an order, oldest first."""
    import msgspec

    kind = kind_of(by)
    found = ask(
        Place(database, url, key),
        lambda desk: desk.list_order_events_page(identifier, by=kind, limit=limit, offset=offset),
    )
    if as_json:
        output.print_json(found)
        return
    rows = [
        (event["seq"], event["type"], event["dateTime"], event["actor"], msgspec.json.encode(event["data"]).decode())
        for event in found["items"]
    ]
    output.print_table(("seq", "type", "when", "by", "data"), rows)


async def _notes(desk: AsyncMethods, identifier: str, kind: Kind | None) -> list[str]:
    """Whether the identifier fits other orders too. A fetch does not say so, the warnings of a cancel would."""
    return (await desk.fetch_cancellation(identifier, by=kind))["warnings"]


def _print_verdict(verdict: shapes.VerdictAnswer, *, as_json: bool) -> None:
    allowed = verdict["allowed"]
    if as_json:
        output.print_json(verdict)
    else:
        for refusal in verdict["refusals"]:
            output.say("; ".join([refusal["error"], *refusal["details"]]))
        for warning in verdict["warnings"]:
            output.say(warning)
        output.print_text(f"Order {verdict['orderNumber']} {'can' if allowed else 'cannot'} be cancelled.")
    if not allowed:
        raise typer.Exit(output.REFUSED)


def print_document(document: Mapping[str, object], *, as_json: bool) -> None:
    """All of an answer for programs; for people what is set of it."""
    if as_json:
        output.print_json(document)
    else:
        unset: tuple[object, ...] = ("", None, [], 0)
        rows = [(name, _readable(value)) for name, value in document.items() if value not in unset]
        output.print_table(("property", "value"), rows)


def _readable(value: object) -> str:
    match value:
        case str():
            return value
        case list():
            return ", ".join(map(_readable, value))
        case dict():
            return ", ".join(f"{name} {_readable(inner)}" for name, inner in value.items() if inner != "")
        case bool():
            return "yes" if value else "no"
        case _:
            return str(value)
