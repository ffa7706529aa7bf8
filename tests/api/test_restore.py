"""POST …/restore: a cancelled order as it was, as far as that is still possible."""

from __future__ import annotations

from tests.api.asgi import Client
from tests.api.conftest import MakeKey, Watch
from tests.builders import count, execute, make_breakage, make_employee, make_order, order, scanned
from traylane.clock import HOUR
from traylane.db.database import Database, Sql
from traylane.orders.desk import Desk

BOSS = ("orders:read", "orders:cancel", "orders:restore", "orders:override", "events:read")
PORTAL = ("orders:read", "orders:cancel", "orders:restore", "events:read")
CANCEL = "/api/v2/orders/72544"
RESTORE = "/api/v2/orders/72544/restore"
BROKEN = {"rtDisposition": "broken", "rtBreakageCode": "SCR", "rtEmployeeCode": "TL"}


async def client(http: Client, key: MakeKey, *scopes: str) -> Client:
    return http.using(await key(*(scopes or PORTAL)))


async def take_tray(db: Database, tray: int, number: str) -> None:
    """The cancelled holder loses the tray to another order."""
    await execute(db, Sql.same("UPDATE orders SET tray_key = NULL, revision = revision + 1 WHERE tray_key = $1"), tray)
    await make_order(db, number, tray=str(tray))


async def test_an_order_comes_back_as_it_was(db: Database, http: Client, key: MakeKey) -> None:
    await make_order(db, "72544", tray="00123", status="P", on_hold=True, scans=[scanned("RCV")])
    shop = await client(http, key)
    before = (await shop.get(CANCEL)).json()
    await shop.delete(CANCEL)
    reply = await shop.post(RESTORE)
    assert (reply.status, reply.header("etag")) == (200, '"72544-3"')
    assert list(reply.json())[:5] == ["orderNumber", "trayNumber", "poNumber", "message", "notRestored"]
    assert reply.json() == {**before, "revision": 3, "message": "", "notRestored": []}
    assert (await shop.get(CANCEL)).json() == {**before, "revision": 3}


async def test_the_event_tells_what_was_and_what_is(db: Database, http: Client, key: MakeKey) -> None:
    await make_order(db, "72544", tray="00123", status="P", scans=[scanned("RCV")])
    shop = await client(http, key)
    await shop.delete(CANCEL)
    await shop.post(RESTORE)
    event = (await shop.get(CANCEL + "/events")).json()["items"][-1]
    assert (event["type"], event["seq"], event["data"]["trayNumber"]) == ("order.restored", 3, "00123")
    assert event["data"]["before"] == {
        "cancelled": True,
        "reason": None,
        "station": "RCV",
        "override": False,
        "disposition": None,
        "trayNumber": "00123",
    }
    assert event["data"]["after"] == {
        "cancelled": False,
        "status": "P",
        "station": "RCV",
        "onHold": False,
        "trayNumber": "00123",
        "forced": False,
        "notRestored": [],
    }


async def test_it_can_be_cancelled_again(db: Database, http: Client, key: MakeKey) -> None:
    await make_order(db, "72544")
    shop = await client(http, key)
    for _ in range(2):
        assert (await shop.delete(CANCEL)).status == 200
        assert (await shop.post(RESTORE)).status == 200
    assert (await shop.delete(CANCEL)).json()["revision"] == 6


async def test_what_is_not_cancelled_cannot_be_restored(db: Database, http: Client, key: MakeKey) -> None:
    await make_order(db, "72544")
    reply = await (await client(http, key)).post(RESTORE)
    assert (reply.status, reply.body) == (400, b'{"error":"Order is not marked for cancellation","details":[]}')


async def test_the_window_closes(db: Database, http: Client, key: MakeKey, watch: Watch) -> None:
    await make_order(db, "72544")
    shop = await client(http, key)
    await shop.delete(CANCEL)
    watch.pass_(12 * HOUR - 1)
    assert (await shop.post(RESTORE + "?dryRun=true")).json()["allowed"] is True
    watch.pass_(1)
    reply = await shop.post(RESTORE)
    assert (reply.status, reply.body) == (
        400,
        b'{"error":"Restore window is over","details":["Cancelled: 2026-11-02T09:15:00.000Z","Window: 12 hours"]}',
    )


async def test_a_tray_that_was_given_away_stays_where_it_is(db: Database, http: Client, key: MakeKey) -> None:
    await make_order(db, "72544", tray="00123")
    shop = await client(http, key)
    await shop.delete(CANCEL)
    await take_tray(db, 123, "72610")
    reply = await shop.post(RESTORE)
    assert (reply.status, reply.json()["trayNumber"]) == (200, "")
    assert reply.json()["notRestored"] == [
        {"what": "tray", "code": "tray_taken", "reason": "Tray 00123 now holds order 72610."}
    ]
    assert reply.json()["message"] == "Tray 00123 now holds order 72610."
    assert (await shop.get("/api/v2/orders/123?by=tray")).json()["orderNumber"] == "72610"


async def test_a_tray_that_was_released_and_is_free_comes_back(db: Database, http: Client, key: MakeKey) -> None:
    await make_order(db, "72544", tray="00123")
    shop = await client(http, key)
    await shop.delete(CANCEL)
    await execute(db, Sql.same("UPDATE orders SET tray_key = NULL, revision = revision + 1"))
    reply = await shop.post(RESTORE)
    assert (reply.json()["trayNumber"], reply.json()["notRestored"]) == ("00123", [])
    assert (await shop.get("/api/v2/orders/123?by=tray")).json()["orderNumber"] == "72544"


async def test_who_sees_one_customers_orders_does_not_learn_who_has_the_tray(
    db: Database, http: Client, key: MakeKey
) -> None:
    await make_order(db, "72544", tray="00123", customer="1001")
    shop = http.using(await key(*PORTAL, customer="1001"))
    await shop.delete(CANCEL)
    await execute(db, Sql.same("UPDATE orders SET tray_key = NULL, revision = revision + 1"))
    await make_order(db, "72610", tray="123", customer="2002")
    reply = await shop.post(RESTORE)
    assert reply.json()["message"] == "Tray 00123 now holds another order."
    assert b"72610" not in reply.body


async def test_a_broken_lens_needs_force_and_force_needs_its_scope(db: Database, http: Client, key: MakeKey) -> None:
    await make_breakage(db, "SCR")
    await make_employee(db, "TL")
    await make_order(db, "72544")
    shop, boss = await client(http, key), await client(http, key, *BOSS)
    await shop.post(CANCEL + "/cancel", json=BROKEN)
    assert (await shop.post(RESTORE)).body == b'{"error":"Order has a broken lens","details":["Broken: rt"]}'
    assert (await shop.post(RESTORE + "?force=true")).json()["details"] == ["Scope needed: orders:override"]
    reply = await boss.post(RESTORE + "?force=true")
    assert (reply.status, reply.json()["message"]) == (200, "The right lens was written off as broken.")
    assert reply.json()["notRestored"][0]["what"] == "rt"


async def test_a_dry_run_says_all_and_writes_nothing(db: Database, http: Client, key: MakeKey, watch: Watch) -> None:
    await make_breakage(db, "SCR")
    await make_employee(db, "TL")
    await make_order(db, "72544", tray="00123")
    shop = await client(http, key)
    await shop.post(CANCEL + "/cancel", json=BROKEN)
    await take_tray(db, 123, "72610")
    watch.pass_(13 * HOUR)
    reader = await client(http, key, "orders:read")
    reply = (await reader.post(RESTORE + "?dryRun=true")).json()
    assert (reply["allowed"], [r["code"] for r in reply["refusals"]]) == (False, ["restore_window_over", "lens_broken"])
    assert reply["refusals"][1]["evidence"] == {"broken": ["rt"], "overrideScope": "orders:override"}
    assert [thing["what"] for thing in reply["notRestored"]] == ["tray", "rt"]
    assert (await order(db, "72544")).is_cancelled


async def test_keys_of_before_are_spent(db: Database, http: Client, key: MakeKey) -> None:
    await make_order(db, "72544")
    shop = await client(http, key)
    with_key = {"Idempotency-Key": "cancel-1"}
    await shop.delete(CANCEL, headers=with_key)
    await shop.delete(CANCEL, headers={"Idempotency-Key": "refused"})
    await shop.post(RESTORE, headers={"Idempotency-Key": "restore-1"})
    for spent in ("cancel-1", "refused"):
        reply = await shop.delete(CANCEL, headers={"Idempotency-Key": spent})
        assert (reply.status, reply.body) == (409, b'{"error":"Order was restored since","details":[]}')
    assert (await shop.post(RESTORE, headers={"Idempotency-Key": "restore-1"})).header("idempotent-replayed") == "true"
    assert not (await order(db, "72544")).is_cancelled
    again = await shop.delete(CANCEL, headers={"Idempotency-Key": "cancel-2"})
    assert (again.status, again.header("idempotent-replayed")) == (200, None)
    replay = await shop.delete(CANCEL, headers={"Idempotency-Key": "cancel-2"})
    assert replay.header("idempotent-replayed") == "true"
    assert (await shop.post(RESTORE, headers={"Idempotency-Key": "restore-1"})).header("idempotent-replayed") == "true"


async def test_if_match_holds(db: Database, http: Client, key: MakeKey) -> None:
    await make_order(db, "72544")
    shop = await client(http, key)
    await shop.delete(CANCEL)
    assert (await shop.post(RESTORE, headers={"If-Match": '"72544-1"'})).status == 412
    assert (await shop.post(RESTORE + "?dryRun=true", headers={"If-Match": '"72544-1"'})).status == 412
    assert (await shop.post(RESTORE, headers={"If-Match": '"72544-2"'})).status == 200


async def test_the_scope_is_needed_and_refused_attempts_are_counted(
    db: Database, http: Client, key: MakeKey, desk: Desk
) -> None:
    await make_order(db, "72544")
    who_may_not = await client(http, key, "orders:cancel", "orders:write", "orders:override")
    assert (await who_may_not.post(RESTORE)).json()["details"] == ["Scope needed: orders:restore"]
    await (await client(http, key)).post(RESTORE)
    await desk.attempts.flush(db)
    assert await count(db, "attempts") == 1
