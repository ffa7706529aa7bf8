"""DELETE /api/v2/orders/{orderIdentifier} and its POST twin: cancel an order (seed, contract).

What is said about numbers, reasons, dry runs and conditions has a file of its own beside this one.
"""

from __future__ import annotations

import pytest

from tests.api.asgi import Client
from tests.builders import (
    EARLIER,
    NOW,
    count,
    execute,
    make_order,
    make_reason,
    make_station,
    order,
    scanned,
    set_setting,
)
from traylane.db.database import Database, Sql
from traylane.orders.desk import Desk
from traylane.policy.catalogue import JOB_TRACKER, REASON_REQUIRED

CANCELLED = (
    b'{"orderNumber":"72544","trayNumber":"00123","poNumber":"337178","message":"",'
    b'"addons":[],"arCode":"","arDesc":"","balanceLens":"","calculationDesc":"Calculations not done",'
    b'"cancellation":{"dateTime":"2026-11-02T09:15:00.000Z","actor":"portal","reason":"","reasonDesc":"",'
    b'"station":"RCV","override":false},"corridorLength":0,"createdUser":"","crib":0,'
    b'"currentStation":"RCV","currentStationCustomerDesc":"","currentStationDateTime":"2026-11-01T08:00:00.000Z",'
    b'"currentStationDesc":"RECEIVING","customerJobId":"","customerNumber":"1001",'
    b'"dateCompleted":null,"dateOrdered":null,"dateReceived":null,"dateTimeValid":null,"dateWanted":null,"ellh":0,'
    b'"frameA":0,"frameB":0,"frameBridge":0,"frameCircumference":0,"frameColor":"","frameED":0,"frameEye":0,'
    b'"frameManufacturer":"","frameName":"","frameSKU":"","frameStatusCode":"","frameTemple":0,"frameType":"",'
    b'"frameUPC":"","jobType":"",'
    b'"ltADD":null,"ltAX":null,"ltBCOCUP":null,"ltCYL":null,"ltCalculated":false,"ltDIA":"","ltIPD":null,'
    b'"ltLensColor":"","ltLensMaterial":"","ltLensStyle":"","ltLensTreat":"","ltMBASE":"","ltMINCTR":null,'
    b'"ltMINEDG":null,"ltNPD":null,"ltOCHT":null,"ltPRVA1":"","ltPRVA2":"","ltPRVM1":null,"ltPRVM2":null,'
    b'"ltSEGHT":null,"ltSPH":null,"ltTrace":"",'
    b'"onHold":false,"pantoscopicTilt":0,"remarks":"","revision":4,'
    b'"rtADD":null,"rtAX":null,"rtBCOCUP":null,"rtCYL":null,"rtCalculated":false,"rtDIA":"","rtIPD":null,'
    b'"rtLensColor":"","rtLensMaterial":"","rtLensStyle":"","rtLensTreat":"","rtMBASE":"","rtMINCTR":null,'
    b'"rtMINEDG":null,"rtNPD":null,"rtOCHT":null,"rtPRVA1":"","rtPRVA2":"","rtPRVM1":null,"rtPRVM2":null,'
    b'"rtSEGHT":null,"rtSPH":-2.25,"rtTrace":"",'
    b'"status":"P","statusDesc":"Process","unvalidMessage":""}'
)
ALREADY = b'{"error":"Order already completed","details":[]}'

DELETE = ("DELETE", "/api/v2/orders/{}")
POST = ("POST", "/api/v2/orders/{}/cancel")
Way = tuple[str, str]
both_ways = pytest.mark.parametrize("way", [DELETE, POST], ids=["DELETE", "POST"])


async def _order_in_process(db: Database) -> None:
    await make_station(db, "RCV", description="RECEIVING")
    await make_order(
        db,
        "72544",
        tray="00123",
        po="337178",
        status="P",
        revision=3,
        scans=[scanned("RCV")],
        details={"rtSPH": -2.25},
    )


@both_ways
async def test_a_cancel_answers_the_last_known_state_with_the_message_as_fourth_property(
    db: Database, portal: Client, way: Way
) -> None:
    await _order_in_process(db)
    reply = await portal.send(way[0], way[1].format("72544"))
    assert reply.body == CANCELLED
    assert reply.status == 200
    assert reply.header("content-type") == "application/json"
    assert reply.header("etag") == '"72544-4"'


@both_ways
@pytest.mark.parametrize("given", ["72544", "00123", "123", "337178"])
async def test_an_order_is_cancelled_by_each_of_its_three_numbers(
    db: Database, portal: Client, way: Way, given: str
) -> None:
    await _order_in_process(db)
    assert (await portal.send(way[0], way[1].format(given))).body == CANCELLED
    assert (await order(db, "72544")).cancelled_at == NOW


async def test_the_order_is_flagged_and_nothing_is_deleted(db: Database, portal: Client) -> None:
    await _order_in_process(db)
    before = await order(db, "72544")
    await portal.delete("/api/v2/orders/72544")
    assert await order(db, "72544") == before.with_changes(
        cancelled_at=NOW, cancel_actor="portal", cancel_station="RCV"
    )
    assert [await count(db, table) for table in ("orders", "scans", "order_details")] == [1, 1, 1]


async def test_a_cancelled_order_is_fetched_as_the_cancel_answered_it(db: Database, portal: Client) -> None:
    await _order_in_process(db)
    await portal.delete("/api/v2/orders/72544")
    fetched = await portal.get("/api/v2/orders/72544")
    assert fetched.body == CANCELLED.replace(b'"message":"",', b"")


@both_ways
async def test_an_order_that_is_not_there_is_404(portal: Client, way: Way) -> None:
    reply = await portal.send(way[0], way[1].format("9999999"))
    assert reply.status == 404
    assert reply.body == b'{"error":"No record found","details":["Provided: 9999999"]}'


@both_ways
async def test_without_the_job_tracker_nothing_is_cancelled(db: Database, portal: Client, way: Way) -> None:
    await _order_in_process(db)
    await set_setting(db, JOB_TRACKER, False)
    reply = await portal.send(way[0], way[1].format("72544"))
    assert reply.status == 400
    assert reply.body == b'{"error":"Job Tracker module required for cancel method","details":[]}'


@both_ways
async def test_a_cancelled_order_is_not_cancelled_again(db: Database, portal: Client, way: Way) -> None:
    await make_order(db, "72544", cancelled_at=EARLIER)
    reply = await portal.send(way[0], way[1].format("72544"))
    assert (reply.status, reply.body) == (400, ALREADY)


@both_ways
async def test_a_completed_order_is_not_cancelled(db: Database, portal: Client, way: Way) -> None:
    await make_order(db, "72544", status="C")
    reply = await portal.send(way[0], way[1].format("72544"))
    assert (reply.status, reply.body) == (400, ALREADY)


@both_ways
async def test_a_required_reason_needs_reasons_that_are_set_up(db: Database, portal: Client, way: Way) -> None:
    await make_order(db, "72544")
    await make_reason(db, "OLD", active=False)
    await set_setting(db, REASON_REQUIRED, True)
    reply = await portal.send(way[0], way[1].format("72544") + "?deleteReason=OLD")
    assert reply.status == 400
    assert reply.body == b'{"error":"The delete reasons file is empty","details":[]}'


@both_ways
@pytest.mark.parametrize("given", ["NOPE", "cus", "OLD"], ids=["unknown", "other case", "retired"])
async def test_a_required_reason_must_be_an_active_one(db: Database, portal: Client, way: Way, given: str) -> None:
    await make_order(db, "72544")
    await make_reason(db, "CUS")
    await make_reason(db, "OLD", active=False)
    await set_setting(db, REASON_REQUIRED, True)
    reply = await portal.send(way[0], way[1].format("72544") + f"?deleteReason={given}")
    assert reply.status == 400
    assert reply.body == b'{"error":"Delete reason code does not exist","details":["Provided: %s"]}' % given.encode()


@both_ways
@pytest.mark.parametrize("query", ["", "?deleteReason="], ids=["none", "empty"])
async def test_a_required_reason_that_did_not_come_does_not_exist(
    db: Database, portal: Client, way: Way, query: str
) -> None:
    await make_order(db, "72544")
    await make_reason(db, "CUS")
    await set_setting(db, REASON_REQUIRED, True)
    reply = await portal.send(way[0], way[1].format("72544") + query)
    assert reply.status == 400
    assert reply.body == b'{"error":"Delete reason code does not exist","details":["Provided: "]}'


@both_ways
async def test_an_order_that_was_at_a_station_that_was_non_cancel_then_is_not_cancelled(
    db: Database, portal: Client, way: Way
) -> None:
    await make_station(db, "GEN", non_cancel=False)
    await make_order(db, "72544", scans=[scanned("RCV"), scanned("GEN", non_cancel=True), scanned("QC")])
    reply = await portal.send(way[0], way[1].format("72544"))
    assert reply.status == 400
    assert reply.body == b'{"error":"Order has been through a non-cancel station","details":[]}'


@both_ways
async def test_an_order_that_was_at_a_station_that_is_non_cancel_now_is_not_cancelled(
    db: Database, portal: Client, way: Way
) -> None:
    await make_station(db, "GEN", non_cancel=True)
    await make_order(db, "72544", scans=[scanned("GEN", non_cancel=False), scanned("QC")])
    reply = await portal.send(way[0], way[1].format("72544"))
    assert reply.status == 400
    assert reply.body == b'{"error":"Order has been through a non-cancel station","details":[]}'


async def test_a_non_cancel_station_that_the_order_was_not_at_does_not_matter(db: Database, portal: Client) -> None:
    await make_station(db, "GEN", non_cancel=True)
    await make_order(db, "72544", scans=[scanned("RCV")])
    assert (await portal.delete("/api/v2/orders/72544")).status == 200


async def test_the_refusals_come_in_their_order(db: Database, portal: Client) -> None:
    await make_station(db, "GEN", non_cancel=True)
    await make_order(db, "72544", scans=[scanned("GEN", non_cancel=True)], cancelled_at=EARLIER)
    await set_setting(db, REASON_REQUIRED, True)
    await set_setting(db, JOB_TRACKER, False)
    heard = []

    async def hear(identifier: str = "72544") -> None:
        heard.append((await portal.delete(f"/api/v2/orders/{identifier}")).json()["error"])

    await hear("9999999")
    await hear()
    await set_setting(db, JOB_TRACKER, True)
    await hear()
    await execute(db, Sql.same("UPDATE orders SET cancelled_at = NULL, status = 'C' WHERE order_number = '72544'"))
    await hear()
    await execute(db, Sql.same("UPDATE orders SET status = 'P' WHERE order_number = '72544'"))
    await hear()
    await make_reason(db, "CUS")
    await hear()
    await set_setting(db, REASON_REQUIRED, False)
    await hear()
    assert heard == [
        "No record found",
        "Job Tracker module required for cancel method",
        "Order already completed",
        "Order already completed",
        "The delete reasons file is empty",
        "Delete reason code does not exist",
        "Order has been through a non-cancel station",
    ]


@pytest.mark.parametrize("state", [{"status": "U"}, {"on_hold": True}, {"status": "P", "on_hold": True}])
async def test_unvalid_and_held_orders_may_be_cancelled(db: Database, portal: Client, state: dict[str, str]) -> None:
    await make_order(db, "72544", **state)  # type: ignore[arg-type]  # a status and a flag
    assert (await portal.delete("/api/v2/orders/72544")).status == 200


async def test_a_cancel_is_one_event(db: Database, portal: Client) -> None:
    await make_order(db, "72544", tray="00123")
    await portal.delete("/api/v2/orders/72544")
    rows = await execute(db, Sql.same("SELECT seq, type, at, actor, data FROM events WHERE type LIKE 'order.%'"))
    assert [tuple(row) for row in rows] == [
        (
            2,
            "order.cancelled",
            NOW,
            "portal",
            (
                '{"orderNumber":"72544","customerNumber":"1001","trayNumber":"00123","before":{"cancelled":false},'
                '"after":{"cancelled":true,"reason":null,"station":null,"override":false}}'
            ),
        )
    ]


async def test_a_refused_cancel_is_an_attempt_and_no_event(db: Database, desk: Desk, portal: Client) -> None:
    await make_order(db, "72544", cancelled_at=EARLIER, revision=2)
    for _ in range(3):
        await portal.delete("/api/v2/orders/72544")
    await desk.attempts.flush(db)
    rows = await execute(db, Sql.same("SELECT actor, code, minute, count FROM attempts"))
    assert [tuple(row) for row in rows] == [("portal", "already_cancelled", NOW, 3)]
    assert await count(db, "events") == 1  # the key's own
    assert (await order(db, "72544")).revision == 2


async def test_a_look_up_that_finds_nothing_writes_nothing(db: Database, desk: Desk, portal: Client) -> None:
    await portal.delete("/api/v2/orders/9999999")
    assert await desk.attempts.flush(db) == 0
    assert await count(db, "events") == 1  # the key's own
