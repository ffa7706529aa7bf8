"""`deleteReason` of a cancel: where it may stand, and what becomes of it (seed, contract)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.asgi import Client
from tests.builders import count, make_order, make_reason, order, set_setting
from traylane.db.database import Database
from traylane.policy.catalogue import REASON_REQUIRED

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
DELETE = ("DELETE", "/api/v2/orders/72544")
POST = ("POST", "/api/v2/orders/72544/cancel")
Way = tuple[str, str]
both_ways = pytest.mark.parametrize("way", [DELETE, POST], ids=["DELETE", "POST"])


async def _reason_required(db: Database) -> None:
    await make_order(db, "72544")
    await make_reason(db, "CUS")
    await make_reason(db, "é 1/2")
    await set_setting(db, REASON_REQUIRED, True)


@both_ways
@pytest.mark.parametrize(
    ("query", "how"),
    [
        ("?deleteReason=CUS", {}),
        ("", {"json": {"deleteReason": "CUS"}}),
        ("", {"body": b'{"deleteReason": "CUS"}'}),
        ("", {"body": b'{"deleteReason":"CUS"}', "headers": {"Content-Type": "application/json; charset=utf-8"}}),
        ("", {"body": b"deleteReason=CUS", "headers": FORM}),
        ("?deleteReason=CUS", {"json": {"deleteReason": "CUS"}}),
        ("?deleteReason=CUS", {"body": b"deleteReason=CUS", "headers": FORM}),
        ("?deleteReason=CUS", {"json": {}}),
        ("?deleteReason=CUS", {"json": {"deleteReason": None}}),
    ],
    ids=["query", "JSON", "no type", "charset", "form", "both same", "query and form", "empty body", "null in body"],
)
async def test_the_reason_comes_in_the_query_or_in_the_body(
    db: Database, portal: Client, way: Way, query: str, how: dict[str, Any]
) -> None:
    await _reason_required(db)
    reply = await portal.send(way[0], way[1] + query, **how)
    assert (reply.status, reply.json()["message"]) == (200, "")
    assert b'"reason":"CUS","reasonDesc":"Reason CUS"' in reply.body
    assert (await order(db, "72544")).cancel_reason == "CUS"


@pytest.mark.parametrize(
    ("query", "how"),
    [
        ("?deleteReason=%C3%A9%201%2F2", {}),
        ("?deleteReason=%C3%A9+1/2", {}),
        ("", {"json": {"deleteReason": "é 1/2"}}),
        ("", {"body": b"deleteReason=%C3%A9+1%2F2", "headers": FORM}),
    ],
    ids=["query", "query with plus", "JSON", "form"],
)
async def test_a_reason_may_be_any_text(db: Database, portal: Client, query: str, how: dict[str, Any]) -> None:
    await _reason_required(db)
    await portal.send("DELETE", "/api/v2/orders/72544" + query, **how)
    assert (await order(db, "72544")).cancel_reason == "é 1/2"


@both_ways
@pytest.mark.parametrize(
    "how",
    [{"json": {"deleteReason": "BRK"}}, {"json": {"deleteReason": ""}}, {"body": b"deleteReason=BRK", "headers": FORM}],
    ids=["JSON", "empty in JSON", "form"],
)
async def test_two_different_reasons_are_refused(db: Database, portal: Client, way: Way, how: dict[str, Any]) -> None:
    await _reason_required(db)
    reply = await portal.send(way[0], way[1] + "?deleteReason=CUS", **how)
    assert reply.status == 400
    assert reply.body == (
        b'{"error":"Incorrect arguments provided","details":["deleteReason in the query and in the body differ"]}'
    )
    assert not (await order(db, "72544")).is_cancelled


@both_ways
async def test_a_reason_is_ignored_and_not_stored_when_the_setting_is_off(
    db: Database, portal: Client, way: Way
) -> None:
    await make_order(db, "72544")
    reply = await portal.send(way[0], way[1] + "?deleteReason=NOPE")
    assert reply.status == 200
    assert reply.body.startswith(
        b'{"orderNumber":"72544","trayNumber":"","poNumber":"","message":"deleteReason was ignored: '
        b'the setting Orders1:Enter reason code when deleting order is off.",'
    )
    assert b'"reason":"","reasonDesc":""' in reply.body
    assert (await order(db, "72544")).cancel_reason is None


async def test_a_reason_is_not_even_in_the_event_when_the_setting_is_off(db: Database, portal: Client) -> None:
    await make_order(db, "72544")
    await portal.delete("/api/v2/orders/72544?deleteReason=NOPE")
    reply = await portal.get("/api/v2/orders/72544/events")
    assert b"NOPE" not in reply.body
    assert await count(db, "reasons") == 0


@both_ways
@pytest.mark.parametrize("required", [True, False])
async def test_a_reason_of_20_characters_is_looked_up(db: Database, portal: Client, way: Way, required: bool) -> None:
    await make_order(db, "72544")
    await make_reason(db, "é" * 20)
    await set_setting(db, REASON_REQUIRED, required)
    assert (await portal.send(way[0], way[1], json={"deleteReason": "é" * 20})).status == 200


@both_ways
@pytest.mark.parametrize("required", [True, False])
@pytest.mark.parametrize(
    ("query", "how"),
    [
        ("?deleteReason=" + "X" * 21, {}),
        ("", {"json": {"deleteReason": "X" * 21}}),
        ("", {"body": b"deleteReason=" + b"X" * 21, "headers": FORM}),
    ],
    ids=["query", "JSON", "form"],
)
async def test_a_reason_of_21_characters_is_refused_whatever_the_setting(
    db: Database, portal: Client, way: Way, required: bool, query: str, how: dict[str, Any]
) -> None:
    await make_order(db, "72544")
    await set_setting(db, REASON_REQUIRED, required)
    reply = await portal.send(way[0], way[1] + query, **how)
    assert reply.status == 400
    assert reply.body == (
        b'{"error":"Incorrect arguments provided","details":["deleteReason supports up to 20 characters"]}'
    )
    assert not (await order(db, "72544")).is_cancelled


async def test_a_reason_with_a_nul_is_refused(db: Database, portal: Client) -> None:
    await _reason_required(db)
    reply = await portal.delete("/api/v2/orders/72544?deleteReason=CUS%00")
    assert reply.body == (
        b'{"error":"Incorrect arguments provided","details":["deleteReason has characters that cannot be stored"]}'
    )


async def test_a_reason_that_was_retired_later_still_explains_the_cancellation(db: Database, portal: Client) -> None:
    await make_reason(db, "OLD", active=False)
    await make_order(db, "72544", cancelled_at=1, cancel_reason="OLD")  # type: ignore[arg-type]  # a moment in 1970
    assert b'"reason":"OLD","reasonDesc":"Reason OLD"' in (await portal.get("/api/v2/orders/72544")).body
