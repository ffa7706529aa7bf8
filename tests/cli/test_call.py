"""traylane call: every operation of the API, in both places."""

from __future__ import annotations

import pytest

from docs.client_code import FOR_PEOPLE
from tests.cli.conftest import Traylane
from traylane.api.openapi import description
from traylane.cli.call import operations

ORDER = b'{"orderNumber": "337177", "customerNumber": "1001", "status": "V", "trayNumber": "72544"}'


@pytest.fixture
def desk(anywhere: Traylane) -> Traylane:
    """The laboratory with one order."""
    assert anywhere("orders", "import", "-", given=ORDER).code == 0
    return anywhere


def test_every_operation_can_be_called() -> None:
    described = {
        operation["operationId"] for methods in description()["paths"].values() for operation in methods.values()
    }
    called = {name.removesuffix("_page").replace("_", "") for name in operations()}
    assert {name.lower() for name in described - set(FOR_PEOPLE)} - called == set()


def test_an_operation_is_called_with_what_it_takes(desk: Traylane) -> None:
    shown = desk("call", "fetchOrder", "72544", "--with", "by=tray", "--json")
    assert (shown.code, shown.json["orderNumber"]) == (0, "337177")
    scan = desk("call", "check-in", "RCV", "--body", '{"orderIdentifier": "337177"}', "--json")
    assert (scan.code, scan.json["code"]) == (0, "RCV")
    events = desk("call", "list-order-events", "337177", "--with", "limit=1", "--with", "offset=1", "--json")
    assert [event["type"] for event in events.json["items"]] == ["order.checked_in"]


def test_a_dry_run_writes_nothing(desk: Traylane) -> None:
    told = desk("call", "cancel-order", "337177", "--dry-run", "--with", "deleteReason=CUS", "--json")
    assert (told.code, told.json["allowed"]) == (0, True)
    assert desk("call", "fetch-order", "337177", "--json").json["cancellation"] is None


def test_a_refusal_is_1(desk: Traylane) -> None:
    ended = desk("call", "fetch-order", "9999999", "--json")
    assert (ended.code, ended.json) == (1, {"error": "No record found", "details": ["Provided: 9999999"]})


def test_a_body_comes_from_standard_input(desk: Traylane) -> None:
    scan = desk("call", "check-in", "RCV", "--body", "-", "--json", given=b'{"orderIdentifier": "337177"}')
    assert scan.json["orderNumber"] == "337177"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("fetchOrdr", "1"), "'fetchOrdr' is unknown. Did you mean 'fetch-order'?"),
        (("fetch-order",), "fetch-order takes ORDER_IDENTIFIER"),
        (("fetch-order", "1", "--with", "byy=po"), "fetch-order has no parameter 'byy'. Did you mean 'by'?"),
        (("fetch-order", "1", "--with", "by"), "fetch-order has no parameter 'by'."),
        (("fetch-order", "1", "--body", "{}"), "fetch-order takes none"),
        (("fetch-order", "1", "--dry-run"), "'fetch-order' has no dry run."),
        (("check-in", "RCV"), "check-in needs one"),
        (("check-in", "RCV", "--body", "{"), "is not JSON"),
        (("check-in", "RCV", "--body", "{}"), "Incorrect arguments provided; orderIdentifier is missing"),
    ],
)
def test_wrong_usage_is_2(lab: Traylane, arguments: tuple[str, ...], sentence: str) -> None:
    ended = lab("call", *arguments)
    assert (ended.code, ended.out) == (2, "")
    assert sentence in ended.err


def test_without_a_name_all_are_listed(traylane: Traylane) -> None:
    listed = traylane("call", "--json").json["items"]
    assert {"operation": "fetch-order", "takes": "order_identifier, by"} in listed
