"""Changes in the lane behind: those that somebody waits for go first, and do not stop it altogether."""

from __future__ import annotations

import asyncio

import pytest

from tests.builders import NOW, cancel, desk, make_orders
from traylane.access.actor import COMMAND_LINE
from traylane.db import batch, batch_size
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
    await make_orders(db, [*(str(n) for n in range(100)), *(f"X{n}" for n in range(1_000))])
    at_the_desk = desk(db)
    many = [behind(at_the_desk, str(n)) for n in range(100)]
    singles = [asyncio.ensure_future(cancel(at_the_desk, f"X{n}")) for n in range(900)]

    done = await asyncio.gather(*many)

    assert all(isinstance(outcome, Done) for outcome in done)
    await asyncio.gather(*singles)
    await at_the_desk.close()


@pytest.mark.parametrize(("quiet_after", "batches"), [(0.0, 2), (60.0, 9)])
async def test_batches_are_brief_only_while_somebody_is_ahead(
    db: Database, monkeypatch: pytest.MonkeyPatch, quiet_after: float, batches: int
) -> None:
    """64 at first, and then as many as there may be, or on a machine where nothing is brief as few."""
    monkeypatch.setattr(batch, "QUIET", quiet_after)
    monkeypatch.setattr(batch_size, "BRIEF", 0.0)
    await make_orders(db, ["X", *(str(n) for n in range(128))])
    at_the_desk = desk(db)
    await cancel(at_the_desk, "X")

    await asyncio.gather(*(behind(at_the_desk, str(n)) for n in range(128)))

    cell = at_the_desk.metrics.batches.cells[CANCEL.event, "behind"]
    assert (sum(cell[:-1]), cell[-1]) == (batches, 128)
    await at_the_desk.close()
