"""A PostgreSQL for one test alone, which may be killed or set otherwise."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests import postgres_server
from tests.conftest import execute, url_of
from traylane.db import migrate

DURABLE = {"synchronous_commit": "on"}
"""What the system was given is not lost with a process: fsync is for power cuts."""


@contextmanager
def a_server(settings: dict[str, str]) -> Iterator[tuple[Path, str]]:
    """A PostgreSQL of its own, which may be killed: its folder, and the URL of a migrated database."""
    folder = Path(tempfile.mkdtemp(prefix="traylane-own-"))
    try:
        server = postgres_server.start(folder, settings=settings)
        asyncio.run(execute(server, "CREATE DATABASE lab"))
        asyncio.run(migrate.upgrade(url_of(server, "lab")))
        yield folder, url_of(server, "lab")
    finally:
        postgres_server.stop(folder)
        shutil.rmtree(folder)
