"""orderIdentifier: from what a caller wrote to the one order that is meant (contract).

Each sentence is tried on the cancel, where a wrong order would hurt most; that the other routes resolve alike is at
the end.
"""

from __future__ import annotations

import pytest

from tests.api.asgi import Client
from tests.builders import EARLIER, execute, make_order, make_orders
from traylane.db.database import Database, Sql

ALREADY = b'{"error":"Order already completed","details":[]}'


async def _cancelled(db: Database) -> list[str]:
    rows = await execute(
        db, Sql.same("SELECT order_number FROM orders WHERE cancelled_at IS NOT NULL ORDER BY order_number")
    )
    return [row[0] for row in rows]


async def test_an_order_number_is_compared_exactly(db: Database, portal: Client) -> None:
    await make_order(db, "Ab1")
    assert (await portal.delete("/api/v2/orders/AB1")).status == 404
    assert (await portal.delete("/api/v2/orders/Ab1")).status == 200


@pytest.mark.parametrize("given", ["00123", "123", "0123"])
@pytest.mark.parametrize("kept", ["00123", "123"])
async def test_a_tray_is_kept_as_given_and_compared_as_a_number(
    db: Database, portal: Client, given: str, kept: str
) -> None:
    await make_order(db, "72544", tray=kept)
    assert (await portal.delete(f"/api/v2/orders/{given}")).json()["trayNumber"] == kept


@pytest.mark.parametrize("given", ["000123", "%EF%BC%91%EF%BC%92%EF%BC%93", "+123", "%20123", "123.0", "1e2"])
async def test_a_tray_is_at_most_5_ascii_digits(db: Database, portal: Client, given: str) -> None:
    await make_order(db, "72544", tray="123")
    assert (await portal.delete(f"/api/v2/orders/{given}")).status == 404
    assert await _cancelled(db) == []


@pytest.mark.parametrize("given", ["a%2F17", "A%2F17%20", "%20A%2F17", "A%2F17%00", "A17"])
async def test_a_po_is_compared_exactly_and_nothing_is_trimmed(db: Database, portal: Client, given: str) -> None:
    await make_order(db, "72544", po="A/17")
    assert (await portal.delete(f"/api/v2/orders/{given}")).status == 404
    assert (await portal.delete("/api/v2/orders/A%2F17")).status == 200


@pytest.mark.parametrize("given", ["Zo%C3%AB", "Zoe%CC%88"], ids=["composed", "decomposed"])
async def test_a_po_is_compared_in_nfc(db: Database, portal: Client, given: str) -> None:
    await make_order(db, "72544", po="Zo\u00eb")
    assert (await portal.delete(f"/api/v2/orders/{given}")).json()["poNumber"] == "Zo\u00eb"


async def test_the_order_number_comes_first_and_the_message_names_the_others(db: Database, portal: Client) -> None:
    await make_order(db, "1234")
    await make_order(db, "2000", tray="1234")
    await make_order(db, "3000", po="1234")
    reply = await portal.delete("/api/v2/orders/1234")
    assert (reply.json()["orderNumber"], reply.json()["message"]) == (
        "1234",
        "1234 is also the tray number of order 2000. 1234 is also the PO number of order 3000.",
    )
    assert await _cancelled(db) == ["1234"]


async def test_the_tray_comes_before_the_po(db: Database, portal: Client) -> None:
    await make_order(db, "2000", tray="01234")
    await make_order(db, "3000", po="1234")
    await make_order(db, "3001", po="1234")
    reply = await portal.delete("/api/v2/orders/1234")
    assert (reply.json()["orderNumber"], reply.json()["message"]) == (
        "2000",
        "1234 is also the PO number of other orders.",
    )
    assert await _cancelled(db) == ["2000"]


async def test_an_order_that_fits_twice_is_no_other_order(db: Database, portal: Client) -> None:
    await make_order(db, "1234", tray="1234", po="1234")
    assert (await portal.delete("/api/v2/orders/1234")).json()["message"] == ""


async def test_both_warnings_stand_in_one_message(db: Database, portal: Client) -> None:
    await make_order(db, "1234")
    await make_order(db, "2000", tray="1234")
    assert (await portal.delete("/api/v2/orders/1234?deleteReason=CUS")).json()["message"] == (
        "1234 is also the tray number of order 2000. deleteReason was ignored: the setting Orders1:Enter reason code "
        "when deleting order is off."
    )


@pytest.mark.parametrize(("by", "number"), [("order", "1234"), ("tray", "2000"), ("po", "3000")])
async def test_by_looks_up_by_one_kind_only(db: Database, portal: Client, by: str, number: str) -> None:
    await make_order(db, "1234")
    await make_order(db, "2000", tray="1234")
    await make_order(db, "3000", po="1234")
    reply = await portal.delete(f"/api/v2/orders/1234?by={by}")
    assert (reply.json()["orderNumber"], reply.json()["message"]) == (number, "")
    assert await _cancelled(db) == [number]


async def test_by_finds_nothing_of_another_kind(db: Database, portal: Client) -> None:
    await make_order(db, "1234", tray="77", po="A/17")
    answers = [
        (await portal.delete(f"/api/v2/orders/{given}?by={by}")).status
        for given, by in [("1234", "tray"), ("1234", "po"), ("77", "order"), ("77", "po"), ("A%2F17", "order")]
    ]
    assert answers == [404, 404, 404, 404, 404]


async def test_a_completed_order_has_left_its_tray(db: Database, portal: Client) -> None:
    await make_order(db, "72544", tray="123", status="C")
    assert (await portal.delete("/api/v2/orders/123")).status == 404


async def test_a_cancelled_order_keeps_its_tray_and_answers_already_completed(db: Database, portal: Client) -> None:
    await make_order(db, "72544", tray="00123")
    await make_order(db, "99", po="123")
    heard = [(await portal.delete("/api/v2/orders/123")).status for _ in range(3)]
    again = await portal.delete("/api/v2/orders/123")
    assert heard == [200, 400, 400]
    assert again.body == ALREADY
    assert await _cancelled(db) == ["72544"]


async def test_a_tray_that_another_order_took_over_means_that_order(db: Database, portal: Client) -> None:
    await make_order(db, "72544", tray="00123", cancelled_at=EARLIER, released=True)
    await make_order(db, "72600", tray="00123")
    assert (await portal.delete("/api/v2/orders/123")).json()["orderNumber"] == "72600"
    assert (await portal.delete("/api/v2/orders/72544")).body == ALREADY


async def test_a_tray_that_was_released_is_nobodys(db: Database, portal: Client) -> None:
    await make_order(db, "72544", tray="00123", cancelled_at=EARLIER, released=True)
    assert (await portal.delete("/api/v2/orders/123")).status == 404


async def test_two_open_orders_with_one_po_are_too_many(db: Database, portal: Client) -> None:
    await make_order(db, "1002", po="337178")
    await make_order(db, "1001", po="337178")
    reply = await portal.delete("/api/v2/orders/337178")
    assert reply.status == 400
    assert reply.body == (
        b'{"error":"More than one record found","details":["Provided: 337178","Order: 1001","Order: 1002"]}'
    )
    assert await _cancelled(db) == []


async def test_ten_candidates_are_all_named(db: Database, portal: Client) -> None:
    for number in range(10):
        await make_order(db, f"10{number:02}", po="A/17")
    assert (await portal.delete("/api/v2/orders/A%2F17")).body == (
        b'{"error":"More than one record found","details":["Provided: A/17","Order: 1000","Order: 1001","Order: 1002",'
        b'"Order: 1003","Order: 1004","Order: 1005","Order: 1006","Order: 1007","Order: 1008","Order: 1009"]}'
    )


async def test_of_twelve_candidates_ten_are_named_and_the_rest_counted(db: Database, portal: Client) -> None:
    for number in range(12):
        await make_order(db, f"10{number:02}", po="A/17")
    await make_order(db, "0999", po="A/17", status="C")
    assert (await portal.delete("/api/v2/orders/A%2F17")).body == (
        b'{"error":"More than one record found","details":["Provided: A/17","Order: 1000","Order: 1001","Order: 1002",'
        b'"Order: 1003","Order: 1004","Order: 1005","Order: 1006","Order: 1007","Order: 1008","Order: 1009",'
        b'"and 2 more"]}'
    )


async def test_completed_orders_with_the_po_are_set_aside(db: Database, portal: Client) -> None:
    for number in range(12):
        await make_order(db, f"10{number:02}", po="337178", status="C")
    await make_order(db, "72544", po="337178")
    assert (await portal.delete("/api/v2/orders/337178")).json()["orderNumber"] == "72544"


async def test_a_single_completed_order_with_the_po_is_meant(db: Database, portal: Client) -> None:
    await make_order(db, "72544", po="337178", status="C")
    assert (await portal.delete("/api/v2/orders/337178")).body == ALREADY


async def test_two_completed_orders_with_the_po_are_too_many(db: Database, portal: Client) -> None:
    await make_order(db, "1001", po="337178", status="C")
    await make_order(db, "1002", po="337178", status="C")
    assert (await portal.delete("/api/v2/orders/337178")).body == (
        b'{"error":"More than one record found","details":["Provided: 337178","Order: 1001","Order: 1002"]}'
    )


async def test_a_cancelled_and_an_active_order_with_the_po_are_too_many(db: Database, portal: Client) -> None:
    await make_order(db, "1001", po="337178", cancelled_at=EARLIER)
    await make_order(db, "1002", po="337178")
    assert (await portal.delete("/api/v2/orders/337178")).body == (
        b'{"error":"More than one record found","details":["Provided: 337178","Order: 1001","Order: 1002"]}'
    )
    assert await _cancelled(db) == ["1001"]


async def test_the_po_of_a_cancelled_order_alone_answers_already_completed(db: Database, portal: Client) -> None:
    await make_order(db, "72544", po="337178")
    assert (await portal.delete("/api/v2/orders/337178")).status == 200
    assert (await portal.delete("/api/v2/orders/337178")).body == ALREADY


@pytest.mark.parametrize(
    ("raw", "po"),
    [
        ("A%2F17", "A/17"),
        ("%2F", "/"),
        ("status", "status"),
        ("cancel", "cancel"),
        ("events", "events"),
        ("A%2520", "A%20"),
        ("50%25", "50%"),
        ("A%3F%23%26", "A?#&"),
        ("a+b", "a+b"),
        ("a%20b", "a b"),
        ("..", ".."),
        (".", "."),
        ("%2e%2E", ".."),
        ("A;v=1", "A;v=1"),
        ("%F0%9F%91%93", "\U0001f453"),
    ],
)
async def test_a_po_is_one_segment_split_before_it_is_decoded(db: Database, portal: Client, raw: str, po: str) -> None:
    await make_order(db, "72544", po=po)
    assert (await portal.get(f"/api/v2/orders/{raw}")).json()["poNumber"] == po
    assert (await portal.get(f"/api/v2/orders/{raw}/status")).json()["poNumber"] == po
    assert (await portal.get(f"/api/v2/orders/{raw}/events")).json()["total"] == 0
    assert (await portal.post(f"/api/v2/orders/{raw}/cancel")).json()["poNumber"] == po
    assert (await portal.delete(f"/api/v2/orders/{raw}")).body == ALREADY


@pytest.mark.parametrize(
    ("raw", "echo"),
    [
        ("%FF", b"?"),
        ("%00", b"\\u0000"),
        ("72544%00", b"72544\\u0000"),
        ("%ED%A0%80", b"???"),
        ("", b""),
        ("%20", b" "),
        ("%E3%80%80", "\u3000".encode()),
        ("X" * 21, b"X" * 21),
        ("X" * 64, b"X" * 64),
        ("X" * 65, b"X" * 64),
        ("X" * 10_000, b"X" * 64),
        ("%C3%A9" * 65, "é".encode() * 64),
        ("%22%5C", b'\\"\\\\'),
    ],
)
async def test_what_can_fit_no_order_is_404_and_echoed(db: Database, portal: Client, raw: str, echo: bytes) -> None:
    await make_order(db, "72544")
    reply = await portal.delete(f"/api/v2/orders/{raw}")
    assert reply.status == 404
    assert reply.body == b'{"error":"No record found","details":["Provided: %s"]}' % echo


async def test_an_empty_or_blank_po_never_matches(db: Database, portal: Client) -> None:
    await make_order(db, "1001", po="")
    await make_order(db, "1002", po="  ")
    assert [(await portal.delete(f"/api/v2/orders/{raw}")).status for raw in ("", "%20%20")] == [404, 404]


async def test_a_po_of_20_characters_is_found_and_of_21_is_not(db: Database, portal: Client) -> None:
    await make_order(db, "1001", po="é" * 20)
    await make_order(db, "1002", po="x" * 21)
    assert (await portal.delete("/api/v2/orders/" + "%C3%A9" * 20)).status == 200
    assert (await portal.delete("/api/v2/orders/" + "e%CC%81" * 20)).body == ALREADY
    assert (await portal.delete("/api/v2/orders/" + "x" * 21)).status == 404


@pytest.mark.parametrize("raw", ["A/17", "A%2F17/x", "72544/", "72544/cancel/", "/72544"])
async def test_a_real_slash_is_another_path(db: Database, portal: Client, raw: str) -> None:
    await make_order(db, "72544", po="A/17")
    reply = await portal.delete(f"/api/v2/orders/{raw}")
    assert (reply.status, reply.body) == (404, b'{"error":"Not found","details":[]}')


@pytest.mark.parametrize("route", ["", "/status", "/events"])
async def test_every_route_resolves_alike(db: Database, portal: Client, route: str) -> None:
    await make_orders(db, ["5001"])
    await make_order(db, "1001", tray="5001", po="A/17")
    await make_order(db, "1002", po="A/17", status="C")
    given = ("5001", "A%2F17", "9999999")
    tags = [(await portal.get(f"/api/v2/orders/{raw}{route}")).header("etag") for raw in given]
    assert tags == ['"5001-1"', '"1001-1"', None]
    assert (await portal.get(f"/api/v2/orders/5001{route}?by=tray")).header("etag") == '"1001-1"'
