"""GET /api/v2/orders/{orderIdentifier}: fetch a single order (contract)."""

from __future__ import annotations

import pytest

from tests.api.asgi import Client
from tests.builders import EARLIER, make_order, make_reason, make_station, scanned
from traylane.clock import from_text
from traylane.db.database import Database

BARE = (
    b'{"orderNumber":"1001","trayNumber":"","poNumber":"",'
    b'"addons":[],"arCode":"","arDesc":"","balanceLens":"","calculationDesc":"Calculations not done",'
    b'"cancellation":null,"corridorLength":0,"createdUser":"","crib":0,'
    b'"currentStation":"","currentStationCustomerDesc":"","currentStationDateTime":null,"currentStationDesc":"",'
    b'"customerJobId":"","customerNumber":"1001",'
    b'"dateCompleted":null,"dateOrdered":null,"dateReceived":null,"dateTimeValid":null,"dateWanted":null,"ellh":0,'
    b'"frameA":0,"frameB":0,"frameBridge":0,"frameCircumference":0,"frameColor":"","frameED":0,"frameEye":0,'
    b'"frameManufacturer":"","frameName":"","frameSKU":"","frameStatusCode":"","frameTemple":0,"frameType":"",'
    b'"frameUPC":"","jobType":"",'
    b'"ltADD":null,"ltAX":null,"ltBCOCUP":null,"ltCYL":null,"ltCalculated":false,"ltDIA":"","ltIPD":null,'
    b'"ltLensColor":"","ltLensMaterial":"","ltLensStyle":"","ltLensTreat":"","ltMBASE":"","ltMINCTR":null,'
    b'"ltMINEDG":null,"ltNPD":null,"ltOCHT":null,"ltPRVA1":"","ltPRVA2":"","ltPRVM1":null,"ltPRVM2":null,'
    b'"ltSEGHT":null,"ltSPH":null,"ltTrace":"",'
    b'"onHold":false,"pantoscopicTilt":0,"remarks":"","revision":1,'
    b'"rtADD":null,"rtAX":null,"rtBCOCUP":null,"rtCYL":null,"rtCalculated":false,"rtDIA":"","rtIPD":null,'
    b'"rtLensColor":"","rtLensMaterial":"","rtLensStyle":"","rtLensTreat":"","rtMBASE":"","rtMINCTR":null,'
    b'"rtMINEDG":null,"rtNPD":null,"rtOCHT":null,"rtPRVA1":"","rtPRVA2":"","rtPRVM1":null,"rtPRVM2":null,'
    b'"rtSEGHT":null,"rtSPH":null,"rtTrace":"",'
    b'"status":"V","statusDesc":"Valid","unvalidMessage":""}'
)

DETAILS = {
    "addons": ["SRC", "UV"],
    "arCode": "CRZ",
    "arDesc": "Crizal",
    "balanceLens": "L",
    "corridorLength": 14.5,
    "createdUser": "import",
    "customerJobId": "J-17",
    "dateOrdered": "2026-10-30",
    "dateTimeValid": "2026-10-30T07:00:00.000Z",
    "dateWanted": "2026-11-05",
    "frameA": 52.5,
    "frameB": 38,
    "frameBridge": 18,
    "frameEye": 52,
    "frameSKU": "RB-5154",
    "jobType": "F",
    "rtAX": 90,
    "rtCYL": -0.75,
    "rtCalculated": True,
    "rtLensStyle": "SV",
    "rtSPH": -2.25,
    "rtTrace": "R=2500;2501",
}
FULL = (
    b'{"orderNumber":"72544","trayNumber":"00123","poNumber":"337178",'
    b'"addons":["SRC","UV"],"arCode":"CRZ","arDesc":"Crizal","balanceLens":"L",'
    b'"calculationDesc":"Right eye calculated","cancellation":null,"corridorLength":14.5,"createdUser":"import",'
    b'"crib":0,"currentStation":"GEN","currentStationCustomerDesc":"","currentStationDateTime":'
    b'"2026-11-01T08:00:00.000Z","currentStationDesc":"GEN-1 GENERATOR","customerJobId":"J-17",'
    b'"customerNumber":"1001","dateCompleted":null,"dateOrdered":"2026-10-30","dateReceived":null,'
    b'"dateTimeValid":"2026-10-30T07:00:00.000Z","dateWanted":"2026-11-05","ellh":0,'
    b'"frameA":52.5,"frameB":38,"frameBridge":18,"frameCircumference":0,"frameColor":"","frameED":0,"frameEye":52,'
    b'"frameManufacturer":"","frameName":"","frameSKU":"RB-5154","frameStatusCode":"","frameTemple":0,"frameType":"",'
    b'"frameUPC":"","jobType":"F",'
    b'"ltADD":null,"ltAX":null,"ltBCOCUP":null,"ltCYL":null,"ltCalculated":false,"ltDIA":"","ltIPD":null,'
    b'"ltLensColor":"","ltLensMaterial":"","ltLensStyle":"","ltLensTreat":"","ltMBASE":"","ltMINCTR":null,'
    b'"ltMINEDG":null,"ltNPD":null,"ltOCHT":null,"ltPRVA1":"","ltPRVA2":"","ltPRVM1":null,"ltPRVM2":null,'
    b'"ltSEGHT":null,"ltSPH":null,"ltTrace":"",'
    b'"onHold":false,"pantoscopicTilt":0,"remarks":"","revision":4,'
    b'"rtADD":null,"rtAX":90,"rtBCOCUP":null,"rtCYL":-0.75,"rtCalculated":true,"rtDIA":"","rtIPD":null,'
    b'"rtLensColor":"","rtLensMaterial":"","rtLensStyle":"SV","rtLensTreat":"","rtMBASE":"","rtMINCTR":null,'
    b'"rtMINEDG":null,"rtNPD":null,"rtOCHT":null,"rtPRVA1":"","rtPRVA2":"","rtPRVM1":null,"rtPRVM2":null,'
    b'"rtSEGHT":null,"rtSPH":-2.25,"rtTrace":"R=2500;2501",'
    b'"status":"P","statusDesc":"Process","unvalidMessage":""}'
)


async def test_an_order_is_shown_to_the_byte(db: Database, portal: Client) -> None:
    await make_station(db, "GEN", description="GEN-1 GENERATOR")
    await make_order(
        db,
        "72544",
        tray="00123",
        po="337178",
        status="P",
        revision=4,
        scans=[scanned("GEN")],
        details=DETAILS,
    )
    reply = await portal.get("/api/v2/orders/72544")
    assert reply.body == FULL
    assert reply.status == 200
    assert reply.header("content-type") == "application/json"


async def test_dates_are_null_strings_empty_frame_numbers_0_and_per_eye_numbers_null_when_unset(
    db: Database, portal: Client
) -> None:
    await make_order(db, "1001")
    assert (await portal.get("/api/v2/orders/1001")).body == BARE


async def test_the_answer_carries_the_entity_tag_of_the_order(db: Database, portal: Client) -> None:
    await make_order(db, "72544", revision=7)
    assert (await portal.get("/api/v2/orders/72544")).header("etag") == '"72544-7"'


@pytest.mark.parametrize("given", ["72544", "123", "337178"])
async def test_an_order_is_fetched_by_each_of_its_three_numbers(db: Database, portal: Client, given: str) -> None:
    await make_order(db, "72544", tray="00123", po="337178")
    assert (await portal.get(f"/api/v2/orders/{given}")).json()["orderNumber"] == "72544"


async def test_an_order_that_is_not_there_is_404(portal: Client) -> None:
    reply = await portal.get("/api/v2/orders/9999999")
    assert (reply.status, reply.body) == (404, b'{"error":"No record found","details":["Provided: 9999999"]}')
    assert reply.header("etag") is None


async def test_a_cancelled_order_is_still_fetched_with_its_status_as_it_was(db: Database, portal: Client) -> None:
    await make_reason(db, "CUS")
    cancelled = from_text("2026-11-02T09:00:00.123Z")
    await make_order(db, "72544", status="P", cancelled_at=cancelled, cancel_reason="CUS", cancel_actor="portal")
    reply = await portal.get("/api/v2/orders/72544")
    assert reply.status == 200
    assert (
        b'"cancellation":{"dateTime":"2026-11-02T09:00:00.123Z","actor":"portal","reason":"CUS",'
        b'"reasonDesc":"Reason CUS","station":"","override":false},'
    ) in reply.body
    assert b'"status":"P","statusDesc":"Process"' in reply.body


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("U", b'"status":"U","statusDesc":"Unvalid"'),
        ("V", b'"status":"V","statusDesc":"Valid"'),
        ("P", b'"status":"P","statusDesc":"Process"'),
        ("C", b'"status":"C","statusDesc":"Completed"'),
    ],
)
async def test_each_status_has_its_letter_and_its_word(db: Database, portal: Client, stored: str, shown: bytes) -> None:
    await make_order(db, "1001", status=stored)
    assert shown in (await portal.get("/api/v2/orders/1001")).body


async def test_a_held_order_shows_w_and_on_hold(db: Database, portal: Client) -> None:
    await make_order(db, "1001", status="P", on_hold=True)
    body = (await portal.get("/api/v2/orders/1001")).body
    assert b'"status":"W","statusDesc":"On Hold"' in body
    assert b'"onHold":true' in body


@pytest.mark.parametrize(
    ("details", "desc"),
    [
        ({"rtCalculated": True, "ltCalculated": True}, "Both eyes calculated"),
        ({"rtCalculated": True}, "Right eye calculated"),
        ({"ltCalculated": True}, "Left eye calculated"),
        ({}, "Calculations not done"),
    ],
)
async def test_the_calculation_is_told_in_words(
    db: Database, portal: Client, details: dict[str, bool], desc: str
) -> None:
    await make_order(db, "1001", details=dict(details))
    assert (await portal.get("/api/v2/orders/1001")).json()["calculationDesc"] == desc


async def test_an_ambiguous_po_is_refused_with_its_candidates(db: Database, portal: Client) -> None:
    await make_order(db, "1002", po="A/17")
    await make_order(db, "1001", po="A/17", cancelled_at=EARLIER)
    reply = await portal.get("/api/v2/orders/A%2F17")
    assert reply.status == 400
    assert reply.body == (
        b'{"error":"More than one record found","details":["Provided: A/17","Order: 1001","Order: 1002"]}'
    )


async def test_by_looks_up_by_one_kind_only(db: Database, portal: Client) -> None:
    await make_order(db, "1001", tray="1002")
    await make_order(db, "1002")
    assert (await portal.get("/api/v2/orders/1002?by=tray")).json()["orderNumber"] == "1001"


async def test_an_unknown_kind_is_refused(portal: Client) -> None:
    reply = await portal.get("/api/v2/orders/1001?by=job")
    assert reply.status == 400
    assert reply.body == b'{"error":"Incorrect arguments provided","details":["by must be order or tray or po"]}'


async def test_head_answers_as_get_without_the_body(db: Database, portal: Client) -> None:
    await make_order(db, "1001")
    reply = await portal.send("HEAD", "/api/v2/orders/1001")
    assert (reply.status, reply.body) == (200, b"")
    assert reply.header("content-length") == str(len(BARE))
    assert reply.header("etag") == '"1001-1"'


async def test_the_answer_is_stored_by_nobody(db: Database, portal: Client) -> None:
    await make_order(db, "1001")
    reply = await portal.get("/api/v2/orders/1001")
    assert reply.header("cache-control") == "no-store"
    assert reply.header("x-content-type-options") == "nosniff"
