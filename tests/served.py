"""The service on a socket, in a thread of this process: up in no time, for what talks to it from outside."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from traylane.api.pages import Readiness, pages
from traylane.api.router import Router
from traylane.api.routes import ROUTES
from traylane.api.service import Service
from traylane.app import open_desk
from traylane.db import connect
from traylane.events.seal import seal_forever


@contextmanager
def served(database_url: str) -> Iterator[str]:
    """The address of a service on a migrated database."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(128)
        server = _Server(database_url, listening)
        server.start()
        assert server.ready.wait(20), "the service did not start"
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.stop()


class _Server(threading.Thread):
    def __init__(self, database_url: str, listening: socket.socket) -> None:
        super().__init__(name="served")
        self._url = database_url
        self._listening = listening
        self._uvicorn: uvicorn.Server | None = None
        self.ready = threading.Event()

    def run(self) -> None:
        asyncio.run(self._serve())

    def stop(self) -> None:
        assert self._uvicorn is not None
        self._uvicorn.should_exit = True
        self.join(20)
        assert not self.is_alive(), "the service did not stop"

    async def _serve(self) -> None:
        database = connect.database(self._url)
        await database.open()
        desk = open_desk(database)
        beside = [] if database.seals_on_write else [seal_forever(database, desk.clock(), desk.feed.tide)]
        sealing = [asyncio.create_task(work) for work in beside]

        async def check() -> None:
            await database.check_writable()

        service = Service(desk, Router(ROUTES), pages(Readiness(check)))
        config = uvicorn.Config(service, log_config=None, lifespan="off", access_log=False, ws="none")
        self._uvicorn = uvicorn.Server(config)
        asyncio.get_running_loop().call_later(0.02, self.ready.set)
        try:
            await self._uvicorn.serve(sockets=[self._listening])
        finally:
            for task in sealing:
                task.cancel()
            await asyncio.gather(*sealing, return_exceptions=True)
            await desk.close()
            await database.close()
