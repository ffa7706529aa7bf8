"""POST /order_cancellations: many cancels in one call, one result a row."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tests.api.asgi import HANG_UP, Client, call
from tests.api.conftest import MakeKey
from tests.builders import count, make_breakage, make_order, make_orders, make_reason, make_station, order, scanned
from traylane.api import bulk
from traylane.api.http import Answer
from traylane.api.service import Service
from traylane.db.database import Database
from traylane.orders.desk import Desk

BULK = "/api/v2/order_cancellations"
NDJSON = {"content-type": "application/x-ndjson"}


def rows(*identifiers: str, **also: Any) -> list[dict[str, Any]]:
    return [{"orderIdentifier": identifier, **also} for identifier in identifiers]


async def cancelled(db: Database, *numbers: str) -> list[bool]:
    return [(await order(db, number)).is_cancelled for number in numbers]


async def test_each_row_gets_what_the_single_call_would_give(db: Database, portal: Client) -> None:
    await make_station(db, "GEN", non_cancel=True)
    await make_order(db, "1001", tray="00123")
    await make_order(db, "1002", scans=[scanned("GEN", non_cancel=True)])
    await make_order(db, "1003", po="A/17")
    await make_order(db, "1004", po="A/17")
    await make_order(db, "1005")
    single = [
        await portal.send("DELETE", f"/api/v2/orders/{path}") for path in ("1002", "9999999", "A%2F17?by=po", "1005")
    ]
    reply = await portal.post(BULK, json=[*rows("123"), *rows("1002", "9999999"), *rows("A/17", by="po")])
    assert (reply.status, reply.header("content-type")) == (200, "application/json")
    results = reply.json()
    assert (results["total"], results["succeeded"]) == (4, 1)
    assert [(r["row"], r["status"], r["replayed"]) for r in results["items"]] == [
        (1, 200, False),
        (2, 400, False),
        (3, 404, False),
        (4, 400, False),
    ]
    assert results["items"][0]["body"]["orderNumber"] == "1001"
    assert list(results["items"][0]["body"]) == list(single[3].json())
    assert [r["body"] for r in results["items"][1:]] == [s.json() for s in single[:3]]
    assert await cancelled(db, "1001", "1002", "1003") == [True, False, False]


@pytest.mark.parametrize("form", ["list", "object", "lines"])
async def test_rows_come_as_a_list_an_object_or_lines(db: Database, portal: Client, form: str) -> None:
    await make_orders(db, ["1001", "1002"])
    given = rows("1001", "1002")
    body, headers = {
        "list": (msgspec.json.encode(given), {}),
        "object": (msgspec.json.encode({"items": given}), {"content-type": "application/json"}),
        "lines": (b"".join(msgspec.json.encode(row) + b"\n" for row in given), NDJSON),
    }[form]
    reply = await portal.post(BULK, body=body, headers=headers)
    assert [r["status"] for r in reply.json()["items"]] == [200, 200]


async def test_results_come_as_lines_for_who_wants_them(db: Database, portal: Client) -> None:
    await make_orders(db, ["1001", "1002"])
    reply = await portal.post(BULK, json=rows("1001", "9999999"), headers={"accept": "application/x-ndjson"})
    lines = [msgspec.json.decode(line) for line in reply.body.splitlines()]
    assert reply.header("content-type") == "application/x-ndjson"
    assert [(line["row"], line["status"]) for line in lines] == [(1, 200), (2, 404)]


async def test_one_order_twice_is_cancelled_once(db: Database, portal: Client) -> None:
    await make_order(db, "1001", tray="7")
    results = (await portal.post(BULK, json=rows("1001", "7", "1001"))).json()["items"]
    assert sorted(r["status"] for r in results) == [200, 400, 400]
    assert results[0]["status"] == 200
    assert await count(db, "events WHERE type = 'order.cancelled'") == 1


async def test_a_thousand_rows_keep_their_order(db: Database, portal: Client) -> None:
    numbers = [f"{n:06d}" for n in range(1000)]
    await make_orders(db, numbers)
    results = (await portal.post(BULK, json=rows(*numbers))).json()
    assert [r["body"]["orderNumber"] for r in results["items"]] == numbers
    assert (results["succeeded"], await count(db, "orders WHERE cancelled_at IS NOT NULL")) == (1000, 1000)


async def test_a_call_that_is_sent_again_changes_nothing_more(db: Database, portal: Client) -> None:
    await make_orders(db, ["1001", "1002"])
    headers = {"Idempotency-Key": "night-1"}
    given = rows("1001", "1002", "9999999")
    first = (await portal.post(BULK, json=given, headers=headers)).json()["items"]
    second = (await portal.post(BULK, json=given, headers=headers)).json()["items"]
    assert [r["body"] for r in second] == [r["body"] for r in first]
    assert ([r["replayed"] for r in first], [r["replayed"] for r in second]) == ([False] * 3, [True] * 3)
    assert await count(db, "events WHERE type = 'order.cancelled'") == 2
    other = (await portal.post(BULK, json=rows("1002", "1001"), headers=headers)).json()["items"]
    assert [r["status"] for r in other] == [422, 422]


async def test_the_derived_key_is_the_callers_key_and_the_row(db: Database, portal: Client) -> None:
    await make_orders(db, ["1001", "1002"])
    await portal.post(BULK, json=rows("1001", "1002"), headers={"Idempotency-Key": "K"})
    assert await count(db, "answers WHERE key IN ('K#1', 'K#2')") == 2
    assert await count(db, "answers") == 2


async def test_who_hangs_up_ends_the_call_and_sends_it_again(db: Database, service: Service, key: MakeKey) -> None:
    numbers = [f"{n:06d}" for n in range(600)]
    await make_orders(db, numbers)
    secret = await key("orders:cancel")
    body = msgspec.json.encode(rows(*numbers))
    headers = [("authorization", f"Bearer {secret}"), ("idempotency-key", "K"), ("content-length", str(len(body)))]
    await call(service, "POST", BULK, headers=headers, body=[body, HANG_UP])
    again = (await Client(service, secret).post(BULK, json=rows(*numbers), headers={"Idempotency-Key": "K"})).json()
    assert [r["status"] for r in again["items"]] == [200] * 600
    assert await count(db, "events WHERE type = 'order.cancelled'") == 600


async def test_a_dry_run_writes_nothing(db: Database, desk: Desk, http: Client, key: MakeKey) -> None:
    await make_orders(db, ["1001", "1002"])
    reader = http.using(await key("orders:read"))
    results = (await reader.post(BULK + "?dryRun=true", json=rows("1001", "9999999"))).json()["items"]
    assert results[0]["body"] == {"allowed": True, "refusals": [], "warnings": [], "orderNumber": "1001"}
    assert (results[1]["status"], results[1]["body"]["error"]) == (404, "No record found")
    assert await cancelled(db, "1001", "1002") == [False, False]
    assert await desk.attempts.flush(db) == 0


async def test_all_or_nothing_does_nothing_when_a_row_is_refused(db: Database, portal: Client) -> None:
    await make_orders(db, ["1001", "1002"])
    reply = await portal.post(BULK + "?atomic=true", json=rows("1001", "9999999", "1001", "1002"))
    assert (reply.status, reply.json()) == (
        400,
        {
            "error": "No order was cancelled",
            "details": [
                "Row 2: No record found; Provided: 9999999",
                "Row 3: Order already completed",
            ],
        },
    )
    assert await cancelled(db, "1001", "1002") == [False, False]
    assert await count(db, "answers") == 0


async def test_all_or_nothing_does_all(db: Database, portal: Client) -> None:
    numbers = [f"{n:06d}" for n in range(500)]
    await make_orders(db, numbers)
    headers = {"Idempotency-Key": "K"}
    reply = await portal.post(BULK + "?atomic=true", json=rows(*numbers), headers=headers)
    assert (reply.status, reply.json()["succeeded"]) == (200, 500)
    again = await portal.post(BULK + "?atomic=true", json=rows(*numbers), headers=headers)
    assert [r["replayed"] for r in again.json()["items"]] == [True] * 500
    assert await count(db, "events WHERE type = 'order.cancelled'") == 500


async def test_a_row_may_name_the_revision_that_it_means(db: Database, portal: Client) -> None:
    await make_orders(db, ["1001", "1002"])
    given = [*rows("1001", ifMatch='"1001-7"'), *rows("1002", ifMatch='"1002-1"')]
    dry = (await portal.post(BULK + "?dryRun=true", json=given)).json()["items"]
    real = (await portal.post(BULK, json=given)).json()["items"]
    assert [[r["status"] for r in results] for results in (dry, real)] == [[412, 200], [412, 200]]


async def test_override_and_disposition_come_with_a_row(db: Database, http: Client, key: MakeKey) -> None:
    await make_station(db, "GEN", non_cancel=True)
    await make_reason(db, "BRK", allows_override=True)
    await make_order(db, "1001", scans=[scanned("GEN", non_cancel=True)])
    given = rows("1001", deleteReason="BRK", override=True, rtDisposition="stock")
    shop = http.using(await key("orders:cancel"))
    assert (await shop.post(BULK, json=given)).json()["details"] == ["Scope needed: orders:override"]
    boss = http.using(await key("orders:cancel", "orders:override"))
    body = (await boss.post(BULK, json=given)).json()["items"][0]["body"]
    assert body["cancellation"]["override"] is True
    assert (await order(db, "1001")).cancel_disposition == '{"rt":{"kind":"stock"}}'


async def test_other_customers_orders_do_not_exist(db: Database, http: Client, key: MakeKey) -> None:
    await make_order(db, "1001", customer="1001")
    await make_order(db, "2002", customer="2002")
    mine = http.using(await key("orders:cancel", customer="1001"))
    results = (await mine.post(BULK, json=rows("1001", "2002"))).json()["items"]
    assert [r["status"] for r in results] == [200, 404]


@pytest.mark.parametrize(
    ("body", "details"),
    [
        (b"[]", ["items needs 1 to 10000 rows"]),
        (b'{"items":[]}', ["items needs 1 to 10000 rows"]),
        (b"[{}]", ["[0].orderIdentifier is missing"]),
        (b'[{"orderIdentifier":"1"},{"orderIdentifier":5}]', ["[1].orderIdentifier is not text"]),
        (b'[{"orderIdentifier":"1","reason":"CUS"}]', ["[0].reason is unknown"]),
        (b'[{"orderIdentifier":"1","rtDisposition":"broken"}]', None),
        (b'[{"orderIdentifier":"' + b"1" * 65 + b'"}]', ["[0].orderIdentifier has more than 64 characters"]),
        (b"[", ["the body is not valid JSON"]),
        (b"", ["the body is not valid JSON"]),
        (b"[" + b'{"orderIdentifier":"1"},' * 10_000 + b'{"orderIdentifier":"1"}]', ["items needs 1 to 10000 rows"]),
    ],
)
async def test_a_malformed_row_refuses_the_whole_call(
    db: Database, portal: Client, body: bytes, details: list[str] | None
) -> None:
    await make_order(db, "1")
    reply = await portal.post(BULK, body=body, headers={"content-type": "application/json"})
    missing = ["items[0]: rtBreakageCode is missing", "items[0]: rtEmployeeCode is missing"]
    assert (reply.status, reply.json()["error"]) == (400, "Incorrect arguments provided")
    assert reply.json()["details"] == (details or missing)
    assert await cancelled(db, "1") == [False]


async def test_limits(db: Database, portal: Client) -> None:
    await make_breakage(db)
    too_many = await portal.post(BULK + "?atomic=true", json=rows(*map(str, range(501))))
    assert too_many.json()["details"] == ["atomic supports up to 500 rows"]
    large = await portal.post(BULK, body=b" " * (2 * 1024 * 1024 + 1), headers={"content-type": "application/json"})
    assert (large.status, large.json()["details"]) == (413, ["Limit: 2097152 bytes"])
    elsewhere = await portal.post("/api/v2/orders/1/cancel", body=b" " * 70_000)
    assert (elsewhere.status, elsewhere.json()["details"]) == (413, ["Limit: 65536 bytes"])
    form = await portal.post(BULK, body=b"x", headers={"content-type": "text/csv"})
    assert form.status == 415
    blank = await portal.post(BULK, body=b"x", headers={"content-type": "; charset=utf-8"})
    assert blank.status == 415
    condition = await portal.post(BULK, json=rows("1"), headers={"If-Match": '"1-1"'})
    assert condition.json()["details"] == ["If-Match is not supported here; a row has ifMatch"]


async def test_the_next_rows_are_under_way_while_the_answers_of_the_last_ones_leave(
    db: Database, portal: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make_orders(db, [f"{n:04d}" for n in range(6)])
    told: list[str] = []
    make, show = bulk._made, bulk._result

    async def making(call: Any, chunk: Any, key: str | None) -> list[Answer]:
        told.append(f"rows from {chunk[0][0]}")
        return await make(call, chunk, key)

    def showing(row: int, answer: Answer) -> bytes:
        told.append(f"answer {row}")
        return show(row, answer)

    monkeypatch.setattr(bulk, "CHUNK", 2)
    monkeypatch.setattr(bulk, "_made", making)
    monkeypatch.setattr(bulk, "_result", showing)
    assert (await portal.post(BULK, json=rows(*(f"{n:04d}" for n in range(6))))).json()["succeeded"] == 6
    assert told[:5] == ["rows from 1", "rows from 3", "answer 1", "answer 2", "rows from 5"]
    assert told[5:] == [f"answer {row}" for row in (3, 4, 5, 6)]
