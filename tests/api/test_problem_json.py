"""`Accept: application/problem+json`: RFC 9457 with the same `error` and `details`, the code and the evidence."""

from __future__ import annotations

import pytest

from tests.api.asgi import Client
from tests.builders import NOW, make_order, make_reason, make_station, scanned, set_setting
from traylane.db.database import Database
from traylane.policy.catalogue import REASON_REQUIRED

PROBLEM = {"Accept": "application/problem+json"}
ORDER = "/api/v2/orders/72544"


async def test_the_evidence_of_a_non_cancel_station_is_station_time_and_sequence(db: Database, portal: Client) -> None:
    await make_station(db, "GEN", sequence=30)
    await make_order(db, "72544", scans=[scanned("GEN", non_cancel=True)])
    reply = await portal.delete(ORDER, headers=PROBLEM)
    assert reply.status == 400
    assert reply.header("content-type") == "application/problem+json"
    assert reply.body == (
        b'{"type":"/docs#refusal-non_cancel_station","title":"Order has been through a non-cancel station",'
        b'"status":400,"error":"Order has been through a non-cancel station","details":[],'
        b'"code":"non_cancel_station","station":"GEN","scanned":"2026-11-01T08:00:00.000Z","sequence":30}'
    )


async def test_the_evidence_of_a_cancelled_order_is_when_and_by_whom(db: Database, portal: Client) -> None:
    await make_order(db, "72544", cancelled_at=NOW, cancel_reason="CUS", cancel_actor="portal")
    assert (await portal.delete(ORDER, headers=PROBLEM)).body == (
        b'{"type":"/docs#refusal-already_cancelled","title":"Order already completed","status":400,'
        b'"error":"Order already completed","details":[],"code":"already_cancelled",'
        b'"cancelled":"2026-11-02T09:15:00.000Z","actor":"portal","reason":"CUS"}'
    )


async def test_error_and_details_are_the_same_as_without(db: Database, portal: Client) -> None:
    await make_order(db, "72544")
    await make_reason(db, "CUS")
    await set_setting(db, REASON_REQUIRED, True)
    assert (await portal.delete(ORDER + "?deleteReason=NOPE", headers=PROBLEM)).body == (
        b'{"type":"/docs#refusal-unknown_reason","title":"Delete reason code does not exist","status":400,'
        b'"error":"Delete reason code does not exist","details":["Provided: NOPE"],"code":"unknown_reason"}'
    )


@pytest.mark.parametrize(
    ("method", "target", "headers", "status", "code"),
    [
        ("GET", "/api/v2/orders/9999999", {}, 404, "not_found"),
        ("GET", "/nowhere", {}, 404, "no_route"),
        ("PUT", ORDER, {}, 405, "method_not_allowed"),
        ("DELETE", ORDER + "?dryrun=true", {}, 400, "bad_arguments"),
        ("DELETE", ORDER, {"Content-Length": "65537"}, 413, "body_too_large"),
        ("GET", "/api/v2/job_track/stations/NOPE", {}, 404, "no_station"),
        ("GET", ORDER, {"X-API-Key": "nonsense"}, 401, "unauthenticated"),
    ],
)
async def test_every_error_has_its_code(
    portal: Client, method: str, target: str, headers: dict[str, str], status: int, code: str
) -> None:
    reply = await portal.send(method, target, headers={**PROBLEM, **headers})
    assert (reply.status, reply.header("content-type")) == (status, "application/problem+json")
    assert (reply.json()["status"], reply.json()["code"]) == (status, code)


@pytest.mark.parametrize("accept", ["application/json", "*/*", "text/html", ""])
async def test_nobody_gets_it_unasked(portal: Client, accept: str) -> None:
    reply = await portal.get("/api/v2/orders/9999999", headers={"Accept": accept})
    assert reply.header("content-type") == "application/json"
    assert reply.body == b'{"error":"No record found","details":["Provided: 9999999"]}'


@pytest.mark.parametrize("accept", ["application/json, application/problem+json;q=0.9", "Application/Problem+JSON"])
async def test_it_is_enough_to_name_it_in_the_list(portal: Client, accept: str) -> None:
    reply = await portal.get("/api/v2/orders/9999999", headers={"Accept": accept})
    assert reply.header("content-type") == "application/problem+json"


async def test_success_does_not_change(db: Database, portal: Client) -> None:
    await make_order(db, "72544")
    reply = await portal.delete(ORDER, headers=PROBLEM)
    assert (reply.status, reply.header("content-type")) == (200, "application/json")


async def test_the_status_of_a_cancelled_order_does_not_change(db: Database, portal: Client) -> None:
    await make_order(db, "72544", cancelled_at=NOW)
    reply = await portal.get(ORDER + "/status", headers=PROBLEM)
    assert reply.body == b'{"error":"Order marked for cancelation","details":[]}'


async def test_another_accept_is_the_same_request(db: Database, portal: Client) -> None:
    await make_order(db, "72544", cancelled_at=NOW)
    key = {"Idempotency-Key": "k"}
    first = await portal.delete(ORDER, headers={**PROBLEM, **key})
    again = await portal.delete(ORDER, headers=key)
    assert again.body == first.body
    assert again.header("content-type") == "application/problem+json"
