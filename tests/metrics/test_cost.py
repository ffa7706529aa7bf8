"""What counting costs a cancel, in processor time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import pytest

from tests.api.asgi import Client
from tests.builders import make_key, make_orders
from traylane.app import App
from traylane.config import Config
from traylane.db.database import Database
from traylane.metrics.record import Metrics

CANCELS, ROUNDS = 320, 5
MOST = 0.02


def cheapest(work: Callable[[], None]) -> float:
    """Seconds of processor time, the least of several rounds: others only ever add to it."""
    spent = []
    for _ in range(ROUNDS):
        started = time.process_time()
        work()
        spent.append(time.process_time() - started)
    return min(spent)


def counting() -> float:
    """Seconds for what one cancel counts: a request, a change, a batch, and its work on the database."""
    metrics = Metrics()
    taken = metrics.batches.noting("order.cancelled", "first")

    def work() -> None:
        for _ in range(10_000):
            started = time.perf_counter()
            taken(1)
            metrics.database.observe(time.perf_counter() - started, ("sqlite", "settle", ""))
            metrics.changes.add("order.cancelled", "done")
            labels = ("DELETE", "/api/v2/orders/{orderIdentifier}", "200", "http")
            metrics.requests.observe(time.perf_counter() - started, labels)

    return cheapest(work) / 10_000


def cancelling(runner: asyncio.Runner, app: App, secret: str, clients: int) -> float:
    """Seconds for one cancel of so many clients at once, without what the sockets take."""
    http, numbers = Client(app, secret), iter(range(10_000, 10_000 + CANCELS * ROUNDS))

    async def some() -> None:
        for _ in range(CANCELS // clients):
            replies = await asyncio.gather(*(http.delete(f"/api/v2/orders/{next(numbers)}") for _ in range(clients)))
            assert {reply.status for reply in replies} == {200}

    return cheapest(lambda: runner.run(some())) / CANCELS


@pytest.mark.slow
@pytest.mark.parametrize("clients", [1, 64])
def test_counting_takes_less_than_a_fiftieth_of_a_cancel(
    sqlite: Database, sqlite_url: str, runner: asyncio.Runner, clients: int
) -> None:
    runner.run(make_orders(sqlite, [str(number) for number in range(10_000, 10_000 + CANCELS * ROUNDS)]))
    _, secret = runner.run(make_key(sqlite))
    app = App(Config(database=sqlite_url, dispatch=False))
    runner.run(app.db.open())
    whole, part = cancelling(runner, app, secret, clients), counting()
    runner.run(app.db.close())
    print(f"{clients} at once, a cancel: {whole * 1e6:.0f} µs, counting: {part * 1e6:.2f} µs, {part / whole:.2%}")  # noqa: T201
    assert part / whole < MOST
