"""What the demo shows: requests to the sample laboratory, and what the contract says they get."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from traylane.cli import sample

ORDERS = "/api/v2/orders"
STATIONS = "/api/v2/job_track/stations"
JSON = {"Content-Type": "application/json"}
SECONDS = 10

TRACKER_OFF = '[settings]\n"Modules:Job Tracker" = false\n'
TRACKER_ON = '[settings]\n"Modules:Job Tracker" = true\n'


@dataclass(frozen=True, kw_only=True)
class Step:
    """One request and its answer by the contract.

    `expected` holds the members of the body that are compared, all of them for an error. `before` and `after` are
    set-up files that are applied around the request; `key` names the key that is sent.
    """

    what: str
    method: str = "DELETE"
    path: str
    status: int
    expected: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | None = None
    before: str = ""
    after: str = ""
    key: str = "desk"


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    body: Any


def refusal(error: str, *details: str) -> dict[str, Any]:
    """The body of every error."""
    return {"error": error, "details": list(details)}


def steps(reasons_off: str, reasons_on: str) -> Iterator[Step]:
    """The whole show, in order; every step's order is one of the sample's."""
    cus = "?deleteReason=CUS"
    yield Step(
        what="Cancel an order by its tray number",
        path=f"{ORDERS}/{sample.TRAY_TO_CANCEL}{cus}",
        status=200,
        expected={"orderNumber": "337177", "trayNumber": sample.TRAY_TO_CANCEL, "poNumber": "PO-337177", "message": ""},
    )
    yield from _cancel_refusals(cus, reasons_off, reasons_on)
    yield from _lookup_answers(cus)
    yield from _check_in_refusals()
    yield from _request_refusals(cus)


def _cancel_refusals(cus: str, reasons_off: str, reasons_on: str) -> Iterator[Step]:
    free = f"{ORDERS}/{sample.NUMBER_TO_CANCEL}"
    yield Step(
        what="No such order",
        path=f"{ORDERS}/9999999{cus}",
        status=404,
        expected=refusal("No record found", "Provided: 9999999"),
    )
    yield Step(
        what="The Job Tracker is not installed",
        path=f"{free}{cus}",
        status=400,
        expected=refusal("Job Tracker module required for cancel method"),
        before=TRACKER_OFF,
        after=TRACKER_ON,
    )
    yield Step(
        what="The order is cancelled already",
        path=f"{ORDERS}/{sample.ALREADY_CANCELLED}{cus}",
        status=400,
        expected=refusal("Order already completed"),
    )
    yield Step(
        what="The order is completed",
        path=f"{ORDERS}/{sample.COMPLETED}{cus}",
        status=400,
        expected=refusal("Order already completed"),
    )
    yield Step(
        what="A reason is required, and none is set up",
        path=f"{free}{cus}",
        status=400,
        expected=refusal("The delete reasons file is empty"),
        before=reasons_off,
        after=reasons_on,
    )
    yield Step(
        what="A reason is required, and an unknown one came",
        path=f"{free}?deleteReason=WHY",
        status=400,
        expected=refusal("Delete reason code does not exist", "Provided: WHY"),
    )
    yield Step(
        what="A reason is required, and none came",
        path=free,
        status=400,
        expected=refusal("Delete reason code does not exist", "Provided: "),
    )
    yield Step(
        what="The order has been through the generator",
        path=f"{ORDERS}/{sample.THROUGH_GENERATOR}{cus}",
        status=400,
        expected=refusal("Order has been through a non-cancel station"),
    )


def _lookup_answers(cus: str) -> Iterator[Step]:
    yield Step(
        what="Two active orders have the PO: nothing is done",
        path=f"{ORDERS}/{sample.AMBIGUOUS_PO}{cus}",
        status=400,
        expected=refusal(
            "More than one record found", f"Provided: {sample.AMBIGUOUS_PO}", "Order: 337183", "Order: 337184"
        ),
    )
    yield Step(
        what="A completed order has left its tray",
        path=f"{ORDERS}/{sample.TRAY_OF_COMPLETED}{cus}",
        status=404,
        expected=refusal("No record found", f"Provided: {sample.TRAY_OF_COMPLETED}"),
    )
    yield Step(
        what="The status of an order that is marked for cancellation",
        method="GET",
        path=f"{ORDERS}/{sample.ALREADY_CANCELLED}/status",
        status=200,
        expected=refusal("Order marked for cancelation"),
    )


def _check_in_refusals() -> Iterator[Step]:
    for station, order, operator, status, detail in (
        ("NOPE", sample.NUMBER_TO_CANCEL, None, 400, "Station not found"),
        ("GEN", "9999999", None, 400, "Order not found"),
        ("GEN", sample.NUMBER_TO_CANCEL, "ZZZ", 404, "Operator not found"),
        ("QA", sample.NUMBER_TO_CANCEL, None, 400, "Operator required"),
        ("GEN", sample.ALREADY_CANCELLED, None, 400, "Order marked for cancelation"),
        ("GEN", sample.COMPLETED, None, 400, "Order already completed"),
        ("GEN", sample.UNVALID, None, 400, "Order unvalid"),
        ("GEN", sample.HELD, None, 400, "Order on hold"),
    ):
        body = {"orderIdentifier": order} | ({"operator": operator} if operator else {})
        more = ["Take tray 15004 to the cancel rack: CAN"] if order == sample.ALREADY_CANCELLED else []
        yield Step(
            what=f"Check-in: {detail.lower()}",
            method="POST",
            path=f"{STATIONS}/{station}",
            headers=JSON,
            body=json.dumps(body),
            status=status,
            expected=refusal("Checkin not performed", detail, *more),
        )
    yield Step(
        what="Check-in: the Job Tracker is not installed",
        method="POST",
        path=f"{STATIONS}/GEN",
        headers=JSON,
        body=json.dumps({"orderIdentifier": sample.NUMBER_TO_CANCEL}),
        status=400,
        expected=refusal("Job Tracker module required for checkin"),
        before=TRACKER_OFF,
        after=TRACKER_ON,
    )


def _request_refusals(cus: str) -> Iterator[Step]:
    free = f"{ORDERS}/{sample.NUMBER_TO_CANCEL}"
    wrong = "Incorrect arguments provided"
    unknown = "unknown parameter dryrun; did you mean dryRun?"
    form = {"Content-Type": "text/plain"}
    keyed = {"Idempotency-Key": "the-show"}
    for what, method, path, status, expected, more in (
        ("No key", "DELETE", free + cus, 401, refusal("Authentication required"), {"key": ""}),
        ("A key that may only read", "DELETE", free + cus, 403, refusal("Not allowed", "Scope needed: orders:cancel"),
         {"key": "reader"}),
        ("A misspelt dryRun cancels nothing", "DELETE", f"{free}{cus}&dryrun=true", 400, refusal(wrong, unknown), {}),
        ("No such route", "GET", "/api/v2/nothing", 404, refusal("Not found"), {}),
        ("No such method", "PUT", free, 405, refusal("Method not allowed"), {}),
        ("The order has changed since it was read", "DELETE", free + cus, 412,
         refusal("Order has changed", f'Current: "{sample.NUMBER_TO_CANCEL}-1"'),
         {"headers": {"If-Match": f'"{sample.NUMBER_TO_CANCEL}-7"'}}),
        ("A body that is too large", "DELETE", free, 413, refusal("Body too large", "Limit: 65536 bytes"),
         {"headers": JSON, "body": " " * 70_000}),
        ("A body of another kind", "DELETE", free, 415, refusal("Unsupported content type", "Provided: text/plain"),
         {"headers": form, "body": "CUS"}),
        ("A key's first use: the order is cancelled", "DELETE", f"{ORDERS}/{sample.PO_TO_CANCEL}{cus}", 200,
         {"orderNumber": "337179", "message": ""}, {"headers": keyed}),
        ("The same request again: the same answer, no second cancel", "DELETE", f"{ORDERS}/{sample.PO_TO_CANCEL}{cus}",
         200, {"orderNumber": "337179", "message": ""}, {"headers": keyed}),
        ("The same key for another request", "DELETE", free + cus, 422,
         refusal("Idempotency-Key was used for another request"), {"headers": keyed}),
        ("One request a minute: the first", "GET", free, 200, {"orderNumber": sample.NUMBER_TO_CANCEL},
         {"key": "slow"}),
        ("One request a minute: the second", "GET", free, 429, refusal("Too many requests"), {"key": "slow"}),
    ):  # fmt: skip
        yield Step(what=what, method=method, path=path, status=status, expected=expected, **more)


def ask(port: int, step: Step, keys: Mapping[str, str]) -> Answer:
    """Send a step's request. Raises OSError when the service does not answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    headers = dict(step.headers)
    if step.key:
        headers["Authorization"] = f"Bearer {keys[step.key]}"
    try:
        connection.request(step.method, step.path, body=step.body, headers=headers)
        got = connection.getresponse()
        return Answer(got.status, json.loads(got.read()))
    finally:
        connection.close()


def is_right(step: Step, answer: Answer) -> bool:
    """Whether the answer is the contract's; an error body has nothing beside what is expected."""
    if answer.status != step.status or not isinstance(answer.body, dict):
        return False
    if "error" in step.expected:
        return bool(answer.body == step.expected)
    return all(answer.body.get(name) == value for name, value in step.expected.items())


def run(port: int, keys: Mapping[str, str], all_steps: Iterator[Step], *, apply: Callable[[str], None],
        tell: Callable[[Step, Answer, bool], None]) -> int:  # fmt: skip
    """Go through the steps; how many answers were not the contract's."""
    wrong = 0
    for step in all_steps:
        if step.before:
            apply(step.before)
        answer = ask(port, step, keys)
        if step.after:
            apply(step.after)
        right = is_right(step, answer)
        wrong += not right
        tell(step, answer, right)
    return wrong
