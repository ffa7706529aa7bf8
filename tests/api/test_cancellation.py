"""GET …/cancellation: everything in the way of a cancel, or the cancellation as it stands."""

from __future__ import annotations

from tests.api.asgi import Client
from tests.api.conftest import MakeKey, Watch
from tests.builders import EARLIER, make_order, make_reason, make_station, scanned, set_setting
from traylane.clock import HOUR
from traylane.db.database import Database
from traylane.policy.catalogue import REASON_REQUIRED

CANCELLATION = "/api/v2/orders/72544/cancellation"


async def test_all_that_is_in_the_way_comes_with_its_evidence(db: Database, portal: Client) -> None:
    await make_station(db, "GEN", sequence=30, non_cancel=True)
    await make_reason(db, "CUS")
    await set_setting(db, REASON_REQUIRED, True)
    await make_order(db, "72544", tray="00123", status="P", scans=[scanned("RCV"), scanned("GEN", non_cancel=True)])
    reply = await portal.get(CANCELLATION)
    assert (reply.status, reply.header("etag")) == (200, '"72544-1"')
    assert reply.json() == {
        "orderNumber": "72544",
        "trayNumber": "00123",
        "poNumber": "",
        "allowed": False,
        "refusals": [
            {
                "error": "Delete reason code does not exist",
                "details": ["Provided: "],
                "code": "unknown_reason",
                "evidence": {},
            },
            {
                "error": "Order has been through a non-cancel station",
                "details": [],
                "code": "non_cancel_station",
                "evidence": {
                    "station": "GEN",
                    "scanned": "2026-11-01T08:00:00.000Z",
                    "sequence": 30,
                    "overrideScope": "orders:override",
                },
            },
        ],
        "warnings": [],
        "cancellation": None,
        "disposition": None,
        "trayHeld": True,
        "restore": None,
    }


async def test_with_a_reason_and_an_override_it_says_what_such_a_cancel_would(
    db: Database, http: Client, key: MakeKey
) -> None:
    await make_station(db, "GEN", non_cancel=True)
    await make_reason(db, "BRK", allows_override=True)
    await make_order(db, "72544", scans=[scanned("GEN", non_cancel=True)])
    boss = http.using(await key("orders:read", "orders:override"))
    assert (await boss.get(CANCELLATION + "?deleteReason=BRK")).json()["allowed"] is False
    assert (await boss.get(CANCELLATION + "?deleteReason=BRK&override=true")).json()["allowed"] is True


async def test_a_cancellation_as_it_stands(db: Database, portal: Client, watch: Watch) -> None:
    await make_order(db, "72544", tray="00123", status="P", scans=[scanned("RCV")])
    await portal.delete("/api/v2/orders/72544")
    watch.pass_(HOUR)
    reply = (await portal.get(CANCELLATION)).json()
    assert [refusal["code"] for refusal in reply["refusals"]] == ["already_cancelled"]
    assert reply["cancellation"] == {
        "dateTime": "2026-11-02T09:15:00.000Z",
        "actor": "portal",
        "reason": "",
        "reasonDesc": "",
        "station": "RCV",
        "override": False,
    }
    assert reply["restore"] == {
        "allowed": True,
        "until": "2026-11-02T21:15:00.000Z",
        "secondsLeft": 11 * 3600,
        "refusals": [],
        "notRestored": [],
    }


async def test_an_old_one_cannot_be_restored_any_more(db: Database, portal: Client) -> None:
    await make_order(db, "72544", tray="00123", cancelled_at=EARLIER, released=True)
    reply = (await portal.get(CANCELLATION)).json()
    assert (reply["trayHeld"], reply["restore"]["allowed"], reply["restore"]["secondsLeft"]) == (False, False, 0)
    assert [refusal["code"] for refusal in reply["restore"]["refusals"]] == ["restore_window_over"]


async def test_no_order_no_cancellation(portal: Client) -> None:
    reply = await portal.get(CANCELLATION)
    assert (reply.status, reply.body) == (404, b'{"error":"No record found","details":["Provided: 72544"]}')


async def test_another_customers_order_does_not_exist(db: Database, http: Client, key: MakeKey) -> None:
    await make_order(db, "72544", customer="2002")
    mine = http.using(await key("orders:read", customer="1001"))
    assert (await mine.get(CANCELLATION)).status == 404
