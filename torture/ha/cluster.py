"""Three nodes with etcd, Patroni and PostgreSQL, and HAProxy with PgBouncer beside the service."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import shutil
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import yaml

from torture.ha.needs import POSTGRES
from torture.ha.network import APP, NETWORK, NODES, Network, is_running, sweep
from torture.ha.templates import FOLDER, environment, rendered
from traylane.db import migrate

T = TypeVar("T")

START_SECONDS = 90.0
HEAL_SECONDS = 120.0
_USER = "postgres"
_FOLDERS = "traylane-ha-"
_MEMORY = Path("/dev/shm")
_HAPROXY = "127.0.0.1:5000"
_PGBOUNCER = "127.0.0.1:6432"


class Cluster:
    """What runs, and how to look at it and to break it. Use it inside `network`'s APP."""

    def __init__(self, network: Network, folder: Path) -> None:
        self.network = network
        self._folder = folder
        self._synchronous = True
        self._secret = secrets.token_hex(8)
        self._processes: list[subprocess.Popen[bytes]] = []

    @property
    def url(self) -> str:
        """The database as the service is given it."""
        return f"postgresql://traylane:{self._secret}@{_PGBOUNCER}/traylane?statement_cache=0"

    @property
    def direct_url(self) -> str:
        """The database without PgBouncer."""
        return f"postgresql://traylane:{self._secret}@{_HAPROXY}/traylane"

    def start(self) -> None:
        """Start everything, and make a migrated database."""
        self._folder.chmod(0o711)
        for node in NODES:
            self._make_folder(node)
        for node in NODES:
            self.start_node(node)
        self._start_doors()
        self.wait_until_whole(START_SECONDS)
        asyncio.run(self._admin(f"CREATE ROLE traylane LOGIN PASSWORD '{self._secret}'"))
        self._make_database()

    def stop(self) -> None:
        """Stop everything."""
        for node in NODES:
            self.network.kill_all(node)
        for process in self._processes:
            process.kill()
            process.wait(10)

    def start_node(self, node: str) -> None:
        """Start a node that does not run."""
        etcd = environment((self._folder / node / "etcd.env").read_text())
        self._run(node, "etcd", "etcd", environment=etcd)
        self._run(node, "patroni", "patroni", str(self._folder / node / "patroni.yml"))

    def kill_postgres(self, node: str) -> None:
        """kill -9 of the server process of a node; it takes the others with it."""
        pid = int((self._folder / node / "data" / "postmaster.pid").read_text().splitlines()[0])
        os.kill(pid, 9)

    def leader(self) -> str:
        """The node that leads, and whose PostgreSQL says so."""
        return _until(self._leader, HEAL_SECONDS, "there is no leader")

    def wait_until_whole(self, seconds: float = HEAL_SECONDS) -> None:
        """Until one node leads and the two others follow it, one of them synchronously."""
        _until(self._is_whole, seconds, "the nodes do not come together")

    def set_synchronous(self, *, on: bool) -> None:
        """Let every commit wait for a standby, or none."""
        self._synchronous = on
        change = json.dumps({"synchronous_mode": on, "synchronous_mode_strict": on}).encode()
        request = urllib.request.Request(f"http://{NODES[self.leader()]}:8008/config", change, method="PATCH")
        with urllib.request.urlopen(request, timeout=5):
            pass
        _until(lambda: asyncio.run(self._waits_for_a_standby()) is on, 30, "the mode does not change")
        self.wait_until_whole()

    def empty(self) -> None:
        """A fresh database in place of the one that a test has used."""
        asyncio.run(self._admin("DROP DATABASE traylane WITH (FORCE)"))
        self._make_database()

    def switch_over(self) -> None:
        """Change the leader as deploy/ha says."""
        node = self.leader()
        where = os.environ | {"PGPASSFILE": str(self._folder / "pgpass")}
        command = [str(FOLDER / "switchover.sh"), node, f"{NODES[node]}:8008"]
        subprocess.run(command, check=True, env=where, timeout=60, capture_output=True)

    def switch_over_at_once(self) -> None:
        """Change the leader while nobody is held back."""
        node = self.leader()
        change = json.dumps({"leader": node}).encode()
        with urllib.request.urlopen(f"http://{NODES[node]}:8008/switchover", change, timeout=30):
            pass

    def _make_folder(self, node: str) -> None:
        home = self._folder / node
        home.mkdir()
        values = {
            "NODE": node,
            "ADDRESS": NODES[node],
            "NETWORK": NETWORK,
            "ETCD_DATA": str(home / "etcd"),
            "PGDATA": str(home / "data"),
            "PGBIN": str(POSTGRES),
            "PGPASS": str(home / "pgpass"),
            "SOCKETS": str(home),
            "WATCHDOG": "off",
            **{f"{role}_PASSWORD": self._secret for role in ("SUPERUSER", "REPLICATION", "REWIND")},
            **{name.replace("n", "NODE"): address for name, address in NODES.items()},
        }
        (home / "etcd.env").write_text(rendered("etcd.env", values))
        patroni = yaml.safe_load(rendered("patroni.yml", values))
        # A server that is killed would leave its segments in /dev/shm.
        patroni["postgresql"]["parameters"]["dynamic_shared_memory_type"] = "mmap"
        (home / "patroni.yml").write_text(yaml.safe_dump(patroni))
        for path in (home, *home.iterdir()):
            shutil.chown(path, _USER, _USER)
        home.chmod(0o700)

    def _start_doors(self) -> None:
        home = self._folder / APP
        home.mkdir()
        values = {"USERLIST": str(home / "userlist.txt"), "LOG": str(home / "pgbouncer.txt"), "PID": str(home / "pid")}
        values |= {name.replace("n", "NODE"): address for name, address in NODES.items()}
        for name in ("haproxy.cfg", "pgbouncer.ini"):
            (home / name).write_text(rendered(name, values))
        (home / "userlist.txt").write_text("".join(f'"{u}" "{self._secret}"\n' for u in ("traylane", "pooler")))
        pgpass = self._folder / "pgpass"
        pgpass.write_text("".join(f"*:*:*:{user}:{self._secret}\n" for user in ("traylane", "pooler")))
        pgpass.chmod(0o600)
        for path in (home, *home.iterdir()):
            shutil.chown(path, _USER, _USER)
        self._run(APP, "haproxy", "haproxy", "-db", "-f", str(home / "haproxy.cfg"))
        self._run(APP, "pgbouncer", "pgbouncer", str(home / "pgbouncer.ini"))

    def _run(self, host: str, name: str, *command: str, environment: dict[str, str] | None = None) -> None:
        with (self._folder / f"{host}-{name}.log").open("ab") as log:
            started = subprocess.Popen(
                self.network.on(host, *command, user=_USER),
                cwd="/",
                env={"PATH": os.environ["PATH"] + ":/usr/sbin:/sbin", "LANG": "C.UTF-8"} | (environment or {}),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._processes.append(started)

    def _make_database(self) -> None:
        asyncio.run(self._admin("CREATE DATABASE traylane OWNER traylane"))
        asyncio.run(migrate.upgrade(self.direct_url))

    async def _admin(self, statement: str) -> None:
        link = await asyncpg.connect(f"postgresql://postgres:{self._secret}@{_HAPROXY}/postgres", timeout=10)
        try:
            await link.execute(statement)
        finally:
            await link.close()

    async def _waits_for_a_standby(self) -> bool:
        link = await asyncpg.connect(self.direct_url, timeout=10)
        try:
            return bool(await link.fetchval("SHOW synchronous_standby_names"))
        finally:
            await link.close()

    def _leader(self) -> str:
        leading = [node for node in NODES if _asked(node, "primary") is not None]
        return leading[0] if len(leading) == 1 else ""

    def _is_whole(self) -> bool:
        leader = self._leader()
        if not leader:
            return False
        seen = _asked(leader, "cluster") or {"members": []}
        roles = [member["role"] for member in seen["members"]]
        follow = [one for one in seen["members"] if one["role"] != "leader" and one.get("lag") == 0]
        told = _asked(leader, "primary") or {}
        streams = [one["state"] for one in told.get("replication", ())]
        in_step = ("sync_standby" in roles) is self._synchronous
        return roles.count("leader") == 1 and len(follow) == 2 and streams == ["streaming"] * 2 and in_step


@contextmanager
def running() -> Iterator[Cluster]:
    """A cluster; this thread is on the host of the service meanwhile. Leaves nothing behind."""
    where = _MEMORY if _MEMORY.is_dir() else Path(tempfile.gettempdir())
    sweep()
    for left in where.glob(f"{_FOLDERS}*"):
        if not is_running(left.name.removeprefix(_FOLDERS)):
            shutil.rmtree(left)
    folder = Path(tempfile.mkdtemp(prefix=f"{_FOLDERS}{os.getpid()}-", dir=where))
    network = Network()
    try:
        network.up()
        with network.inside(APP):
            cluster = Cluster(network, folder)
            try:
                cluster.start()
                yield cluster
            finally:
                cluster.stop()
    finally:
        network.down()
        shutil.rmtree(folder)


def _asked(node: str, path: str) -> dict[str, Any] | None:
    """What a node's Patroni answers; None when it is not 200."""
    with (
        suppress(OSError, ValueError),
        urllib.request.urlopen(f"http://{NODES[node]}:8008/{path}", timeout=1) as answer,
    ):
        told: dict[str, Any] = json.load(answer)
        return told
    return None


def _until(look: Callable[[], T], seconds: float, otherwise: str) -> T:
    """What `look` finds, as soon as it finds something. Raises TimeoutError."""
    give_up = time.monotonic() + seconds
    while not (found := look()):
        if time.monotonic() > give_up:
            raise TimeoutError(otherwise)
        time.sleep(0.2)
    return found
