"""`?override=true`: past a non-cancel station, by who may, with a reason that allows it."""

from __future__ import annotations

import pytest

from tests.api.asgi import Client
from tests.api.conftest import MakeKey
from tests.builders import EARLIER, make_order, make_reason, make_station, order, scanned, set_setting
from traylane.db.database import Database
from traylane.policy.catalogue import REASON_REQUIRED

DELETE = ("DELETE", "/api/v2/orders/{}")
POST = ("POST", "/api/v2/orders/{}/cancel")
Way = tuple[str, str]
both_ways = pytest.mark.parametrize("way", [DELETE, POST], ids=["DELETE", "POST"])
SUPERVISOR = ("orders:read", "orders:cancel", "orders:override", "events:read")
THROUGH = [scanned("RCV"), scanned("GEN", non_cancel=True)]


async def a_generated_order(db: Database, *, status: str = "P") -> None:
    await make_station(db, "GEN", sequence=30, non_cancel=True)
    await make_reason(db, "CUS")
    await make_reason(db, "BRK", allows_override=True)
    await make_order(db, "72544", scans=THROUGH, status=status)


@both_ways
async def test_who_may_and_asks_goes_past_a_non_cancel_station(
    db: Database, http: Client, key: MakeKey, way: Way
) -> None:
    await a_generated_order(db)
    boss = http.using(await key(*SUPERVISOR))
    reply = await boss.send(way[0], way[1].format("72544") + "?deleteReason=BRK&override=true")
    assert (reply.status, reply.json()["message"]) == (200, "")
    cancellation = reply.json()["cancellation"]
    assert (cancellation["override"], cancellation["reason"], cancellation["station"]) == (True, "BRK", "GEN")
    [event] = (await boss.get("/api/v2/orders/72544/events")).json()["items"]
    assert event["type"] == "order.cancelled"
    assert event["data"]["after"] == {
        "cancelled": True,
        "reason": "BRK",
        "station": "GEN",
        "override": True,
        "nonCancelStation": "GEN",
    }


@both_ways
async def test_who_may_and_does_not_ask_is_refused_as_ever(db: Database, http: Client, key: MakeKey, way: Way) -> None:
    await a_generated_order(db)
    boss = http.using(await key(*SUPERVISOR))
    for query in ("?deleteReason=BRK", "?deleteReason=BRK&override=false"):
        reply = await boss.send(way[0], way[1].format("72544") + query)
        assert reply.status == 400
        assert reply.body == b'{"error":"Order has been through a non-cancel station","details":[]}'


@both_ways
async def test_who_may_not_is_told_which_scope_is_needed(db: Database, portal: Client, way: Way) -> None:
    await a_generated_order(db)
    for query in ("?deleteReason=BRK&override=true", "?deleteReason=BRK&override=true&dryRun=true"):
        reply = await portal.send(way[0], way[1].format("72544") + query)
        assert reply.status == 403
        assert reply.body == b'{"error":"Not allowed","details":["Scope needed: orders:override"]}'
    assert not (await order(db, "72544")).is_cancelled


@pytest.mark.parametrize("reason", ["CUS", "XXX", None])
@pytest.mark.parametrize("required", [True, False])
async def test_the_reason_must_allow_it(
    db: Database, http: Client, key: MakeKey, reason: str | None, required: bool
) -> None:
    await a_generated_order(db)
    await set_setting(db, REASON_REQUIRED, required)
    boss = http.using(await key(*SUPERVISOR))
    given = "" if reason is None else f"&deleteReason={reason}"
    reply = await boss.delete("/api/v2/orders/72544?dryRun=true&override=true" + given)
    last = reply.json()["refusals"][-1]
    assert (last["error"], last["details"]) == (
        "Delete reason does not allow an override",
        [f"Provided: {reason or ''}"],
    )
    assert (await boss.delete("/api/v2/orders/72544?override=true" + given)).status == 400
    assert not (await order(db, "72544")).is_cancelled


async def test_a_completed_order_stays(db: Database, http: Client, key: MakeKey) -> None:
    await a_generated_order(db, status="C")
    boss = http.using(await key(*SUPERVISOR))
    reply = await boss.delete("/api/v2/orders/72544?deleteReason=BRK&override=true")
    assert (reply.status, reply.body) == (400, b'{"error":"Order already completed","details":[]}')


async def test_an_override_that_was_not_needed_says_so_and_is_none(db: Database, http: Client, key: MakeKey) -> None:
    await make_order(db, "72544")
    boss = http.using(await key(*SUPERVISOR))
    reply = await boss.delete("/api/v2/orders/72544?override=true")
    assert reply.json()["message"] == "override was not needed: the order has been through no non-cancel station."
    assert reply.json()["cancellation"]["override"] is False


async def test_the_reason_of_an_override_is_kept_although_the_laboratory_uses_none(
    db: Database, http: Client, key: MakeKey
) -> None:
    await a_generated_order(db)
    boss = http.using(await key(*SUPERVISOR))
    reply = await boss.delete("/api/v2/orders/72544?deleteReason=BRK&override=true")
    assert (reply.json()["message"], reply.json()["cancellation"]["reason"]) == ("", "BRK")


async def test_asking_to_override_is_another_request_under_the_same_key(
    db: Database, http: Client, key: MakeKey
) -> None:
    await make_order(db, "72544", cancelled_at=EARLIER)
    boss = http.using(await key(*SUPERVISOR))
    headers = {"Idempotency-Key": "k"}
    assert (await boss.delete("/api/v2/orders/72544", headers=headers)).status == 400
    assert (await boss.delete("/api/v2/orders/72544?override=true", headers=headers)).status == 422
