"""Cancelling an order: every sentence of its description."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

from traylane.conformance.case import Cases
from traylane.conformance.server import (
    NotTried,
    Server,
    error,
    expect,
    expect_error,
    in_order,
    require,
    unique,
)

case = Cases("cancel")
COMPLETED = error("Order already completed")
THROUGH = error("Order has been through a non-cancel station")
SETTINGS = "/api/v2/settings"
REASON_REQUIRED = "Orders1:Enter reason code when deleting order"
TRACKER = "Modules:Job Tracker"


@case("S", "Success is 200 with the order's last known state, `message` its fourth property")
def success(server: Server) -> None:
    order = server.order()
    answer = server.cancel(order["orderNumber"])
    expect(answer, 200)
    require(
        answer.names[:4] == ["orderNumber", "trayNumber", "poNumber", "message"]
        and in_order([name for name in answer.names if name != "message"], answer.names[:3]),
        f"the properties come as {answer.names}",
    )
    require(isinstance(answer.body["message"], str), "message is no string")


@case("S", "The body has the structure of Fetch a Single Order, after the flag was set")
def as_fetched(server: Server) -> None:
    order = server.order()
    answer = server.cancel(order["orderNumber"])
    fetched = server.ask("GET", server.path(order["orderNumber"]))
    expect(fetched, 200)
    told = {name: value for name, value in answer.body.items() if name != "message"}
    require(told == fetched.body, f"the cancel told {answer}, a fetch {fetched}")


@case("S", "The order is found by its order number, its tray number or its purchase order number")
def by_each_number(server: Server) -> None:
    for kind in ("orderNumber", "trayNumber", "poNumber"):
        order = server.order()
        if not order[kind]:
            raise NotTried(f"a new order has no {kind}")
        answer = server.cancel(order[kind])
        expect(answer, 200)
        require(answer.body["orderNumber"] == order["orderNumber"], f"by {kind} another order was cancelled: {answer}")


@case("S", "`deleteReason` may stand in a JSON body")
def reason_in_json(server: Server) -> None:
    order = server.order()
    body = {"deleteReason": server.lab.reason}
    expect(server.ask("DELETE", server.path(order["orderNumber"]), json_body=body), 200)


@case("S", "`deleteReason` may stand in a form-encoded body")
def reason_in_form(server: Server) -> None:
    order = server.order()
    form = f"deleteReason={quote(server.lab.reason)}"
    expect(server.ask("DELETE", server.path(order["orderNumber"]), form=form), 200)


@case("S", "404 `No record found`, with what was provided")
def no_such_order(server: Server) -> None:
    nothing = unique()
    expect(server.cancel(nothing), 404, error("No record found", f"Provided: {nothing}"))


@case("S", "400 `Order already completed` for an order that was marked for cancellation")
def twice(server: Server) -> None:
    order = server.cancelled()
    expect(server.cancel(order["orderNumber"]), 400, COMPLETED)


@case("D", "400 `Order already completed` for a completed order")
def completed(server: Server) -> None:
    order = server.completed()
    expect(server.cancel(order["orderNumber"]), 400, COMPLETED)


@case("S", "400 `Delete reason code does not exist` for an unknown reason, with what was provided")
def unknown_reason(server: Server) -> None:
    order = server.order()
    expected = error("Delete reason code does not exist", "Provided: ZZ-NONE")
    expect(server.cancel(order["orderNumber"], reason="ZZ-NONE"), 400, expected)


@case("S", "400 `Delete reason code does not exist` when a reason is required and none came")
def no_reason(server: Server) -> None:
    order = server.order()
    expected = error("Delete reason code does not exist", "Provided: ")
    expect(server.ask("DELETE", server.path(order["orderNumber"])), 400, expected)


@case("S", "400 `Order has been through a non-cancel station`")
def through_non_cancel(server: Server) -> None:
    order = server.scanned(server.station(non_cancel=True))
    expect(server.cancel(order["orderNumber"]), 400, THROUGH)


@case("S", "The whole scan history counts, not where the order stands")
def history_counts(server: Server) -> None:
    order = server.scanned(server.station(non_cancel=True))
    if server.scan(server.station(non_cancel=False), order["orderNumber"]).status != 200:
        raise NotTried("the line does not let an order go back")
    expect(server.cancel(order["orderNumber"]), 400, THROUGH)


@case("S", "A station that is not non-cancel is in nobody's way")
def through_another_station(server: Server) -> None:
    order = server.scanned(server.station(non_cancel=False))
    expect(server.cancel(order["orderNumber"]), 200)


@case("S", "The refusals are tried in their order: a cancelled order with an unknown reason is already completed")
def in_sequence(server: Server) -> None:
    order = server.cancelled()
    expect(server.cancel(order["orderNumber"], reason="ZZ-NONE"), 400, COMPLETED)


@case("S", "Nothing is deleted: a cancelled order is still fetched")
def still_there(server: Server) -> None:
    order = server.cancelled()
    fetched = server.ask("GET", server.path(order["orderNumber"]))
    expect(fetched, 200)
    require(fetched.body["orderNumber"] == order["orderNumber"], f"another order came: {fetched}")


@case("S", "A refused cancel leaves the order as it was")
def refused_changes_nothing(server: Server) -> None:
    order = server.order()
    before = server.ask("GET", server.path(order["orderNumber"]))
    server.cancel(order["orderNumber"], reason="ZZ-NONE")
    after = server.ask("GET", server.path(order["orderNumber"]))
    require(before.body == after.body, f"before {before}, after {after}")


@case("D", "`deleteReason` has at most 20 characters")
def longest_reason(server: Server) -> None:
    order = server.order()
    answer = server.cancel(order["orderNumber"], reason="R" * 21)
    expect_error(answer, 400, "Incorrect arguments provided")


@case("O", "An order on hold may be cancelled")
def on_hold(server: Server) -> None:
    order = server.order(onHold=True)
    expect(server.cancel(order["orderNumber"]), 200)


@case("O", "`POST …/cancel` does the same, for clients whose DELETE bodies get lost")
def by_post(server: Server) -> None:
    order = server.order()
    body = {"deleteReason": server.lab.reason}
    expect(server.ask("POST", server.path(order["orderNumber"], "/cancel"), json_body=body), 200)


@case("S", "400 `Job Tracker module required for cancel method` when it is not installed", set_up=True)
def no_tracker(server: Server) -> None:
    order = server.order()
    with setting(server, TRACKER, value=False):
        answer = server.cancel(order["orderNumber"])
    expect(answer, 400, error("Job Tracker module required for cancel method"))


@case("S", "When the setting asks for no reason, an unknown one is ignored, and the message says so", set_up=True)
def reason_ignored(server: Server) -> None:
    order = server.order()
    with setting(server, REASON_REQUIRED, value=False):
        answer = server.cancel(order["orderNumber"], reason="ZZ-NONE")
    expect(answer, 200)
    require(answer.body["message"] != "", f"no warning came: {answer}")


@case("S", "400 `The delete reasons file is empty` when a reason is required and none is set up", set_up=True)
def no_reasons_set_up(server: Server) -> None:
    order = server.order()
    listed = server.ask("GET", "/api/v2/delete_reasons")
    active = [item for item in (listed.body or {}).get("items", []) if item.get("active")]
    if listed.status != 200 or not active:
        raise NotTried(f"the delete reasons cannot be listed: {listed}")
    try:
        for item in active:
            server.ask("DELETE", f"/api/v2/delete_reasons/{quote(item['code'], safe='')}")
        answer = server.cancel(order["orderNumber"])
    finally:
        for item in active:
            put = {name: value for name, value in item.items() if name != "code"}
            server.ask("PUT", f"/api/v2/delete_reasons/{quote(item['code'], safe='')}", json_body=put)
    expect(answer, 400, error("The delete reasons file is empty"))


@contextmanager
def setting(server: Server, name: str, *, value: bool) -> Iterator[None]:
    """A setting with another value for a while. Raises NotTried where it cannot be changed."""
    path = f"{SETTINGS}/{quote(name, safe='')}"
    before = server.ask("GET", path)
    if before.status != 200 or server.ask("PUT", path, json_body={"value": value}).status != 200:
        raise NotTried(f"the setting {name} cannot be changed with this key")
    try:
        yield
    finally:
        server.ask("PUT", path, json_body={"value": before.body["value"]})
