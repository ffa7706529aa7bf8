"""Check an order in: one scan, one event, and every refusal."""

from __future__ import annotations

import msgspec
import pytest

from tests.builders import (
    EARLIER,
    NOW,
    check_in,
    count,
    desk,
    execute,
    make_order,
    make_station,
    order,
    scanned,
    set_setting,
)
from traylane.access.actor import COMMAND_LINE
from traylane.db.database import Database, Sql
from traylane.orders.change import Done
from traylane.orders.lookup import Ref
from traylane.policy import catalogue
from traylane.tracking.checkin_rules import (
    CheckInRefused,
    JobTrackerMissing,
    OperatorNotFound,
    OperatorRequired,
    OrderAmbiguous,
    OrderCancelled,
    OrderCompleted,
    OrderNotFound,
    OrderOnHold,
    OrderUnvalid,
    StationNotFound,
)

SCANS = Sql.same("SELECT seq, station, operator, at, non_cancel FROM scans ORDER BY seq")


async def test_a_scan_is_a_place_in_the_history_and_where_the_order_is_now(db: Database) -> None:
    await make_station(db, "RCV")
    await make_order(db, tray="123")

    done = await check_in(desk(db), "123", "RCV")

    found = await order(db)
    assert isinstance(done, Done)
    assert done.order == found
    assert (found.status, found.station, found.station_at, found.scan_count, found.revision) == ("P", "RCV", NOW, 1, 2)
    assert [tuple(row) for row in await execute(db, SCANS)] == [(1, "RCV", None, NOW, False)]


async def test_the_next_scan_takes_the_next_place(db: Database) -> None:
    await make_station(db, "GEN", non_cancel=True)
    await make_station(db, "TAL", is_operator=True)
    await make_order(db, status="P", scans=[scanned("RCV"), scanned("QC")])

    await check_in(desk(db), station="GEN", operator="TAL")

    rows = [tuple(row) for row in await execute(db, SCANS)]
    assert rows[2:] == [(3, "GEN", "TAL", NOW, True)]
    assert (await order(db)).scan_count == 3


async def test_a_scan_is_one_event(db: Database) -> None:
    await make_station(db, "GEN", non_cancel=True)
    await make_station(db, "TAL", is_operator=True)
    await make_order(db, tray="123", customer="77")

    await check_in(desk(db), station="GEN", operator="TAL")

    _, total, events = await desk(db).history(Ref("1001"), COMMAND_LINE, limit=10, offset=0)
    assert (total, events[0].type, events[0].seq) == (1, "order.checked_in", 2)
    assert msgspec.json.decode(events[0].data) == {
        "orderNumber": "1001",
        "customerNumber": "77",
        "trayNumber": "123",
        "before": {"status": "V", "station": None},
        "after": {"status": "P", "station": "GEN", "scan": 1, "operator": "TAL", "nonCancel": True},
    }


async def test_the_module_is_asked_for_first(db: Database) -> None:
    await set_setting(db, catalogue.JOB_TRACKER, False)

    with pytest.raises(JobTrackerMissing):
        await check_in(desk(db), "nope", "NOPE")


async def test_the_station_is_asked_for_before_the_order(db: Database) -> None:
    with pytest.raises(StationNotFound):
        await check_in(desk(db), "nope", "NOPE")


async def test_the_order_is_not_found_in_the_words_of_a_check_in(db: Database) -> None:
    await make_station(db)

    with pytest.raises(OrderNotFound) as refused:
        await check_in(desk(db), "nope")

    assert str(refused.value) == "Checkin not performed; Order not found"


async def test_an_ambiguous_po_is_told_in_the_details(db: Database) -> None:
    await make_station(db)
    await make_order(db, "1", po="P1")
    await make_order(db, "2", po="P1")

    with pytest.raises(OrderAmbiguous) as refused:
        await check_in(desk(db), "P1")

    assert refused.value.details() == ["More than one record found", "Provided: P1", "Order: 1", "Order: 2"]


async def test_the_operator_does_not_exist(db: Database) -> None:
    await make_station(db)
    await make_order(db)

    with pytest.raises(OperatorNotFound):
        await check_in(desk(db), operator="TAL")


async def test_the_station_requires_an_operator(db: Database) -> None:
    await make_station(db, requires_operator=True)
    await make_order(db)

    with pytest.raises(OperatorRequired):
        await check_in(desk(db))


async def test_a_completed_order_is_not_checked_in(db: Database) -> None:
    await make_station(db)
    await make_order(db, status="C")

    with pytest.raises(OrderCompleted):
        await check_in(desk(db))


async def test_an_unvalid_order_is_not_checked_in(db: Database) -> None:
    await make_station(db)
    await make_order(db, status="U")

    with pytest.raises(OrderUnvalid):
        await check_in(desk(db))


async def test_a_held_order_is_not_checked_in(db: Database) -> None:
    await make_station(db)
    await make_order(db, on_hold=True)

    with pytest.raises(OrderOnHold):
        await check_in(desk(db))


async def test_a_cancelled_order_is_not_checked_in(db: Database) -> None:
    await make_station(db)
    await make_order(db, cancelled_at=EARLIER, revision=2)

    with pytest.raises(OrderCancelled) as refused:
        await check_in(desk(db))

    assert refused.value.details() == ["Order marked for cancelation"]
    assert [await count(db, table) for table in ("scans", "events")] == [0, 0]
    assert (await order(db)).revision == 2


async def test_a_retired_station_and_an_operator_are_no_stations(db: Database) -> None:
    await make_station(db, "OFF", active=False)
    await make_station(db, "TAL", is_operator=True)
    await make_order(db)

    for code in ("OFF", "TAL"):
        with pytest.raises(CheckInRefused) as refused:
            await check_in(desk(db), station=code)

    assert refused.value.details() == ["Station not found"]
