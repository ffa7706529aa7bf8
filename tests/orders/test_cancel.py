"""Cancel an order: what it does, what it says, and every refusal, from rows in a database to the answer."""

from __future__ import annotations

import msgspec
import pytest

from tests.builders import (
    EARLIER,
    NOW,
    cancel,
    check_in,
    count,
    desk,
    execute,
    make_customer,
    make_key,
    make_order,
    make_reason,
    make_station,
    order,
    scanned,
    set_setting,
)
from traylane.access import keys
from traylane.access.actor import COMMAND_LINE, Actor, Unauthenticated
from traylane.clock import Instant
from traylane.db.database import Database, Sql
from traylane.db.ids import to_text
from traylane.errors import OrderChanged, Refused
from traylane.orders.cancel_rules import (
    AlreadyCancelled,
    AlreadyCompleted,
    CancelRequest,
    JobTrackerMissing,
    NoReasonsSetUp,
    ThroughNonCancelStation,
    UnknownReason,
)
from traylane.orders.change import Done
from traylane.orders.lookup import Kind, MoreThanOneRecord, RecordNotFound, Ref
from traylane.policy import catalogue


@pytest.mark.parametrize("given", ["72544", "00123", "123", "A/17"])
async def test_each_of_the_three_numbers_finds_the_order(db: Database, given: str) -> None:
    await make_order(db, "72544", tray="00123", po="A/17")

    done = await cancel(desk(db), given)

    assert isinstance(done, Done)
    assert (done.order.number, done.order.cancelled_at, done.message) == ("72544", NOW, "")


async def test_a_cancel_flags_the_order_and_changes_nothing_else(db: Database) -> None:
    await make_station(db, "RCV")
    await make_order(db, tray="00123", po="A/17", status="P", on_hold=True, scans=[scanned("RCV")], revision=4)
    before = await order(db)

    done = await cancel(desk(db))

    assert isinstance(done, Done)
    assert done.order == await order(db)
    assert done.order == msgspec.structs.replace(
        before,
        revision=5,
        cancelled_at=NOW,
        cancel_reason=None,
        cancel_actor="command line",
        cancel_station="RCV",
        cancel_override=False,
    )


async def test_a_cancel_is_one_event_in_the_same_commit(db: Database) -> None:
    await make_reason(db, "CUS")
    await set_setting(db, catalogue.REASON_REQUIRED, True)
    id_ = await make_order(db, "1001", tray="00123", customer="77", revision=4)

    await cancel(desk(db), reason="CUS")

    _, total, events = await desk(db).history(Ref("1001"), COMMAND_LINE, limit=10, offset=0)
    assert total == 1
    assert (events[0].subject, events[0].seq, events[0].type) == (id_, 5, "order.cancelled")
    assert (events[0].at, events[0].actor) == (NOW, "command line")
    assert msgspec.json.decode(events[0].data) == {
        "orderNumber": "1001",
        "customerNumber": "77",
        "trayNumber": "00123",
        "before": {"cancelled": False},
        "after": {"cancelled": True, "reason": "CUS", "station": None, "override": False},
    }


async def test_the_reason_is_stored_where_one_is_required(db: Database) -> None:
    await make_reason(db, "CUS")
    await set_setting(db, catalogue.REASON_REQUIRED, True)
    await make_order(db)

    await cancel(desk(db), reason="CUS")

    assert (await order(db)).cancel_reason == "CUS"


async def test_a_reason_that_nobody_asked_for_is_not_stored_and_the_message_says_so(db: Database) -> None:
    await make_reason(db, "CUS")
    await make_order(db)

    done = await cancel(desk(db), reason="CUS")

    assert isinstance(done, Done)
    assert done.order.cancel_reason is None
    assert done.message == (
        "deleteReason was ignored: the setting Orders1:Enter reason code when deleting order is off."
    )


@pytest.mark.parametrize(("status", "on_hold"), [("U", False), ("V", False), ("P", False), ("V", True), ("U", True)])
async def test_unvalid_and_held_orders_may_be_cancelled(db: Database, status: str, on_hold: bool) -> None:
    await make_order(db, status=status, on_hold=on_hold)

    await cancel(desk(db))

    found = await order(db)
    assert (found.is_cancelled, found.status, found.on_hold) == (True, status, on_hold)


async def test_no_such_order(db: Database) -> None:
    with pytest.raises(RecordNotFound) as refused:
        await cancel(desk(db), "72544")

    assert str(refused.value) == "No record found; Provided: 72544"


async def test_the_job_tracker_is_not_installed(db: Database) -> None:
    await set_setting(db, catalogue.JOB_TRACKER, False)
    await make_order(db)

    with pytest.raises(JobTrackerMissing):
        await cancel(desk(db))


async def test_an_order_is_cancelled_once(db: Database) -> None:
    await make_order(db, tray="123")
    await cancel(desk(db))

    for given in ("1001", "123"):
        with pytest.raises(AlreadyCancelled) as refused:
            await cancel(desk(db), given, now=Instant(NOW + 1))

    assert refused.value.evidence() == {
        "cancelled": "2026-11-02T09:15:00.000Z",
        "actor": "command line",
        "reason": None,
    }
    assert (await order(db)).revision == 2
    assert await count(db, "events") == 1


async def test_a_completed_order_cannot_be_cancelled_and_has_left_its_tray(db: Database) -> None:
    await make_order(db, tray="123", status="C")

    with pytest.raises(AlreadyCompleted):
        await cancel(desk(db))
    with pytest.raises(RecordNotFound):
        await cancel(desk(db), "123")


async def test_no_active_reason_is_set_up(db: Database) -> None:
    await make_reason(db, "OLD", active=False)
    await set_setting(db, catalogue.REASON_REQUIRED, True)
    await make_order(db)

    with pytest.raises(NoReasonsSetUp):
        await cancel(desk(db), reason="OLD")


@pytest.mark.parametrize(
    ("reason", "details"), [(None, "Provided: "), ("XXX", "Provided: XXX"), ("OLD", "Provided: OLD")]
)
async def test_the_reason_does_not_exist(db: Database, reason: str | None, details: str) -> None:
    await make_reason(db, "CUS")
    await make_reason(db, "OLD", active=False)
    await set_setting(db, catalogue.REASON_REQUIRED, True)
    await make_order(db)

    with pytest.raises(UnknownReason) as refused:
        await cancel(desk(db), reason=reason)

    assert refused.value.details() == [details]
    assert not (await order(db)).is_cancelled


async def test_the_history_holds_a_station_that_is_non_cancel_now(db: Database) -> None:
    await make_station(db, "GEN", non_cancel=True, sequence=30)
    await make_station(db, "QC")
    await make_order(db, status="P", scans=[scanned("GEN", non_cancel=False), scanned("QC")])

    with pytest.raises(ThroughNonCancelStation) as refused:
        await cancel(desk(db))

    assert refused.value.evidence() == {"station": "GEN", "scanned": "2026-11-01T08:00:00.000Z", "sequence": 30}


async def test_the_history_holds_a_station_that_was_non_cancel_when_scanned(db: Database) -> None:
    await make_station(db, "GEN", non_cancel=False, sequence=30)
    await make_order(db, status="P", scans=[scanned("QC"), scanned("GEN", non_cancel=True)])

    with pytest.raises(ThroughNonCancelStation) as refused:
        await cancel(desk(db))

    assert refused.value.data["station"] == "GEN"


async def test_a_station_that_is_gone_from_the_set_up_still_counts(db: Database) -> None:
    await make_order(db, status="P", scans=[scanned("GEN", non_cancel=True)])

    with pytest.raises(ThroughNonCancelStation) as refused:
        await cancel(desk(db))

    assert refused.value.evidence()["sequence"] is None


async def test_the_first_non_cancel_scan_is_the_evidence(db: Database) -> None:
    later = Instant(EARLIER + 1000)
    await make_station(db, "EDG", non_cancel=True, sequence=40)
    await make_order(db, status="P", scans=[scanned("RCV"), scanned("GEN", non_cancel=True), scanned("EDG", at=later)])

    with pytest.raises(ThroughNonCancelStation) as refused:
        await cancel(desk(db))

    assert (refused.value.data["station"], refused.value.data["at"]) == ("GEN", EARLIER)


async def test_a_station_that_becomes_non_cancel_counts_at_once(db: Database) -> None:
    await make_station(db, "GEN", non_cancel=False)
    await make_order(db, "1001", status="P", scans=[scanned("GEN")])
    await make_order(db, "1002", status="P", scans=[scanned("GEN")])
    at_the_desk = desk(db)
    await cancel(at_the_desk, "1001")

    await make_station(db, "GEN", non_cancel=True)

    with pytest.raises(ThroughNonCancelStation):
        await cancel(at_the_desk, "1002")


async def test_a_check_in_at_a_non_cancel_station_ends_what_may_be_cancelled(db: Database) -> None:
    await make_station(db, "GEN", non_cancel=True)
    await make_order(db)
    await check_in(desk(db), station="GEN")

    with pytest.raises(ThroughNonCancelStation):
        await cancel(desk(db))


async def test_an_ambiguous_po_changes_nothing(db: Database) -> None:
    for number in range(1, 13):
        await make_order(db, f"{number:02}", po="P1")
    await make_order(db, "99", po="P1", status="C")

    with pytest.raises(MoreThanOneRecord) as refused:
        await cancel(desk(db), "P1")

    assert refused.value.details() == ["Provided: P1", *[f"Order: {n:02}" for n in range(1, 11)], "and 2 more"]
    assert await count(db, "events") == 0


async def test_a_cancelled_and_an_active_order_with_one_po_are_ambiguous(db: Database) -> None:
    await make_order(db, "1", po="P1", cancelled_at=EARLIER)
    await make_order(db, "2", po="P1")

    with pytest.raises(MoreThanOneRecord):
        await cancel(desk(db), "P1")


async def test_the_message_says_when_the_identifier_fits_another_order_too(db: Database) -> None:
    await make_order(db, "55")
    await make_order(db, "2", tray="00055")

    done = await cancel(desk(db), "55")

    assert isinstance(done, Done)
    assert done.message == "55 is also the tray number of order 2."
    assert not (await order(db, "2")).is_cancelled


async def test_by_names_the_kind_that_is_meant(db: Database) -> None:
    await make_order(db, "55")
    await make_order(db, "2", tray="00055")

    done = await cancel(desk(db), "55", by=Kind.TRAY)

    assert isinstance(done, Done)
    assert (done.order.number, done.message) == ("2", "")


async def test_another_customers_order_does_not_exist(db: Database) -> None:
    await make_order(db, "1001", tray="5", po="P1", customer="77")

    for given in ("1001", "5", "P1"):
        with pytest.raises(RecordNotFound):
            await cancel(desk(db), given, customer="78")

    assert not (await order(db)).is_cancelled


async def test_the_entity_tag_that_the_caller_knows_must_be_the_current_one(db: Database) -> None:
    await make_order(db, revision=7)

    with pytest.raises(OrderChanged) as refused:
        await cancel(desk(db), if_match='"1001-6"')
    done = await cancel(desk(db), if_match='"1001-7"')

    assert refused.value.details() == ['Current: "1001-7"']
    assert isinstance(done, Done)
    assert done.order.tag == '"1001-8"'


async def test_the_entity_tag_is_asked_before_the_rules(db: Database) -> None:
    await make_order(db, cancelled_at=EARLIER, revision=2)

    with pytest.raises(OrderChanged):
        await cancel(desk(db), if_match='"1001-1"')
    with pytest.raises(AlreadyCancelled):
        await cancel(desk(db), if_match='"1001-2"')


async def test_a_dead_key_cancels_nothing(db: Database) -> None:
    await make_customer(db)
    await make_order(db)
    key, _ = await make_key(db)
    at_the_desk, actor = desk(db), keys.actor_of(key)
    await at_the_desk.find(Ref("1001"), actor)

    await db.write(lambda tx: keys.revoke(tx, provided=to_text(key.id), actor=COMMAND_LINE, now=NOW))

    with pytest.raises(Unauthenticated):
        await cancel(at_the_desk, actor=actor)
    assert not (await order(db)).is_cancelled


async def test_a_dry_run_says_everything_that_stands_in_the_way_and_writes_nothing(db: Database) -> None:
    await make_reason(db, "CUS")
    await set_setting(db, catalogue.REASON_REQUIRED, True)
    await make_order(db, cancelled_at=EARLIER, scans=[scanned("GEN", non_cancel=True)])
    at_the_desk = desk(db)

    verdict = await at_the_desk.foresee_cancel(Ref("1001"), CancelRequest("XXX"), COMMAND_LINE)
    await at_the_desk.close()

    assert [r.code for r in verdict.refusals] == ["already_cancelled", "unknown_reason", "non_cancel_station"]
    assert [await count(db, table) for table in ("events", "answers", "attempts")] == [0, 0, 0]


async def test_a_dry_run_of_what_is_allowed_brings_the_warnings(db: Database) -> None:
    await make_order(db, "55")
    await make_order(db, "2", po="55")

    verdict = await desk(db).foresee_cancel(Ref("55"), CancelRequest("XXX"), COMMAND_LINE)

    assert verdict.refusals == ()
    assert verdict.warnings == (
        "55 is also the PO number of order 2.",
        "deleteReason was ignored: the setting Orders1:Enter reason code when deleting order is off.",
    )


async def test_the_actor_is_an_argument(db: Database) -> None:
    await make_order(db)

    await cancel(desk(db), actor=Actor("portal", frozenset({"orders:cancel"})))

    assert (await order(db)).cancel_actor == "portal"
    assert (await execute(db, Sql.same("SELECT actor FROM events")))[0][0] == "portal"


async def test_a_refusal_changes_nothing(db: Database) -> None:
    await make_order(db, status="P", scans=[scanned("GEN", non_cancel=True)])
    before = await order(db)

    with pytest.raises(Refused):
        await cancel(desk(db))

    assert await order(db) == before
    assert await count(db, "events") == 0
