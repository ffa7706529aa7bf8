"""The commands of docs/point-in-time.md, on a PostgreSQL of its own: what was before the moment is there, no more."""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests import postgres_server
from tests.builders import NOW, cancel, change, desk, execute, make_customer
from tests.docs.commands import ON_A_HOST, ROOT, commands
from tests.journeys.conftest import SetUp, set_up
from tests.reliability.own_server import DURABLE, a_server
from traylane.clock import system_clock
from traylane.db.database import Database, Sql
from traylane.db.ids import new_id
from traylane.events import seal
from traylane.events.feed import Cursor, CursorGone, Feed
from traylane.events.heads import Heads
from traylane.events.verify import ChainBroken, verify
from traylane.orders.create import CREATE
from traylane.orders.create_rules import CreateRequest
from traylane.orders.details import Details

__all__ = ["set_up"]

pytestmark = pytest.mark.slow

HOLDER = new_id(NOW)
NUMBERS = ("100000", "100001", "100002")

ARCHIVE = ROOT / "deploy" / "archive-wal.sh"
CANCELLED = Sql.same("SELECT order_number FROM orders WHERE cancelled_at IS NOT NULL")
BACK = "## Go back"
MOMENT = "2026-11-02 09:15:00+00"
AS_DOCTOR_WANTS_IT = DURABLE | {"fsync": "on", "full_page_writes": "on"}
STANDS_FOR = {
    "oldest=": "until ls /mnt/backup/wal/*.backup; do sleep 0.1; done; oldest=",
    "/mnt/backup": "$HERE/backup",
    "/usr/local/bin/": "$HERE/",
    "/var/lib/postgresql/15/main": "$DATA",
    "/usr/lib/postgresql/15/bin/": "",
}
"""What a page names that is elsewhere here, in the order in which it is replaced."""


class Host:
    """A database's host: its folder, and how to run what the page says there."""

    def __init__(self, folder: Path, url: str) -> None:
        parts = urlsplit(url)
        _, *arguments = shlex.split((folder / "data" / "postmaster.opts").read_text())
        programs, _ = postgres_server.programs_of(folder)
        kept = {name: value for name, value in os.environ.items() if not name.startswith("TRAYLANE_")}
        self._environment = kept | {
            "PATH": os.pathsep.join((str(Path(sys.executable).parent), str(programs), os.environ["PATH"])),
            "HERE": str(folder),
            "DATA": str(folder / "data"),
            "OPTIONS": shlex.join(arguments[2:]),
            "TRAYLANE_DATABASE": url,
            "PGHOST": str(parts.hostname),
            "PGPORT": str(parts.port),
            "PGUSER": str(parts.username),
            "PGPASSWORD": str(parts.password),
            "PGDATABASE": "postgres",
        }
        shutil.copy(ARCHIVE, folder)
        (folder / "backup").mkdir(mode=0o711)

    def run(self, page: str, **stands_for: str) -> str:
        """What the commands of a piece of the page say. Fails with the first that fails."""
        script = "\n".join(commands(page))
        for shown, here in {**STANDS_FOR, **stands_for}.items():
            # A here-document is quoted, and what stands in it is not for the shell.
            script = script.replace(shown, here)
        for name in ("HERE", "DATA"):
            script = script.replace(f"${name}", self._environment[name])
        ended = subprocess.run(
            ["bash", "-euxo", "pipefail", "-c", (Path(__file__).parent / "host.sh").read_text() + script],
            cwd="/",
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=280,
        )
        assert ended.returncode == 0, ended.stderr[-3_000:] + ended.stdout[-3_000:]
        return ended.stdout


async def cancelled(db: Database, number: str) -> Cursor:
    """Cancel an order; the cursor of who has read that."""
    await cancel(desk(db), number)
    await db.write(lambda tx: seal.seal_some(tx, HOLDER))
    return await Feed(db, system_clock).newest()


async def three_orders(db: Database) -> None:
    """NUMBERS are the first that are given."""
    await make_customer(db)
    asked = CreateRequest(customer="1001", po="", details=Details(jobType="F"), tray="")
    for _ in NUMBERS:
        await change(desk(db), CREATE, "", asked)


async def moment(db: Database) -> str:
    """A moment that lies between what was done before and what comes next."""
    await asyncio.sleep(0.1)
    [[found]] = await execute(db, Sql.same("SELECT clock_timestamp()::text"))
    await asyncio.sleep(0.1)
    return str(found)


async def signed(db: Database, heads: Heads) -> None:
    """Sign what there is."""
    [*_, (position, hash_)] = await execute(db, Sql.same("SELECT position, hash FROM events ORDER BY position"))
    heads.append(position=position, hash_=hash_, now=NOW)


async def look(db: Database, before: Cursor, after: Cursor, heads: Heads) -> None:
    """What was done before the moment is there, and whoever knows of more is told."""
    feed = Feed(db, system_clock)
    assert await execute(db, CANCELLED) == [(NUMBERS[0],)]
    assert (await feed.read(before, fits=bool, limit=10)).events == ()
    with pytest.raises(CursorGone) as gone:
        await feed.read(after, fits=bool, limit=10)
    assert gone.value.data["why"] == "lost"
    with pytest.raises(ChainBroken, match=r"ends at position 4, but position 5 was signed"):
        await verify(db, heads.read())
    assert (await cancelled(db, NUMBERS[2])).position == after.position


def test_back_to_a_moment(set_up: SetUp, tmp_path: Path) -> None:
    keep, back = ON_A_HOST.read_text().split(BACK)
    heads = Heads(str(tmp_path / "heads"))
    with a_server(AS_DOCTOR_WANTS_IT) as (folder, url):
        host = Host(folder, url)
        set_up(url, three_orders)
        host.run(keep)
        before = set_up(url, lambda db: cancelled(db, NUMBERS[0]))
        at = set_up(url, moment)
        after = set_up(url, lambda db: cancelled(db, NUMBERS[1]))
        set_up(url, lambda db: signed(db, heads))

        said = host.run(back, **{MOMENT: at})

        assert "4 events in one whole chain" in said
        assert "every invariant holds" in said
        set_up(url, lambda db: look(db, before, after, heads))


def archived(tmp_path: Path, text: str) -> subprocess.CompletedProcess[str]:
    (tmp_path / "from").write_text(text)
    return subprocess.run(
        [ARCHIVE, tmp_path / "from", tmp_path / "to"], capture_output=True, text=True, check=False, timeout=20
    )


def test_what_is_in_the_archive_is_whole_and_is_never_replaced(tmp_path: Path) -> None:
    assert [archived(tmp_path, "log").returncode for _ in range(2)] == [0, 0]
    assert archived(tmp_path, "another").returncode != 0
    assert (tmp_path / "to").read_text() == "log"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["from", "to"]
