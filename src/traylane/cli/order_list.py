"""`traylane orders list`: the orders that fit some filters, as a table or as JSON."""

from __future__ import annotations

from typing import Annotated, Any, cast

import typer

from traylane.cli import output
from traylane.cli.ask import Place, ask
from traylane.cli.options import AsJson, DatabaseUrl, ServiceKey, ServiceUrl, one_of

SHOWN = 50
"""Orders that are shown unless --limit says otherwise."""
STATUSES = ("U", "V", "P", "C", "W")
COLUMNS = ("order", "tray", "PO", "customer", "status", "station", "ordered", "wanted", "cancelled")
SORTS = tuple(sign + name for name in ("orderNumber", "dateWanted", "dateOrdered") for sign in ("", "-"))

Status = Annotated[str | None, typer.Option("--status", help="U, V, P, C, or W for held ones.")]
Customer = Annotated[str | None, typer.Option("--customer", metavar="NUMBER", help="One customer's.")]
Station = Annotated[str | None, typer.Option("--station", metavar="CODE", help="Last scanned there.")]
Cancelled = Annotated[
    bool | None, typer.Option("--cancelled/--not-cancelled", help="Marked for cancellation, or not; else both.")
]
WantedFrom = Annotated[str | None, typer.Option("--wanted-from", metavar="DAY", help="Wanted then or later.")]
WantedTo = Annotated[str | None, typer.Option("--wanted-to", metavar="DAY", help="Wanted then or before.")]
OrderedFrom = Annotated[str | None, typer.Option("--ordered-from", metavar="DAY", help="Ordered then or later.")]
OrderedTo = Annotated[str | None, typer.Option("--ordered-to", metavar="DAY", help="Ordered then or before.")]
Search = Annotated[
    str | None,
    typer.Option("--search", metavar="TEXT", help="The beginning of the order, PO, job or tray number."),
]
SortBy = Annotated[str, typer.Option("--sort", help=f"{', '.join(SORTS)}.")]
Limit = Annotated[int, typer.Option("--limit", min=0, max=1_000_000, help="At most so many.")]
Offset = Annotated[int, typer.Option("--offset", min=0, max=1_000_000, help="Leave out so many first.")]


def list_(
    status: Status = None,
    customer: Customer = None,
    station: Station = None,
    cancelled: Cancelled = None,
    wanted_from: WantedFrom = None,
    wanted_to: WantedTo = None,
    ordered_from: OrderedFrom = None,
    ordered_to: OrderedTo = None,
    search: Search = None,
    sort: SortBy = "orderNumber",
    limit: Limit = SHOWN,
    offset: Offset = 0,
    database: DatabaseUrl = "",
    url: ServiceUrl = "",
    key: ServiceKey = "",
    as_json: AsJson = False,
) -> None:
    """List orders; everything that is given must hold."""
    if status is not None:
        one_of(status, STATUSES, "--status")
    one_of(sort, SORTS, "--sort")
    given: dict[str, Any] = {
        "status": status,
        "customer_number": customer,
        "current_station": station,
        "cancelled": cancelled,
        "date_wanted_from": wanted_from,
        "date_wanted_to": wanted_to,
        "date_ordered_from": ordered_from,
        "date_ordered_to": ordered_to,
        "search": search,
        "sort": sort,
        "limit": limit,
        "offset": offset,
    }
    found = ask(Place(database, url, key), lambda desk: desk.list_orders_page(**given))
    if as_json:
        output.print_json(found)
        return
    items = cast("list[dict[str, Any]]", found["items"])
    output.print_table(COLUMNS, [_row(order) for order in items])
    output.say(f"{len(items)} of {found['total']}")


def _row(order: dict[str, Any]) -> tuple[object, ...]:
    return (
        order["orderNumber"],
        order["trayNumber"],
        order["poNumber"],
        order["customerNumber"],
        order["status"],
        order["currentStation"],
        order["dateOrdered"],
        order["dateWanted"],
        "yes" if order["cancellation"] else "",
    )
