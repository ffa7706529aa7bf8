"""GET /api/v2/orders/{orderIdentifier}/tracking: where an order has been."""

from __future__ import annotations

import pytest

from tests.api.asgi import Client
from tests.api.conftest import MakeKey
from tests.builders import EARLIER, execute, make_order, make_station, scanned
from traylane.clock import Instant
from traylane.db.database import Database, Sql

TRACKING = "/api/v2/orders/72544/tracking"


async def _an_order(db: Database) -> None:
    await make_station(db, "RCV", description="RECEIVING")
    await make_station(db, "GEN", description="GEN-1 GENERATOR", non_cancel=True)
    await make_order(
        db,
        "72544",
        tray="123",
        customer="77",
        status="P",
        scans=[
            scanned("RCV"),
            scanned("GEN", at=Instant(EARLIER + 61_999), operator="TAL", non_cancel=True),
            scanned("OLD", at=Instant(EARLIER + 60_000)),
        ],
    )
    await execute(db, Sql.same("UPDATE scans SET device_at = at - 5000 WHERE seq = 2"))


async def test_every_scan_to_the_byte(db: Database, portal: Client) -> None:
    await _an_order(db)
    reply = await portal.get(TRACKING)
    assert reply.body == (
        b'{"total":3,"items":['
        b'{"seq":1,"code":"RCV","desc":"RECEIVING","customerDesc":"","operator":null,'
        b'"dateTime":"2026-11-01T08:00:00.000Z","secondsSinceLast":null,"deviceDateTime":null,"nonCancel":false},'
        b'{"seq":2,"code":"GEN","desc":"GEN-1 GENERATOR","customerDesc":"","operator":"TAL",'
        b'"dateTime":"2026-11-01T08:01:01.999Z","secondsSinceLast":61,'
        b'"deviceDateTime":"2026-11-01T08:00:56.999Z","nonCancel":true},'
        b'{"seq":3,"code":"OLD","desc":"","customerDesc":"","operator":null,'
        b'"dateTime":"2026-11-01T08:01:00.000Z","secondsSinceLast":-2,"deviceDateTime":null,"nonCancel":false}]}'
    )
    assert (reply.status, reply.header("etag")) == (200, '"72544-1"')


@pytest.mark.parametrize(
    ("window", "places", "since"),
    [("?limit=1", [1], [None]), ("?limit=1&offset=1", [2], [61]), ("?offset=2", [3], [-2]), ("?offset=9", [], [])],
)
async def test_a_window_knows_the_scan_before_it(
    db: Database, portal: Client, window: str, places: list[int], since: list[int | None]
) -> None:
    await _an_order(db)
    answer = (await portal.get(TRACKING + window)).json()
    assert answer["total"] == 3
    assert [item["seq"] for item in answer["items"]] == places
    assert [item["secondsSinceLast"] for item in answer["items"]] == since


async def test_an_order_without_scans_has_an_empty_history(db: Database, portal: Client) -> None:
    await make_order(db, "72544")
    assert (await portal.get(TRACKING)).body == b'{"total":0,"items":[]}'


async def test_no_order_and_another_customers_order_are_the_same(db: Database, http: Client, key: MakeKey) -> None:
    await _an_order(db)
    bound = http.using(await key("tracking:read", customer="78"))
    there, absent = await bound.get(TRACKING), await bound.get("/api/v2/orders/9999999/tracking")
    assert (there.status, there.body) == (404, b'{"error":"No record found","details":["Provided: 72544"]}')
    assert (absent.status, len(absent.body)) == (404, len(there.body) + 2)


async def test_by_looks_up_by_one_kind_only(db: Database, portal: Client) -> None:
    await _an_order(db)
    assert (await portal.get("/api/v2/orders/00123/tracking?by=tray")).json()["total"] == 3
    assert (await portal.get("/api/v2/orders/00123/tracking?by=po")).status == 404
