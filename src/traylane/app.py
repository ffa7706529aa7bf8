"""The composition root: the only place that wires things together."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import ssl
import sys
import threading
import time
from collections.abc import Callable, Coroutine
from contextlib import nullcontext, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import Any

from traylane import log, tracing
from traylane.api.http import Message, Receive, Scope, Send, counted_method
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
from traylane.events.heads import Heads
from traylane.events.seal import head, seal_forever
from traylane.metrics import process
from traylane.metrics.record import Metrics
from traylane.metrics.shared import WRITE_SECONDS, Shared
from traylane.orders.desk import Desk
from traylane.tracking.verbs import VERBS

FLUSH_SECONDS = 0.2
ATTEMPTS_SECONDS = 1.0
RULEBOOK_SECONDS = 1.0
TIDY_SECONDS = 3600.0
HEADS_SECONDS = 300.0
STOP_SECONDS = 10

_SERVER_LOG = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"json": {"class": "traylane.log.ServerLog"}},
    "loggers": {"uvicorn.error": {"handlers": ["json"], "level": "WARNING", "propagate": False}},
}


def open_desk(db: Database, clock: Clock = system_clock, metrics: Metrics | None = None) -> Desk:
    """The desk of an open database, with every verb there is."""
    return Desk(db=db, clock=clock, verbs=VERBS, metrics=metrics)


async def dispatch(desk: Desk) -> None:
    """Send webhooks until cancelled."""
    from traylane.webhooks.dispatch import Dispatcher

    async def allowed() -> frozenset[str]:
        return (await desk.rulebook.refresh(desk.db)).policy.webhook_hosts

    await Dispatcher(desk.db, desk.feed, desk.clock, allowed=allowed, tried=desk.metrics.delivered).run()


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
        self._service = Service(self.desk, Router(ROUTES), pages(Readiness(self._check)), tracing=self._tracing)
        self._console = Console(self.desk, plain=config.console_over_plain_http)
        self._heads = Heads(config.heads) if config.heads is not None else None
        self._signed = 0
        self._handlers: dict[int, Any] = {}
        self._tasks: list[asyncio.Task[None]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            path = scope["path"]
            if not path.startswith("/api/") and self._console.answers(path):
                await self._counted(scope, receive, send)
            else:
                await self._service(scope, receive, send)
        elif scope["type"] == "lifespan":
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
        await connect.require_head(self._config.database)
        await self.db.open()
        book = await self.desk.rulebook.refresh(self.db)
        if not book.keyring.has_live_keys(self.desk.clock()):
            log.log(
                "no_keys", level="warning", hint="No access key exists: every request gets 401. `traylane keys create`"
            )
        for network, name in book.policy.trusted_networks:
            log.log("trusted_network", level="warning", network=network, acts_as=name)
        self._begin(self._flush_log())
        self._begin(self._flush_attempts())
        self._begin(self._renew_rulebook())
        self._begin(self._tidy())
        if self._shared is not None:
            self._begin(self._share_counts(self._shared))
        if self._heads is not None:
            self._begin(self._sign_heads(self._heads))
        if not self.db.seals_on_write:
            self._begin(seal_forever(self.db, self.desk.clock(), self.desk.feed.tide))
        if self._config.dispatch:
            self._begin(dispatch(self.desk))
        self._hear_of_the_stop()
        # What lives as long as the process is not looked at again, and young garbage only now and then.
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 20, 100)

    async def stop(self) -> None:
        """Finish what is under way and close."""
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
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

    def _hear_of_the_stop(self) -> None:
        """Let everybody go who waits for events as soon as the server is told to stop: it waits for them."""
        if threading.current_thread() is not threading.main_thread():
            return
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            before = signal.getsignal(number)
            if callable(before):
                self._handlers[number] = before
                signal.signal(number, partial(self._stop_is_asked, loop, before))

    def _stop_is_asked(
        self, loop: asyncio.AbstractEventLoop, before: Callable[..., Any], number: int, frame: FrameType | None
    ) -> None:
        loop.call_soon_threadsafe(self.desk.feed.tide.close)
        before(number, frame)

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.append(asyncio.create_task(work))

    async def _check(self) -> None:
        await connect.require_head(self._config.database)
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


def from_env() -> App:
    """What a worker process runs."""
    return App(from_environment())


def _require_certificate(config: Config) -> None:
    if config.tls_cert is None:
        return
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(config.tls_cert, config.tls_key)
    except (ssl.SSLError, OSError) as error:
        pair = f"{config.tls_cert} and {config.tls_key}"
        raise Fault(f"{pair} are no certificate with its private key: give both as PEM files") from error


def serve(config: Config) -> None:
    """Run the service until it is told to stop. Raises errors.Fault when it cannot start."""
    _require_certificate(config)
    asyncio.run(connect.require_head(config.database))
    tracing.from_environment()  # what is wrong with OTEL_* is said before a worker starts
    with TemporaryDirectory(prefix="traylane-counts-") if config.workers > 1 else nullcontext() as counts:
        os.environ.update(replace(config, counts=counts).to_environment())
        _run(config)


def _run(config: Config) -> None:
    import uvicorn

    uvicorn.run(
        "traylane.app:from_env",
        factory=True,
        host=config.host,
        port=config.port,
        workers=config.workers if config.workers > 1 else None,
        ssl_certfile=config.tls_cert,
        ssl_keyfile=config.tls_key,
        proxy_headers=bool(config.trusted_proxies),
        forwarded_allow_ips=",".join(config.trusted_proxies),
        ws="none",
        http="auto" if sys.platform == "win32" else "traylane.api.protocol:Protocol",
        access_log=False,
        log_config=_SERVER_LOG,
        server_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=STOP_SECONDS,
        backlog=2048,
    )
