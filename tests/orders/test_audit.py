"""The audit finds nothing in a laboratory that worked by its rules, and names each invariant whose fault is planted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from tests.builders import (
    A_DAY,
    NOW,
    cancel,
    change,
    check_in,
    desk,
    execute,
    make_customer,
    make_reason,
    make_station,
    restore,
)
from traylane.clock import Instant
from traylane.db.database import Database, Sql
from traylane.db.ids import new_id
from traylane.events import seal
from traylane.orders.audit import Audit, audit
from traylane.orders.complete import COMPLETE
from traylane.orders.complete_rules import CompleteRequest
from traylane.orders.create import CREATE
from traylane.orders.create_rules import CreateRequest
from traylane.orders.details import Details
from traylane.orders.dispose import DISPOSE
from traylane.orders.disposition import Disposition, Part
from traylane.orders.disposition_rules import DispositionRequest
from traylane.orders.invariants import INVARIANTS

CANCELLED, COMPLETED, CUT = "100000", "100001", "100002"
STOCK = Disposition(rt=Part("stock"))
Plant = Callable[[Database], Awaitable[object]]


async def laboratory(db: Database) -> None:
    """Three orders: one cancelled, restored and cancelled again with its lens put back, one completed, one cut."""
    await make_customer(db)
    await make_reason(db)
    await make_station(db, "RCV")
    await make_station(db, "GEN", non_cancel=True)
    at = desk(db)
    for tray in ("1", "2", "3"):
        await change(at, CREATE, "", CreateRequest(customer="1001", po="", details=Details(jobType="F"), tray=tray))
    for number, stations in ((CANCELLED, ("RCV",)), (COMPLETED, ("RCV", "GEN")), (CUT, ("GEN",))):
        for station in stations:
            await check_in(at, number, station)
    await cancel(at, CANCELLED, reason="CUS")
    await restore(at, CANCELLED)
    await cancel(at, CANCELLED, reason="CUS")
    await change(at, DISPOSE, CANCELLED, DispositionRequest(STOCK))
    await change(at, COMPLETE, COMPLETED, CompleteRequest())
    if not db.seals_on_write:
        await db.write(lambda tx: seal.seal_some(tx, new_id(NOW)))


async def audited(db: Database) -> Audit:
    return await audit(db, ZoneInfo("UTC"), until=Instant(NOW + A_DAY))


def text(statement: str) -> Plant:
    return lambda db: execute(db, Sql.same(statement))


def forged(number: str, type_: str, before: Any, after: Any) -> Plant:
    """One more event of an order, as if somebody had written it, without a look at the rules."""

    async def plant(db: Database) -> None:
        data = {"orderNumber": number, "customerNumber": "1001", "trayNumber": "", "before": before, "after": after}
        await execute(db, _FORGE, new_id(NOW), type_, NOW, msgspec.json.encode(data).decode(), number)
        await execute(db, Sql.same("UPDATE orders SET revision = revision + 1 WHERE order_number = $1"), number)

    return plant


async def shared_tray(db: Database) -> None:
    await execute(db, Sql.same("DROP INDEX uq_orders_tray_key"))
    await execute(db, Sql.same(f"UPDATE orders SET tray_key = 3 WHERE order_number = '{CANCELLED}'"))


async def edited(db: Database) -> None:
    await execute(db, Sql(sqlite="DROP TRIGGER events_keep", postgres="DROP TRIGGER events_keep ON events"))
    await execute(db, Sql.same("UPDATE events SET actor = 'nobody' WHERE type = 'order.created'"))


_FORGE = Sql(
    sqlite="INSERT INTO events (id, type, at, data, subject_id, seq, actor)"
    " SELECT ?1, ?2, ?3, ?4, id, revision + 1, 'forger' FROM orders WHERE order_number = ?5",
    postgres="INSERT INTO events (id, type, at, data, subject_id, seq, actor)"
    " SELECT $1::bytea, $2::text, $3::bigint, $4::text, id, revision + 1, 'forger' FROM orders WHERE order_number = $5",
)
_FLAGGED = {"cancelled": True, "reason": "CUS", "station": "GEN", "override": False}
FAULTS: dict[str, Plant] = {
    "revision_counts_the_events": text(f"UPDATE orders SET revision = revision + 1 WHERE order_number = '{CUT}'"),
    "scan_count_counts_the_scans": text("DELETE FROM scans WHERE station = 'RCV'"),
    "scans_are_told": text("UPDATE scans SET non_cancel = NOT non_cancel WHERE station = 'GEN'"),
    "events_lead_to_the_row": text(f"UPDATE orders SET on_hold = true WHERE order_number = '{CUT}'"),
    "events_follow_each_other": forged(CUT, "order.held", {"onHold": True}, {"onHold": True}),
    "no_cancel_past_a_non_cancel_station": forged(CUT, "order.cancelled", {"cancelled": False}, _FLAGGED),
    "no_completed_order_is_cancelled": forged(COMPLETED, "order.cancelled", {"cancelled": False}, _FLAGGED),
    "nothing_is_done_to_what_is_gone": forged(CANCELLED, "order.held", {"onHold": False}, {"onHold": True}),
    "dispositions_are_posted_once": forged(CANCELLED, "order.disposed", {}, {"disposition": {"rt": {"kind": "stock"}}}),
    "no_tray_has_two_holders": shared_tray,
    "tray_events_lead_to_the_holders": text("DELETE FROM tray_events WHERE tray_key = 3"),
    "orders_told_of_are_there": text(f"DELETE FROM orders WHERE order_number = '{CUT}'"),
    "report_counts_the_events": text("UPDATE orders SET customer_number = '1002'"),
    "seal_is_whole": edited,
}


async def test_nothing_is_found_where_all_went_by_the_rules(db: Database) -> None:
    await laboratory(db)

    found = await audited(db)

    assert (found.orders, found.scans, found.events, found.broken) == (3, 4, 12, ())


@pytest.mark.parametrize("invariant", FAULTS)
async def test_each_planted_fault_is_named(db: Database, invariant: str) -> None:
    await laboratory(db)
    await FAULTS[invariant](db)

    assert invariant in [check.invariant for check in (await audited(db)).broken]


async def test_every_invariant_has_its_fault(db: Database) -> None:
    names = [check.invariant for check in (await audited(db)).checks]

    assert names == list(FAULTS)
    assert names[: len(INVARIANTS)] == [invariant.__name__ for invariant in INVARIANTS]
