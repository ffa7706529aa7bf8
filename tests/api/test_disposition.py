"""What becomes of lenses and frame of a cancelled order: in the cancel, or as a later correction."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.asgi import Client
from tests.api.conftest import MakeKey
from tests.builders import count, make_breakage, make_employee, make_order, order, set_setting
from traylane.db.database import Database
from traylane.policy.catalogue import BREAKAGE_FIRST, LAB_FRAMES

CANCEL = "/api/v2/orders/72544/cancel"
PUT = "/api/v2/orders/72544/cancellation/disposition"
BROKEN = {"rtDisposition": "broken", "rtBreakageCode": "SCR", "rtEmployeeCode": "TL"}
BROKEN_AS_TOLD = {"rt": {"kind": "broken", "breakage": "SCR", "employee": "TL"}}


async def last_event(portal: Client) -> dict[str, Any]:
    found: dict[str, Any] = (await portal.get("/api/v2/orders/72544/events")).json()["items"][-1]
    return found


async def codes(db: Database) -> None:
    await make_breakage(db, "SCR")
    await make_breakage(db, "OLD", active=False)
    await make_employee(db, "TL")


async def test_it_can_come_with_the_cancel(db: Database, portal: Client) -> None:
    await codes(db)
    await make_order(db, "72544")
    said = {**BROKEN, "ltDisposition": "stock", "frameDisposition": "stock"}
    assert (await portal.post(CANCEL, json=said)).status == 200
    assert (await last_event(portal))["data"]["after"]["disposition"] == {
        **BROKEN_AS_TOLD,
        "lt": {"kind": "stock"},
        "frame": {"kind": "stock"},
    }
    shown = (await portal.get("/api/v2/orders/72544/cancellation")).json()["disposition"]
    assert {name: value for name, value in shown.items() if value is not None} == said


async def test_a_delete_takes_it_in_its_body_too(db: Database, portal: Client) -> None:
    await codes(db)
    await make_order(db, "72544")
    assert (await portal.delete("/api/v2/orders/72544", json=BROKEN)).status == 200
    assert (await last_event(portal))["data"]["after"]["disposition"] == BROKEN_AS_TOLD


async def test_it_can_be_said_later_and_corrected_and_is_posted_once(db: Database, portal: Client) -> None:
    await codes(db)
    await make_order(db, "72544")
    await portal.post(CANCEL)
    first = await portal.put(PUT, json=BROKEN)
    assert (first.status, first.json()["message"], first.header("etag")) == (200, "", '"72544-3"')
    again = await portal.put(PUT, json=BROKEN)
    assert (again.status, again.header("etag")) == (200, '"72544-3"')
    assert again.json()["message"] == "Nothing was changed: the same was posted before."
    assert await count(db, "events WHERE type = 'order.disposed'") == 1
    corrected = await portal.put(PUT, json={"rtDisposition": "stock"})
    assert corrected.json()["disposition"]["rtDisposition"] == "stock"
    event = await last_event(portal)
    assert (event["type"], event["seq"]) == ("order.disposed", 4)
    assert event["data"]["before"] == {"disposition": BROKEN_AS_TOLD}
    assert event["data"]["after"] == {"disposition": {"rt": {"kind": "stock"}}}


async def test_the_same_again_under_a_key_is_replayed(db: Database, portal: Client) -> None:
    await codes(db)
    await make_order(db, "72544")
    await portal.post(CANCEL, json=BROKEN)
    headers = {"Idempotency-Key": "k"}
    first = await portal.put(PUT, json=BROKEN, headers=headers)
    second = await portal.put(PUT, json=BROKEN, headers=headers)
    assert (first.header("idempotent-replayed"), second.header("idempotent-replayed")) == (None, "true")
    assert first.body == second.body


async def test_unknown_and_retired_codes_are_named(db: Database, portal: Client) -> None:
    await codes(db)
    await make_order(db, "72544")
    wrong = {
        **BROKEN,
        "rtEmployeeCode": "ZZ",
        "ltDisposition": "broken",
        "ltBreakageCode": "OLD",
        "ltEmployeeCode": "TL",
    }
    body = b'{"error":"Disposition code does not exist","details":["rtEmployeeCode: ZZ","ltBreakageCode: OLD"]}'
    reply = await portal.post(CANCEL, json=wrong)
    assert (reply.status, reply.body) == (400, body)
    assert not (await order(db, "72544")).is_cancelled
    await portal.post(CANCEL)
    reply = await portal.put(PUT, json=wrong)
    assert (reply.status, reply.body) == (400, body)


async def test_an_order_that_is_not_cancelled_has_nothing_to_dispose_of(db: Database, portal: Client) -> None:
    await make_order(db, "72544")
    reply = await portal.put(PUT, json={"rtDisposition": "stock"})
    assert (reply.status, reply.body) == (400, b'{"error":"Order is not marked for cancellation","details":[]}')


@pytest.mark.parametrize(
    ("said", "details"),
    [
        ({"rtDisposition": "broken"}, ["rtBreakageCode is missing", "rtEmployeeCode is missing"]),
        ({"rtDisposition": "stock", "rtBreakageCode": "SCR"}, ["rtBreakageCode is only for a broken part"]),
        ({"ltEmployeeCode": "TL"}, ["ltEmployeeCode is only for a broken part"]),
        ({"frameDisposition": "lost"}, ["frameDisposition must be stock or broken"]),
        ({"rtDisposition": "broken", "rtBreakageCode": "12345678", "rtEmployeeCode": "TL"}, None),
        ({"rtDispositon": "stock"}, ["unknown property rtDispositon; did you mean rtDisposition?"]),
    ],
)
async def test_what_cannot_be_meant_is_refused(
    db: Database, portal: Client, said: dict[str, str], details: list[str] | None
) -> None:
    await make_order(db, "72544")
    for reply in (await portal.post(CANCEL, json=said), await portal.put(PUT, json=said)):
        assert (reply.status, reply.json()["error"]) == (400, "Incorrect arguments provided")
        assert reply.json()["details"] == (details or ["rtBreakageCode supports up to 7 characters"])
    assert not (await order(db, "72544")).is_cancelled


async def test_a_lab_supplied_frame_may_be_kept_from_being_cancelled(db: Database, portal: Client) -> None:
    await make_order(db, "72544", details={"frameStatusCode": "S"})
    await make_order(db, "72545", details={"frameStatusCode": "E"})
    await make_order(db, "72546", details={"frameStatusCode": "S"})
    assert (await portal.delete("/api/v2/orders/72546")).status == 200
    await set_setting(db, LAB_FRAMES, False)
    reply = await portal.delete("/api/v2/orders/72544")
    assert (reply.status, reply.body) == (400, b'{"error":"Order has a lab-supplied frame","details":[]}')
    assert (await portal.delete("/api/v2/orders/72545")).status == 200


async def test_breakage_may_have_to_be_entered_first(db: Database, portal: Client) -> None:
    await codes(db)
    await make_order(db, "72544", details={"rtLensStyle": "SV", "ltLensMaterial": "CR39"})
    await make_order(db, "72545", details={"jobType": "A"})
    await set_setting(db, BREAKAGE_FIRST, True)
    reply = await portal.post(CANCEL, json=BROKEN)
    assert (reply.status, reply.body) == (
        400,
        b'{"error":"Breakage must be entered before a cancel","details":["Missing: ltDisposition"]}',
    )
    assert (await portal.post(CANCEL, json={**BROKEN, "ltDisposition": "stock"})).status == 200
    assert (await portal.delete("/api/v2/orders/72545")).status == 200


async def test_who_broke_it_does_not_leave_the_house(db: Database, http: Client, key: MakeKey) -> None:
    await codes(db)
    await make_order(db, "72544", customer="1001")
    await http.using(await key("orders:cancel")).post(CANCEL, json=BROKEN)
    outside = http.using(await key("orders:read", customer="1001"))
    shown = (await outside.get("/api/v2/orders/72544/cancellation")).json()["disposition"]
    assert (shown["rtBreakageCode"], shown["rtEmployeeCode"]) == ("SCR", None)


async def test_a_restored_order_forgets_it(db: Database, http: Client, key: MakeKey) -> None:
    await make_order(db, "72544")
    shop = http.using(await key("orders:read", "orders:cancel", "orders:restore"))
    await shop.post(CANCEL, json={"rtDisposition": "stock"})
    await shop.post("/api/v2/orders/72544/restore")
    assert (await order(db, "72544")).cancel_disposition is None
    await shop.post(CANCEL)
    assert (await shop.get("/api/v2/orders/72544/cancellation")).json()["disposition"] is None
