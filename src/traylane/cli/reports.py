"""`traylane reports`: numbers, counted from the events."""

from __future__ import annotations

from typing import Annotated

import typer

from traylane.cli import output
from traylane.cli.ask import Place, ask
from traylane.cli.options import AsJson, DatabaseUrl, ServiceKey, ServiceUrl

app = typer.Typer(help="Numbers, counted from the events.", no_args_is_help=True, rich_markup_mode=None)

First = Annotated[str | None, typer.Option("--from", metavar="DAY", help="The first day, like 2026-11-01.")]
Last = Annotated[str | None, typer.Option("--to", metavar="DAY", help="The last day, counted in; today if left out.")]


@app.callback()
def reports() -> None:
    """Numbers, counted from the events."""


@app.command()
def cancellations(
    first: First = None,
    last: Last = None,
    database: DatabaseUrl = "",
    url: ServiceUrl = "",
    key: ServiceKey = "",
    as_json: AsJson = False,
) -> None:
    """Cancellations by reason, customer, station and hour of the day; 30 days if none are named."""
    report = ask(Place(database, url, key), lambda desk: desk.report_cancellations(from_=first, to=last))
    if as_json:
        output.print_json(report)
        return
    rows: list[tuple[object, ...]] = [
        ("all", "", report["total"]),
        ("late", f"{report['lateShare']:.1%}", report["late"]),
        ("past a non-cancel station", "", report["overrides"]),
        ("restored", "", report["restored"]),
    ]
    rows += [("reason", row["code"] or "none", row["count"]) for row in report["byReason"]]
    rows += [("customer", row["customerNumber"], row["count"]) for row in report["byCustomer"]]
    rows += [("station", row["code"] or "before the first", row["count"]) for row in report["byStation"]]
    rows += [("hour", f"{row['hour']:02}", row["count"]) for row in report["byHour"] if row["count"]]
    output.say(f"{report['from']} to {report['to']}, {report['timeZone']}")
    output.print_table(("what", "which", "cancellations"), rows)
