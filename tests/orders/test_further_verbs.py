"""What verbs beside the cancel can do: write the document, ask for more facts, change two orders or neither."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import msgspec
import pytest

from tests.builders import NOW, answer_of, bump_version, count, execute, fingerprint_of, make_order, order
from traylane.access.actor import COMMAND_LINE, Actor
from traylane.access.idempotency import Retry
from traylane.clock import Instant
from traylane.db.database import Database, Sql, Transaction
from traylane.errors import Refused
from traylane.orders.change import Companion, Done, Effect, Replayed, Request, Verb
from traylane.orders.desk import Desk
from traylane.orders.lookup import Kind, Ref
from traylane.orders.model import Order
from traylane.orders.store import find
from traylane.policy.model import Policy

HOLDERS = Sql.same("SELECT order_number, tray_key, revision FROM orders ORDER BY order_number")
EVENTS = Sql.same("SELECT type, seq FROM events ORDER BY type, seq")


class Taken(Refused):
    code = "taken"
    sentence = "Taken"
    is_final = True


class Give(msgspec.Struct, frozen=True):
    """Give the order a tray, away from whoever holds it."""

    tray: int
    holder: Order | None = None
    takes: bool = True


async def holders(tx: Transaction, policy: Policy, asked: Sequence[tuple[Order, Give]]) -> Sequence[Give]:
    _, found = await find(tx, [Ref(str(give.tray), by=Kind.TRAY) for _, give in asked], policy)
    return [
        msgspec.structs.replace(give, holder=hits[0].order if hits else None)
        for (_, give), hits in zip(asked, found, strict=True)
    ]


def judge(order: Order, give: Give, policy: Policy) -> Refused | None:
    return Taken() if give.holder is not None and not give.takes else None


def hand_over(order: Order, give: Give, policy: Policy, actor: Actor, now: Instant) -> Effect:
    also: tuple[Companion, ...] = ()
    if give.holder is not None:
        also = (Companion(order=give.holder, columns={"tray_key": None}, event="test.lost", fields={}),)
    return Effect(columns={"tray_key": give.tray, "tray_number": str(give.tray)}, event={}, also=also)


GIVE: Verb[Give] = Verb(
    event="test.given",
    columns=("tray_number", "tray_key"),
    judge=judge,
    effect=hand_over,
    whole=True,
    further=holders,
)
NOTE: Verb[str] = Verb(
    event="test.noted",
    columns=("po_number",),
    judge=lambda order, asked, policy: None,
    effect=lambda order, asked, policy, actor, now: Effect(
        columns={"po_number": asked or order.po}, details='{"frameA":52}' if asked else None, event={}
    ),
    details=True,
)


def a_desk(db: Database) -> Desk:
    return Desk(db=db, clock=lambda: NOW, verbs=(GIVE, NOTE))


async def give(desk: Desk, number: str, asked: Give, *, key: str | None = None) -> Done | Replayed:
    retry = None if key is None else Retry("portal", key, fingerprint_of(number))
    request = Request(Ref(number, by=Kind.ORDER), asked, COMMAND_LINE, NOW, retry=retry, present=answer_of)
    return await desk.change(GIVE, request)


@pytest.mark.parametrize("keys", [(None,), ("K1",), (None, None, None)], ids=["one", "with a key", "a batch"])
async def test_a_change_may_write_the_document_anew(db: Database, keys: Sequence[str | None]) -> None:
    numbers = [str(n) for n in range(len(keys))]
    for number in numbers:
        await make_order(db, number, details={"frameB": 40} if number == "0" else None)
    desk = a_desk(db)

    requests = [
        Request(Ref(n), "P9", COMMAND_LINE, NOW, retry=k and Retry("portal", k, fingerprint_of(n)))  # type: ignore[arg-type]
        for n, k in zip(numbers, keys, strict=True)
    ]
    done = await asyncio.gather(*(desk.change(NOTE, request) for request in requests))

    found = [await order(db, number) for number in numbers]
    assert [d.order for d in done if isinstance(d, Done)] == found
    assert {(o.po, o.details, o.revision) for o in found} == {("P9", '{"frameA":52}', 2)}


async def test_a_change_may_leave_the_document_as_it_is(db: Database) -> None:
    await make_order(db, po="P1", details={"frameB": 40})

    await a_desk(db).change(NOTE, Request(Ref("1001"), "", COMMAND_LINE, NOW))

    assert ((await order(db)).po, (await order(db)).details) == ("P1", '{"frameB":40}')


async def test_two_orders_change_in_one_commit(db: Database) -> None:
    await make_order(db, "A", tray="7")
    await make_order(db, "B")

    done = await give(a_desk(db), "B", Give(7), key="K1")

    assert isinstance(done, Done)
    assert done.order == await order(db, "B")
    assert [tuple(row) for row in await execute(db, HOLDERS)] == [("A", None, 2), ("B", 7, 2)]
    assert [tuple(row) for row in await execute(db, EVENTS)] == [("test.given", 2), ("test.lost", 2)]
    assert isinstance(await give(a_desk(db), "B", Give(7), key="K1"), Replayed)


async def test_of_many_at_once_one_gets_the_tray_and_the_others_are_told(db: Database) -> None:
    for number in "ABCDEFGH":
        await make_order(db, number)
    desks = [a_desk(db), a_desk(db)]

    said = await asyncio.gather(
        *(give(desks[i % 2], number, Give(7, takes=False)) for i, number in enumerate("ABCDEFGH")),
        return_exceptions=True,
    )

    assert sorted(type(one).__name__ for one in said) == ["Done", *["Taken"] * 7]
    assert await count(db, "events") == 1


async def test_a_tray_that_goes_from_hand_to_hand_has_one_holder_at_a_time(db: Database) -> None:
    for number in "ABCDEFGH":
        await make_order(db, number)
    desks = [a_desk(db), a_desk(db)]

    said = await asyncio.gather(*(give(desks[i % 2], number, Give(7)) for i, number in enumerate("ABCDEFGH")))

    assert {type(one) for one in said} == {Done}
    events = [tuple(row) for row in await execute(db, EVENTS)]
    assert (events.count(("test.given", 2)), sum(kind == "test.lost" for kind, _ in events)) == (8, 7)


async def test_a_configuration_that_moved_is_judged_again(db: Database) -> None:
    await make_order(db, "B")
    desk = a_desk(db)
    await desk.rulebook.refresh(db)
    await bump_version(db)

    done = await give(desk, "B", Give(7))

    assert isinstance(done, Done)
    assert done.policy.version == desk.rulebook.book.version
