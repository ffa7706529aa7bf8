"""`traylane orders create`, `correct`, `complete`, `hold`, … : what changes orders beside the cancel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from traylane.cli import output
from traylane.cli.ask import Place, Question, ask
from traylane.cli.options import AsJson, By, DatabaseUrl, Identifier, ServiceKey, ServiceUrl, kind_of

if TYPE_CHECKING:
    from collections.abc import Mapping

File = Annotated[
    str, typer.Argument(metavar="FILE", help="The order as a JSON object, by the API's names; - for stdin.")
]
LARGEST_FILE = 65_536


def create(
    file: File, database: DatabaseUrl = "", url: ServiceUrl = "", key: ServiceKey = "", as_json: AsJson = False
) -> None:
    """Create an order from a JSON file. Prints it, with its number and its tray."""
    body: Any = _read(file)
    order: Mapping[str, Any] = ask(Place(database, url, key), lambda desk: desk.create_order(body))
    _show(order, list(order["creationRemarks"]), f"Order {order['orderNumber']} is created.", as_json=as_json)


def correct(
    identifier: Identifier,
    by: By = None,
    wanted: Annotated[
        str | None, typer.Option("--wanted", metavar="DAY", help="Wanted by this day (yyyy-mm-dd), or none.")
    ] = None,
    po: Annotated[str | None, typer.Option("--po", metavar="PO", help="The purchase order number.")] = None,
    job: Annotated[str | None, typer.Option("--job", metavar="ID", help="What the customer calls the job.")] = None,
    remarks: Annotated[str | None, typer.Option("--remarks", metavar="TEXT", help="Remarks on the order.")] = None,
    database: DatabaseUrl = "",
    url: ServiceUrl = "",
    key: ServiceKey = "",
    as_json: AsJson = False,
) -> None:
    """Correct an order: what is given changes, the rest stays."""
    given = {"poNumber": po, "customerJobId": job, "remarks": remarks}
    body: Any = {name: value for name, value in given.items() if value is not None}
    if wanted is not None:
        body["dateWanted"] = None if wanted == "none" else wanted
    kind = kind_of(by)
    _change(
        Place(database, url, key), lambda d: d.correct_order(identifier, body, by=kind), "corrected", as_json=as_json
    )


def complete(
    identifier: Identifier,
    by: By = None,
    database: DatabaseUrl = "",
    url: ServiceUrl = "",
    key: ServiceKey = "",
    as_json: AsJson = False,
) -> None:
    """Complete an order: it leaves the line and its tray."""
    kind = kind_of(by)
    done = ask(Place(database, url, key), lambda desk: desk.complete_order(identifier, by=kind))
    if as_json:
        output.print_json(done)
    else:
        output.say(f"Order {done['orderNumber']} is completed.")


def hold(
    identifier: Identifier,
    by: By = None,
    database: DatabaseUrl = "",
    url: ServiceUrl = "",
    key: ServiceKey = "",
    as_json: AsJson = False,
) -> None:
    """Put an order on hold."""
    kind = kind_of(by)
    _change(Place(database, url, key), lambda desk: desk.hold_order(identifier, by=kind), "on hold", as_json=as_json)


def release(
    identifier: Identifier,
    by: By = None,
    database: DatabaseUrl = "",
    url: ServiceUrl = "",
    key: ServiceKey = "",
    as_json: AsJson = False,
) -> None:
    """Release an order from hold: it goes on with the status that it had."""
    kind = kind_of(by)
    _change(
        Place(database, url, key), lambda desk: desk.release_order(identifier, by=kind), "released", as_json=as_json
    )


def validate(
    identifier: Identifier,
    by: By = None,
    database: DatabaseUrl = "",
    url: ServiceUrl = "",
    key: ServiceKey = "",
    as_json: AsJson = False,
) -> None:
    """Declare an unvalid order valid."""
    kind = kind_of(by)
    _change(Place(database, url, key), lambda desk: desk.validate_order(identifier, by=kind), "valid", as_json=as_json)


def unvalid(
    identifier: Identifier,
    message: Annotated[str, typer.Argument(metavar="MESSAGE", help="What is wrong with the order.")],
    by: By = None,
    database: DatabaseUrl = "",
    url: ServiceUrl = "",
    key: ServiceKey = "",
    as_json: AsJson = False,
) -> None:
    """Declare an order unvalid, and say what is wrong."""
    kind, body = kind_of(by), {"message": message}
    _change(
        Place(database, url, key),
        lambda desk: desk.declare_order_unvalid(identifier, body, by=kind),  # type: ignore[arg-type]
        "unvalid",
        as_json=as_json,
    )


def tray(
    identifier: Identifier,
    number: Annotated[str, typer.Argument(metavar="TRAY", help="The tray, up to 5 digits.")],
    reassign: Annotated[
        bool, typer.Option("--reassign", help="Out of the tray that it has, or over from a cancelled order.")
    ] = False,
    database: DatabaseUrl = "",
    url: ServiceUrl = "",
    key: ServiceKey = "",
    as_json: AsJson = False,
) -> None:
    """Give an order a tray."""
    body: Any = {"trayNumber": number, "reassign": reassign}
    _change(
        Place(database, url, key),
        lambda desk: desk.assign_tray(identifier, body),
        f"in tray {number}",
        as_json=as_json,
    )


def release_tray(
    identifier: Identifier,
    by: By = None,
    database: DatabaseUrl = "",
    url: ServiceUrl = "",
    key: ServiceKey = "",
    as_json: AsJson = False,
) -> None:
    """Release an order's tray; of a cancelled order too, which closes its recall."""
    kind = kind_of(by)
    _change(
        Place(database, url, key),
        lambda desk: desk.release_tray(identifier, by=kind),
        "out of its tray",
        as_json=as_json,
    )


def _change(place: Place, question: Question[Any], what: str, *, as_json: bool) -> None:
    order = ask(place, question)
    _show(
        order,
        [order["message"]] if order["message"] else [],
        f"Order {order['orderNumber']} is {what}.",
        as_json=as_json,
    )


def _show(order: Mapping[str, Any], notes: list[str], sentence: str, *, as_json: bool) -> None:
    from traylane.cli.orders import print_document

    if not as_json:
        for note in notes:
            output.say(note)
    print_document(order, as_json=as_json)
    if not as_json:
        output.say(sentence)


def _read(file: str) -> dict[str, Any]:
    import msgspec

    from traylane.errors import Fault

    try:
        if file == "-":
            raw = typer.get_binary_stream("stdin").read(LARGEST_FILE + 1)
        else:
            with open(file, "rb") as stream:
                raw = stream.read(LARGEST_FILE + 1)
        return msgspec.json.decode(raw, type=dict[str, Any])
    except OSError as error:
        raise Fault(f"{file} cannot be read: {error.strerror}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise typer.BadParameter("the file is not a JSON object", param_hint="FILE") from error
