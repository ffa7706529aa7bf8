"""A cancelled order's tray from the cancel to the end of its recall, and final QA before completion."""

from __future__ import annotations

import pytest

from tests.api.asgi import Client
from tests.api.conftest import MakeKey, Watch
from tests.builders import make_order, make_station, scanned, set_setting
from traylane.clock import MINUTE
from traylane.db.database import Database
from traylane.policy.catalogue import STATION_VERIFY

RECALL = "/api/v2/job_track/recall"
TRAY = "/api/v2/trays/00123"


async def test_a_tray_held_one_order_and_holds_another_now(
    db: Database, http: Client, key: MakeKey, watch: Watch
) -> None:
    admin = http.using(await key("admin"))
    for number in ("1", "2"):
        await make_order(db, number)
    await admin.post("/api/v2/orders/1/tray", json={"trayNumber": "00123"})
    watch.pass_(10 * MINUTE)
    await admin.post("/api/v2/orders/1/complete")
    watch.pass_(5 * MINUTE)
    await admin.post("/api/v2/orders/2/tray", json={"trayNumber": "123"})
    answer = (await admin.get(TRAY)).json()
    assert answer["holds"] == "2"
    assert [
        (item["orderNumber"], item["since"][11:16], item["until"] and item["until"][11:16], item["left"])
        for item in answer["items"]
    ] == [
        ("1", "09:15", "09:25", "order.completed"),
        ("2", "09:30", None, None),
    ]


async def test_a_taken_over_tray_keeps_the_recall_open_until_it_is_released(
    db: Database, http: Client, key: MakeKey, watch: Watch
) -> None:
    admin = http.using(await key("admin"))
    await make_station(db, "RCV")
    for number in ("1", "2"):
        await make_order(db, number)
    await admin.post("/api/v2/orders/1/tray", json={"trayNumber": "00123"})
    await admin.delete("/api/v2/orders/1")
    assert [(item["orderNumber"], item["trayHolds"]) for item in (await admin.get(RECALL)).json()["items"]] == [
        ("1", None)
    ]
    watch.pass_(MINUTE)
    await admin.post("/api/v2/orders/2/tray", json={"trayNumber": "00123"})
    assert [(item["orderNumber"], item["trayHolds"]) for item in (await admin.get(RECALL)).json()["items"]] == [
        ("1", "2")
    ]
    scan = await admin.post("/api/v2/job_track/stations/RCV", json={"orderIdentifier": "1"})
    assert scan.json()["details"][1] == "Tray 00123 now holds order 2: take the work of order 1 out of it"
    assert [item["left"] for item in (await admin.get(TRAY)).json()["items"]] == ["order.tray_taken_over", None]
    assert (await admin.delete("/api/v2/orders/1/tray")).status == 200
    assert (await admin.get(RECALL)).json()["total"] == 0
    assert (await admin.get(TRAY)).json()["holds"] == "2"


async def test_a_release_ends_the_recall(db: Database, http: Client, key: MakeKey) -> None:
    admin = http.using(await key("admin"))
    await make_order(db, "1", tray="5")
    await admin.delete("/api/v2/orders/1")
    await admin.delete("/api/v2/orders/1/tray")
    assert (await admin.get(RECALL)).json()["total"] == 0
    assert (await admin.get("/api/v2/trays/5")).json()["holds"] is None


@pytest.mark.parametrize(
    ("scans", "status", "details"),
    [
        (["RCV"], 400, ["Error Code: 20", "Error Message: Final QA required"]),
        (["RCV", "QA"], 201, None),
    ],
)
async def test_final_qa_comes_before_completion(
    db: Database, http: Client, key: MakeKey, scans: list[str], status: int, details: list[str] | None
) -> None:
    admin = http.using(await key("admin"))
    await make_station(db, "QA", finalQA=True)
    await make_order(db, "1", status="P", scans=[scanned(code) for code in scans])
    await set_setting(db, STATION_VERIFY, True)
    reply = await admin.post("/api/v2/orders/1/complete")
    assert reply.status == status
    assert reply.json().get("details") == details


async def test_where_stations_are_not_verified_nobody_asks_for_final_qa(
    db: Database, http: Client, key: MakeKey
) -> None:
    admin = http.using(await key("admin"))
    await make_station(db, "QA", finalQA=True)
    await make_order(db, "1", status="P")
    assert (await admin.post("/api/v2/orders/1/complete")).status == 201
