"""Changes in the lane behind: those that somebody waits for go first, and do not stop it altogether."""

from __future__ import annotations

import asyncio

from tests.builders import NOW, cancel, desk, make_orders
from traylane.access.actor import COMMAND_LINE
from traylane.db.database import Database
from traylane.orders.cancel import CANCEL
from traylane.orders.cancel_rules import CancelRequest
from traylane.orders.change import Done, Replayed, Request
from traylane.orders.desk import Desk
from traylane.orders.lookup import Ref


def behind(at_the_desk: Desk, number: str) -> asyncio.Task[Done | Replayed]:
    request = Request(ref=Ref(number), asked=CancelRequest(), actor=COMMAND_LINE, now=NOW)
    return asyncio.ensure_future(at_the_desk.change(CANCEL, request, behind=True))


async def test_a_single_cancel_does_not_wait_for_the_many(db: Database) -> None:
    await make_orders(db, [*(str(n) for n in range(1000)), "X"])
    at_the_desk = desk(db)
    many = [behind(at_the_desk, str(n)) for n in range(1000)]
    await asyncio.wait(many, return_when=asyncio.FIRST_COMPLETED)

    await cancel(at_the_desk, "X")

    assert sum(task.done() for task in many) < 500
    await asyncio.gather(*many)
    await at_the_desk.close()


async def test_the_many_get_on_although_somebody_always_waits(db: Database) -> None:
    await make_orders(db, [*(str(n) for n in range(100)), *(f"X{n}" for n in range(2_000))])
    at_the_desk = desk(db)
    many = [behind(at_the_desk, str(n)) for n in range(100)]
    singles = [asyncio.ensure_future(cancel(at_the_desk, f"X{n}")) for n in range(1_900)]

    done = await asyncio.gather(*many)

    assert all(isinstance(outcome, Done) for outcome in done)
    await asyncio.gather(*singles)
    await at_the_desk.close()
