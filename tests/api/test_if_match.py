"""`ETag` and `If-Match` (contract)."""

from __future__ import annotations

import pytest

from tests.api.asgi import Client
from tests.api.conftest import MakeKey
from tests.builders import EARLIER, count, make_order, make_station, order
from traylane.db.database import Database

ORDER = "/api/v2/orders/72544"
GEN = "/api/v2/job_track/stations/GEN"
CHANGED = b'{"error":"Order has changed","details":["Current: \\"72544-3\\""]}'


@pytest.mark.parametrize(
    "tags",
    ['"72544-3"', ' "72544-3" ', '"72544-2", "72544-3"', '"72544-2","72544-3"', "*", '"x","y" ,  "72544-3"'],
)
async def test_a_cancel_under_the_current_tag_goes_through(db: Database, portal: Client, tags: str) -> None:
    await make_order(db, "72544", revision=3)
    reply = await portal.delete(ORDER, headers={"If-Match": tags})
    assert (reply.status, reply.header("etag")) == (200, '"72544-4"')


@pytest.mark.parametrize("tags", ['"72544-2"', '"72544-4"', '"72545-3"', '"72544"', '""', 'W/"72544-3"', '"*"'])
async def test_a_cancel_under_another_tag_is_412_and_tells_the_current_one(
    db: Database, portal: Client, tags: str
) -> None:
    await make_order(db, "72544", revision=3)
    reply = await portal.delete(ORDER, headers={"If-Match": tags})
    assert (reply.status, reply.body) == (412, CHANGED)
    assert not (await order(db, "72544")).is_cancelled


async def test_several_if_match_headers_are_one_list(db: Database, portal: Client) -> None:
    await make_order(db, "72544", revision=3)
    reply = await portal.delete(ORDER, headers=[("If-Match", '"72544-2"'), ("If-Match", '"72544-3"')])
    assert reply.status == 200


@pytest.mark.parametrize("tags", ["", " ", "72544-3", '"72544-3', '72544-3"', '"a" "b"', "'72544-3'", '"a b"', 'w/"a"'])
async def test_a_condition_that_cannot_be_read_is_400(db: Database, portal: Client, tags: str) -> None:
    await make_order(db, "72544", revision=3)
    reply = await portal.delete(ORDER, headers={"If-Match": tags})
    assert reply.status == 400
    assert reply.body == (
        b'{"error":"Incorrect arguments provided","details":["If-Match must be \\"*\\" or a list of entity tags in '
        b'double quotes, at most 1000 characters"]}'
    )
    assert not (await order(db, "72544")).is_cancelled


async def test_a_late_retry_by_tray_does_not_meet_the_next_order(db: Database, portal: Client) -> None:
    await make_order(db, "72544", tray="00123", cancelled_at=EARLIER, released=True, revision=2)
    await make_order(db, "72600", tray="00123")
    reply = await portal.delete("/api/v2/orders/123", headers={"If-Match": '"72544-1"'})
    assert reply.status == 412
    assert reply.body == b'{"error":"Order has changed","details":["Current: \\"72600-1\\""]}'
    assert not (await order(db, "72600")).is_cancelled


async def test_a_check_in_holds_if_match_against_the_order(db: Database, portal: Client) -> None:
    await make_station(db, "GEN")
    await make_order(db, "72544", revision=3)
    body = {"orderIdentifier": "72544"}
    assert (await portal.post(GEN, json=body, headers={"If-Match": '"72544-2"'})).body == CHANGED
    assert await count(db, "scans") == 0
    assert (await portal.post(GEN, json=body, headers={"If-Match": '"72544-3"'})).header("etag") == '"72544-4"'


async def test_fetching_does_not_ask_for_if_match(db: Database, portal: Client) -> None:
    await make_order(db, "72544", revision=3)
    assert (await portal.get(ORDER, headers={"If-Match": '"72544-2"'})).status == 200


async def test_the_key_is_asked_before_the_shape(http: Client, key: MakeKey) -> None:
    bad = {"headers": {"If-Match": "nonsense", "Idempotency-Key": ""}, "body": b"{"}
    assert (await http.delete(ORDER + "?dryrun=true", **bad)).status == 401
    assert (await http.using(await key("orders:read")).delete(ORDER + "?dryrun=true", **bad)).status == 403


async def test_the_shape_is_asked_before_the_replay(db: Database, portal: Client) -> None:
    await make_order(db, "72544")
    await portal.delete(ORDER, headers={"Idempotency-Key": "k"})
    reply = await portal.delete(ORDER, headers={"Idempotency-Key": "k", "If-Match": "nonsense"})
    assert (reply.status, reply.json()["error"]) == (400, "Incorrect arguments provided")


async def test_the_replay_comes_before_the_condition(db: Database, portal: Client) -> None:
    await make_order(db, "72544")
    headers = {"Idempotency-Key": "k", "If-Match": '"72544-1"'}
    first = await portal.delete(ORDER, headers=headers)
    again = await portal.delete(ORDER, headers=headers)
    assert (first.status, again.status) == (200, 200)
    assert again.body == first.body
    assert again.header("idempotent-replayed") == "true"


async def test_a_failed_look_up_comes_before_the_condition(db: Database, portal: Client) -> None:
    await make_order(db, "1001", po="A/17")
    await make_order(db, "1002", po="A/17")
    headers = {"If-Match": '"72544-1"'}
    assert (await portal.delete(ORDER, headers=headers)).status == 404
    reply = await portal.delete("/api/v2/orders/A%2F17", headers=headers)
    assert (reply.status, reply.json()["error"]) == (400, "More than one record found")


async def test_the_condition_comes_before_the_refusals(db: Database, portal: Client) -> None:
    await make_order(db, "72544", cancelled_at=EARLIER, revision=3)
    assert (await portal.delete(ORDER, headers={"If-Match": '"72544-2"'})).body == CHANGED
    assert (await portal.delete(ORDER, headers={"If-Match": '"72544-3"'})).json()["error"] == "Order already completed"


async def test_every_change_makes_another_tag(db: Database, portal: Client) -> None:
    await make_station(db, "RCV")
    await make_order(db, "72544")
    tags = [(await portal.get(ORDER)).header("etag")]
    tags.append((await portal.post("/api/v2/job_track/stations/RCV", json={"orderIdentifier": "72544"})).header("etag"))
    tags.append((await portal.delete(ORDER)).header("etag"))
    tags.append((await portal.get(ORDER)).header("etag"))
    assert tags == ['"72544-1"', '"72544-2"', '"72544-3"', '"72544-3"']
