"""GET /api/v2/events: the feed."""

from __future__ import annotations

import asyncio

import pytest

from tests.api.asgi import Client
from tests.api.conftest import MakeKey, Watch
from tests.builders import NOW, make_key, make_order, make_station
from tests.events.test_seal import sealed
from traylane.db.database import Database

PAGE = "/api/v2/events"


async def _day(db: Database, watch: Watch, portal: Client) -> None:
    """A scan by an operator and a cancel of customer 1001's order, and a cancel of 2002's."""
    await make_station(db, "RCV")
    await make_station(db, "TAL", is_operator=True)
    await make_order(db, "72544", tray="00123")
    await make_order(db, "72545", customer="2002")
    scan = {"orderIdentifier": "72544", "operator": "TAL"}
    assert (await portal.post("/api/v2/job_track/stations/RCV", json=scan)).status == 200
    watch.pass_(10)
    await portal.delete("/api/v2/orders/72544")
    watch.pass_(10)
    await portal.delete("/api/v2/orders/72545")
    await sealed(db)


def _told(answer: dict[str, object]) -> list[tuple[str, str]]:
    items = answer["items"]
    assert isinstance(items, list)
    return [(item["type"], item["data"].get("orderNumber", "")) for item in items]


async def test_events_come_in_the_order_of_the_feed_with_a_cursor(db: Database, watch: Watch, portal: Client) -> None:
    await _day(db, watch, portal)
    answer = (await portal.get(PAGE)).json()
    assert _told(answer) == [
        ("order.checked_in", "72544"),
        ("order.cancelled", "72544"),
        ("order.cancelled", "72545"),
    ]
    assert (answer["cursor"], answer["more"]) == (answer["items"][-1]["cursor"], False)
    assert list(answer["items"][0]) == ["id", "seq", "type", "dateTime", "actor", "data", "cursor"]


async def test_a_reader_goes_on_after_each_event(db: Database, watch: Watch, portal: Client) -> None:
    await _day(db, watch, portal)
    first = (await portal.get(f"{PAGE}?limit=1")).json()
    rest = (await portal.get(f"{PAGE}?after={first['cursor']}")).json()
    assert first["more"] is True
    assert _told(rest) == [("order.cancelled", "72544"), ("order.cancelled", "72545")]


async def test_latest_is_where_the_feed_is_now(db: Database, watch: Watch, portal: Client) -> None:
    await _day(db, watch, portal)
    latest = (await portal.get(f"{PAGE}?after=latest")).json()
    assert latest["items"] == []
    assert (await portal.get(f"{PAGE}?after={latest['cursor']}")).json()["items"] == []


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("types=order.cancelled", 2),
        ("types=order.*", 3),
        ("types=order.checked_in,order.cancelled", 3),
        ("types=order.imported", 0),
        ("customer=2002", 1),
        ("customer=1001&types=order.cancelled", 1),
        ("customer=3003", 0),
    ],
)
async def test_types_and_customer_choose(db: Database, watch: Watch, portal: Client, query: str, count: int) -> None:
    await _day(db, watch, portal)
    assert len((await portal.get(f"{PAGE}?{query}")).json()["items"]) == count


async def test_a_customers_key_is_told_of_its_own_orders_only(
    db: Database, watch: Watch, portal: Client, http: Client, key: MakeKey
) -> None:
    await _day(db, watch, portal)
    theirs = http.using(await key("events:read", customer="2002"))
    assert _told((await theirs.get(PAGE)).json()) == [("order.cancelled", "72545")]
    assert _told((await theirs.get(f"{PAGE}?customer=1001")).json()) == []


async def test_a_customers_key_is_not_told_who_works_here(
    db: Database, watch: Watch, portal: Client, http: Client, key: MakeKey
) -> None:
    await _day(db, watch, portal)
    theirs = http.using(await key("events:read", "orders:read", customer="1001"))
    for page in (PAGE, "/api/v2/orders/72544/events"):
        assert b"TAL" in (await portal.get(page)).body
        assert b"TAL" not in (await theirs.get(page)).body


@pytest.mark.parametrize(
    ("scopes", "types"), [(("events:read",), []), (("events:read", "setup:read"), ["key.created"])]
)
async def test_the_set_up_is_told_to_those_who_may_read_it(
    db: Database, http: Client, key: MakeKey, scopes: tuple[str, ...], types: list[str]
) -> None:
    reader = http.using(await key(*scopes))
    await sealed(db)
    answer = (await reader.get(PAGE)).json()
    assert [item["type"] for item in answer["items"]] == types


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ("after=", "after must not be empty"),
        ("after=yesterday", "after must be a cursor that the feed gave, or latest"),
        ("types=order.canceled", "unknown event type order.canceled; did you mean order.cancelled?"),
        ("wait=31", "wait must be a whole number from 0 to 30"),
        ("limit=0", "limit must be a whole number from 1 to 1000"),
        ("customer=123456789", "customer supports up to 8 characters"),
    ],
)
async def test_bad_arguments_are_named(portal: Client, query: str, detail: str) -> None:
    reply = await portal.get(f"{PAGE}?{query}")
    assert (reply.status, reply.json()) == (400, {"error": "Incorrect arguments provided", "details": [detail]})


async def test_a_cursor_of_another_database_is_410_with_the_oldest_valid_one(
    db: Database, watch: Watch, portal: Client
) -> None:
    await _day(db, watch, portal)
    latest = (await portal.get(f"{PAGE}?after=latest")).json()["cursor"]
    oldest = latest.partition(".")[0] + ".0"
    reply = await portal.get(f"{PAGE}?after=2s.7")
    details = ["Provided: 2s.7", f"Oldest valid: {oldest}"]
    assert (reply.status, reply.json()) == (410, {"error": "Cursor is no longer valid", "details": details})


async def test_with_wait_the_answer_comes_with_the_event(db: Database, watch: Watch, portal: Client) -> None:
    await _day(db, watch, portal)
    await make_order(db, "72546")
    latest = (await portal.get(f"{PAGE}?after=latest")).json()["cursor"]
    waiting = asyncio.create_task(portal.get(f"{PAGE}?after={latest}&wait=20"))
    await asyncio.sleep(0.1)
    await portal.delete("/api/v2/orders/72546")
    await sealed(db)
    assert _told((await asyncio.wait_for(waiting, 5)).json()) == [("order.cancelled", "72546")]


async def test_a_key_that_is_revoked_while_it_waits_gets_401(
    db: Database, watch: Watch, portal: Client, http: Client
) -> None:
    from traylane.access import keys  # noqa: PLC0415
    from traylane.access.actor import COMMAND_LINE  # noqa: PLC0415

    await _day(db, watch, portal)
    _, secret = await make_key(db, "reader", scopes=("events:read",))
    latest = (await portal.get(f"{PAGE}?after=latest")).json()["cursor"]
    waiting = asyncio.create_task(http.using(secret).get(f"{PAGE}?after={latest}&wait=20"))
    await asyncio.sleep(0.1)
    await db.write(lambda tx: keys.revoke(tx, provided="reader", actor=COMMAND_LINE, now=NOW))
    await sealed(db)
    assert (await asyncio.wait_for(waiting, 5)).status == 401
