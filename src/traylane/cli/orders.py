"""`traylane orders`: the same use cases as over HTTP, on the database itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from traylane.cli import data, output
from traylane.cli.opened import at_desk
from traylane.cli.options import AsJson, By, DatabaseUrl, Identifier, nearest, one_of
from traylane.clock import system_clock, to_text

if TYPE_CHECKING:
    from traylane.errors import Refused
    from traylane.events.seal import Event
    from traylane.orders.change import Done, Replayed
    from traylane.orders.desk import Desk, Found, Verdict
    from traylane.orders.lookup import Ref

app = typer.Typer(help="Find, cancel, import and export orders.", no_args_is_help=True, rich_markup_mode=None)

app.command("import")(data.import_)
app.command("export")(data.export)

LONGEST_REASON = 20
KINDS = ("order", "tray", "po")
Override = Annotated[
    bool, typer.Option("--override", help="Cancel past a non-cancel station; the reason must allow it.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what a cancel would answer, and change nothing.")]
Reason = Annotated[str | None, typer.Option("--reason", metavar="CODE", help="The delete reason.")]


@app.command()
def show(identifier: Identifier, by: By = None, database: DatabaseUrl = "", as_json: AsJson = False) -> None:
    """Show one order."""
    from traylane.access.actor import COMMAND_LINE
    from traylane.orders.document import order_answer

    ref = _ref(identifier, by)

    async def work(desk: Desk) -> Found:
        return await desk.find(ref, COMMAND_LINE)

    found = at_desk(database, work)
    if found.note and not as_json:
        output.say(found.note)
    _print_order(order_answer(found.order, found.policy), as_json=as_json)


@app.command()
def cancel(
    identifier: Identifier,
    by: By = None,
    reason: Reason = None,
    override: Override = False,
    dry_run: DryRun = False,
    database: DatabaseUrl = "",
    as_json: AsJson = False,
) -> None:
    """Cancel an order: flag it for deletion, under the laboratory's rules. Prints its last state."""
    from traylane.orders.cancel_rules import CancelRequest
    from traylane.orders.document import cancel_answer

    if reason is not None and len(reason) > LONGEST_REASON:
        raise typer.BadParameter(f"a reason has at most {LONGEST_REASON} characters", param_hint="--reason")
    ref, asked = _ref(identifier, by), CancelRequest(reason, override)
    if dry_run:
        _foresee(database, ref, asked, as_json=as_json)
        return
    done = at_desk(database, lambda desk: _cancel(desk, ref, asked))
    if done.message and not as_json:
        output.say(done.message)
    _print_order(cancel_answer(done.order, done.policy, done.message), as_json=as_json)
    if not as_json:
        output.say(f"Order {done.order.number} is cancelled.")


@app.command()
def events(
    identifier: Identifier,
    by: By = None,
    limit: Annotated[int, typer.Option("--limit", min=0, max=1_000_000, help="At most this many.")] = 1_000_000,
    offset: Annotated[int, typer.Option("--offset", min=0, max=1_000_000, help="Leave out this many first.")] = 0,
    database: DatabaseUrl = "",
    as_json: AsJson = False,
) -> None:
    """What happened to an order, oldest first."""
    from traylane.access.actor import COMMAND_LINE

    ref = _ref(identifier, by)

    async def work(desk: Desk) -> tuple[int, list[Event]]:
        _, total, found = await desk.history(ref, COMMAND_LINE, limit=limit, offset=offset)
        return total, list(found)

    total, found = at_desk(database, work)
    if as_json:
        output.print_json({"total": total, "items": [_event(event) for event in found]})
        return
    rows = [(event.seq, event.type, to_text(event.at), event.actor, event.data) for event in found]
    output.print_table(("seq", "type", "when", "by", "data"), rows)


async def _cancel(desk: Desk, ref: Ref, asked: Any) -> Done:
    from traylane.access.actor import COMMAND_LINE
    from traylane.orders.cancel import CANCEL
    from traylane.orders.cancel_rules import UnknownReason
    from traylane.orders.change import Done, Request

    request = Request(ref=ref, asked=asked, actor=COMMAND_LINE, now=system_clock())
    try:
        outcome: Done | Replayed = await desk.change(CANCEL, request)
    except UnknownReason as refusal:
        if hint := nearest(asked.reason or "", desk.rulebook.book.policy.active_reasons):
            refusal.add_note(hint)
        raise
    assert isinstance(outcome, Done), "nothing is replayed without an Idempotency-Key"
    return outcome


def _foresee(database: str, ref: Ref, asked: Any, *, as_json: bool) -> None:
    from traylane.access.actor import COMMAND_LINE

    async def work(desk: Desk) -> Verdict:
        return await desk.foresee_cancel(ref, asked, COMMAND_LINE)

    verdict = at_desk(database, work)
    number, refusals = verdict.order.number, verdict.refusals
    if as_json:
        output.print_json(
            {
                "allowed": not refusals,
                "refusals": [_refusal(refusal) for refusal in refusals],
                "warnings": list(verdict.warnings),
                "orderNumber": number,
            }
        )
    else:
        for sentence in (*map(str, refusals), *verdict.warnings):
            output.say(sentence)
        output.print_text(f"Order {number} {'cannot' if refusals else 'can'} be cancelled.")
    if refusals:
        raise typer.Exit(output.REFUSED)


def _ref(identifier: str, by: str | None) -> Ref:
    from traylane.orders.lookup import BY, Ref

    return Ref(identifier, by=None if by is None else BY[one_of(by, KINDS, "--by")])


def _print_order(document: dict[str, object], *, as_json: bool) -> None:
    """All of an order for programs; for people what is set of it."""
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


def _refusal(refusal: Refused) -> dict[str, object]:
    return {
        "error": refusal.sentence,
        "details": refusal.details(),
        "code": refusal.code,
        "evidence": refusal.evidence(),
    }


def _event(event: Event) -> dict[str, object]:
    """An event by its names in the v2 API."""
    import msgspec

    from traylane.db import ids

    return {
        "id": ids.to_text(event.id),
        "seq": event.seq,
        "type": event.type,
        "dateTime": to_text(event.at),
        "actor": event.actor,
        "data": msgspec.Raw(event.data.encode()),
    }
