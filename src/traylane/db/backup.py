"""Copies of an SQLite database: made while others write, and put in its place when nobody has it open."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress

import apsw

from traylane.db import connect, sqlite_file
from traylane.errors import Fault

PAGES_AT_ONCE = 2_000
BESIDE = ("-journal", "-wal", "-shm", "-turn")
"""What stands beside a database while it is used."""
_LOCKS_AT, _LOCKS = 0x40000002, 510
"""Where whoever has a database open holds a lock in its file (SQLite's file format, 1.3)."""
Progress = Callable[[float], None]


def copy(source: str, target: str, progress: Progress = lambda _: None) -> None:
    """Copy a database as it is at one moment to a new file that its owner alone may read.

    Writers do not wait: they go on in the write-ahead log. `progress` is told the share that is done. Raises
    errors.Fault.
    """
    try:
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except OSError as error:
        raise Fault(f"Cannot write {target}: {error.strerror}") from error
    try:
        with _reading(source) as here, closing(apsw.Connection(target)) as there:
            there.execute("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF").fetchall()
            with there.backup("main", here, "main") as backup:
                while not backup.done:
                    backup.step(PAGES_AT_ONCE)
                    progress(1 - backup.remaining / max(1, backup.page_count))
    except (apsw.FullError, apsw.IOError) as error:
        raise sqlite_file.fault(error, target) from error
    except apsw.Error as error:
        raise sqlite_file.fault(error, source) from error


@contextmanager
def _reading(path: str) -> Iterator[apsw.Connection]:
    """A connection that sees one moment of the database."""
    with closing(apsw.Connection(path, flags=apsw.SQLITE_OPEN_READWRITE)) as connection:
        connection.set_busy_timeout(int(sqlite_file.LOCK_WAIT * 1000))
        connection.execute("BEGIN; SELECT count(*) FROM sqlite_schema").fetchall()
        yield connection


def require_intact(url: str) -> None:
    """Read every page of an SQLite database and every index. Raises errors.Fault that names the first damage.

    PostgreSQL looks after its own pages (checksums).
    """
    path = connect.sqlite_path(url)
    if path is None:
        return
    try:
        with _reading(path) as connection:
            said = connection.execute("PRAGMA integrity_check(1)").fetchall()
    except apsw.Error as error:
        raise sqlite_file.fault(error, path) from error
    if said != [("ok",)]:
        raise Fault(f"The database {path} is damaged ({said[0][0]}): restore the last backup")


@contextmanager
def partial(target: str) -> Iterator[str]:
    """The name of a file beside `target`, in which it is made; whatever is left of it at the end is removed."""
    part = f"{target}.part"
    _remove(part)
    try:
        yield part
    finally:
        _remove(part)


def finish(part: str, target: str) -> None:
    """Give a copy its name, once every byte of it is on the disk. Raises errors.Fault."""
    try:
        with closing(apsw.Connection(part)) as connection:
            # One file without a log beside it, which can be opened from a read-only medium.
            connection.execute("PRAGMA journal_mode=DELETE").fetchall()
    except apsw.Error as error:
        raise sqlite_file.fault(error, part) from error
    folder = os.path.dirname(os.path.abspath(target))
    try:
        _give_away(part, like=folder)
        _flush(part)
        os.replace(part, target)
        _flush(folder)
    except OSError as error:
        raise Fault(f"Cannot write {target}: {error.strerror}") from error


def require_closed(path: str) -> None:
    """Raises errors.Fault when somebody has the database open."""
    with _alone_with(path):
        pass


def put_aside(path: str, name: str) -> None:
    """Rename a database, and the log beside it. Raises errors.Fault when somebody has it open."""
    try:
        with _alone_with(path):
            for end in ("", *BESIDE):
                with suppress(FileNotFoundError):
                    os.rename(path + end, name + end)
    except OSError as error:
        raise Fault(f"Cannot rename {path}: {error.strerror}") from error


if sys.platform == "win32":  # what somebody has open cannot be renamed there

    @contextmanager
    def _alone_with(_path: str) -> Iterator[None]:
        yield

else:
    import fcntl

    @contextmanager
    def _alone_with(path: str) -> Iterator[None]:
        """Nobody else has the database open, and whoever opens it now waits. Raises errors.Fault."""
        try:
            file = os.open(path, os.O_RDWR)
        except FileNotFoundError:
            yield  # a log that was left behind is put aside all the same
            return
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, _LOCKS, _LOCKS_AT)
        except OSError as error:
            os.close(file)
            raise Fault(f"The database {path} is open: stop the service first") from error
        try:
            yield
        finally:
            os.close(file)


def _give_away(path: str, *, like: str) -> None:
    """What root made belongs to whoever has the folder, the service's user."""
    if sys.platform != "win32" and os.geteuid() == 0:
        owner = os.stat(like)
        os.chown(path, owner.st_uid, owner.st_gid)


def _flush(path: str) -> None:
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _remove(path: str) -> None:
    for end in ("", *BESIDE):
        with suppress(FileNotFoundError):
            os.unlink(path + end)
