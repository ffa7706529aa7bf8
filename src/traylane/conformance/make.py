"""Creating and completing orders, scans and trays."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from traylane.conformance.case import Cases
from traylane.conformance.server import (
    ORDERS,
    STATIONS,
    Answer,
    NotTried,
    Server,
    error,
    expect,
    expect_error,
    require,
    unique,
)

case = Cases("make")
NOT_COMPLETED = "Could not complete order"
NOT_CHECKED_IN = "Checkin not performed"


def create(server: Server, **wanted: Any) -> Answer:
    """A create with every required property, but for what is wanted otherwise; None leaves one out."""
    body = {
        "customerNumber": server.lab.customer,
        "customerJobId": "CONFORMANCE",
        "jobType": "F",
        "poNumber": unique(),
        "rtLensStyle": server.lab.style,
        "rtLensMaterial": server.lab.material,
        **wanted,
    }
    return server.ask("POST", ORDERS, json_body={name: value for name, value in body.items() if value is not None})


@case("D", "Create answers 202 with the order's structure and `creationRemarks`")
def created(server: Server) -> None:
    answer = create(server)
    expect(answer, 202)
    require(isinstance(answer.body["creationRemarks"], list) and answer.body["orderNumber"], f"got {answer}")


@case("D", "A create without a required property is 400 `Incorrect arguments provided`")
def required(server: Server) -> None:
    for name in ("customerJobId", "customerNumber", "jobType", "poNumber"):
        expect_error(create(server, **{name: None}), 400, "Incorrect arguments provided")


@case("D", "A property that is longer than its limit is 400 `Incorrect arguments provided`")
def limits(server: Server) -> None:
    for name, longest in (("customerJobId", 21), ("poNumber", 20), ("frameColor", 30)):
        expect_error(create(server, **{name: "x" * (longest + 1)}), 400, "Incorrect arguments provided")


@case("D", "A number outside of its range is 400 `Incorrect arguments provided`")
def ranges(server: Server) -> None:
    for name, value in (("frameA", 81), ("frameB", 14), ("frameBridge", 100), ("corridorLength", 100)):
        expect_error(create(server, **{name: value}), 400, "Incorrect arguments provided")


@case("D", "Without a lens style, and without a lens material, at least one must be provided")
def lenses(server: Server) -> None:
    for name in ("LensStyle", "LensMaterial"):
        answer = create(server, **{f"rt{name}": None})
        told = f"rt{name}, lt{name} are missing, at least one parameter must be provided"
        expect_error(answer, 400, "Incorrect arguments provided")
        require(told in answer.body["details"], f"got {answer}")


@case("D", "crib and ellh are for uncut jobs only")
def uncut_only(server: Server) -> None:
    for name in ("crib", "ellh"):
        answer = create(server, **{name: 50})
        expect_error(answer, 400, f"{name} is only valid on uncut jobs")
        require(answer.body["details"] == ["Job Type: F", "Frame SW:"], f"got {answer}")


@case("D", "400 `Customer does not exist`, with what was provided")
def unknown_customer(server: Server) -> None:
    expect(create(server, customerNumber="ZZZZ"), 400, error("Customer does not exist", "Provided: ZZZZ"))


@case("D", "400 `No addons entered` for an add-on job without add-ons")
def no_addons(server: Server) -> None:
    expect_error(create(server, jobType="A"), 400, "No addons entered")


@case("D", "A breach of an optical rule is 400 `Validation Failed`, with the rule in its words")
def optics(server: Server) -> None:
    answer = create(server, rtSPH=50)
    expect_error(answer, 400, "Validation Failed")
    require("ERROR 112: SPHERE MUST BE BETWEEN -39.0 AND +49.0" in answer.body["details"], f"got {answer}")


@case("D", "Complete answers 201 with the order number and `Successful`")
def completes(server: Server) -> None:
    number = server.order()["orderNumber"]
    expected = {"orderNumber": number, "message": "Successful"}
    expect(server.ask("POST", server.path(number, "/complete")), 201, expected)


@case("D", "Complete: 404 with error code 01 for no such order")
def complete_nothing(server: Server) -> None:
    expected = error(NOT_COMPLETED, "Error Code: 01", "Error Message: Order not found")
    expect(server.ask("POST", server.path(unique(), "/complete")), 404, expected)


@case("D", "Complete: 400 with error code 02 for a cancelled, 04 for a completed, 05 for a held order")
def complete_refusals(server: Server) -> None:
    for code, text, order in (
        ("02", "Order deleted", server.cancelled()),
        ("04", "Order already completed", server.completed()),
        ("05", "Order on hold", server.order(onHold=True)),
    ):
        expected = error(NOT_COMPLETED, f"Error Code: {code}", f"Error Message: {text}")
        expect(server.ask("POST", server.path(order["orderNumber"], "/complete")), 400, expected)


@case("D", "A station has code, desc, customerDesc and operator; they are listed and fetched")
def stations(server: Server) -> None:
    code = server.station(non_cancel=False)
    one = server.ask("GET", f"{STATIONS}/{quote(code, safe='')}")
    expect(one, 200)
    require({"code", "desc", "customerDesc", "operator"} <= set(one.names) and one.body["code"] == code, f"got {one}")


@case("D", "A check-in answers 200 with the order, the station and the time")
def check_in(server: Server) -> None:
    order, station = server.order(), server.station(non_cancel=False)
    answer = server.scan(station, order["orderNumber"])
    expect(answer, 200)
    wanted = ["orderNumber", "trayNumber", "poNumber", "code", "desc", "customerDesc", "statusDateTime"]
    require(set(wanted) <= set(answer.names), f"got {answer}")
    require((answer.body["orderNumber"], answer.body["code"]) == (order["orderNumber"], station), f"got {answer}")


@case("D", "A check-in shows in the status of the order")
def check_in_shows(server: Server) -> None:
    station = server.station(non_cancel=False)
    order = server.scanned(station)
    body = server.ask("GET", server.path(order["orderNumber"], "/status")).body
    require((body["currentStation"], body["status"]) == (station, "P"), f"got {body}")


@case("D", "`Checkin not performed`: 400 `Station not found`, 400 `Order not found`, 404 `Operator not found`")
def check_in_refusals(server: Server) -> None:
    number, station = server.order()["orderNumber"], server.station(non_cancel=False)
    expect(server.scan("ZZNONE", number), 400, error(NOT_CHECKED_IN, "Station not found"))
    expect(server.scan(station, unique()), 400, error(NOT_CHECKED_IN, "Order not found"))
    body = {"orderIdentifier": number, "operator": "ZZNONE"}
    answer = server.ask("POST", f"{STATIONS}/{quote(station, safe='')}", json_body=body)
    expect(answer, 404, error(NOT_CHECKED_IN, "Operator not found"))


@case("O", "A cancelled order is not checked in: `Order marked for cancelation`")
def check_in_cancelled(server: Server) -> None:
    order = server.cancelled()
    answer = server.scan(server.station(non_cancel=False), order["orderNumber"])
    expect_error(answer, 400, NOT_CHECKED_IN)
    require(answer.body["details"][:1] == ["Order marked for cancelation"], f"got {answer}")


def assign(server: Server, identifier: str, tray: str, *, reassign: bool = False) -> Answer:
    """Give a tray to an order."""
    body = {"trayNumber": tray, "reassign": reassign}
    answer = server.ask("POST", server.path(identifier, "/tray"), json_body=body)
    if answer.status == 404 and answer.names and answer.body["error"] == "Not found":
        raise NotTried("there is no such path")
    return answer


@case("D", "Assigning a tray is refused in its own sentences")
def tray_refusals(server: Server) -> None:
    order = server.order()
    free = "00000"
    for identifier, tray, status, text in (
        (unique(), free, 404, "Order not found"),
        (order["orderNumber"], "12a", 400, "trayNumber only accepts numbers"),
        (order["orderNumber"], "123456", 400, "trayNumber supports up to 5 digits"),
        (server.cancelled()["orderNumber"], free, 400, "Cannot assign a deleted order to a tray"),
        (server.completed()["orderNumber"], free, 400, "Cannot assign a completed order to a tray"),
        (server.order(onHold=True)["orderNumber"], free, 400, "Cannot assign an on-hold order to a tray"),
    ):
        expect(assign(server, identifier, tray), status, error(text))


@case("D", "An order cannot be named by its tray when a tray is assigned")
def tray_by_tray(server: Server) -> None:
    order = server.order()
    if not order["trayNumber"]:
        raise NotTried("a new order has no tray")
    text = "You must use an order number or PO Number for orderIdentifier"
    expect(assign(server, order["trayNumber"], "00000"), 400, error(text))


@case("D", "An order that has a tray keeps it, unless `reassign` says otherwise")
def tray_reassign(server: Server) -> None:
    order = server.order()
    other = server.order()["trayNumber"]
    if not order["trayNumber"]:
        raise NotTried("a new order has no tray")
    answer = assign(server, order["orderNumber"], order["trayNumber"])
    require(answer.status in {200, 400}, f"got {answer}")
    require(assign(server, order["orderNumber"], other, reassign=True).status == 400, "a tray was given to two orders")
