"""The composition root: the only place that wires things together."""

from __future__ import annotations

import asyncio
import gc
import signal
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from traylane import log, tracing
from traylane.api.http import STOPPING, Message, Receive, Scope, Send, counted_method
from traylane.api.pages import Readiness, pages
from traylane.api.router import Router
from traylane.api.routes import ROUTES
from traylane.api.service import Service
from traylane.clock import Clock, system_clock
from traylane.config import Config, from_environment
from traylane.console.routes import Console
from traylane.db import connect
from traylane.db.database import Collision, Database
from traylane.db.timed import TimedDatabase
from traylane.errors import Fault, Unavailable
from traylane.events.counting import count_forever
from traylane.events.heads import Heads
from traylane.events.seal import head, seal_forever
from traylane.metrics import process
from traylane.metrics.record import Metrics
from traylane.metrics.shared import WRITE_SECONDS, Shared
from traylane.orders.desk import Desk
from traylane.stopping import STOP_SECONDS, Stopping
from traylane.tracking.verbs import VERBS

FLUSH_SECONDS = 0.2
ATTEMPTS_SECONDS = 1.0
RULEBOOK_SECONDS = 1.0
TIDY_SECONDS = 3600.0
HEADS_SECONDS = 300.0
AGAIN_SECONDS = 1.0


def open_desk(db: Database, clock: Clock = system_clock, metrics: Metrics | None = None) -> Desk:
    """The desk of an open database, with every verb there is."""
    return Desk(db=db, clock=clock, verbs=VERBS, metrics=metrics)


async def dispatch(desk: Desk) -> None:
    """Send webhooks until cancelled."""
    from traylane.webhooks.dispatch import Dispatcher

    async def allowed() -> frozenset[str]:
        return (await desk.rulebook.refresh(desk.db)).policy.webhook_hosts

    delivered = desk.metrics.delivered
    await Dispatcher(desk.db, desk.feed, desk.clock, allowed=allowed, tried=delivered, busy=desk.is_busy).run()


async def dispatch_until_told(desk: Desk) -> None:
    """Send webhooks until SIGTERM; what is under way is dropped, and the next dispatcher takes it over at once."""
    sending = asyncio.create_task(dispatch(desk))
    with suppress(NotImplementedError):  # Windows has no such signal
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, sending.cancel)
    with suppress(asyncio.CancelledError):
        await sending


class App:
    """One process of the service: an ASGI application with its lifespan."""

    def __init__(self, config: Config, clock: Clock = system_clock) -> None:
        self._config = config
        self._tracing = tracing.from_environment()
        metrics = Metrics()
        metrics.gauges.update(process.GAUGES)
        system = "postgresql" if connect.sqlite_path(config.database) is None else "sqlite"
        self.db: Database = TimedDatabase(
            connect.database(config.database), system, metrics.database, spans=self._tracing
        )
        self.desk = open_desk(self.db, clock, metrics)
        self._shared = Shared(Path(config.counts), metrics) if config.counts else None
        if self._shared is not None:
            metrics.together = self._shared.together
        self._ready = Readiness(self._check)
        self._state: dict[str, Any] = {}
        self._service = Service(self.desk, Router(ROUTES), pages(self._ready), tracing=self._tracing)
        self._console = Console(self.desk, plain=config.console_over_plain_http)
        self._heads = Heads(config.heads) if config.heads is not None else None
        self._signed = 0
        self._stopping = Stopping(config.drain, self._stops)
        self._tasks: list[asyncio.Task[None]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            path = scope["path"]
            if not path.startswith("/api/") and self._console.answers(path):
                await self._counted(scope, receive, send)
            else:
                await self._service(scope, receive, send)
        elif scope["type"] == "lifespan":
            self._state = scope.get("state", {})
            await self._live(receive, send)

    async def _counted(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A page of the console. Of its path only the first segment is told, a word of the console's own."""
        started, status = time.perf_counter(), 0

        async def noting(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        await self._console(scope, receive, noting)
        first, _, more = scope["path"].removeprefix("/").partition("/")
        labels = (
            counted_method(scope),
            f"/{first}/…" if more else f"/{first}",
            str(status),
            scope.get("scheme", "http"),
        )
        self.desk.metrics.requests.observe(time.perf_counter() - started, labels)

    async def start(self) -> None:
        """Open the database and begin the work beside the requests. Raises errors.Fault with one sentence."""
        asyncio.get_running_loop().set_exception_handler(log.fault_beside)
        await connect.require_usable(self._config.database)
        await self.db.open()
        book = await self.desk.rulebook.refresh(self.db)
        if not book.keyring.has_live_keys(self.desk.clock()):
            log.log(
                "no_keys", level="warning", hint="No access key exists: every request gets 401. `traylane keys create`"
            )
        for network, name in book.policy.trusted_networks:
            log.log("trusted_network", level="warning", network=network, acts_as=name)
        self._begin(self._flush_log)
        self._begin(self._flush_attempts)
        self._begin(self._renew_rulebook)
        self._begin(self._tidy)
        self._begin(partial(count_forever, self.db))
        if self._shared is not None:
            self._begin(partial(self._share_counts, self._shared))
        if self._heads is not None:
            self._begin(partial(self._sign_heads, self._heads))
        if not self.db.seals_on_write:
            self._begin(partial(seal_forever, self.db, self.desk.clock(), self.desk.feed.tide))
        if self._config.dispatch:
            self._begin(partial(dispatch, self.desk))
        self._stopping.listen()
        # What lives as long as the process is not looked at again, and young garbage only now and then.
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 20, 100)

    async def stop(self) -> None:
        """Finish what is under way and close."""
        self._stopping.end()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        try:
            await asyncio.wait_for(self.desk.close(), STOP_SECONDS)
        except (TimeoutError, Unavailable, Collision) as error:
            log.log("unclean_stop", level="warning", cause=type(error).__name__)
        if self._heads is not None:
            await self._sign_head(self._heads)
        await self.db.close()
        if self._shared is not None:
            self._shared.write()
        if self._tracing is not None:
            await asyncio.to_thread(self._tracing.close)
        log.flush()

    def _stops(self) -> None:
        """Send everybody elsewhere, also whoever waits for events: the server waits for them."""
        self._ready.stopping = self._state[STOPPING] = True
        self.desk.feed.tide.close()

    def _begin(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._tasks.append(asyncio.create_task(_again_and_again(work)))

    async def _check(self) -> None:
        await connect.require_usable(self._config.database)
        await self.db.check_writable()

    async def _flush_log(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            log.flush()

    async def _share_counts(self, shared: Shared) -> None:
        while True:
            shared.write()
            await asyncio.sleep(WRITE_SECONDS)

    async def _flush_attempts(self) -> None:
        while True:
            await asyncio.sleep(ATTEMPTS_SECONDS)
            try:
                await self.desk.attempts.flush(self.db)
            except (Unavailable, Collision) as error:
                log.log("attempts_wait", level="warning", cause=str(error))

    async def _renew_rulebook(self) -> None:
        # Who is refused before the database is looked at is refused by what is in memory: a body that is too large
        # is 401 and not 413 when another process has revoked the key.
        while True:
            await asyncio.sleep(RULEBOOK_SECONDS)
            with suppress(Unavailable):  # whoever needs it asks again, and is told
                await self.desk.rulebook.refresh(self.db)

    async def _tidy(self) -> None:
        while True:
            try:
                await self.desk.tidy(self.desk.clock())
            except (Unavailable, Collision) as error:
                log.log("tidying_waits", level="warning", cause=str(error))
            await asyncio.sleep(TIDY_SECONDS)

    async def _sign_heads(self, heads: Heads) -> None:
        while True:
            await asyncio.sleep(HEADS_SECONDS)
            await self._sign_head(heads)

    async def _sign_head(self, heads: Heads) -> None:
        try:
            position, hash_ = await self.db.read(head)
            if position != self._signed:
                await asyncio.to_thread(heads.append, position=position, hash_=hash_, now=self.desk.clock())
                self._signed = position
        except (Fault, Unavailable) as error:
            log.log("heads_not_signed", level="error", hint=str(error))

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                try:
                    await self.start()
                except (Fault, Unavailable) as error:
                    log.log("cannot_start", level="error", hint=str(error))
                    await send({"type": "lifespan.startup.failed", "message": str(error)})
                    return
                await send({"type": "lifespan.startup.complete"})
            else:
                await self.stop()
                await send({"type": "lifespan.shutdown.complete"})
                return


async def _again_and_again(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Work beside the requests. A fault of ours is a line in the log, and does not end it for good."""
    while True:
        try:
            await work()
        except Exception as error:
            log.log("fault", level="error", route="beside", where=log.where(error))
        await asyncio.sleep(AGAIN_SECONDS)


def from_env() -> App:
    """What a worker process runs."""
    return App(from_environment())
