"""Correct, complete, hold, release, validate and unvalid over HTTP (contract: complete; the others are ours)."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from tests.api.asgi import Client
from tests.api.conftest import MakeKey
from tests.builders import EARLIER, NOW, execute, make_order, order
from traylane.db.database import Database, Sql

ONE = "/api/v2/orders/1001"
LAST_EVENT = Sql.same("SELECT type, data FROM events WHERE type LIKE 'order.%' ORDER BY seq DESC LIMIT 1")
ORDER_EVENTS = Sql.same("SELECT count(*) FROM events WHERE type LIKE 'order.%'")


async def last_event(db: Database) -> tuple[str, Any, Any]:
    """Its type, before and after."""
    [(type_, data)] = await execute(db, LAST_EVENT)
    fields = msgspec.json.decode(data)
    return type_, fields["before"], fields["after"]


async def test_a_correction_changes_what_comes_and_leaves_the_rest(portal: Client, db: Database) -> None:
    await make_order(db, po="P1", details={"customerJobId": "J1", "dateWanted": "2026-11-05", "frameA": 52})

    got = await portal.patch(ONE, json={"dateWanted": "2026-11-09", "poNumber": "P2", "remarks": "Second pair"})

    assert (got.status, got.header("etag")) == (200, '"1001-2"')
    body = got.json()
    assert list(body)[:4] == ["orderNumber", "trayNumber", "poNumber", "message"]
    assert {name: body[name] for name in ("poNumber", "dateWanted", "remarks", "customerJobId", "frameA")} == {
        "poNumber": "P2",
        "dateWanted": "2026-11-09",
        "remarks": "Second pair",
        "customerJobId": "J1",
        "frameA": 52,
    }
    fetched = (await portal.get(ONE)).json()
    assert {**fetched, "message": ""} == body
    assert await last_event(db) == (
        "order.corrected",
        {"dateWanted": "2026-11-05", "remarks": "withheld", "poNumber": "withheld"},
        {"dateWanted": "2026-11-09", "remarks": "withheld", "poNumber": "withheld"},
    )


async def test_a_date_may_be_taken_away(portal: Client, db: Database) -> None:
    await make_order(db, details={"dateWanted": "2026-11-05"})

    got = await portal.patch(ONE, json={"dateWanted": None})

    assert got.json()["dateWanted"] is None
    assert (await order(db)).details == "{}"


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({}, "give at least one of dateWanted, poNumber, customerJobId and remarks"),
        ({"dateWanted": "2026-02-30"}, "dateWanted is not a date (yyyy-mm-dd)"),
        ({"dateWanted": 5}, "dateWanted is not a date (yyyy-mm-dd)"),
        ({"poNumber": None}, "poNumber must not be null"),
        ({"poNumber": "x" * 21}, "poNumber supports up to 20 characters"),
        ({"poNumber": "\u0958" * 11}, "poNumber supports up to 20 characters"),
        ({"customerJobId": "x" * 22}, "customerJobId supports up to 21 characters"),
        ({"remarks": "x" * 201}, "remarks supports up to 200 characters"),
        ({"status": "C"}, "unknown property status"),
    ],
)
async def test_what_a_correction_does_not_take(portal: Client, db: Database, body: Any, problem: str) -> None:
    await make_order(db)

    got = await portal.patch(ONE, json=body)

    assert (got.status, got.json()) == (400, {"error": "Incorrect arguments provided", "details": [problem]})


async def test_a_correction_of_what_has_changed_since(portal: Client, db: Database) -> None:
    await make_order(db, revision=3)

    got = await portal.patch(ONE, json={"remarks": "x"}, headers={"If-Match": '"1001-2"'})

    assert (got.status, got.json()) == (412, {"error": "Order has changed", "details": ['Current: "1001-3"']})
    assert (await execute(db, ORDER_EVENTS))[0][0] == 0


async def test_a_correction_and_a_cancel_at_once_are_never_both_half(portal: Client, db: Database) -> None:
    numbers = [str(n) for n in range(2000, 2020)]
    for number in numbers:
        await make_order(db, number, po="old")

    async def tied(number: str) -> tuple[int, int, bool, str, int]:
        path, tag = f"/api/v2/orders/{number}", {"If-Match": f'"{number}-1"'}
        barrier = asyncio.Barrier(2)

        async def at_the_barrier(method: str, body: Any) -> int:
            await barrier.wait()
            return (await portal.send(method, path, json=body, headers=tag)).status

        patched, cancelled = await asyncio.gather(
            at_the_barrier("PATCH", {"poNumber": "new", "remarks": "new"}), at_the_barrier("DELETE", None)
        )
        now = await order(db, number)
        return patched, cancelled, now.is_cancelled, now.po + now.details, now.revision

    outcomes = set(await asyncio.gather(*map(tied, numbers)))

    assert outcomes <= {(200, 412, False, 'new{"remarks":"new"}', 2), (412, 200, True, "old{}", 2)}


@pytest.mark.parametrize("how", ["PATCH", "POST /hold", "DELETE /hold", "POST /validate", "POST /unvalid"])
@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        ({"status": "C"}, b"Order already completed"),
        ({"cancelled_at": EARLIER}, b"Order marked for cancelation"),
    ],
)
async def test_what_is_over_is_frozen(portal: Client, db: Database, how: str, state: Any, sentence: bytes) -> None:
    await make_order(db, **state)
    method, _, path = how.partition(" ")
    body = {"PATCH": {"remarks": "x"}, "POST /unvalid": {"message": "x"}}.get(how)

    got = await portal.send(method, ONE + path, json=body)

    assert (got.status, got.body) == (400, b'{"error":"%s","details":[]}' % sentence)
    assert (await order(db)).revision == 1


async def test_a_hold_and_its_end(portal: Client, db: Database) -> None:
    await make_order(db, status="P")

    held = await portal.post(ONE + "/hold")
    again = await portal.post(ONE + "/hold")
    told = await last_event(db)
    released = await portal.delete(ONE + "/hold")
    twice = await portal.delete(ONE + "/hold")

    assert (held.status, held.json()["status"], held.json()["statusDesc"], held.json()["onHold"]) == (
        (200, "W", "On Hold", True)
    )
    assert told == ("order.held", {"onHold": False, "status": "P"}, {"onHold": True, "status": "P"})
    assert again.body == b'{"error":"Order already on hold","details":[]}'
    assert (released.json()["status"], released.json()["onHold"]) == ("P", False)
    assert (await last_event(db))[0] == "order.released"
    assert twice.body == b'{"error":"Order not on hold","details":[]}'


async def test_unvalid_and_valid_again(portal: Client, db: Database) -> None:
    await make_order(db)

    unvalid = (await portal.post(ONE + "/unvalid", json={"message": "No prescription"})).json()
    told = await last_event(db)
    valid = (await portal.post(ONE + "/validate")).json()
    again = await portal.post(ONE + "/validate")

    shown = ("status", "unvalidMessage", "dateTimeValid")
    assert [unvalid[name] for name in shown] == ["U", "No prescription", None]
    assert told == ("order.unvalidated", {"status": "V"}, {"status": "U"})
    assert [valid[name] for name in shown] == ["V", "", "2026-11-02T09:15:00.000Z"]
    assert again.body == b'{"error":"Order already valid","details":[]}'


async def test_an_order_in_process_cannot_become_unvalid(portal: Client, db: Database) -> None:
    await make_order(db, status="P")

    got = await portal.post(ONE + "/unvalid", json={"message": "x"})

    assert (got.status, got.body) == (400, b'{"error":"Order in process","details":[]}')


async def test_unvalid_needs_a_message(portal: Client, db: Database) -> None:
    await make_order(db)

    without = await portal.post(ONE + "/unvalid")
    empty = await portal.post(ONE + "/unvalid", json={"message": ""})

    assert without.json()["details"] == ["message is missing"]
    assert empty.json()["details"] == ["message must not be empty"]


async def test_a_completed_order_has_left_its_tray(portal: Client, db: Database) -> None:
    await make_order(db, status="P", tray="00123")

    got = await portal.post(ONE + "/complete")

    assert (got.status, got.body) == (201, b'{"orderNumber":"1001","message":"Successful"}')
    done = (await portal.get(ONE)).json()
    assert (done["status"], done["trayNumber"], done["dateCompleted"]) == ("C", "00123", "2026-11-02")
    assert (await portal.get("/api/v2/orders/123?by=tray")).status == 404
    assert await last_event(db) == (
        "order.completed",
        {"status": "P", "holdsTray": True},
        {"status": "C", "holdsTray": False, "dateCompleted": "2026-11-02"},
    )


@pytest.mark.parametrize(
    ("state", "status", "code", "message"),
    [
        ({"cancelled_at": NOW}, 400, b"02", b"Order deleted"),
        ({"status": "U"}, 400, b"03", b"Order unvalid"),
        ({"status": "C"}, 400, b"04", b"Order already completed"),
        ({"on_hold": True}, 400, b"05", b"Order on hold"),
        ({"number": "2"}, 404, b"01", b"Order not found"),
    ],
)
async def test_what_is_not_completed(
    portal: Client, db: Database, state: Any, status: int, code: bytes, message: bytes
) -> None:
    await make_order(db, **state)

    got = await portal.post(ONE + "/complete")

    assert got.status == status
    assert got.body == (
        b'{"error":"Could not complete order","details":["Error Code: %s","Error Message: %s"]}' % (code, message)
    )


async def test_completing_by_an_ambiguous_po(portal: Client, db: Database) -> None:
    await make_order(db, "1", po="P1")
    await make_order(db, "2", po="P1")

    got = await portal.post("/api/v2/orders/P1/complete")

    assert got.status == 400
    assert got.json()["details"] == [
        *("Error Code: 20", "Error Message: More than one record found"),
        *("Provided: P1", "Order: 1", "Order: 2"),
    ]


async def test_a_change_that_comes_again_changes_nothing(portal: Client, db: Database) -> None:
    await make_order(db)

    first, again = [await portal.post(ONE + "/hold", headers={"Idempotency-Key": "K"}) for _ in range(2)]
    other = await portal.post(ONE + "/complete", headers={"Idempotency-Key": "K"})

    assert (again.body, again.header("idempotent-replayed")) == (first.body, "true")
    assert (await execute(db, ORDER_EVENTS))[0][0] == 1
    assert other.status == 422


async def test_a_customers_key_changes_that_customers_orders_only(http: Client, key: MakeKey, db: Database) -> None:
    await make_order(db, customer="2002")
    bound = http.using(await key("orders:write", customer="1001"))

    got = [await bound.post(f"{ONE}/{verb}") for verb in ("hold", "validate", "complete")]

    assert [reply.status for reply in got] == [404, 404, 404]
    assert (await order(db)).revision == 1


async def test_changing_needs_its_scope(http: Client, key: MakeKey, db: Database) -> None:
    await make_order(db)
    reader = http.using(await key("orders:read", "orders:cancel"))

    got = await reader.post(ONE + "/hold")

    assert (got.status, got.json()["details"]) == (403, ["Scope needed: orders:write"])
