"""traylane orders show, status, cancel, events: the same on the database itself and on a service."""

from __future__ import annotations

import msgspec
import pytest

from tests.cli.conftest import Traylane

ORDERS = (
    {"orderNumber": "337177", "customerNumber": "1001", "status": "V", "trayNumber": "72544", "poNumber": "P-1"},
    {
        "orderNumber": "337178",
        "customerNumber": "1001",
        "status": "P",
        "trayNumber": "00123",
        "poNumber": "LOT-7",
        "scans": [{"station": "GEN", "operator": "TAL", "dateTime": "2026-11-02T09:15:00.000Z"}],
    },
    {"orderNumber": "337179", "customerNumber": "1001", "status": "V", "poNumber": "LOT-7"},
    {"orderNumber": "123", "customerNumber": "1001", "status": "C"},
)


@pytest.fixture
def desk(anywhere: Traylane) -> Traylane:
    """The laboratory with four orders."""
    ended = anywhere("orders", "import", "-", given=b"\n".join(map(msgspec.json.encode, ORDERS)))
    assert (ended.code, ended.out) == (0, "4 imported, 0 skipped, 0 bad\n")
    return anywhere


def test_orders_are_listed_by_what_is_asked(desk: Traylane) -> None:
    listed = desk("orders", "list", "--search", "LOT", "--sort", "-orderNumber", "--json").json
    assert (listed["total"], [order["orderNumber"] for order in listed["items"]]) == (2, ["337179", "337178"])
    assert desk("orders", "list", "--status", "P", "--station", "GEN", "--not-cancelled", "--json").json["total"] == 1


def test_a_list_for_people_says_how_many_there_are(desk: Traylane) -> None:
    ended = desk("orders", "list", "--limit", "1")
    assert (ended.code, ended.err) == (0, "1 of 4\n")
    assert ended.out.splitlines()[-1].split() == ["123", "1001", "C"]


def test_a_list_names_the_option_that_is_wrong(desk: Traylane) -> None:
    assert desk("orders", "list", "--status", "X").code == 2
    assert "--sort" in desk("orders", "list", "--sort", "dateWantd").err


def test_an_order_is_shown_by_each_of_its_numbers(desk: Traylane) -> None:
    shown = [desk("orders", "show", given, "--json").json for given in ("337177", "72544", "P-1")]
    assert [document["orderNumber"] for document in shown] == ["337177"] * 3
    assert list(shown[0])[:3] == ["orderNumber", "trayNumber", "poNumber"]
    assert shown[0]["revision"] == 1


def test_for_people_only_what_is_set_is_shown(desk: Traylane) -> None:
    ended = desk("orders", "show", "337178", "--by", "order")
    assert ended.code == 0
    assert "currentStation" in ended.out
    assert "frameColor" not in ended.out


def test_a_number_that_fits_twice_is_said(desk: Traylane) -> None:
    ended = desk("orders", "show", "123")
    assert (ended.code, ended.err) == (0, "123 is also the tray number of order 337178.\n")


def test_where_an_order_stands(desk: Traylane) -> None:
    shown = desk("orders", "status", "LOT-7", "--by", "po", "--json")
    assert (shown.code, shown.json["error"]) == (1, "More than one record found")
    assert desk("orders", "status", "00123", "--json").json["currentStation"] == "GEN"
    desk("orders", "cancel", "337177", "--reason", "CUS")
    assert desk("orders", "status", "337177", "--json").json["error"] == "Order marked for cancelation"


def test_by_limits_the_look_up(desk: Traylane) -> None:
    assert desk("orders", "show", "123", "--by", "tray", "--json").json["orderNumber"] == "337178"
    assert desk("orders", "show", "72544", "--by", "po", "--json").json == {
        "error": "No record found",
        "details": ["Provided: 72544"],
    }


def test_a_cancel_by_tray_answers_the_last_state(desk: Traylane) -> None:
    ended = desk("orders", "cancel", "72544", "--by", "tray", "--reason", "CUS", "--json")
    assert (ended.code, ended.err) == (0, "")
    assert list(ended.json)[:4] == ["orderNumber", "trayNumber", "poNumber", "message"]
    assert (ended.json["message"], ended.json["revision"], ended.json["status"]) == ("", 2, "V")
    assert ended.json["cancellation"]["actor"] == "command line"
    assert ended.json["cancellation"]["reason"] == "CUS"


def test_a_cancel_for_people_says_so(desk: Traylane) -> None:
    ended = desk("orders", "cancel", "337177", "--reason", "CUS")
    assert ended.code == 0
    assert ended.err == "Order 337177 is cancelled.\n"
    assert "cancellation" in ended.out


def test_a_second_cancel_is_refused(desk: Traylane) -> None:
    desk("orders", "cancel", "337177", "--reason", "CUS")
    again = desk("orders", "cancel", "337177", "--reason", "CUS", "--json")
    assert (again.code, again.json) == (1, {"error": "Order already completed", "details": []})
    assert desk("orders", "events", "337177", "--json").json["total"] == 2


@pytest.mark.parametrize(
    ("arguments", "error", "details"),
    [
        (("9999999", "--reason", "CUS"), "No record found", ["Provided: 9999999"]),
        (("337177", "--reason", "CSU"), "Delete reason code does not exist", ["Provided: CSU"]),
        (("337177",), "Delete reason code does not exist", ["Provided: "]),
        (("337178", "--reason", "CUS"), "Order has been through a non-cancel station", []),
        (("123", "--by", "order", "--reason", "CUS"), "Order already completed", []),
        (
            ("LOT-7", "--reason", "CUS"),
            "More than one record found",
            ["Provided: LOT-7", "Order: 337178", "Order: 337179"],
        ),
    ],
)
def test_a_refusal_is_the_api_s_body_and_1(
    desk: Traylane, arguments: tuple[str, ...], error: str, details: list[str]
) -> None:
    ended = desk("orders", "cancel", *arguments, "--json")
    assert (ended.code, ended.err) == (1, "")
    assert ended.json == {"error": error, "details": details}


def test_a_misspelt_reason_names_the_nearest(lab: Traylane) -> None:
    lab("orders", "import", "-", given=msgspec.json.encode(ORDERS[0]))
    ended = lab("orders", "cancel", "337177", "--reason", "CSU")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == "Delete reason code does not exist; Provided: CSU; Did you mean 'CUS'?\n"


def test_a_reason_that_is_not_used_is_a_warning(desk: Traylane) -> None:
    off = b'[settings]\n"Orders1:Enter reason code when deleting order" = false\n'
    desk("setup", "apply", "-", given=off)
    ended = desk("orders", "cancel", "337177", "--reason", "CUS", "--json")
    assert ended.json["message"] == (
        "deleteReason was ignored: the setting Orders1:Enter reason code when deleting order is off."
    )


def test_a_dry_run_changes_nothing(desk: Traylane) -> None:
    ended = desk("orders", "cancel", "337177", "--reason", "CUS", "--dry-run", "--json")
    assert ended.code == 0
    assert ended.json == {"allowed": True, "refusals": [], "warnings": [], "orderNumber": "337177"}
    assert desk("orders", "show", "337177", "--json").json["cancellation"] is None


def test_a_dry_run_names_everything_in_the_way(desk: Traylane) -> None:
    ended = desk("orders", "cancel", "337178", "--dry-run", "--json")
    assert ended.code == 1
    assert ended.json["allowed"] is False
    assert [refusal["code"] for refusal in ended.json["refusals"]] == ["unknown_reason", "non_cancel_station"]
    assert ended.json["refusals"][1]["evidence"] == {
        "station": "GEN",
        "scanned": "2026-11-02T09:15:00.000Z",
        "sequence": 30,
        "overrideScope": "orders:override",
    }


def test_a_dry_run_for_people(desk: Traylane) -> None:
    ended = desk("orders", "cancel", "337178", "--dry-run", "--reason", "CUS")
    assert (ended.code, ended.out) == (1, "Order 337178 cannot be cancelled.\n")
    assert ended.err == "Order has been through a non-cancel station\n"


def test_events_tell_what_happened(desk: Traylane) -> None:
    desk("orders", "cancel", "337177", "--reason", "CUS")
    listed = desk("orders", "events", "72544", "--json").json
    assert listed["total"] == 2
    assert [(event["seq"], event["type"]) for event in listed["items"]] == [
        (1, "order.imported"),
        (2, "order.cancelled"),
    ]
    assert listed["items"][1]["data"]["after"]["reason"] == "CUS"


def test_events_come_in_a_window(desk: Traylane) -> None:
    desk("orders", "cancel", "337177", "--reason", "CUS")
    listed = desk("orders", "events", "337177", "--limit", "1", "--offset", "1", "--json").json
    assert (listed["total"], [event["seq"] for event in listed["items"]]) == (2, [2])


def test_no_order_has_no_events(desk: Traylane) -> None:
    assert desk("orders", "events", "9999999").code == 1
