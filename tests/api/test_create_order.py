"""POST /api/v2/orders (contract: create)."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from tests.api.asgi import Client
from tests.api.conftest import MakeKey
from tests.builders import EARLIER, bump_version, execute, make_customer, make_order, make_orders, set_setting
from traylane.db.database import Database, Sql
from traylane.policy.catalogue import ORDER_NUMBER_RANGE, TRAY_POOL, TRAY_REQUIRED

URL = "/api/v2/orders"
JOB: dict[str, Any] = {
    "customerNumber": "1001",
    "customerJobId": "J-1",
    "poNumber": "P1",
    "jobType": "F",
    "rtLensStyle": "SV",
    "ltLensMaterial": "CR39",
}
ORDERS = Sql.same("SELECT order_number, tray_number, tray_key FROM orders ORDER BY order_number")
EVENTS = Sql.same("SELECT type, seq, data FROM events WHERE type LIKE 'order.%'")
ADDON = Sql.same("INSERT INTO addons (code, data) VALUES ($1, $2)")


async def laboratory(db: Database, **settings: Any) -> None:
    await make_customer(db, "1001")
    for name, value in settings.items():
        await set_setting(
            db, {"numbers": ORDER_NUMBER_RANGE, "pool": TRAY_POOL, "required": TRAY_REQUIRED}[name], value
        )


async def addon(db: Database, code: str) -> None:
    await execute(db, ADDON, code, msgspec.json.encode({"desc": code}).decode())
    await bump_version(db)


async def orders(db: Database) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in await execute(db, ORDERS)]


async def test_an_order_is_there_at_once(portal: Client, db: Database) -> None:
    await laboratory(db)
    await addon(db, "SRC")

    got = await portal.post(URL, json={**JOB, "dateWanted": "2026-11-09", "rtSPH": -2.25, "addons": ["SRC"]})

    assert (got.status, got.header("etag")) == (202, '"100000-1"')
    body = got.json()
    assert list(body)[:3] == ["orderNumber", "trayNumber", "poNumber"]
    assert list(body)[3:] == sorted(list(body)[3:])
    assert {name: body[name] for name in ("orderNumber", "trayNumber", "status", "creationRemarks", "addons")} == {
        "orderNumber": "100000",
        "trayNumber": "00001",
        "status": "V",
        "creationRemarks": [],
        "addons": ["SRC"],
    }
    assert [body[name] for name in ("dateOrdered", "dateReceived", "dateTimeValid", "createdUser")] == [
        "2026-11-02",
        "2026-11-02",
        "2026-11-02T09:15:00.000Z",
        "portal",
    ]
    del body["creationRemarks"]
    assert (await portal.get(f"{URL}/100000")).json() == body
    [(type_, seq, data)] = await execute(db, EVENTS)
    assert (type_, seq) == ("order.created", 1)
    assert msgspec.json.decode(data) == {
        "orderNumber": "100000",
        "customerNumber": "1001",
        "trayNumber": "00001",
        "after": {"status": "V", "onHold": False, "jobType": "F", "addons": ["SRC"]},
    }


async def test_an_order_may_come_held_and_in_its_tray(portal: Client, db: Database) -> None:
    await laboratory(db)

    got = (await portal.post(URL, json={**JOB, "onHold": True, "trayNumber": "00123"})).json()

    assert (got["status"], got["onHold"], got["trayNumber"]) == ("W", True, "00123")
    assert await orders(db) == [("100000", "00123", 123)]
    history = await execute(db, Sql.same("SELECT tray_key, seq, holds FROM tray_events"))
    assert [tuple(row) for row in history] == [(123, 1, True)]


async def test_a_new_order_can_be_corrected_and_completed(portal: Client, db: Database) -> None:
    await laboratory(db)
    await portal.post(URL, json=JOB)

    corrected = await portal.patch(f"{URL}/100000", json={"dateWanted": "2026-12-01", "customerJobId": "J-2"})
    completed = await portal.post(f"{URL}/100000/complete")

    copies = Sql.same("SELECT customer_job_id, date_wanted, date_ordered FROM orders")
    assert (corrected.status, completed.status) == (200, 201)
    assert [tuple(row) for row in await execute(db, copies)] == [("J-2", "2026-12-01", "2026-11-02")]


@pytest.mark.parametrize(
    ("given", "error", "details"),
    [
        ({"crib": 60.5}, "crib is only valid on uncut jobs", ["Job Type: F", "Frame SW:"]),
        ({"ellh": 5}, "ellh is only valid on uncut jobs", ["Job Type: F", "Frame SW:"]),
        ({"customerNumber": "9999"}, "Customer does not exist", ["Provided: 9999"]),
        ({"jobType": "A"}, "No addons entered", []),
        ({"addons": ["XYZ", "ABC"]}, "Addon does not exist", ["Provided: XYZ", "Provided: ABC"]),
        ({"rtSPH": -50}, "Validation Failed", ["ERROR 112: SPHERE MUST BE BETWEEN -39.0 AND +49.0"]),
        ({"trayNumber": "7"}, "Tray is already in use", ["Order: H1"]),
        ({"trayNumber": "00008"}, "Tray is already in use", ["Order: C1"]),
    ],
)
async def test_the_contracts_refusals(portal: Client, db: Database, given: Any, error: str, details: Any) -> None:
    await laboratory(db)
    await make_order(db, "H1", tray="00007")
    await make_order(db, "C1", tray="8", cancelled_at=EARLIER)

    got = await portal.post(URL, json={**JOB, **given})

    assert (got.status, got.json()) == (400, {"error": error, "details": details})
    assert len(await orders(db)) == 2


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"customerJobId": None}, "customerJobId is missing"),
        ({"poNumber": ""}, "poNumber must not be empty"),
        ({"poNumber": "x" * 21}, "poNumber supports up to 20 characters"),
        ({"jobType": "X"}, "jobType must be F or U or A or E"),
        ({"balanceLens": "B"}, "balanceLens must be blank or R or L"),
        ({"frameA": 29}, "frameA is less than 30 (0 when unset)"),
        ({"frameA": 81}, "frameA is more than 80"),
        ({"frameEye": 50.5}, "frameEye is not a whole number"),
        ({"rtSPH": "-2.25"}, "rtSPH is not a number"),
        ({"rtSPH": 10**400}, "rtSPH is out of range"),
        ({"trayNumber": "123456"}, "trayNumber supports up to 5 characters"),
        ({"trayNumber": "A7"}, "trayNumber is not up to 5 digits"),
        ({"dateWanted": "tomorrow"}, "dateWanted is not a date (yyyy-mm-dd)"),
        ({"addons": "SRC"}, "addons is not a list"),
        ({"addons": ["SRC", ""]}, "addons[1] is empty"),
        ({"onHold": "yes"}, "onHold is not true or false"),
        ({"onHold": None}, "onHold must not be null"),
        ({"status": "C"}, "unknown property status"),
        ({"createdUser": "me"}, "unknown property createdUser"),
        ({"rtLensStyle": ""}, "rtLensStyle, ltLensStyle are missing, at least one parameter must be provided"),
        (
            {"ltLensMaterial": ""},
            "rtLensMaterial, ltLensMaterial are missing, at least one parameter must be provided",
        ),
    ],
)
async def test_what_a_create_does_not_take(portal: Client, db: Database, given: Any, problem: str) -> None:
    await laboratory(db)

    got = await portal.post(URL, json={**JOB, **given})

    assert (got.status, got.json()["error"]) == (400, "Incorrect arguments provided")
    assert got.json()["details"][0].partition(";")[0] == problem
    assert await orders(db) == []


async def test_numbers_that_exist_and_trays_that_are_held_are_left_out(portal: Client, db: Database) -> None:
    await laboratory(db, numbers=[100, 199], pool=[1, 9])
    await make_orders(db, ["000100", "000101", "000103"])
    await make_order(db, "H1", tray="2")
    await make_order(db, "C1", tray="00003", cancelled_at=EARLIER)

    got = [(await portal.post(URL, json=JOB)).json() for _ in range(3)]

    assert [(one["orderNumber"], one["trayNumber"]) for one in got] == [
        ("000102", "1"),
        ("000104", "4"),
        ("000105", "5"),
    ]


async def test_trays_go_round(portal: Client, db: Database) -> None:
    await laboratory(db, pool=[1, 2])

    first = [(await portal.post(URL, json=JOB)).json()["trayNumber"] for _ in range(2)]
    await portal.delete(f"{URL}/2/tray?by=tray")
    await portal.delete(f"{URL}/1/tray?by=tray")
    then = [(await portal.post(URL, json=JOB)).json()["trayNumber"] for _ in range(2)]

    assert (first, then) == (["1", "2"], ["1", "2"])


async def test_without_a_free_tray_an_order_has_none_or_is_refused(portal: Client, db: Database) -> None:
    await laboratory(db, pool=[7, 7])
    await make_order(db, "C1", tray="7", cancelled_at=EARLIER)

    without = (await portal.post(URL, json=JOB)).json()
    await set_setting(db, TRAY_REQUIRED, True)
    refused = await portal.post(URL, json=JOB)

    assert (without["trayNumber"], without["creationRemarks"]) == ("", ["No tray was free: the order has none."])
    assert (refused.status, refused.body) == (400, b'{"error":"No free tray","details":[]}')


async def test_a_range_that_is_used_up(portal: Client, db: Database) -> None:
    await laboratory(db, numbers=[1, 2])

    got = [await portal.post(URL, json=JOB) for _ in range(4)]

    assert [reply.status for reply in got] == [202, 202, 400, 400]
    assert got[3].body == b'{"error":"No free order number","details":[]}'
    await set_setting(db, ORDER_NUMBER_RANGE, [1, 3])
    assert (await portal.post(URL, json=JOB)).json()["orderNumber"] == "000003"


async def test_a_create_that_comes_again_makes_no_second_order(portal: Client, db: Database) -> None:
    await laboratory(db)
    keyed = {"Idempotency-Key": "K"}

    first, again = [await portal.post(URL, json=JOB, headers=keyed) for _ in range(2)]
    other = await portal.post(URL, json={**JOB, "poNumber": "P2"}, headers=keyed)

    assert (again.status, again.body, again.header("idempotent-replayed")) == (202, first.body, "true")
    assert other.status == 422
    assert len(await orders(db)) == 1


async def test_creates_at_once_with_one_key_are_one_order(portal: Client, db: Database) -> None:
    await laboratory(db)

    said = await asyncio.gather(
        *(portal.post(URL, json=JOB, headers={"Idempotency-Key": "K"}) for _ in range(8)),
    )

    assert len(await orders(db)) == 1
    assert {reply.status for reply in said} <= {202, 409}


async def test_creates_at_once_for_one_tray(portal: Client, db: Database) -> None:
    await laboratory(db)

    said = await asyncio.gather(*(portal.post(URL, json={**JOB, "trayNumber": "7"}) for _ in range(8)))

    assert [row[1:] for row in await orders(db)] == [("7", 7)]
    assert sorted(reply.status for reply in said) == [202, *[400] * 7]
    [winner] = [reply.json()["orderNumber"] for reply in said if reply.status == 202]
    assert {reply.body for reply in said if reply.status == 400} == {
        b'{"error":"Tray is already in use","details":["Order: %s"]}' % winner.encode()
    }


async def test_many_creates_at_once_have_numbers_and_trays_of_their_own(portal: Client, db: Database) -> None:
    await laboratory(db)

    said = await asyncio.gather(*(portal.post(URL, json=JOB) for _ in range(50)))

    assert {reply.status for reply in said} == {202}
    made = await orders(db)
    assert [int(row[0]) for row in made] == list(range(100_000, 100_050))
    assert sorted(row[2] for row in made) == list(range(1, 51))


async def test_a_customers_key_creates_for_that_customer_only(http: Client, key: MakeKey, db: Database) -> None:
    bound = http.using(await key("orders:write", customer="1001"))
    await make_customer(db, "2002")
    await make_order(db, "H2", customer="2002", tray="7")

    other = await bound.post(URL, json={**JOB, "customerNumber": "2002"})
    nobody = await bound.post(URL, json={**JOB, "customerNumber": "2003"})
    taken = await bound.post(URL, json={**JOB, "trayNumber": "7"})
    own = await bound.post(URL, json=JOB)

    assert other.body == b'{"error":"Customer does not exist","details":["Provided: 2002"]}'
    assert nobody.body == b'{"error":"Customer does not exist","details":["Provided: 2003"]}'
    assert taken.body == b'{"error":"Tray is already in use","details":[]}'
    assert own.status == 202


async def test_there_is_nothing_to_match(portal: Client, db: Database) -> None:
    await laboratory(db)

    got = await portal.post(URL, json=JOB, headers={"If-Match": '"1-1"'})

    assert got.json()["details"] == ["If-Match is not supported: the order does not exist yet"]
