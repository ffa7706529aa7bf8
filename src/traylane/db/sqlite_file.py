"""An SQLite file: how it is opened, and what is wrong with one that cannot be used."""

from __future__ import annotations

import os
import time

import apsw

from traylane.errors import Fault

OLDEST_SAFE = (3, 51, 3)
"""Older ones can corrupt a database when its write-ahead log is reset."""
LOCK_WAIT = 5.0
CACHE_KIB = 16 * 1024
"""What each connection keeps of the database; the rest is the system's, in the mapped file. Four times as much was no
quicker: neither cancels nor imports."""

_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA wal_autocheckpoint=0",
    f"PRAGMA cache_size=-{CACHE_KIB}",
    "PRAGMA mmap_size=1073741824",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA trusted_schema=OFF",
    # or REPLACE would get around the triggers that keep events append-only
    "PRAGMA recursive_triggers=ON",
)


def connect(path: str) -> apsw.Connection:
    """A connection as the service wants it. Raises errors.Fault with one sentence when there is none to be had."""
    if tuple(map(int, apsw.sqlite_lib_version().split("."))) < OLDEST_SAFE:
        raise Fault(f"SQLite {apsw.sqlite_lib_version()} can corrupt databases: install apsw 3.51.3 or newer")
    try:
        connection = apsw.Connection(path, flags=apsw.SQLITE_OPEN_READWRITE, statementcachesize=100)
        connection.set_busy_timeout(int(LOCK_WAIT * 1000))
        connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)
        for pragma in _PRAGMAS:
            _patiently(connection, pragma)
    except apsw.Error as error:
        raise fault(error, path) from error
    return connection


def _patiently(connection: apsw.Connection, pragma: str) -> None:
    # Changing the journal mode does not wait for others as statements do.
    give_up = time.monotonic() + LOCK_WAIT
    while True:
        try:
            connection.execute(pragma).fetchall()
        except apsw.BusyError:
            if time.monotonic() > give_up:
                raise
            time.sleep(0.02)
        else:
            return


def fault(error: apsw.Error, path: str) -> Fault:
    """What the person who runs the server should know about an error of SQLite."""
    if isinstance(error, apsw.CantOpenError) and os.path.exists(path):
        return Fault(f"The database {path} cannot be opened: give the service's user access to it and its folder")
    locked = f"The database {path} is locked by another program: stop that program, or wait for it"
    sentences: dict[type[apsw.Error], str] = {
        apsw.CantOpenError: f"No database at {path}: create it with `traylane migrate --database sqlite:///{path}`",
        apsw.NotADBError: f"{path} is not an SQLite database: name another file with --database",
        apsw.ReadOnlyError: f"The database {path} is read-only: give the service's user write access to it",
        apsw.PermissionsError: f"No permission for {path}: give the service's user access to it and its folder",
        apsw.FullError: f"The disk that holds {path} is full: free some space",
        apsw.BusyError: locked,
        apsw.LockedError: locked,
        apsw.CorruptError: f"The database {path} is damaged: restore the last backup",
        apsw.IOError: f"The disk that holds {path} reports errors: check it before you go on",
    }
    otherwise = f"The database {path} cannot be used: check that it is a database of Traylane's, or restore a backup"
    return Fault(sentences.get(type(error), otherwise))
