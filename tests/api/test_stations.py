"""GET /api/v2/job_track/stations and …/stations/{code} (contract: Job Tracker)."""

from __future__ import annotations

import pytest

from tests.api.asgi import Client
from tests.builders import execute, make_station, set_setting
from traylane.db.database import Database, Sql
from traylane.policy.catalogue import JOB_TRACKER

STATIONS = "/api/v2/job_track/stations"
GEN = (
    b'{"code":"GEN","desc":"GEN-1 GENERATOR","customerDesc":"IN SURFACING","operator":false,"nonCancel":true,'
    b'"requiresOperator":false,"sequence":30,"active":true,'
    b'"isAR":false,"finalQA":false,"cancelRack":false,"requires":[]}'
)
QC = (
    b'{"code":"QC","desc":"","customerDesc":"","operator":false,"nonCancel":false,'
    b'"requiresOperator":true,"sequence":90,"active":false,'
    b'"isAR":false,"finalQA":false,"cancelRack":false,"requires":[]}'
)
TAL = (
    b'{"code":"TAL","desc":"Operator TAL","customerDesc":"","operator":true,"nonCancel":false,'
    b'"requiresOperator":false,"sequence":0,"active":true,'
    b'"isAR":false,"finalQA":false,"cancelRack":false,"requires":[]}'
)


async def _laboratory(db: Database) -> None:
    await make_station(db, "QC", sequence=90, requires_operator=True, active=False)
    await make_station(db, "GEN", description="GEN-1 GENERATOR", sequence=30, non_cancel=True)
    await make_station(db, "TAL", description="Operator TAL", sequence=0, is_operator=True)
    await execute(db, Sql.same("UPDATE stations SET customer_description = 'IN SURFACING' WHERE code = 'GEN'"))


async def test_stations_and_operators_come_in_the_order_of_the_line(db: Database, portal: Client) -> None:
    await _laboratory(db)
    reply = await portal.get(STATIONS)
    assert (reply.status, reply.body) == (200, b'{"total":3,"items":[%s,%s,%s]}' % (TAL, GEN, QC))


async def test_a_laboratory_without_stations_has_an_empty_list(portal: Client) -> None:
    assert (await portal.get(STATIONS)).body == b'{"total":0,"items":[]}'


@pytest.mark.parametrize(
    ("window", "items"),
    [
        ("?limit=1", TAL),
        ("?limit=1&offset=1", GEN),
        ("?offset=2", QC),
        ("?limit=0", b""),
        ("?limit=1000000&offset=1000000", b""),
    ],
)
async def test_limit_and_offset_choose_and_total_counts_all(
    db: Database, portal: Client, window: str, items: bytes
) -> None:
    await _laboratory(db)
    assert (await portal.get(STATIONS + window)).body == b'{"total":3,"items":[%s]}' % items


@pytest.mark.parametrize("name", ["limit", "offset"])
@pytest.mark.parametrize("value", ["-1", "1000001", "x", "", "1.0", "%2B1", "%D9%A1", "9" * 1000])
async def test_limit_and_offset_are_whole_numbers_up_to_a_million(portal: Client, name: str, value: str) -> None:
    reply = await portal.get(f"{STATIONS}?{name}={value}")
    assert reply.status == 400
    assert reply.body == (
        b'{"error":"Incorrect arguments provided","details":["%s must be a whole number from 0 to 1000000"]}'
        % name.encode()
    )


@pytest.mark.parametrize(("code", "shown"), [("GEN", GEN), ("QC", QC), ("TAL", TAL)])
async def test_one_station_or_operator_is_shown(db: Database, portal: Client, code: str, shown: bytes) -> None:
    await _laboratory(db)
    reply = await portal.get(f"{STATIONS}/{code}")
    assert (reply.status, reply.body) == (200, shown)


@pytest.mark.parametrize(("raw", "echo"), [("NOPE", b"NOPE"), ("gen", b"gen"), ("%FF", b"?"), ("", b"")])
async def test_a_station_that_is_not_there_is_404(db: Database, portal: Client, raw: str, echo: bytes) -> None:
    await _laboratory(db)
    reply = await portal.get(f"{STATIONS}/{raw}")
    assert (reply.status, reply.body) == (404, b'{"error":"No record found","details":["Provided: %s"]}' % echo)


async def test_a_code_may_hold_an_encoded_slash(db: Database, portal: Client) -> None:
    await make_station(db, "A/1")
    assert (await portal.get(f"{STATIONS}/A%2F1")).json()["code"] == "A/1"


async def test_stations_are_shown_without_the_job_tracker_too(db: Database, portal: Client) -> None:
    await _laboratory(db)
    await set_setting(db, JOB_TRACKER, False)
    assert (await portal.get(STATIONS)).json()["total"] == 3


async def test_a_change_is_seen_on_the_next_request(db: Database, portal: Client) -> None:
    await portal.get(STATIONS)
    await _laboratory(db)
    assert (await portal.get(STATIONS)).json()["total"] == 3
