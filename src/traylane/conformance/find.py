"""Finding an order: identifiers, fetch, status, and what every answer has."""

from __future__ import annotations

import re

from traylane.conformance.case import Cases
from traylane.conformance.server import (
    ORDERS,
    NotTried,
    Server,
    error,
    expect,
    expect_error,
    in_order,
    require,
    unique,
)

case = Cases("find")
FIRST = ["orderNumber", "trayNumber", "poNumber"]
FETCHED = {
    *FIRST,
    *("arCode", "arDesc", "balanceLens", "calculationDesc", "corridorLength", "createdUser", "currentStation"),
    *("currentStationCustomerDesc", "currentStationDateTime", "currentStationDesc", "customerJobId"),
    *("customerNumber", "dateCompleted", "dateOrdered", "dateReceived", "dateTimeValid", "dateWanted", "frameA"),
    *("frameB", "frameBridge", "frameCircumference", "frameColor", "frameED", "frameEye"),
}
STATUS = {
    *FIRST,
    *("calculationDesc", "currentStation", "currentStationCustomerDesc", "currentStationDateTime"),
    *("currentStationDesc", "status", "statusDesc", "onHold", "unvalidMessage", "rtCalculated", "ltCalculated"),
}
DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


@case("S", "Every error, an unknown path included, is `{error, details}` with a text and a list of texts")
def error_body(server: Server) -> None:
    answer = server.ask("GET", "/api/v2/no_such_thing")
    require(answer.status == 404 and answer.names == ["error", "details"], f"got {answer}")
    require(isinstance(answer.body["error"], str) and isinstance(answer.body["details"], list), f"got {answer}")


@case("D", "Answers are JSON in UTF-8")
def json_answers(server: Server) -> None:
    answer = server.ask("GET", server.path(server.order()["orderNumber"]))
    require(answer.headers.get("content-type", "").startswith("application/json"), f"got {answer.headers}")
    require(answer.raw.decode("utf-8"), "the body is empty")


@case("S", "A tray number is compared as a number: leading zeros do not matter")
def tray_as_number(server: Server) -> None:
    order = server.order()
    tray = order["trayNumber"]
    if not tray:
        raise NotTried("a new order has no tray")
    for given in {str(int(tray)), tray.rjust(5, "0")}:
        answer = server.ask("GET", server.path(given))
        expect(answer, 200)
        require(answer.body["orderNumber"] == order["orderNumber"], f"{given} found another order: {answer}")


@case("S", "A purchase order number is compared exactly")
def exact_po(server: Server) -> None:
    order = server.order(poNumber=unique().upper())
    expect(server.ask("GET", server.path(order["poNumber"])), 200)
    expect_error(server.ask("GET", server.path(order["poNumber"].lower())), 404, "No record found")


@case("D", "A slash in a purchase order number comes as one segment, percent-encoded")
def slash_in_po(server: Server) -> None:
    order = server.order(poNumber="C/" + unique()[2:])
    answer = server.ask("GET", server.path(order["poNumber"]))
    expect(answer, 200)
    require(answer.body["orderNumber"] == order["orderNumber"], f"another order came: {answer}")


@case("S", "The order number is looked for first, then the tray, then the purchase order number")
def sequence_of_look_up(server: Server) -> None:
    first = server.order()
    server.order(poNumber=first["orderNumber"])
    answer = server.ask("GET", server.path(first["orderNumber"]))
    require(answer.status == 200 and answer.body["orderNumber"] == first["orderNumber"], f"got {answer}")


@case("S", "400 `More than one record found` when two orders that are not completed have the purchase order number")
def ambiguous(server: Server) -> None:
    po = unique()
    numbers = sorted(server.order(poNumber=po)["orderNumber"] for _ in range(2))
    answer = server.cancel(po)
    expect_error(answer, 400, "More than one record found")
    require(answer.body["details"][0] == f"Provided: {po}", f"got {answer}")
    for number in numbers:
        left = server.ask("GET", server.path(number, "/status"))
        require(left.status == 200 and "error" not in left.body, f"{number} was touched: {left}")


@case("S", "Among the orders of one purchase order number, completed ones are set aside")
def completed_set_aside(server: Server) -> None:
    po = unique()
    server.completed(poNumber=po)
    open_order = server.order(poNumber=po)
    answer = server.ask("GET", server.path(po))
    require(answer.status == 200 and answer.body["orderNumber"] == open_order["orderNumber"], f"got {answer}")


@case("S", "Tray numbers find active orders only: a completed order has left its tray")
def completed_left_tray(server: Server) -> None:
    order = server.order()
    tray = order["trayNumber"]
    if not tray or server.ask("POST", server.path(order["orderNumber"], "/complete")).status != 201:
        raise NotTried("no order in a tray could be completed")
    expect(server.ask("GET", server.path(tray)), 404, error("No record found", f"Provided: {tray}"))


@case("S", "An identifier longer than 20 characters finds nothing")
def too_long(server: Server) -> None:
    expect_error(server.ask("GET", server.path("9" * 21)), 404, "No record found")


@case("O", "A cancelled order keeps its tray number until the tray is given to another")
def cancelled_keeps_tray(server: Server) -> None:
    order = server.cancelled()
    if not order["trayNumber"]:
        raise NotTried("a new order has no tray")
    expect(server.cancel(order["trayNumber"]), 400, error("Order already completed"))


@case("D", "Fetch: order, tray and purchase order number first, then alphabetical")
def fetch_sequence(server: Server) -> None:
    answer = server.ask("GET", server.path(server.order()["orderNumber"]))
    expect(answer, 200)
    require(in_order(answer.names, FIRST), f"the properties come as {answer.names}")


@case("D", "Fetch has every documented property")
def fetch_properties(server: Server) -> None:
    answer = server.ask("GET", server.path(server.order()["orderNumber"]))
    missing = sorted(FETCHED - set(answer.names))
    require(not missing, f"missing: {', '.join(missing)}")


@case("D", "frameBridge and frameEye are integers")
def integers(server: Server) -> None:
    body = server.ask("GET", server.path(server.order(frameBridge=18, frameEye=52)["orderNumber"])).body
    kinds = [type(body[name]) for name in ("frameBridge", "frameEye")]
    require(kinds == [int, int] and (body["frameBridge"], body["frameEye"]) == (18, 52), f"they came as {kinds}")


@case("D", "Date-times are `yyyy-mm-ddThh:mm:ss.fffZ`")
def date_times(server: Server) -> None:
    order = server.scanned(server.station(non_cancel=False))
    body = server.ask("GET", server.path(order["orderNumber"])).body
    given = body["currentStationDateTime"]
    require(DATE_TIME.fullmatch(str(given)), f"currentStationDateTime is {given}")


@case("D", "Fetch: 404 `No record found`, with what was provided")
def fetch_nothing(server: Server) -> None:
    nothing = unique()
    expect(server.ask("GET", server.path(nothing)), 404, error("No record found", f"Provided: {nothing}"))


@case("D", "Status has its documented properties and no others")
def status_properties(server: Server) -> None:
    answer = server.ask("GET", server.path(server.order()["orderNumber"], "/status"))
    expect(answer, 200)
    require(set(answer.names) == STATUS, f"the properties are {answer.names}")


@case("D", "Status of a cancelled order: 200 with `Order marked for cancelation`, spelt with one l")
def status_of_cancelled(server: Server) -> None:
    order = server.cancelled()
    answer = server.ask("GET", server.path(order["orderNumber"], "/status"))
    expect(answer, 200, error("Order marked for cancelation"))


@case("D", "Status of an order on hold is W, `On Hold`")
def status_on_hold(server: Server) -> None:
    body = server.ask("GET", server.path(server.order(onHold=True)["orderNumber"], "/status")).body
    told = (body["status"], body["statusDesc"], body["onHold"])
    require(told == ("W", "On Hold", True), f"got {told}")


@case("D", "Status of a completed order is C, `Completed`")
def status_completed(server: Server) -> None:
    body = server.ask("GET", server.path(server.completed()["orderNumber"], "/status")).body
    require((body["status"], body["statusDesc"]) == ("C", "Completed"), f"got {body}")


@case("D", "Status: 404 `No record found`, with what was provided")
def status_of_nothing(server: Server) -> None:
    nothing = unique()
    expected = error("No record found", f"Provided: {nothing}")
    expect(server.ask("GET", server.path(nothing, "/status")), 404, expected)


@case("O", "The list of orders is `{total, items}`, cut by `limit` and `offset`")
def list_window(server: Server) -> None:
    server.order()
    server.order()
    one = server.ask("GET", f"{ORDERS}?limit=1")
    next_ = server.ask("GET", f"{ORDERS}?limit=1&offset=1")
    require(one.status == 200 and one.names == ["total", "items"] and len(one.body["items"]) == 1, f"got {one}")
    require(one.body["items"] != next_.body["items"], "offset changed nothing")
