"""Keys that are bound to one customer: other orders do not exist for them (contract: Access)."""

from __future__ import annotations

from typing import Any

import pytest

from tests import builders
from tests.api import good_requests as good
from tests.api.asgi import Client, Reply
from tests.api.conftest import MakeKey
from tests.api.test_bad_input import dump
from tests.builders import (
    execute,
    make_customer,
    make_order,
    make_station,
)
from traylane.api.routes import ROUTES, Route
from traylane.db.database import Database, Sql
from traylane.orders.desk import Desk

ORDER = "/api/v2/orders/72544"


async def _two_customers(db: Database) -> None:
    await make_customer(db, "1002")
    await make_station(db, "RCV")
    await builders.make_reason(db, "CUS")
    await make_order(db, "72544", tray="00123", po="337178", customer="1002")


OTHERS = ["72544", "123", "337178"]


@pytest.mark.parametrize("given", OTHERS)
async def test_another_customers_order_is_an_absent_one_byte_for_byte(
    db: Database, desk: Desk, http: Client, key: MakeKey, given: str
) -> None:
    await _two_customers(db)
    client = http.using(await key("admin", customer="1001"))
    before = await dump(db)
    theirs = [_without_id(await client.send(*request, **how)) for request, how in _requests(given)]
    assert await desk.attempts.flush(db) == 0
    assert await dump(db) == before
    await execute(db, Sql.same("DELETE FROM orders"))
    absent = [_without_id(await client.send(*request, **how)) for request, how in _requests(given)]
    assert theirs == absent
    assert {status for status, _, _ in theirs} <= {404, 400}


def _requests(given: str) -> list[tuple[tuple[str, bytes], dict[str, Any]]]:
    """Everything that can be asked about one order, plainly and in other ways."""
    json = {"content-type": "application/json"}
    asked = [
        ((route.method, good.target(route, orderIdentifier=given) + query), {"body": good.body(route), "headers": more})
        for route in good.of_orders()
        for query in (b"", *(b"?by=" + word.encode() for p in route.query if p.name == "by" for word in p.words))
        for more in (json, json | {"If-Match": '"72544-7"'})
    ]
    dry: list[tuple[tuple[str, bytes], dict[str, Any]]] = [
        ((r.method, good.target(r, orderIdentifier=given) + b"?dryRun=true"), {}) for r in _with_dry_run()
    ]
    scan: tuple[tuple[str, bytes], dict[str, Any]] = (
        ("POST", b"/api/v2/job_track/stations/RCV"),
        {"json": {"orderIdentifier": given}},
    )
    return [*asked, *dry, scan]


def _with_dry_run() -> list[Route]:
    return [route for route in good.of_orders() if route.dry_run_scope is not None]


@pytest.mark.parametrize("given", OTHERS)
async def test_another_customers_order_in_a_row_is_an_absent_one(
    db: Database, http: Client, key: MakeKey, given: str
) -> None:
    await _two_customers(db)
    client = http.using(await key("admin", customer="1001"))
    many = "/api/v2/order_cancellations"
    rows = [{"orderIdentifier": given}, {"orderIdentifier": given, "ifMatch": '"72544-7"'}]
    theirs = [_without_id(await client.post(many + way, json=rows)) for way in ("", "?dryRun=true", "?atomic=true")]
    await execute(db, Sql.same("DELETE FROM orders"))
    absent = [_without_id(await client.post(many + way, json=rows)) for way in ("", "?dryRun=true", "?atomic=true")]
    assert theirs == absent


@pytest.mark.parametrize("route", good.of_orders(), ids=lambda route: route.operation)
async def test_a_customers_own_order_is_its_own(db: Database, http: Client, key: MakeKey, route: Route) -> None:
    await _two_customers(db)
    await good.make_the_order(db, route.operation, customer="1002")
    client = http.using(await key("admin", customer="1002"))
    headers = {"content-type": "application/json"}
    reply = await client.send(route.method, good.target(route), body=good.body(route), headers=headers)
    assert reply.status == good.status(route)


ABOUT_MANY = [route for route in ROUTES if route.is_safe and route not in good.of_orders()]


@pytest.mark.parametrize("route", ABOUT_MANY, ids=lambda route: route.operation)
async def test_what_a_customer_reads_is_the_same_whatever_another_one_has(
    db: Database, http: Client, key: MakeKey, route: Route, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("traylane.api.events.STREAM_SECONDS", 0.0)
    await _two_customers(db)
    await builders.set_up_one_of_each(db)
    client = http.using(await key("admin", customer="1001"))
    before = await client.send("GET", good.target(route, trayNumber="123"))
    await _work_on_the_order(http.using(await key("admin")))
    after = await client.send("GET", good.target(route, trayNumber="123"))
    assert (after.status, _told(after)) == (before.status, _told(before))
    assert b"72544" not in after.body
    assert b"337178" not in after.body


async def _work_on_the_order(laboratory: Client) -> None:
    """Scan it, move it to another tray, cancel it."""
    replies = [
        await laboratory.post("/api/v2/job_track/stations/RCV", json={"orderIdentifier": "72544"}),
        await laboratory.post(f"{ORDER}/tray", json={"trayNumber": "124", "reassign": True}),
        await laboratory.post(f"{ORDER}/tray", json={"trayNumber": "123", "reassign": True}),
        await laboratory.post(f"{ORDER}/cancel"),
    ]
    assert [reply.status for reply in replies] == [200] * 4


def _told(reply: Reply) -> Any:
    """An answer without the places in the feed, which are everybody's."""
    if reply.header("content-type") != "application/json":
        return reply.body
    return {name: value for name, value in reply.json().items() if name != "cursor"}


async def test_a_stored_answer_about_another_customers_order_names_none(
    db: Database, http: Client, key: MakeKey
) -> None:
    await _two_customers(db)
    client = http.using(await key("orders:cancel", customer="1001"))
    await client.delete(ORDER, headers={"Idempotency-Key": "k"})
    rows = await execute(db, Sql.same("SELECT order_id FROM answers"))
    assert [row[0] for row in rows] == [None]


async def test_its_own_order_is_found_by_each_number(db: Database, http: Client, key: MakeKey) -> None:
    await _two_customers(db)
    client = http.using(await key("orders:read", customer="1002"))
    assert [(await client.get(f"/api/v2/orders/{given}")).status for given in OTHERS] == [200, 200, 200]


async def test_another_customers_orders_make_no_po_ambiguous(db: Database, http: Client, key: MakeKey) -> None:
    await make_order(db, "1", po="A/17", customer="1001")
    await make_order(db, "2", po="A/17", customer="1002")
    await make_order(db, "3", po="A/17", customer="1002")
    mine = http.using(await key("orders:cancel", customer="1001"))
    assert (await mine.delete("/api/v2/orders/A%2F17")).json()["orderNumber"] == "1"


async def test_candidates_are_counted_and_named_among_its_own_only(db: Database, http: Client, key: MakeKey) -> None:
    for number in range(12):
        await make_order(db, f"10{number:02}", po="A/17", customer="1001")
        await make_order(db, f"00{number:02}", po="A/17", customer="1002")
    reply = await http.using(await key("orders:cancel", customer="1001")).delete("/api/v2/orders/A%2F17")
    assert reply.body == (
        b'{"error":"More than one record found","details":["Provided: A/17","Order: 1000","Order: 1001","Order: 1002",'
        b'"Order: 1003","Order: 1004","Order: 1005","Order: 1006","Order: 1007","Order: 1008","Order: 1009",'
        b'"and 2 more"]}'
    )


async def test_the_message_names_its_own_orders_only(db: Database, http: Client, key: MakeKey) -> None:
    await make_order(db, "1234", customer="1001")
    await make_order(db, "2000", tray="1234", customer="1002")
    await make_order(db, "3000", po="1234", customer="1002")
    reply = await http.using(await key("orders:cancel", customer="1001")).delete("/api/v2/orders/1234")
    assert (reply.json()["orderNumber"], reply.json()["message"]) == ("1234", "")


async def test_another_customers_order_number_does_not_hide_its_own_tray(
    db: Database, http: Client, key: MakeKey
) -> None:
    await make_order(db, "1234", customer="1002")
    await make_order(db, "2000", tray="1234", customer="1001")
    client = http.using(await key("orders:cancel", customer="1001"))
    assert (await client.delete("/api/v2/orders/1234")).json()["orderNumber"] == "2000"


def _without_id(reply: Reply) -> tuple[int, bytes, list[tuple[bytes, bytes]]]:
    return reply.status, reply.body, [header for header in reply.headers if header[0] != b"x-request-id"]
