"""The service with an exception planted in its middle, which tells all that is known there.

CRASH_AT says where; the file CRASHES gets a line each time that it is reached: from which function.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.reliability.canaries import PATIENT
from traylane.api import service
from traylane.cli.main import main
from traylane.console.session import Door
from traylane.db.batch import Lane
from traylane.events import seal
from traylane.log import log
from traylane.orders.desk import Desk
from traylane.webhooks.dispatch import Dispatcher
from traylane.webhooks.send import Sender


def _plant(where: Any, name: str, what: Callable[..., Any]) -> None:
    setattr(where, name, what)


def _crash(*known: Any, **more: Any) -> Any:
    with Path(os.environ["CRASHES"]).open("a") as crashes:
        callers = [f for f in reversed(traceback.extract_stack(limit=5)) if f.filename != __file__]
        crashes.write(f"{Path(callers[0].filename).stem}.{callers[0].name}\n")
    raise RuntimeError(f"planted: {PATIENT} {known!r} {more!r}")


async def _crash_later(*known: Any, **more: Any) -> Any:
    _crash(*known[1:], **more)


def _at_the_door() -> None:
    _plant(service, "parsed", _crash)


def _at_the_desk() -> None:
    for name in ("change", "find", "fits", "history", "ask_about", "foresee_cancel", "foresee_restore"):
        _plant(Desk, name, _crash_later)


def _in_the_transaction() -> None:
    made = Lane.__init__

    def make(lane: Any, db: Any, _work: Any, **how: Any) -> None:
        made(lane, db, _crash_later, **how)

    _plant(Lane, "__init__", make)


def _in_the_console() -> None:
    _plant(Door, "_try", _crash_later)


def _while_sending() -> None:
    _plant(Sender, "send", _crash_later)


def _beside_the_requests() -> None:
    _plant(Dispatcher, "_start_what_waits", _crash_later)
    _plant(seal, "seal_some", _crash_later)


PLACES: dict[str, Callable[[], None]] = {
    "door": _at_the_door,
    "desk": _at_the_desk,
    "transaction": _in_the_transaction,
    "console": _in_the_console,
    "sender": _while_sending,
    "beside": _beside_the_requests,
}


def _and_talk() -> None:
    """The faults that R24 looks for: the text of exceptions and the raw path in the log."""
    _at_the_desk()
    _plant(service, "where", lambda error: [str(error)])
    handle = service.Service._handle

    async def talking(self: Any, route: Any, path: Any, scope: Any, *more: Any) -> Any:
        log("asked", path=scope["path"])
        return await handle(self, route, path, scope, *more)

    _plant(service.Service, "_handle", talking)


if __name__ == "__main__":
    (PLACES | {"talks": _and_talk})[os.environ["CRASH_AT"]]()
    sys.exit(main())
