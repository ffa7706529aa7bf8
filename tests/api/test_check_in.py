"""POST /api/v2/job_track/stations/{code}: check an order in at a station (contract: Job Tracker)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.asgi import Client
from tests.builders import (
    EARLIER,
    NOW,
    count,
    execute,
    make_order,
    make_station,
    order,
    scanned,
    set_setting,
)
from traylane.db.database import Database, Sql
from traylane.orders.desk import Desk
from traylane.policy.catalogue import JOB_TRACKER

GEN = "/api/v2/job_track/stations/GEN"


def refused(*details: bytes) -> bytes:
    """The body of a scan that does not count."""
    return b'{"error":"Checkin not performed","details":[%s]}' % b",".join(b'"%s"' % line for line in details)


async def _laboratory(db: Database) -> None:
    await make_station(db, "GEN", description="GEN-1 GENERATOR", sequence=30, non_cancel=True)
    await make_station(db, "QC", requires_operator=True)
    await make_station(db, "OLD", active=False)
    await make_station(db, "TAL", is_operator=True)
    await make_station(db, "BOB", is_operator=True, active=False)


@pytest.mark.parametrize("given", ["72544", "00123", "123", "A/17"])
async def test_a_check_in_by_each_number_answers_to_the_byte(db: Database, portal: Client, given: str) -> None:
    await _laboratory(db)
    await make_order(db, "72544", tray="00123", po="A/17")
    reply = await portal.post(GEN, json={"orderIdentifier": given, "operator": "TAL"})
    assert reply.body == (
        b'{"orderNumber":"72544","trayNumber":"00123","poNumber":"A/17","code":"GEN","desc":"GEN-1 GENERATOR",'
        b'"customerDesc":"","statusDateTime":"2026-11-02T09:15:00.000Z"}'
    )
    assert (reply.status, reply.header("etag")) == (200, '"72544-2"')


async def test_a_check_in_is_a_scan_an_event_and_where_the_order_is_now(db: Database, portal: Client) -> None:
    await _laboratory(db)
    await make_order(db, "72544", scans=[scanned("RCV")])
    await portal.post(GEN, json={"orderIdentifier": "72544", "operator": "TAL"})
    found = await order(db, "72544")
    assert (found.status, found.station, found.station_at, found.scan_count) == ("P", "GEN", NOW, 2)
    scans = await execute(db, Sql.same("SELECT seq, station, operator, at FROM scans WHERE seq = 2"))
    assert [tuple(row) for row in scans] == [(2, "GEN", "TAL", NOW)]
    events = await execute(db, Sql.same("SELECT seq, type, actor FROM events WHERE type LIKE 'order.%'"))
    assert [tuple(row) for row in events] == [(2, "order.checked_in", "portal")]


async def test_a_check_in_at_a_non_cancel_station_ends_the_cancelling(db: Database, portal: Client) -> None:
    await _laboratory(db)
    await make_order(db, "72544")
    await portal.post(GEN, json={"orderIdentifier": "72544"})
    reply = await portal.delete("/api/v2/orders/72544")
    assert reply.body == b'{"error":"Order has been through a non-cancel station","details":[]}'


async def test_without_the_job_tracker_nothing_is_checked_in(db: Database, portal: Client) -> None:
    await set_setting(db, JOB_TRACKER, False)
    reply = await portal.post(GEN, json={"orderIdentifier": "72544"})
    assert reply.status == 400
    assert reply.body == b'{"error":"Job Tracker module required for checkin","details":[]}'


@pytest.mark.parametrize("code", ["NOPE", "gen", "OLD", "TAL", "", "%FF", "%00", "X" * 10_000])
async def test_no_working_station_is_400(db: Database, portal: Client, code: str) -> None:
    await _laboratory(db)
    await make_order(db, "72544")
    reply = await portal.post(f"/api/v2/job_track/stations/{code}", json={"orderIdentifier": "72544"})
    assert (reply.status, reply.body) == (400, refused(b"Station not found"))


@pytest.mark.parametrize("given", ["9999999", "\x01", "X" * 21, "X" * 64, "  "])
async def test_no_such_order_is_400(db: Database, portal: Client, given: str) -> None:
    await _laboratory(db)
    reply = await portal.post(GEN, json={"orderIdentifier": given})
    assert (reply.status, reply.body) == (400, refused(b"Order not found"))


async def test_an_ambiguous_po_stands_in_the_details(db: Database, portal: Client) -> None:
    await _laboratory(db)
    for number in range(12):
        await make_order(db, f"10{number:02}", po="A/17")
    reply = await portal.post(GEN, json={"orderIdentifier": "A/17"})
    candidates = [f"Order: 10{number:02}".encode() for number in range(10)]
    assert reply.status == 400
    assert reply.body == refused(b"More than one record found", b"Provided: A/17", *candidates, b"and 2 more")


@pytest.mark.parametrize("operator", ["NOPE", "tal", "BOB", "GEN"])
async def test_no_working_operator_is_404(db: Database, portal: Client, operator: str) -> None:
    await _laboratory(db)
    await make_order(db, "72544")
    reply = await portal.post(GEN, json={"orderIdentifier": "72544", "operator": operator})
    assert (reply.status, reply.body) == (404, refused(b"Operator not found"))


@pytest.mark.parametrize("body", [{}, {"operator": None}])
async def test_a_station_that_requires_an_operator_needs_one(
    db: Database, portal: Client, body: dict[str, None]
) -> None:
    await _laboratory(db)
    await make_order(db, "72544")
    reply = await portal.post("/api/v2/job_track/stations/QC", json={"orderIdentifier": "72544", **body})
    assert (reply.status, reply.body) == (400, refused(b"Operator required"))


@pytest.mark.parametrize(
    ("state", "why"),
    [
        ({"cancelled_at": EARLIER}, b"Order marked for cancelation"),
        ({"status": "C"}, b"Order already completed"),
        ({"status": "U"}, b"Order unvalid"),
        ({"on_hold": True}, b"Order on hold"),
        ({"cancelled_at": EARLIER, "status": "U", "on_hold": True}, b"Order marked for cancelation"),
        ({"status": "U", "on_hold": True}, b"Order unvalid"),
    ],
)
async def test_an_order_that_is_not_worked_on_is_400(
    db: Database, desk: Desk, portal: Client, state: dict[str, Any], why: bytes
) -> None:
    await _laboratory(db)
    await make_order(db, "72544", **state)
    before = await order(db, "72544")
    reply = await portal.post(GEN, json={"orderIdentifier": "72544"})
    assert (reply.status, reply.body) == (400, refused(why))
    assert await order(db, "72544") == before
    assert await count(db, "scans") == 0
    assert await desk.attempts.flush(db) == 1


async def test_the_refusals_come_in_their_order(db: Database, portal: Client) -> None:
    await _laboratory(db)
    await set_setting(db, JOB_TRACKER, False)
    answers = [await portal.post("/api/v2/job_track/stations/NOPE", json={"orderIdentifier": "1", "operator": "X"})]
    await set_setting(db, JOB_TRACKER, True)
    answers.append(await portal.post("/api/v2/job_track/stations/NOPE", json={"orderIdentifier": "1", "operator": "X"}))
    answers.append(await portal.post(GEN, json={"orderIdentifier": "1", "operator": "X"}))
    await make_order(db, "1", cancelled_at=EARLIER)
    answers.append(await portal.post(GEN, json={"orderIdentifier": "1", "operator": "X"}))
    answers.append(await portal.post("/api/v2/job_track/stations/QC", json={"orderIdentifier": "1"}))
    answers.append(await portal.post(GEN, json={"orderIdentifier": "1"}))
    assert [answer.body for answer in answers] == [
        b'{"error":"Job Tracker module required for checkin","details":[]}',
        refused(b"Station not found"),
        refused(b"Order not found"),
        refused(b"Operator not found"),
        refused(b"Operator required"),
        refused(b"Order marked for cancelation"),
    ]


async def test_by_looks_up_by_one_kind_only(db: Database, portal: Client) -> None:
    await _laboratory(db)
    await make_order(db, "123")
    await make_order(db, "72544", tray="00123")
    reply = await portal.post(GEN, json={"orderIdentifier": "123", "by": "tray"})
    assert reply.json()["orderNumber"] == "72544"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b'{"orderIdentifier":""}',
        b'{"orderIdentifier":72544}',
        b'{"orderIdentifier":null}',
        b'{"orderIdentifier":"72544","by":"job"}',
        b'{"orderIdentifier":"72544","operator":""}',
        b'{"orderIdentifier":"72544","operator":"12345678901"}',
        b'{"orderIdentifier":"72544","station":"GEN"}',
        b'{"orderIdentifier":"72544","orderIdentifier":"72545"}',
        b'{"orderIdentifier":"72544\\u0000"}',
        b'{"orderIdentifier":"\\ud800"}',
        b'["72544"]',
        b'"72544"',
        b"72544",
        b"null",
        b'{"orderIdentifier":"72544"',
        b'{"orderIdentifier":"72544"} x',
        b'{"orderIdentifier":"\xff"}',
        b'\xef\xbb\xbf{"orderIdentifier":"72544"}',
        b'{"orderIdentifier":NaN}',
        b"[" * 30_000,
    ],
)
async def test_a_malformed_body_is_400_and_nothing_is_done(db: Database, portal: Client, body: bytes) -> None:
    await _laboratory(db)
    await make_order(db, "72544")
    reply = await portal.post(GEN, body=body, headers={"Content-Type": "application/json"})
    assert (reply.status, reply.json()["error"], len(reply.json()["details"])) == (
        400,
        "Incorrect arguments provided",
        1,
    )
    assert await count(db, "scans") == 0


async def test_a_form_is_not_accepted_here(db: Database, portal: Client) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    reply = await portal.post(GEN, body=b"orderIdentifier=72544", headers=headers)
    assert reply.status == 415
    assert reply.body == (
        b'{"error":"Unsupported content type","details":["Provided: application/x-www-form-urlencoded"]}'
    )
