"""What Traylane adds so that a cancel can be repeated, tried and trusted."""

from __future__ import annotations

from traylane.conformance.case import Cases
from traylane.conformance.server import ORDERS, Server, error, expect, expect_error, require, unique

case = Cases("repeat")


@case("O", "Without a key: 401 `Authentication required`")
def no_key(server: Server) -> None:
    answer = server.ask("GET", server.path("1"), key="")
    expect(answer, 401, error("Authentication required"))
    require("www-authenticate" in answer.headers, "WWW-Authenticate is missing")


@case("O", "A method that a path does not have: 405 with Allow")
def wrong_method(server: Server) -> None:
    answer = server.ask("PATCH", server.path("1", "/status"))
    expect_error(answer, 405, "Method not allowed")
    require("GET" in answer.headers.get("allow", ""), f"Allow is {answer.headers.get('allow')}")


@case("O", "An unknown parameter on a cancel is refused: `?dryrun=true` cancels nothing")
def unknown_parameter(server: Server) -> None:
    number = server.order()["orderNumber"]
    answer = server.ask("DELETE", server.path(number, f"?deleteReason={server.lab.reason}&dryrun=true"))
    expect_error(answer, 400, "Incorrect arguments provided")
    require("error" not in server.ask("GET", server.path(number, "/status")).body, "it was cancelled all the same")


@case("O", "Two different reasons, in the query and in the body: 400")
def two_reasons(server: Server) -> None:
    number = server.order()["orderNumber"]
    target = server.path(number, f"?deleteReason={server.lab.reason}")
    answer = server.ask("DELETE", target, json_body={"deleteReason": "ZZ-NONE"})
    expect_error(answer, 400, "Incorrect arguments provided")


@case("O", "An Idempotency-Key repeats the first answer, byte for byte, without a second effect")
def replay(server: Server) -> None:
    number, headers = server.order()["orderNumber"], {"Idempotency-Key": unique()}
    first = server.cancel(number, headers=headers)
    second = server.cancel(number, headers=headers)
    expect(second, 200)
    require(first.raw == second.raw, f"first {first}, then {second}")
    require(second.headers.get("idempotent-replayed") == "true", "Idempotent-Replayed is missing")


@case("O", "The same Idempotency-Key for another request: 422")
def key_reused(server: Server) -> None:
    headers = {"Idempotency-Key": unique()}
    server.cancel(server.order()["orderNumber"], headers=headers)
    answer = server.cancel(server.order()["orderNumber"], headers=headers)
    expect(answer, 422, error("Idempotency-Key was used for another request"))


@case("O", "If-Match with an older entity tag: 412, and the order is left alone")
def if_match(server: Server) -> None:
    number = server.order()["orderNumber"]
    tag = server.ask("GET", server.path(number)).headers.get("etag", "")
    require(tag, "a fetch has no ETag")
    answer = server.cancel(number, headers={"If-Match": f'"{number}-999"'})
    expect(answer, 412, error("Order has changed", f"Current: {tag}"))
    expect(server.cancel(number, headers={"If-Match": tag}), 200)


@case("O", "A dry run says what a cancel would, with all refusals, and changes nothing")
def dry_run(server: Server) -> None:
    number = server.order()["orderNumber"]
    target = server.path(number, "?dryRun=true&deleteReason=ZZ-NONE")
    answer = server.ask("DELETE", target)
    expect(answer, 200)
    codes = [refusal["error"] for refusal in answer.body["refusals"]]
    require(answer.body["allowed"] is False and codes == ["Delete reason code does not exist"], f"got {answer}")
    expect(server.cancel(number), 200)


@case("O", "A client that accepts `application/problem+json` gets the same as RFC 9457")
def problem(server: Server) -> None:
    answer = server.ask("GET", f"{ORDERS}/{unique()}", headers={"Accept": "application/problem+json"})
    require(answer.headers.get("content-type") == "application/problem+json", f"got {answer.headers}")
    require(answer.body["error"] == "No record found" and answer.body["code"] == "not_found", f"got {answer}")


@case("O", "Many cancels in one call: one result a row, in the order of the rows")
def bulk(server: Server) -> None:
    rows = [server.order()["orderNumber"], unique()]
    items = [{"orderIdentifier": row, "deleteReason": server.lab.reason} for row in rows]
    answer = server.ask("POST", "/api/v2/order_cancellations", json_body={"items": items})
    expect(answer, 200)
    require([item["status"] for item in answer.body["items"]] == [200, 404], f"got {answer}")
