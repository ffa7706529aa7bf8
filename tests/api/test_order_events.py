"""GET /api/v2/orders/{orderIdentifier}/events: what happened to an order."""

from __future__ import annotations

import pytest

from tests.api.asgi import Client
from tests.api.conftest import Watch
from tests.builders import execute, make_order, make_station
from traylane.db import ids
from traylane.db.database import Database, Sql


async def _history(db: Database, watch: Watch, portal: Client) -> list[bytes]:
    await make_station(db, "RCV")
    await make_order(db, "72544", tray="00123", po="337178")
    await make_order(db, "72545")
    await portal.post("/api/v2/job_track/stations/RCV", json={"orderIdentifier": "72544"})
    await portal.delete("/api/v2/orders/72545")
    watch.pass_(61_001)
    await portal.delete("/api/v2/orders/72544")
    rows = await execute(
        db, Sql.same("SELECT e.id FROM events e JOIN orders o ON o.id = e.subject_id AND o.order_number = '72544'")
    )
    return sorted(ids.to_text(row[0]).encode() for row in rows)


async def test_the_events_of_an_order_come_oldest_first_to_the_byte(db: Database, watch: Watch, portal: Client) -> None:
    first, second = await _history(db, watch, portal)
    reply = await portal.get("/api/v2/orders/72544/events")
    assert reply.body == (
        b'{"total":2,"items":['
        b'{"id":"%s","seq":2,"type":"order.checked_in","dateTime":"2026-11-02T09:15:00.000Z","actor":"portal",'
        b'"data":{"orderNumber":"72544","customerNumber":"1001","trayNumber":"00123",'
        b'"before":{"status":"V","station":null},"after":{"status":"P","station":"RCV","scan":1,"operator":null,'
        b'"nonCancel":false}}},'
        b'{"id":"%s","seq":3,"type":"order.cancelled","dateTime":"2026-11-02T09:16:01.001Z","actor":"portal",'
        b'"data":{"orderNumber":"72544","customerNumber":"1001","trayNumber":"00123","before":{"cancelled":false},'
        b'"after":{"cancelled":true,"reason":null,"station":"RCV","override":false}}}]}'
    ) % (first, second)
    assert (reply.status, reply.header("etag")) == (200, '"72544-3"')


@pytest.mark.parametrize(
    ("window", "seqs"),
    [("", [2, 3]), ("?limit=1", [2]), ("?offset=1", [3]), ("?limit=0", []), ("?offset=2", []), ("?limit=5", [2, 3])],
)
async def test_limit_and_offset_choose_and_total_counts_all(
    db: Database, watch: Watch, portal: Client, window: str, seqs: list[int]
) -> None:
    await _history(db, watch, portal)
    answer = (await portal.get("/api/v2/orders/72544/events" + window)).json()
    assert (answer["total"], [item["seq"] for item in answer["items"]]) == (2, seqs)


async def test_an_order_that_nothing_happened_to_has_no_events(db: Database, portal: Client) -> None:
    await make_order(db, "72544")
    assert (await portal.get("/api/v2/orders/72544/events")).body == b'{"total":0,"items":[]}'


@pytest.mark.parametrize("given", ["72544", "123", "337178"])
async def test_events_are_found_by_each_number(db: Database, watch: Watch, portal: Client, given: str) -> None:
    await _history(db, watch, portal)
    assert (await portal.get(f"/api/v2/orders/{given}/events")).json()["total"] == 2


async def test_an_order_that_is_not_there_is_404(portal: Client) -> None:
    reply = await portal.get("/api/v2/orders/9999999/events")
    assert (reply.status, reply.body) == (404, b'{"error":"No record found","details":["Provided: 9999999"]}')


async def test_neither_po_nor_job_id_is_in_an_event(db: Database, watch: Watch, portal: Client) -> None:
    await _history(db, watch, portal)
    assert b"337178" not in (await portal.get("/api/v2/orders/72544/events")).body
