"""R11, the Idempotency-Key table as far as the desk decides it: every case of the contract and of the IETF draft."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import msgspec
import pytest

from tests.builders import (
    EARLIER,
    NOW,
    answer_of,
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
from traylane.access.actor import COMMAND_LINE, Unauthenticated
from traylane.access.idempotency import KeyInUse, KeyReused
from traylane.clock import HOUR, Instant
from traylane.db.database import Database, Sql
from traylane.db.ids import to_text
from traylane.errors import OrderChanged, Refused
from traylane.orders.change import Done, Replayed
from traylane.policy import catalogue

ANSWERS = Sql.same("SELECT integrator, key, order_id, at, answer FROM answers ORDER BY integrator, key")


async def test_a_new_key_is_stored_with_the_effect(db: Database) -> None:
    id_ = await make_order(db)

    done = await cancel(desk(db), key="k1")

    assert isinstance(done, Done)
    assert [tuple(row) for row in await execute(db, ANSWERS)] == [("portal", "k1", id_, NOW, answer_of(done))]


async def test_the_same_request_again_gets_the_same_bytes_and_does_nothing(db: Database) -> None:
    await make_order(db)
    at_the_desk = desk(db)
    done = await cancel(at_the_desk, key="k1")

    again = await cancel(at_the_desk, key="k1", now=Instant(NOW + 5))

    assert isinstance(done, Done)
    assert again == Replayed(answer_of(done))
    assert (await order(db)).revision == 2
    assert await count(db, "events") == 1
    assert await count(db, "attempts") == 0


async def test_a_check_in_with_a_key_is_one_scan(db: Database) -> None:
    await make_station(db)
    await make_order(db)
    at_the_desk = desk(db)

    for _ in range(3):
        await check_in(at_the_desk, key="k1")

    assert [await count(db, table) for table in ("scans", "events", "answers")] == [1, 1, 1]


async def test_without_a_key_a_check_in_is_a_scan_each_time(db: Database) -> None:
    await make_station(db)
    await make_order(db)
    at_the_desk = desk(db)

    for _ in range(3):
        await check_in(at_the_desk)

    assert [await count(db, table) for table in ("scans", "events", "answers")] == [3, 3, 0]


async def test_another_desk_repeats_the_answer_too(db: Database) -> None:
    await make_order(db)
    done = await cancel(desk(db), key="k1")

    assert isinstance(done, Done)
    assert await cancel(desk(db), key="k1") == Replayed(answer_of(done))


async def test_the_key_with_another_request_is_refused_and_changes_nothing(db: Database) -> None:
    await make_order(db, "1001")
    await make_order(db, "1002")
    await cancel(desk(db), "1001", key="k1")

    with pytest.raises(KeyReused):
        await cancel(desk(db), "1002", key="k1")

    assert not (await order(db, "1002")).is_cancelled
    assert await count(db, "answers") == 1


async def test_keys_are_compared_exactly(db: Database) -> None:
    for number in ("1001", "1002", "1003"):
        await make_order(db, number)

    for number, key in (("1001", "k"), ("1002", "K"), ("1003", "k ")):
        await cancel(desk(db), number, key=key)

    assert await count(db, "events") == 3


async def test_each_integrator_has_keys_of_its_own(db: Database) -> None:
    await make_order(db, "1001")
    await make_order(db, "1002")

    await cancel(desk(db), "1001", key="k1", integrator="portal")
    done = await cancel(desk(db), "1002", key="k1", integrator="floor")

    assert isinstance(done, Done)
    assert [row[0] for row in await execute(db, ANSWERS)] == ["floor", "portal"]


async def test_the_first_request_with_the_key_is_still_under_way(db: Database) -> None:
    await make_order(db)
    at_the_desk = desk(db)

    outcomes = await asyncio.gather(*[cancel(at_the_desk, key="k1") for _ in range(5)], return_exceptions=True)

    assert [type(outcome) for outcome in outcomes] == [Done, KeyInUse, KeyInUse, KeyInUse, KeyInUse]
    assert await count(db, "events") == 1


async def test_once_it_is_no_longer_under_way_the_key_can_be_used(db: Database) -> None:
    await make_order(db)
    at_the_desk = desk(db)
    await asyncio.gather(*[cancel(at_the_desk, key="k1") for _ in range(2)], return_exceptions=True)

    assert isinstance(await cancel(at_the_desk, key="k1"), Replayed)


Prepare = Callable[[Database], Awaitable[None]]


async def nothing_there(db: Database) -> None:
    """No order at all."""


async def two_with_the_po(db: Database) -> None:
    await make_order(db, "1", po="1001")
    await make_order(db, "2", po="1001")


async def no_tracker(db: Database) -> None:
    await make_order(db)
    await set_setting(db, catalogue.JOB_TRACKER, False)


async def cancelled(db: Database) -> None:
    await make_order(db, cancelled_at=EARLIER)


async def completed(db: Database) -> None:
    await make_order(db, status="C")


async def no_reasons(db: Database) -> None:
    await make_order(db)
    await set_setting(db, catalogue.REASON_REQUIRED, True)


async def another_reason(db: Database) -> None:
    await no_reasons(db)
    await make_reason(db, "CUS")


async def generated(db: Database) -> None:
    await make_order(db, status="P", scans=[scanned("GEN", non_cancel=True)])


STORED = [
    (nothing_there, "not_found"),
    (two_with_the_po, "ambiguous"),
    (no_tracker, "job_tracker_missing"),
    (cancelled, "already_cancelled"),
    (completed, "already_completed"),
    (no_reasons, "no_reasons"),
    (another_reason, "unknown_reason"),
    (generated, "non_cancel_station"),
]


@pytest.mark.parametrize(("prepare", "code"), STORED)
async def test_a_refusal_is_the_outcome_and_is_repeated(db: Database, prepare: Prepare, code: str) -> None:
    await prepare(db)
    at_the_desk = desk(db)

    with pytest.raises(Refused) as refused:
        await cancel(at_the_desk, "1001", reason="XXX", key="k1")

    assert refused.value.code == code
    assert await cancel(at_the_desk, "1001", reason="XXX", key="k1") == Replayed(answer_of(refused.value))


async def test_a_stored_refusal_is_repeated_although_it_would_be_allowed_by_now(db: Database) -> None:
    await no_tracker(db)
    with pytest.raises(Refused) as refused:
        await cancel(desk(db), key="k1")

    await set_setting(db, catalogue.JOB_TRACKER, True)

    assert await cancel(desk(db), key="k1") == Replayed(answer_of(refused.value))
    assert isinstance(await cancel(desk(db), key="k2"), Done)


async def test_order_has_changed_is_not_stored(db: Database) -> None:
    await make_order(db, revision=3)
    at_the_desk = desk(db)

    with pytest.raises(OrderChanged):
        await cancel(at_the_desk, key="k1", if_match='"1001-2"')

    assert await count(db, "answers") == 0
    assert isinstance(await cancel(at_the_desk, key="k1", if_match='"1001-3"'), Done)


async def test_not_being_let_in_is_not_stored(db: Database) -> None:
    await make_customer(db)
    await make_order(db)
    key, _ = await make_key(db, expires_at=NOW)

    with pytest.raises(Unauthenticated):
        await cancel(desk(db), key="k1", actor=keys.actor_of(key))

    assert await count(db, "answers") == 0


async def test_the_answer_is_repeated_before_the_entity_tag_is_asked(db: Database) -> None:
    await make_order(db, revision=3)
    await cancel(desk(db), key="k1", if_match='"1001-3"')

    assert isinstance(await cancel(desk(db), key="k1", if_match='"1001-3"'), Replayed)


async def test_nobody_who_would_not_be_let_in_now_gets_a_stored_answer(db: Database) -> None:
    await make_order(db)
    key, _ = await make_key(db)
    at_the_desk, actor = desk(db), keys.actor_of(key)
    await cancel(at_the_desk, key="k1", actor=actor)

    await db.write(lambda tx: keys.revoke(tx, provided=to_text(key.id), actor=COMMAND_LINE, now=NOW))

    with pytest.raises(Unauthenticated):
        await cancel(at_the_desk, key="k1", actor=actor)


async def test_the_integrators_next_key_gets_the_answer_of_its_last_one(db: Database) -> None:
    await make_order(db)
    old, _ = await make_key(db, "portal")
    new, _ = await make_key(db, "portal")
    await cancel(desk(db), key="k1", actor=keys.actor_of(old))

    await db.write(lambda tx: keys.revoke(tx, provided=to_text(old.id), actor=COMMAND_LINE, now=NOW))

    assert isinstance(await cancel(desk(db), key="k1", actor=keys.actor_of(new)), Replayed)


async def test_an_answer_is_kept_for_96_hours(db: Database) -> None:
    await make_order(db)
    await cancel(desk(db), key="k1")

    assert isinstance(await cancel(desk(db), key="k1", now=Instant(NOW + 96 * HOUR)), Replayed)


async def test_after_96_hours_the_key_is_new(db: Database) -> None:
    await make_order(db, "1001")
    await make_order(db, "1002")
    await cancel(desk(db), "1001", key="k1")

    later = Instant(NOW + 96 * HOUR + 1)
    done = await cancel(desk(db), "1002", key="k1", now=later)

    assert isinstance(done, Done)
    assert [row[3] for row in await execute(db, ANSWERS)] == [later]


async def test_old_answers_are_tidied_away(db: Database) -> None:
    await make_order(db, "1001")
    await make_order(db, "1002")
    await cancel(desk(db), "1001", key="old")
    await cancel(desk(db), "1002", key="new", now=Instant(NOW + 2))

    await desk(db).tidy(Instant(NOW + 96 * HOUR + 1))

    assert [row[1] for row in await execute(db, ANSWERS)] == ["new"]


async def test_a_request_without_a_key_stores_nothing(db: Database) -> None:
    await make_order(db)

    await cancel(desk(db))

    assert await count(db, "answers") == 0


async def test_a_client_that_hung_up_finds_the_answer(db: Database) -> None:
    await make_order(db)
    at_the_desk = desk(db)
    asking = asyncio.create_task(cancel(at_the_desk, key="k1"))
    await asyncio.sleep(0)

    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    await at_the_desk.close()

    again = await cancel(at_the_desk, key="k1")
    assert isinstance(again, Replayed)
    assert msgspec.json.decode(again.answer) == [200, "1001", 2, ""]
    assert await count(db, "events") == 1


async def test_a_long_key_and_a_long_integrator_are_kept_whole(db: Database) -> None:
    await make_order(db)

    await cancel(desk(db), key="~" * 255, integrator="ä" * 40)

    assert [(row[0], row[1]) for row in await execute(db, ANSWERS)] == [("ä" * 40, "~" * 255)]
