"""Files of a size that laboratories have: memory stays flat, and nothing is lost on the way from engine to engine."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import psutil
import pytest

from bench.processes import used_by
from tests.builders import NOW
from traylane.access.actor import COMMAND_LINE
from traylane.cli import sample
from traylane.db.database import Database
from traylane.orders.importing import Summary, import_lines
from traylane.policy import edit, setup_file

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

MEGABYTE = 1024 * 1024
ROUND_TRIP = int(os.environ.get("TRAYLANE_TEST_ORDERS", "20000"))
"""Orders that go from engine to engine and back."""


def run(*arguments: str | Path, url: str) -> int:
    """Run a command to its end; the most memory that it and the process beside had, in bytes."""
    used = used_by([sys.executable, "-m", "traylane", *arguments, "--database", url])
    assert used.code == 0
    return used.memory


def laboratory(url: str, folder: Path) -> str:
    (folder / "setup.toml").write_text(sample.setup_text())
    run("setup", "apply", folder / "setup.toml", url=url)
    return url


def a_file(folder: Path, count: int) -> Path:
    file = folder / f"{count}.jsonl"
    with file.open("wb") as stream:
        stream.writelines(sample.order_lines(count))
    return file


def digest(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def test_a_file_five_times_as_long_takes_no_more_memory(postgres_url: str, tmp_path: Path) -> None:
    """Both processes, each from its start; PostgreSQL, where the database is a process of its own."""
    laboratory(postgres_url, tmp_path)
    many = a_file(tmp_path, 40_000)
    few = tmp_path / "few.jsonl"
    with many.open("rb") as whole:
        few.write_bytes(b"".join(islice(whole, 8_000)))
    checked = run("orders", "import", "--dry-run", few, url=postgres_url)
    most = max(checked, run("orders", "import", few, url=postgres_url)) + 16 * MEGABYTE
    assert run("orders", "import", "--dry-run", many, url=postgres_url) < most
    assert run("orders", "import", many, url=postgres_url) < most
    assert run("orders", "import", many, url=postgres_url) < most
    assert run("orders", "export", tmp_path / "out.csv", url=postgres_url) < most


async def test_memory_stays_flat_on_sqlite(sqlite: Database) -> None:
    wanted = setup_file.read(sample.setup_text().encode())
    await sqlite.write(lambda tx: edit.apply(tx, wanted, actor=COMMAND_LINE, now=NOW))
    peaks: list[int] = []

    def watched() -> Iterator[bytes]:
        for index, line in enumerate(sample.order_lines(28_000), 1):
            yield line
            if index % 4_000 == 0:
                peaks.append(tracemalloc.get_traced_memory()[1])
                tracemalloc.reset_peak()

    tracemalloc.start()
    summary = await import_lines(sqlite, watched(), actor=COMMAND_LINE, clock=lambda: NOW, bad=print)
    tracemalloc.stop()
    assert summary == Summary(imported=28_000)
    assert max(peaks) < 40 * MEGABYTE
    # After 8 000 lines a block is as large as it gets.
    assert max(peaks[4:]) < 1.2 * max(peaks[2:4])


def test_orders_to_postgres_and_back_are_the_same_bytes(
    sqlite_url: str, postgres_url: str, sqlite_template: Path, tmp_path: Path
) -> None:
    shutil.copyfile(sqlite_template, tmp_path / "back.db")
    source = a_file(tmp_path, ROUND_TRIP)
    digests: list[str] = []
    for url in (sqlite_url, postgres_url, f"sqlite:///{tmp_path}/back.db"):
        run("orders", "import", source, url=laboratory(url, tmp_path))
        source = tmp_path / f"{len(digests)}-exported.jsonl"
        run("orders", "export", source, url=url)
        digests.append(digest(source))
    assert digests == [digests[0]] * 3


def test_a_killed_import_leaves_whole_orders_and_no_process(sqlite_url: str, tmp_path: Path) -> None:
    """kill -9 while the process beside reads: it ends as well, and the same file brings the rest."""
    laboratory(sqlite_url, tmp_path)
    file = a_file(tmp_path, 20_000)
    command = [sys.executable, "-m", "traylane", "orders", "import", str(file), "--database", sqlite_url]
    importing = psutil.Popen(command, stdout=subprocess.DEVNULL)
    while not (beside := importing.children()):
        time.sleep(0.01)
    time.sleep(0.5)
    importing.kill()
    importing.wait()
    gone, left = psutil.wait_procs(beside, timeout=20)
    assert (len(gone), left) == (1, [])
    run("verify", url=sqlite_url)
    run("orders", "import", file, url=sqlite_url)
    run("orders", "export", tmp_path / "out.jsonl", url=sqlite_url)
    with (tmp_path / "out.jsonl").open("rb") as lines:
        assert sum(1 for _ in lines) == 20_000
