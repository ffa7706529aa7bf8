"""`traylane floor`: scans, and what the floor asks, on the database itself or on a service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from traylane.cli import output
from traylane.cli.ask import Place, ask
from traylane.cli.options import AsJson, By, DatabaseUrl, Identifier, ServiceKey, ServiceUrl, kind_of
from traylane.cli.orders import print_document

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from traylane.client import shapes

app = typer.Typer(help="Check in, track, and see what is on the floor.", no_args_is_help=True, rich_markup_mode=None)

Station = Annotated[str, typer.Argument(metavar="STATION", help="The station's code.")]
Operator = Annotated[str | None, typer.Option("--operator", metavar="CODE", help="Who scans.")]
AtStation = Annotated[str | None, typer.Option("--station", metavar="CODE", help="Only what stands at this station.")]
Customer = Annotated[str | None, typer.Option("--customer", metavar="NUMBER", help="Only this customer's orders.")]
Late = Annotated[bool, typer.Option("--late", help="Only what is wanted on a day that is over.")]
Hot = Annotated[bool, typer.Option("--hot", help="Only what is wanted today.")]
Days = Annotated[int, typer.Option("--days", min=1, max=92, help="So many days, today the last of them.")]
Tray = Annotated[str, typer.Argument(metavar="TRAY", help="The tray's number.")]


@app.command("check-in")
def check_in(
    station: Station,
    identifier: Identifier,
    by: By = None,
    operator: Operator = None,
    database: DatabaseUrl = "",
    url: ServiceUrl = "",
    key: ServiceKey = "",
    as_json: AsJson = False,
) -> None:
    """Check an order in at a station."""
    body: shapes.CheckInBody = {"orderIdentifier": identifier, "by": kind_of(by), "operator": operator}
    answer = ask(Place(database, url, key), lambda desk: desk.check_in(station, body))
    print_document(answer, as_json=as_json)


@app.command()
def tracking(
    identifier: Identifier,
    by: By = None,
    database: DatabaseUrl = "",
    url: ServiceUrl = "",
    key: ServiceKey = "",
    as_json: AsJson = False,
) -> None:
    """Where an order has been, oldest first."""
    kind = kind_of(by)
    found = ask(Place(database, url, key), lambda desk: desk.track_order_page(identifier, by=kind))
    _print_items(
        found,
        found["items"],
        ("seq", "code", "desc", "operator", "dateTime", "secondsSinceLast", "deviceDateTime"),
        as_json=as_json,
    )


@app.command()
def wip(
    station: AtStation = None,
    customer: Customer = None,
    late: Late = False,
    hot: Hot = False,
    database: DatabaseUrl = "",
    url: ServiceUrl = "",
    key: ServiceKey = "",
    as_json: AsJson = False,
) -> None:
    """What is in process, station by station. --json lists the orders too, the one that stands longest first."""
    found = ask(
        Place(database, url, key),
        lambda desk: desk.fetch_work_in_process(
            station=station,
            customer_number=customer,
            late=late or None,
            hot=hot or None,
            limit=None if as_json else 0,
        ),
    )
    columns = ("code", "desc", "count", "onHold", "late", "hot", "oldestMinutes")
    _print_items(found, found["stations"], columns, as_json=as_json)
    if not as_json:
        output.say(f"{found['total']} in process, {found['late']} late, {found['hot']} hot.")


@app.command()
def recall(database: DatabaseUrl = "", url: ServiceUrl = "", key: ServiceKey = "", as_json: AsJson = False) -> None:
    """Cancelled orders whose work is still about, the longest cancelled first."""
    found = ask(Place(database, url, key), lambda desk: desk.list_recalls_page())
    columns = ("orderNumber", "trayNumber", "cancelled", "lastStation", "minutesSince", "refusedScans", "trayHolds")
    _print_items(found, found["items"], columns, as_json=as_json)


@app.command()
def days(
    count: Days = 30, database: DatabaseUrl = "", url: ServiceUrl = "", key: ServiceKey = "", as_json: AsJson = False
) -> None:
    """What came in, was completed and was cancelled, day by day."""
    found = ask(Place(database, url, key), lambda desk: desk.list_days(days=count))
    columns = ("date", "in", "completed", "cancelled", "restored", "inWork")
    _print_items(found, found["items"], columns, as_json=as_json)


@app.command()
def tray(
    number: Tray, database: DatabaseUrl = "", url: ServiceUrl = "", key: ServiceKey = "", as_json: AsJson = False
) -> None:
    """Who held a tray, and who holds it now."""
    found = ask(Place(database, url, key), lambda desk: desk.fetch_tray(number))
    _print_items(found, found["items"], ("orderNumber", "since", "given", "until", "left"), as_json=as_json)


def _print_items(
    found: Mapping[str, object],
    items: Sequence[Mapping[str, object]],
    columns: tuple[str, ...],
    *,
    as_json: bool,
) -> None:
    """All of an answer for programs, a table of its items for people."""
    if as_json:
        output.print_json(found)
    else:
        output.print_table(columns, [[item[column] for column in columns] for item in items])
