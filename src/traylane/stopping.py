"""The word to stop: heard first by the service, which sends everybody elsewhere, and then by its server."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import Any

Handler = Callable[..., Any]

STOP_SECONDS = 10
"""So long what is under way has to finish; then it is dropped."""


class Stopping:
    """Handlers of SIGTERM and SIGINT before the server's own.

    `told` is called at once, and again for every further signal; the server hears of a SIGTERM `drain` seconds later,
    and at once of a SIGINT and of everything that comes after the first signal.
    """

    def __init__(self, drain: float, told: Callable[[], None]) -> None:
        self._drain = drain
        self._told = told
        self._handlers: dict[int, Handler] = {}
        self._asked = False

    def listen(self) -> None:
        """Begin to listen. In a thread that gets no signals, nobody can."""
        if threading.current_thread() is not threading.main_thread():
            return
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            before = signal.getsignal(number)
            if callable(before):
                self._handlers[number] = before
                signal.signal(number, partial(self._heard, loop, before))

    def end(self) -> None:
        """Give the signals back."""
        for number, handler in self._handlers.items():
            signal.signal(number, handler)

    def _heard(self, loop: asyncio.AbstractEventLoop, before: Handler, number: int, frame: FrameType | None) -> None:
        drains = number == signal.SIGTERM and not self._asked and self._drain > 0
        self._asked = True
        loop.call_soon_threadsafe(self._told)
        if drains:
            loop.call_soon_threadsafe(loop.call_later, self._drain, before, number, frame)
        else:
            before(number, frame)
