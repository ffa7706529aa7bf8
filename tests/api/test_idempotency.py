"""`Idempotency-Key` (contract; R11 of the promises, over HTTP): every case of the table by name."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import asyncpg
import pytest

from tests import standstill
from tests.api.asgi import Client, Reply
from tests.api.conftest import MakeKey, Watch
from tests.api.held import held
from tests.builders import (
    EARLIER,
    NOW,
    count,
    desk,
    execute,
    make_key,
    make_order,
    make_reason,
    make_station,
    order,
    scanned,
    set_setting,
)
from tests.db import outside
from traylane.access import idempotency, keys
from traylane.access.actor import COMMAND_LINE
from traylane.api.router import Router
from traylane.api.routes import ROUTES
from traylane.api.service import Service
from traylane.db.database import Database, Sql
from traylane.policy.catalogue import JOB_TRACKER, REASON_REQUIRED

pytestmark = pytest.mark.promise("R11")

ORDER = "/api/v2/orders/72544"
GEN = "/api/v2/job_track/stations/GEN"
THE_KEY = "8e03978e-40d5-43dd-bc93-6894a57f9324"
KEY = {"Idempotency-Key": THE_KEY}
HOUR = 3_600_000
REUSED = b'{"error":"Idempotency-Key was used for another request","details":[]}'
UNDER_WAY = b'{"error":"Request with this Idempotency-Key is under way","details":[]}'


def is_replay(reply: Reply) -> bool:
    return reply.header("idempotent-replayed") == "true"


async def _twice(client: Client, method: str, target: str, **how: Any) -> tuple[Reply, Reply]:
    first = await client.send(method, target, headers=KEY, **how)
    return first, await client.send(method, target, headers=KEY, **how)


@pytest.mark.parametrize(("method", "target"), [("DELETE", ORDER), ("POST", ORDER + "/cancel")])
async def test_a_cancel_that_comes_again_gets_its_answer_byte_for_byte(
    db: Database, portal: Client, method: str, target: str
) -> None:
    await make_order(db, "72544")
    first, again = await _twice(portal, method, target)
    assert (first.status, is_replay(first)) == (200, False)
    assert (again.status, again.body, is_replay(again)) == (200, first.body, True)
    assert (again.header("etag"), again.header("content-type")) == ('"72544-2"', "application/json")
    assert await count(db, "events") == 2  # the key's and the cancel's


async def test_a_check_in_that_comes_again_is_one_scan(db: Database, portal: Client) -> None:
    await make_station(db, "GEN")
    await make_order(db, "72544")
    first, again = await _twice(portal, "POST", GEN, json={"orderIdentifier": "72544"})
    assert (again.status, again.body, is_replay(again)) == (200, first.body, True)
    assert await count(db, "scans") == 1


@pytest.mark.control
async def test_a_service_that_forgets_its_answers_is_found_out(
    db: Database, portal: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def forgets(_tx: object, retries: Sequence[object], _now: object) -> list[None]:
        return [None] * len(retries)

    monkeypatch.setattr(idempotency, "recall", forgets)
    with pytest.raises(AssertionError):
        await test_a_check_in_that_comes_again_is_one_scan(db, portal)


async def test_a_replay_shows_the_order_as_it_was_then(db: Database, portal: Client) -> None:
    await make_order(db, "72544")
    first = await portal.delete(ORDER, headers=KEY)
    await execute(db, Sql.same("UPDATE orders SET revision = 9, po_number = 'new' WHERE order_number = '72544'"))
    assert (await portal.delete(ORDER, headers=KEY)).body == first.body


async def test_a_tray_that_the_next_order_has_got_meanwhile_does_not_matter(db: Database, portal: Client) -> None:
    await make_order(db, "72544", tray="00123")
    first = await portal.delete("/api/v2/orders/123", headers=KEY)
    await execute(db, Sql.same("UPDATE orders SET tray_key = NULL WHERE order_number = '72544'"))
    await make_order(db, "72600", tray="00123")
    assert (await portal.delete("/api/v2/orders/123", headers=KEY)).body == first.body
    assert not (await order(db, "72600")).is_cancelled


async def _stored_refusals(db: Database) -> None:
    await make_station(db, "GEN", non_cancel=True)
    await make_order(db, "1", cancelled_at=EARLIER)
    await make_order(db, "2", status="C")
    await make_order(db, "3", scans=[scanned("GEN", non_cancel=True)])
    await make_order(db, "4", po="A/17")
    await make_order(db, "5", po="A/17")


@pytest.mark.parametrize(
    ("target", "status", "error"),
    [
        ("9999999", 404, "No record found"),
        ("1", 400, "Order already completed"),
        ("2", 400, "Order already completed"),
        ("3", 400, "Order has been through a non-cancel station"),
        ("A%2F17", 400, "More than one record found"),
    ],
)
async def test_a_refusal_of_the_contract_is_stored(
    db: Database, portal: Client, target: str, status: int, error: str
) -> None:
    await _stored_refusals(db)
    first, again = await _twice(portal, "DELETE", f"/api/v2/orders/{target}")
    assert (first.status, first.json()["error"], is_replay(first)) == (status, error, False)
    assert (again.status, again.body, is_replay(again)) == (status, first.body, True)
    assert await count(db, "answers") == 1


@pytest.mark.parametrize(
    ("settings", "reason", "error"),
    [
        ({JOB_TRACKER: False}, None, "Job Tracker module required for cancel method"),
        ({REASON_REQUIRED: True}, None, "The delete reasons file is empty"),
        ({REASON_REQUIRED: True}, "CUS", "Delete reason code does not exist"),
    ],
)
async def test_a_refusal_by_the_set_up_is_stored_and_stays_when_the_set_up_changes(
    db: Database, portal: Client, settings: dict[str, bool], reason: str | None, error: str
) -> None:
    await make_order(db, "72544")
    for name, value in settings.items():
        await set_setting(db, name, value)
    await make_reason(db, reason or "OLD", active=False)
    await make_reason(db, "BRK", active=reason is not None)
    first = await portal.delete(ORDER, headers=KEY)
    for name, value in settings.items():
        await set_setting(db, name, not value)
    again = await portal.delete(ORDER, headers=KEY)
    assert (first.status, first.json()["error"]) == (400, error)
    assert (again.body, is_replay(again)) == (first.body, True)
    assert not (await order(db, "72544")).is_cancelled


async def test_an_order_that_appears_later_is_asked_for_with_a_new_key(db: Database, portal: Client) -> None:
    await portal.delete(ORDER, headers=KEY)
    await make_order(db, "72544")
    assert (await portal.delete(ORDER, headers=KEY)).status == 404
    assert (await portal.delete(ORDER, headers={"Idempotency-Key": "another"})).status == 200


@pytest.mark.parametrize(
    ("status", "how"),
    [
        (401, {"key": "nonsense"}),
        (400, {"body": b"{"}),
        (412, {"headers": {**KEY, "If-Match": '"72544-9"'}}),
        (413, {"body": [b" " * 70_000]}),
        (415, {"body": b"x", "headers": {**KEY, "Content-Type": "text/plain"}}),
    ],
)
async def test_what_is_not_an_outcome_is_never_stored(
    db: Database, portal: Client, status: int, how: dict[str, Any]
) -> None:
    await make_order(db, "72544")
    refused = await portal.delete(ORDER, **{"headers": KEY, **how})
    assert (refused.status, await count(db, "answers")) == (status, 0)
    done = await portal.delete(ORDER, headers=KEY)
    assert (done.status, is_replay(done)) == (200, False)


async def test_a_missing_scope_is_never_stored(db: Database, http: Client, key: MakeKey) -> None:
    await make_order(db, "72544")
    reader, writer = await key("orders:read", name="portal"), await key("orders:cancel", name="portal")
    assert (await http.using(reader).delete(ORDER, headers=KEY)).status == 403
    assert (await http.using(writer).delete(ORDER, headers=KEY)).status == 200


async def test_too_many_requests_are_never_stored(db: Database, http: Client, key: MakeKey, watch: Watch) -> None:
    await make_order(db, "72544")
    client = http.using(await key("orders:cancel", rate=1))
    await client.delete("/api/v2/orders/1")
    assert (await client.delete(ORDER, headers=KEY)).status == 429
    watch.pass_(60_000)
    assert (await client.delete(ORDER, headers=KEY)).status == 200


async def test_a_busy_order_is_never_stored(postgres_url: str, postgres: Database) -> None:
    await make_order(postgres, "72544")
    client = Client(_service(postgres), (await make_key(postgres))[1])
    async with held(postgres_url):
        assert (await client.delete(ORDER, headers=KEY)).status == 503
    done = await client.delete(ORDER, headers=KEY)
    assert (done.status, is_replay(done)) == (200, False)


@pytest.mark.parametrize(
    ("method", "target", "how"),
    [
        ("DELETE", "/api/v2/orders/72545", {}),
        ("POST", ORDER + "/cancel", {}),
        ("DELETE", ORDER + "?by=order", {}),
        ("DELETE", ORDER + "?deleteReason=CUS", {}),
        ("DELETE", ORDER, {"json": {"deleteReason": "CUS"}}),
        ("POST", GEN, {"json": {"orderIdentifier": "72544"}}),
    ],
    ids=["order", "method", "by", "reason", "reason in the body", "route"],
)
async def test_the_key_of_another_request_is_422(
    db: Database, portal: Client, method: str, target: str, how: dict[str, Any]
) -> None:
    await make_station(db, "GEN")
    await make_order(db, "72544")
    await make_order(db, "72545")
    first = await portal.delete(ORDER, headers=KEY)
    other = await portal.send(method, target, headers=KEY, **how)
    again = await portal.delete(ORDER, headers=KEY)
    assert (other.status, other.body) == (422, REUSED)
    assert (again.body, is_replay(again)) == (first.body, True)
    assert not (await order(db, "72545")).is_cancelled


@pytest.mark.parametrize(
    ("method", "target", "how"),
    [
        ("DELETE", "/api/v2/orders/A%2F17?deleteReason=CUS&by=po", {}),
        ("DELETE", "/api/v2/orders/%41%2f17?by=po", {"json": {"deleteReason": "CUS"}}),
        ("DELETE", "/api/v2/orders/A%2F17?by=po&deleteReason=C%55S&dryRun=false", {}),
        (
            "DELETE",
            "/api/v2/orders/A%2F17?by=po",
            {"body": b"deleteReason=CUS", "headers": {**KEY, "Content-Type": "application/x-www-form-urlencoded"}},
        ),
    ],
    ids=["order of parameters", "in the body", "encoded otherwise", "form"],
)
async def test_the_same_request_written_in_another_way_is_the_same_request(
    db: Database, portal: Client, method: str, target: str, how: dict[str, Any]
) -> None:
    await make_order(db, "72544", po="A/17")
    first = await portal.delete("/api/v2/orders/A%2F17?by=po&deleteReason=CUS", headers=KEY)
    again = await portal.send(method, target, **{"headers": KEY, **how})
    assert (again.status, again.body, is_replay(again)) == (200, first.body, True)


async def test_while_the_first_is_under_way_the_second_is_409(database_url: str, db: Database, portal: Client) -> None:
    await make_order(db, "72544")
    async with held(database_url):
        first = asyncio.create_task(portal.delete(ORDER, headers=KEY))
        await asyncio.sleep(0.02)
        second = await portal.delete(ORDER, headers=KEY)
    assert (second.status, second.body, second.header("retry-after")) == (409, UNDER_WAY, "1")
    assert (await first).status == 200
    assert is_replay(await portal.delete(ORDER, headers=KEY))


async def test_while_another_process_has_the_first_the_second_is_409(postgres_url: str, postgres: Database) -> None:
    await make_order(postgres, "72544")
    client = Client(_service(postgres), (await make_key(postgres))[1])
    link = await asyncpg.connect(postgres_url)
    transaction = link.transaction()
    await transaction.start()
    await link.execute(
        "INSERT INTO answers (integrator, key, fingerprint, at, answer) VALUES ('portal', $1, $2, 0, $2)",
        KEY["Idempotency-Key"],
        bytes(32),
    )
    second = await client.delete(ORDER, headers=KEY)
    await transaction.rollback()
    await link.close()
    assert (second.status, second.body, second.header("retry-after")) == (409, UNDER_WAY, "1")
    assert not (await order(postgres, "72544")).is_cancelled
    assert (await client.delete(ORDER, headers=KEY)).status == 200


async def test_so_it_is_when_that_process_has_the_order_too(postgres_url: str, postgres: Database) -> None:
    await make_order(postgres, "72544")
    client = Client(_service(postgres), (await make_key(postgres))[1])
    claim = f"INSERT INTO answers (integrator, key, fingerprint, at, answer) VALUES ('portal', '{THE_KEY}', '', 0, '')"
    async with outside.transaction(postgres_url, "SELECT FROM orders FOR UPDATE", claim):
        started = standstill.now()
        second = await client.delete(ORDER, headers=KEY)
        waited = standstill.since(started)

    assert (second.status, second.body, second.header("retry-after")) == (409, UNDER_WAY, "1")
    assert waited < 1.0
    assert await count(postgres, "answers") == 0


async def test_an_order_that_is_held_for_another_reason_is_busy(postgres_url: str, postgres: Database) -> None:
    await make_order(postgres, "72544")
    client = Client(_service(postgres), (await make_key(postgres))[1])
    async with outside.transaction(postgres_url, "SELECT FROM orders FOR UPDATE"):
        refused = await client.delete(ORDER, headers=KEY)

    assert (refused.status, refused.json()["error"]) == (503, "Order is busy")
    assert (await client.delete(ORDER, headers=KEY)).status == 200


async def test_eight_at_once_are_one_cancel(db: Database, portal: Client) -> None:
    await make_order(db, "72544")
    replies = await asyncio.gather(*(portal.delete(ORDER, headers=KEY) for _ in range(8)))
    # Who comes after the first has ended gets its answer.
    assert {reply.status for reply in replies} <= {200, 409}
    assert len({reply.body for reply in replies if reply.status == 200}) == 1
    assert [is_replay(reply) for reply in replies if reply.status == 200].count(False) == 1
    assert await count(db, "events") == 2  # the key's and the cancel's


async def test_eight_orders_under_one_key_at_once_are_one_cancel(db: Database, portal: Client) -> None:
    for number in range(8):
        await make_order(db, f"10{number}")
    replies = await asyncio.gather(*(portal.delete(f"/api/v2/orders/10{n}", headers=KEY) for n in range(8)))
    statuses = [reply.status for reply in replies]
    assert statuses.count(200) == 1
    assert set(statuses) <= {200, 409, 422}
    assert await count(db, "events") == 2  # the key's and the cancel's


async def test_two_processes_with_one_key_are_one_cancel(db: Database) -> None:
    await make_order(db, "72544")
    _, secret = await make_key(db)
    clients = [Client(_service(db), secret), Client(_service(db), secret)]
    replies = await asyncio.gather(*(client.delete(ORDER, headers=KEY) for client in clients))
    bodies = {reply.body for reply in replies if reply.status == 200}
    assert {reply.status for reply in replies} <= {200, 409}
    assert len(bodies) == 1
    assert await count(db, "events") == 2  # the key's and the cancel's


async def test_the_integrators_next_key_gets_the_answer_of_the_last_one(
    db: Database, http: Client, key: MakeKey
) -> None:
    await make_order(db, "72544")
    old, new = await key("orders:cancel", name="portal"), await key("orders:cancel", name="portal")
    first = await http.using(old).delete(ORDER, headers=KEY)
    again = await http.using(new).delete(ORDER, headers=KEY)
    assert (again.body, is_replay(again)) == (first.body, True)


async def test_another_integrators_same_string_is_another_key(db: Database, http: Client, key: MakeKey) -> None:
    await make_order(db, "72544")
    await make_order(db, "72545")
    first = await http.using(await key("orders:cancel", name="portal")).delete(ORDER, headers=KEY)
    other = await http.using(await key("orders:cancel", name="floor")).delete("/api/v2/orders/72545", headers=KEY)
    assert [(reply.status, is_replay(reply)) for reply in (first, other)] == [(200, False), (200, False)]


async def test_the_answer_to_a_key_of_one_customer_is_not_for_a_key_of_another(
    db: Database, http: Client, key: MakeKey
) -> None:
    await make_order(db, "72544", customer="1001")
    mine = await key("orders:cancel", name="portal", customer="1001")
    theirs = await key("orders:cancel", name="portal", customer="1002")
    first = await http.using(mine).delete(ORDER, headers=KEY)
    other = await http.using(theirs).delete(ORDER, headers=KEY)
    assert first.status == 200
    assert b"72544" not in other.body.replace(b"Provided: 72544", b"")


async def test_a_revoked_key_gets_no_replay(db: Database, http: Client, key: MakeKey) -> None:
    await make_order(db, "72544")
    client = http.using(await key("orders:cancel", name="portal"))
    assert (await client.delete(ORDER, headers=KEY)).status == 200
    await _revoke(db, "portal")
    reply = await client.delete(ORDER, headers=KEY)
    assert (reply.status, reply.body) == (401, b'{"error":"Authentication required","details":[]}')


async def test_a_revoked_key_learns_not_even_that_the_key_was_used(db: Database, http: Client, key: MakeKey) -> None:
    client = http.using(await key("orders:cancel", name="portal"))
    await client.delete(ORDER, headers=KEY)
    await _revoke(db, "portal")
    assert (await client.delete("/api/v2/orders/72545", headers=KEY)).status == 401


async def test_an_expired_key_gets_no_replay(db: Database, http: Client, key: MakeKey, watch: Watch) -> None:
    await make_order(db, "72544")
    soon = type(NOW)(NOW + 1_000)
    client = http.using(await key("orders:cancel", expires_at=soon))
    assert (await client.delete(ORDER, headers=KEY)).status == 200
    watch.pass_(1_000)
    assert (await client.delete(ORDER, headers=KEY)).status == 401


async def test_a_key_that_has_lost_the_scope_gets_no_replay(db: Database, http: Client, key: MakeKey) -> None:
    await make_order(db, "72544")
    able, unable = await key("orders:cancel", name="portal"), await key("orders:read", name="portal")
    assert (await http.using(able).delete(ORDER, headers=KEY)).status == 200
    reply = await http.using(unable).delete(ORDER, headers=KEY)
    assert (reply.status, reply.body) == (403, b'{"error":"Not allowed","details":["Scope needed: orders:cancel"]}')


async def test_an_answer_is_kept_for_96_hours(db: Database, portal: Client, watch: Watch) -> None:
    await make_order(db, "72544")
    first = await portal.delete(ORDER, headers=KEY)
    watch.pass_(96 * HOUR)
    assert (await portal.delete(ORDER, headers=KEY)).body == first.body
    watch.pass_(1)
    later = await portal.delete(ORDER, headers=KEY)
    assert (later.json()["error"], is_replay(later)) == ("Order already completed", False)
    assert is_replay(await portal.delete(ORDER, headers=KEY))


@pytest.mark.parametrize("value", ["k", " k ", "k" * 255, "a b", '"quoted"', "!~"])
async def test_a_key_is_1_to_255_printable_characters(db: Database, portal: Client, value: str) -> None:
    await make_order(db, "72544")
    replies = [await portal.delete(ORDER, headers={"Idempotency-Key": value}) for _ in range(2)]
    assert [(reply.status, is_replay(reply)) for reply in replies] == [(200, False), (200, True)]


@pytest.mark.parametrize("value", ["", " ", "k" * 256, "é", "a\tb", "\x7f"])
async def test_another_key_is_400(db: Database, portal: Client, value: str) -> None:
    await make_order(db, "72544")
    reply = await portal.delete(ORDER, headers={"Idempotency-Key": value})
    assert reply.status == 400
    assert reply.body == (
        b'{"error":"Incorrect arguments provided","details":["Idempotency-Key needs 1 to 255 printable characters, '
        b'once"]}'
    )
    assert not (await order(db, "72544")).is_cancelled


@pytest.mark.parametrize("values", [("a", "b"), ("a", "a")])
async def test_a_key_comes_once(db: Database, portal: Client, values: tuple[str, str]) -> None:
    await make_order(db, "72544")
    reply = await portal.delete(ORDER, headers=[("Idempotency-Key", value) for value in values])
    assert (reply.status, reply.json()["error"]) == (400, "Incorrect arguments provided")


async def test_reading_does_not_mind_a_key(db: Database, portal: Client) -> None:
    await make_order(db, "72544")
    replies = [await portal.get(ORDER, headers=KEY) for _ in range(2)]
    assert [(reply.status, is_replay(reply)) for reply in replies] == [(200, False), (200, False)]
    assert await count(db, "answers") == 0


async def test_without_a_key_nothing_is_stored(db: Database, portal: Client) -> None:
    await make_order(db, "72544")
    await portal.delete(ORDER)
    assert (await portal.delete(ORDER)).json()["error"] == "Order already completed"
    assert await count(db, "answers") == 0


def _service(db: Database) -> Service:
    """The service as another process would run it: a desk of its own on the same database."""
    return Service(desk(db), Router(ROUTES), {})


async def _revoke(db: Database, name: str) -> None:
    await db.write(lambda tx: keys.revoke(tx, provided=name, actor=COMMAND_LINE, now=NOW))
