"""From a command to an open database, and back."""

from __future__ import annotations

import signal
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TypeVar

import typer

from traylane.errors import Unavailable

if TYPE_CHECKING:
    from traylane.db.database import Database
    from traylane.orders.desk import Desk

T = TypeVar("T")


def database_url(given: str) -> str:
    """`given`, unless it is empty. Raises typer.BadParameter that says how to name a database."""
    if not given:
        raise typer.BadParameter(
            "name the database, for example --database sqlite:///lab.db, or set TRAYLANE_DATABASE",
            param_hint="--database",
        )
    return given


def on_database(url: str, work: Callable[[Database], Awaitable[T]], *, older: bool = False) -> T:
    """What `work` returns, on an open database whose schema fits; `older`: also one that can be brought up to date.

    Raises errors.Fault with one sentence when the database is missing, locked, older or newer than this code, and
    errors.Unavailable when others kept it busy.
    """
    import asyncio

    from traylane.db import connect
    from traylane.db.database import Collision

    named = database_url(url)

    async def run() -> T:
        await (connect.require_known if older else connect.require_usable)(named)
        database = connect.database(named)
        await database.open()
        try:
            return await work(database)
        except Collision as collision:
            raise Unavailable("Others keep changing the same; nothing was done; try again") from collision
        finally:
            await database.close()

    with interruptible():
        return asyncio.run(run())


@contextmanager
def interruptible() -> Iterator[None]:
    """Ctrl-C ends the command even while it waits for its input; asyncio's own handler would wait along."""
    before = signal.getsignal(signal.SIGINT)
    if before is not signal.default_int_handler or threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def at_desk(url: str, work: Callable[[Desk], Awaitable[T]]) -> T:
    """What `work` returns, at the very desk that the service has, on the database. Raises as `on_database`."""

    async def run(database: Database) -> T:
        from traylane.app import open_desk
        from traylane.db.database import Collision

        desk = open_desk(database)
        try:
            return await work(desk)
        finally:
            # What it does beside the command, counting refused attempts, must not hide the command's own outcome.
            with suppress(Unavailable, Collision):
                await desk.close()

    return on_database(url, run)
