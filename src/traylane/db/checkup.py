"""The usual faults of a database, looked for from outside: nothing is changed and nothing is repaired."""

from __future__ import annotations

import os
import shutil
import stat
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import apsw
import asyncpg

from traylane.db import connect, postgres_errors, sqlite_file
from traylane.db.finding import Finding

MEBIBYTE = 1024 * 1024
LARGEST_WAL = 256 * MEBIBYTE
"""Checkpoints keep it far below; it grows while somebody holds an old snapshot open."""
LEAST_FREE = 512 * MEBIBYTE
OLDEST_POSTGRES = 15
MOST_CLOCK_SECONDS = 60
"""Two clocks may differ so far."""
_SHARES = ("nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "9p", "glusterfs", "ceph")
_MUST_BE_ON = {
    "fsync": "a power cut may damage the whole database",
    "full_page_writes": "a power cut may damage the whole database",
    "synchronous_commit": "a power cut may lose changes that were answered",
}


async def examine(url: str, *, mounts: str = "/proc/mounts") -> AsyncIterator[Finding]:
    """What is wrong with the database itself; its schema and content are not looked at.

    `mounts`: where the machine's file systems are listed. Raises errors.Fault for a URL that is none.
    """
    path = connect.sqlite_path(url)
    if path is None:
        async for finding in _examine_postgres(url):
            yield finding
        return
    for finding in _examine_sqlite(Path(path), mounts):
        yield finding


def _examine_sqlite(path: Path, mounts: str) -> Iterator[Finding]:
    version = apsw.sqlite_lib_version()
    if tuple(map(int, version.split("."))) < sqlite_file.OLDEST_SAFE:
        yield Finding("old_sqlite", "fault", f"SQLite {version} can corrupt databases", "Install apsw 3.51.3 or newer.")
    folder = path.absolute().parent
    if not folder.is_dir():
        yield Finding("no_folder", "fault", f"There is no folder {folder}", "Create it, or mend --database.")
        return
    yield from _disk(folder)
    yield from _file_system(folder, mounts)
    if not _may(folder, os.W_OK | os.X_OK):
        yield Finding(
            "folder_read_only",
            "fault",
            f"The folder {folder} cannot be written by this user",
            "SQLite keeps files beside the database: give the service's user write access to the folder.",
        )
    if not path.exists():
        advice = f"Create it with `traylane migrate --database sqlite:///{path}`, or mend --database."
        yield Finding("no_database", "fault", f"There is no database at {path}", advice)
        return
    yield from _files(path)


def _disk(folder: Path) -> Iterator[Finding]:
    free = shutil.disk_usage(folder).free
    if free < LEAST_FREE:
        yield Finding(
            "disk_nearly_full",
            "warning",
            f"The disk that holds {folder} has {free // MEBIBYTE} MiB left",
            "Free some space: when it is full, changes are refused.",
        )


def _file_system(folder: Path, mounts: str) -> Iterator[Finding]:
    try:
        lines = Path(mounts).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return  # not every system has it
    resolved = folder.resolve()
    places = [(Path(fields[1]), fields[2]) for line in lines if len(fields := line.split()) > 2]
    above = [(len(place.parts), kind) for place, kind in places if resolved.is_relative_to(place)]
    kind = max(above, default=(0, ""))[1]
    if kind in _SHARES:
        yield Finding(
            "network_share",
            "fault",
            f"The folder {folder} lies on a network share ({kind})",
            "SQLite loses data there: move the database to a disk of this machine, or use PostgreSQL.",
        )


def _files(path: Path) -> Iterator[Finding]:
    beside = [path, *(Path(f"{path}{end}") for end in ("-wal", "-shm", "-turn"))]
    for file in filter(Path.exists, beside):
        if not _may(file, os.R_OK | os.W_OK):
            yield Finding(
                "file_no_access",
                "fault",
                f"{file} cannot be read and written by this user",
                "Give the file to the service's user; run commands as that user.",
            )
    mode = path.stat().st_mode
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        yield Finding(
            "file_open_to_others",
            "warning",
            f"{path} may be opened by other users of this machine",
            f"Orders are about patients: chmod 600 {path}",
        )
    wal = Path(f"{path}-wal")
    if wal.exists() and (size := wal.stat().st_size) > LARGEST_WAL:
        yield Finding(
            "wal_too_large",
            "warning",
            f"The write-ahead log {wal} has {size // MEBIBYTE} MiB",
            "Somebody holds the database open: end old shells, backups and exports, then restart the service.",
        )


def _may(path: Path, mode: int) -> bool:
    return os.access(path, mode, effective_ids=os.access in os.supports_effective_ids)


async def _examine_postgres(url: str) -> AsyncIterator[Finding]:
    try:
        link = await connect.postgres_link(url)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        what, _, advice = str(postgres_errors.fault(error)).partition(": ")
        yield Finding("no_database", "fault", what, f"{advice[:1].upper()}{advice[1:]}.")
        return
    try:
        settings = dict(await link.fetch("SELECT name, setting FROM pg_settings"))
        in_recovery, at = await link.fetchrow("SELECT pg_is_in_recovery(), extract(epoch FROM clock_timestamp())")
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise postgres_errors.fault(error) from error
    finally:
        await link.close()
    for finding in _settings(settings, in_recovery=in_recovery):
        yield finding
    apart = float(at) - time.time()
    if abs(apart) > MOST_CLOCK_SECONDS:
        direction = "ahead of" if apart > 0 else "behind"
        what = f"The clock of PostgreSQL is {abs(apart):.0f} seconds {direction} this machine's"
        yield Finding("clocks_differ", "warning", what, "Let both machines set their clocks by NTP.")


def _settings(settings: dict[str, str], *, in_recovery: bool) -> Iterator[Finding]:
    version = int(settings["server_version_num"]) // 10_000
    if version < OLDEST_POSTGRES:
        yield Finding(
            "old_postgresql",
            "fault",
            f"PostgreSQL {version} is too old",
            f"Traylane needs PostgreSQL {OLDEST_POSTGRES} or newer.",
        )
    for name, risk in _MUST_BE_ON.items():
        if settings[name] == "off":
            yield Finding(
                f"{name}_off", "fault", f"PostgreSQL runs with {name} = off: {risk}", f"Set {name} = on and reload."
            )
    if in_recovery or settings["default_transaction_read_only"] == "on":
        yield Finding(
            "read_only", "fault", "PostgreSQL is read-only (a standby?)", "Point --database at the primary server."
        )
    if settings["server_encoding"] != "UTF8":
        yield Finding(
            "not_utf8",
            "fault",
            f"The database's encoding is {settings['server_encoding']}",
            "Create it with ENCODING 'UTF8'.",
        )
