"""Facts, rules, guarded write: what changes between look and write is seen, and judged again by id."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

import asyncpg
import pytest

from tests.builders import NOW, bump_version, cancel, count, desk, execute, make_order, make_reason, order
from traylane.access.actor import COMMAND_LINE
from traylane.db.database import Database, Sql
from traylane.errors import Busy, OrderChanged, Refused
from traylane.events import names
from traylane.orders.cancel import CANCEL, first_refusal
from traylane.orders.cancel_rules import AlreadyCancelled, CancelRequest, ThroughNonCancelStation, UnknownReason
from traylane.orders.change import Done, Replayed, Request, Verb
from traylane.orders.desk import Desk
from traylane.orders.lookup import Ref
from traylane.orders.model import Order
from traylane.policy.model import Policy

Meanwhile = Callable[[asyncpg.Connection, int], Coroutine[Any, Any, object]]


def interrupted(url: str, meanwhile: Meanwhile) -> Verb[CancelRequest]:
    """A cancel whose judge is so slow that `meanwhile` happens between look and write; told which try it is."""
    tries = 0

    async def elsewhere() -> None:
        link = await asyncpg.connect(url)
        await meanwhile(link, tries)
        await link.close()

    def judge(order: Order, request: CancelRequest, policy: Policy) -> Refused | None:
        nonlocal tries
        tries += 1
        thread = threading.Thread(target=lambda: asyncio.run(elsewhere()))
        thread.start()
        thread.join()
        return first_refusal(order, request, policy)

    return replace(CANCEL, judge=judge)


async def interrupted_cancel(
    db: Database, url: str, meanwhile: Meanwhile, given: str = "1001", *, if_match: str | None = None
) -> Done | Replayed:
    verb = interrupted(url, meanwhile)
    at_the_desk = Desk(db=db, clock=lambda: NOW, verbs=(verb,))
    tags = None if if_match is None else frozenset({if_match})
    return await at_the_desk.change(verb, Request(Ref(given), CancelRequest(), COMMAND_LINE, NOW, if_match=tags))


async def test_a_revision_that_moved_is_judged_again(postgres: Database, postgres_url: str) -> None:
    await make_order(postgres)

    async def hold_once(link: asyncpg.Connection, tries: int) -> None:
        if tries == 1:
            await link.execute("UPDATE orders SET on_hold = true, revision = revision + 1")

    done = await interrupted_cancel(postgres, postgres_url, hold_once)

    assert isinstance(done, Done)
    assert (done.order.on_hold, done.order.revision) == (True, 3)
    assert done.order == await order(postgres)


async def test_a_scan_in_between_is_seen(postgres: Database, postgres_url: str) -> None:
    await make_order(postgres)

    async def scan(link: asyncpg.Connection, tries: int) -> None:
        await link.execute("INSERT INTO scans SELECT id, 1, 'GEN', NULL, 5, true FROM orders ON CONFLICT DO NOTHING")
        await link.execute("UPDATE orders SET revision = 2 WHERE revision = 1")

    with pytest.raises(ThroughNonCancelStation):
        await interrupted_cancel(postgres, postgres_url, scan)

    assert await count(postgres, "events") == 0


async def test_a_policy_that_changed_in_between_is_seen(postgres: Database, postgres_url: str) -> None:
    await make_order(postgres)
    await make_reason(postgres, "CUS")

    async def require_reasons(link: asyncpg.Connection, tries: int) -> None:
        if tries == 1:
            await link.execute(
                "INSERT INTO settings VALUES ('Orders1:Enter reason code when deleting order', 'true');"
                "UPDATE config SET version = version + 1"
            )

    with pytest.raises(UnknownReason):
        await interrupted_cancel(postgres, postgres_url, require_reasons)

    assert not (await order(postgres)).is_cancelled


async def test_another_cancel_in_between_was_first(postgres: Database, postgres_url: str) -> None:
    await make_order(postgres)

    async def cancel_it(link: asyncpg.Connection, tries: int) -> None:
        await link.execute("UPDATE orders SET cancelled_at = 5, cancel_actor = 'x', revision = 2 WHERE revision = 1")

    with pytest.raises(AlreadyCancelled):
        await interrupted_cancel(postgres, postgres_url, cancel_it)


async def test_judging_again_goes_by_id_although_the_tray_went_to_another_order(
    postgres: Database, postgres_url: str
) -> None:
    await make_order(postgres, "1001", tray="7")
    await make_order(postgres, "1002")

    async def give_the_tray_away(link: asyncpg.Connection, tries: int) -> None:
        if tries == 1:
            await link.execute("UPDATE orders SET tray_key = NULL, revision = 2 WHERE order_number = '1001'")
            await link.execute("UPDATE orders SET tray_key = 7, tray_number = '7' WHERE order_number = '1002'")

    done = await interrupted_cancel(postgres, postgres_url, give_the_tray_away, "7")

    assert isinstance(done, Done)
    assert done.order.number == "1001"
    assert not (await order(postgres, "1002")).is_cancelled


async def test_the_entity_tag_is_asked_again(postgres: Database, postgres_url: str) -> None:
    await make_order(postgres)

    async def hold(link: asyncpg.Connection, tries: int) -> None:
        await link.execute("UPDATE orders SET on_hold = true, revision = 2 WHERE revision = 1")

    with pytest.raises(OrderChanged) as refused:
        await interrupted_cancel(postgres, postgres_url, hold, if_match='"1001-1"')

    assert refused.value.details() == ['Current: "1001-2"']


@pytest.mark.parametrize(
    "what", ["UPDATE orders SET revision = revision + 1", "UPDATE config SET version = version + 1"]
)
async def test_what_keeps_changing_is_busy_and_nothing_was_done(
    postgres: Database, postgres_url: str, what: str
) -> None:
    await make_order(postgres)
    judged = 0

    async def change_again(link: asyncpg.Connection, tries: int) -> None:
        nonlocal judged
        judged = tries
        await link.execute(what)

    with pytest.raises(Busy) as refused:
        await interrupted_cancel(postgres, postgres_url, change_again)

    assert judged == 6  # once, and five times again
    assert refused.value.details() == ["Nothing was done; try again"]
    assert not (await order(postgres)).is_cancelled
    assert await count(postgres, "events") == 0


async def test_a_changed_policy_that_allows_it_still_is_no_obstacle(db: Database) -> None:
    await make_order(db)
    at_the_desk = desk(db)
    await at_the_desk.find(Ref("1001"), COMMAND_LINE)

    await bump_version(db)

    assert isinstance(await cancel(at_the_desk), Done)
    assert at_the_desk.rulebook.book.version == 2


async def test_what_a_caller_gets_is_what_is_in_the_database(db: Database) -> None:
    for number in range(20):
        await make_order(db, str(number), tray=str(number), revision=number + 1)
    at_the_desk = desk(db)

    outcomes = await asyncio.gather(*[cancel(at_the_desk, str(number)) for number in range(20)])

    assert [outcome.order for outcome in outcomes if isinstance(outcome, Done)] == [
        await order(db, str(number)) for number in range(20)
    ]


async def test_state_and_event_of_one_commit_have_the_same_number(db: Database) -> None:
    await make_order(db, revision=41)

    await cancel(desk(db))

    rows = await execute(
        db, Sql.same("SELECT o.revision, e.seq, e.type FROM orders o, events e WHERE e.subject_id = o.id")
    )
    assert [tuple(row) for row in rows] == [(42, 42, names.ORDER_CANCELLED)]
