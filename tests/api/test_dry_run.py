"""`?dryRun=true`: what a cancel would say; nothing is written (contract)."""

from __future__ import annotations

import pytest

from tests.api.asgi import Client
from tests.api.conftest import MakeKey
from tests.builders import (
    EARLIER,
    count,
    make_order,
    make_reason,
    make_station,
    order,
    scanned,
    set_setting,
)
from traylane.db.database import Database
from traylane.orders.desk import Desk
from traylane.policy.catalogue import JOB_TRACKER, REASON_REQUIRED

DELETE = ("DELETE", "/api/v2/orders/{}")
POST = ("POST", "/api/v2/orders/{}/cancel")
Way = tuple[str, str]
both_ways = pytest.mark.parametrize("way", [DELETE, POST], ids=["DELETE", "POST"])


@both_ways
async def test_a_cancel_that_nothing_stands_in_the_way_of_is_allowed(db: Database, portal: Client, way: Way) -> None:
    await make_order(db, "72544", tray="00123")
    reply = await portal.send(way[0], way[1].format("123") + "?dryRun=true")
    assert reply.status == 200
    assert reply.body == b'{"allowed":true,"refusals":[],"warnings":[],"orderNumber":"72544"}'
    assert not (await order(db, "72544")).is_cancelled


@both_ways
async def test_all_refusals_come_at_once_in_their_order(db: Database, portal: Client, way: Way) -> None:
    await make_station(db, "GEN", sequence=30)
    await make_order(db, "72544", cancelled_at=EARLIER, scans=[scanned("RCV"), scanned("GEN", non_cancel=True)])
    await set_setting(db, JOB_TRACKER, False)
    await set_setting(db, REASON_REQUIRED, True)
    reply = await portal.send(way[0], way[1].format("72544") + "?dryRun=true")
    assert reply.status == 200
    assert reply.body == (
        b'{"allowed":false,"refusals":['
        b'{"error":"Job Tracker module required for cancel method","details":[],"code":"job_tracker_missing",'
        b'"evidence":{}},'
        b'{"error":"Order already completed","details":[],"code":"already_cancelled","evidence":'
        b'{"cancelled":"2026-11-01T08:00:00.000Z","actor":"desk","reason":null}},'
        b'{"error":"The delete reasons file is empty","details":[],"code":"no_reasons","evidence":{}},'
        b'{"error":"Order has been through a non-cancel station","details":[],"code":"non_cancel_station","evidence":'
        b'{"station":"GEN","scanned":"2026-11-01T08:00:00.000Z","sequence":30,"overrideScope":"orders:override"}}],'
        b'"warnings":[],"orderNumber":"72544"}'
    )


@both_ways
async def test_a_completed_order_and_an_unknown_reason_are_told_too(db: Database, portal: Client, way: Way) -> None:
    await make_order(db, "72544", status="C")
    await make_reason(db, "CUS")
    await set_setting(db, REASON_REQUIRED, True)
    reply = await portal.send(way[0], way[1].format("72544") + "?dryRun=true&deleteReason=NOPE")
    assert reply.body == (
        b'{"allowed":false,"refusals":['
        b'{"error":"Order already completed","details":[],"code":"already_completed","evidence":{}},'
        b'{"error":"Delete reason code does not exist","details":["Provided: NOPE"],"code":"unknown_reason",'
        b'"evidence":{}}],"warnings":[],"orderNumber":"72544"}'
    )


async def test_warnings_are_told(db: Database, portal: Client) -> None:
    await make_order(db, "1234")
    await make_order(db, "2000", tray="1234")
    reply = await portal.delete("/api/v2/orders/1234?dryRun=true&deleteReason=CUS")
    assert reply.json()["warnings"] == [
        "1234 is also the tray number of order 2000.",
        "deleteReason was ignored: the setting Orders1:Enter reason code when deleting order is off.",
    ]


@both_ways
async def test_an_order_that_is_not_there_stays_404(portal: Client, way: Way) -> None:
    reply = await portal.send(way[0], way[1].format("9999999") + "?dryRun=true")
    assert (reply.status, reply.body) == (404, b'{"error":"No record found","details":["Provided: 9999999"]}')


async def test_an_ambiguous_po_stays_400(db: Database, portal: Client) -> None:
    await make_order(db, "1001", po="A/17")
    await make_order(db, "1002", po="A/17")
    reply = await portal.delete("/api/v2/orders/A%2F17?dryRun=true")
    assert (reply.status, reply.json()["error"]) == (400, "More than one record found")


async def test_nothing_is_written(db: Database, desk: Desk, portal: Client) -> None:
    await make_order(db, "1001")
    await make_order(db, "1002", cancelled_at=EARLIER)
    before = [await order(db, number) for number in ("1001", "1002")]
    for number in ("1001", "1002"):
        await portal.delete(f"/api/v2/orders/{number}?dryRun=true", headers={"Idempotency-Key": "k"})
    assert [await order(db, number) for number in ("1001", "1002")] == before
    assert await desk.attempts.flush(db) == 0
    assert [await count(db, table) for table in ("answers", "attempts", "scans")] == [0, 0, 0]
    assert await count(db, "events") == 1  # the key's own


async def test_a_dry_run_does_not_use_its_idempotency_key_up(db: Database, portal: Client) -> None:
    await make_order(db, "72544")
    headers = {"Idempotency-Key": "k"}
    await portal.delete("/api/v2/orders/72544?dryRun=true", headers=headers)
    reply = await portal.delete("/api/v2/orders/72544", headers=headers)
    assert (reply.status, reply.header("idempotent-replayed")) == (200, None)


@both_ways
async def test_reading_is_enough_for_a_dry_run_and_only_for_that(
    db: Database, http: Client, key: MakeKey, way: Way
) -> None:
    await make_order(db, "72544")
    reader = http.using(await key("orders:read"))
    target = way[1].format("72544")
    assert (await reader.send(way[0], target + "?dryRun=true")).status == 200
    for query in ("", "?dryRun=false", "?dryRun=true&dryRun=true", "?dryrun=true", "?dryRun=TRUE", "?dryRun=%74rue"):
        assert (await reader.send(way[0], target + query)).status in {400, 403}
    assert not (await order(db, "72544")).is_cancelled


async def test_dry_run_false_cancels(db: Database, portal: Client) -> None:
    await make_order(db, "72544")
    assert (await portal.delete("/api/v2/orders/72544?dryRun=false")).status == 200
    assert (await order(db, "72544")).is_cancelled


@both_ways
@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ("?dryrun=true", b"unknown parameter dryrun; did you mean dryRun?"),
        ("?dry_run=true", b"unknown parameter dry_run; did you mean dryRun?"),
        ("?dryRun=1", b"dryRun must be true or false"),
        ("?dryRun=True", b"dryRun must be true or false"),
        ("?dryRun", b"dryRun must be true or false"),
        ("?dryRun=true&dryRun=false", b"dryRun is given more than once"),
        ("?dryRun=true&dryRun=true", b"dryRun is given more than once"),
    ],
)
async def test_nobodys_misspelt_dry_run_cancels_for_real(
    db: Database, portal: Client, way: Way, query: str, detail: bytes
) -> None:
    await make_order(db, "72544")
    reply = await portal.send(way[0], way[1].format("72544") + query)
    assert reply.status == 400
    assert reply.body == b'{"error":"Incorrect arguments provided","details":["%s"]}' % detail
    assert not (await order(db, "72544")).is_cancelled


async def test_a_dry_run_in_the_body_is_refused(db: Database, portal: Client) -> None:
    await make_order(db, "72544")
    reply = await portal.post("/api/v2/orders/72544/cancel", json={"dryRun": True})
    assert (reply.status, reply.json()["error"]) == (400, "Incorrect arguments provided")
    assert not (await order(db, "72544")).is_cancelled


@pytest.mark.parametrize("headers", [{"If-Match": "nonsense"}, {"Idempotency-Key": ""}])
async def test_a_header_that_cannot_be_honoured_is_refused_in_a_dry_run_too(
    db: Database, portal: Client, headers: dict[str, str]
) -> None:
    await make_order(db, "72544")
    reply = await portal.delete("/api/v2/orders/72544?dryRun=true", headers=headers)
    assert (reply.status, reply.json()["error"]) == (400, "Incorrect arguments provided")


async def test_a_dry_run_holds_if_match_against_the_order_as_the_cancel_would(db: Database, portal: Client) -> None:
    await make_order(db, "72544", revision=3)
    reply = await portal.delete("/api/v2/orders/72544?dryRun=true", headers={"If-Match": '"72544-2"'})
    assert (reply.status, reply.body) == (
        412,
        b'{"error":"Order has changed","details":["Current: \\"72544-3\\""]}',
    )
