"""GET /api/v2/orders/{orderIdentifier}/status (contract)."""

from __future__ import annotations

import pytest

from tests.api.asgi import Client
from tests.builders import EARLIER, make_order, make_station, scanned
from traylane.db.database import Database


async def test_the_status_is_shown_to_the_byte(db: Database, portal: Client) -> None:
    await make_station(db, "GEN", description="GEN-1 GENERATOR")
    details = {"rtCalculated": True, "ltCalculated": True}
    await make_order(
        db,
        "72544",
        tray="00123",
        po="337178",
        status="P",
        revision=3,
        scans=[scanned("GEN")],
        details=details,
    )
    reply = await portal.get("/api/v2/orders/72544/status")
    assert reply.body == (
        b'{"orderNumber":"72544","trayNumber":"00123","poNumber":"337178","calculationDesc":"Both eyes calculated",'
        b'"currentStation":"GEN","currentStationCustomerDesc":"","currentStationDateTime":"2026-11-01T08:00:00.000Z",'
        b'"currentStationDesc":"GEN-1 GENERATOR","status":"P","statusDesc":"Process","onHold":false,'
        b'"unvalidMessage":"","rtCalculated":true,"ltCalculated":true}'
    )
    assert (reply.status, reply.header("etag")) == (200, '"72544-3"')


async def test_an_order_that_was_nowhere_has_no_station(db: Database, portal: Client) -> None:
    await make_order(db, "72544", status="U", details={"unvalidMessage": "AXIS MISSING"})
    reply = await portal.get("/api/v2/orders/72544/status")
    assert reply.body == (
        b'{"orderNumber":"72544","trayNumber":"","poNumber":"","calculationDesc":"Calculations not done",'
        b'"currentStation":"","currentStationCustomerDesc":"","currentStationDateTime":null,'
        b'"currentStationDesc":"","status":"U","statusDesc":"Unvalid","onHold":false,'
        b'"unvalidMessage":"AXIS MISSING","rtCalculated":false,"ltCalculated":false}'
    )


@pytest.mark.parametrize(
    ("stored", "on_hold", "shown"),
    [
        ("U", False, ["U", "Unvalid", False]),
        ("V", False, ["V", "Valid", False]),
        ("P", False, ["P", "Process", False]),
        ("C", False, ["C", "Completed", False]),
        ("V", True, ["W", "On Hold", True]),
        ("P", True, ["W", "On Hold", True]),
    ],
)
async def test_each_status_has_its_letter_and_its_word(
    db: Database, portal: Client, stored: str, on_hold: bool, shown: list[str | bool]
) -> None:
    await make_order(db, "72544", status=stored, on_hold=on_hold)
    answer = (await portal.get("/api/v2/orders/72544/status")).json()
    assert [answer["status"], answer["statusDesc"], answer["onHold"]] == shown


async def test_an_order_marked_for_cancellation_answers_200_with_one_l(db: Database, portal: Client) -> None:
    await make_order(db, "72544", cancelled_at=EARLIER)
    reply = await portal.get("/api/v2/orders/72544/status")
    assert (reply.status, reply.body) == (200, b'{"error":"Order marked for cancelation","details":[]}')


async def test_a_cancel_is_seen_at_once(db: Database, portal: Client) -> None:
    await make_order(db, "72544", tray="123")
    await portal.delete("/api/v2/orders/123")
    assert (await portal.get("/api/v2/orders/123/status")).json()["error"] == "Order marked for cancelation"


async def test_an_order_that_is_not_there_is_404(portal: Client) -> None:
    reply = await portal.get("/api/v2/orders/9999999/status")
    assert (reply.status, reply.body) == (404, b'{"error":"No record found","details":["Provided: 9999999"]}')


async def test_an_ambiguous_po_is_refused(db: Database, portal: Client) -> None:
    await make_order(db, "1001", po="A/17")
    await make_order(db, "1002", po="A/17")
    reply = await portal.get("/api/v2/orders/A%2F17/status")
    assert (reply.status, reply.json()["error"]) == (400, "More than one record found")
