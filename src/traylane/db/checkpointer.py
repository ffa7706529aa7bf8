"""The write-ahead log of SQLite is moved into the database beside the writer, so that no cancel waits for it."""

from __future__ import annotations

import threading
import time
from contextlib import closing

import apsw

from traylane.db.sqlite_file import connect, fault
from traylane.log import log

CHECKPOINT_PAGES = 1000
RESTART_PAGES = 16_000
RESTART_WAIT = 0.02
"""Beginning the log anew waits for readers, and writers wait for it: no longer than that,"""
RESTART_PAUSE = 1.0
"""and not again so soon while somebody reads for long, a backup for example."""
STOP_WAIT = 10.0


class Checkpointer:
    """Moves the write-ahead log into the database beside the writer, so that no cancel waits for it."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._pages = 0
        self._wanted = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="traylane-checkpointer", daemon=True)
        self._thread.start()

    def log_grew(self, pages: int) -> None:
        """Called after each commit with the size of the log."""
        self._pages = pages
        if pages >= CHECKPOINT_PAGES:
            self._wanted.set()

    def stop(self) -> None:
        self._stopping = True
        self._wanted.set()
        self._thread.join(STOP_WAIT)

    def _run(self) -> None:
        not_before = 0.0
        with closing(connect(self._path)) as connection:
            connection.set_busy_timeout(int(RESTART_WAIT * 1000))
            while True:
                self._wanted.wait()
                self._wanted.clear()
                if self._stopping:
                    return
                # RESTART makes the next writer begin the log anew; it briefly holds writers off, so only when large.
                restart = self._pages > RESTART_PAGES and time.monotonic() >= not_before
                mode = apsw.SQLITE_CHECKPOINT_RESTART if restart else apsw.SQLITE_CHECKPOINT_PASSIVE
                try:
                    connection.wal_checkpoint(mode=mode)
                except apsw.BusyError:
                    not_before = time.monotonic() + RESTART_PAUSE
                except apsw.Error as error:
                    # A full disk, perhaps: the log stays as it is, and the next change asks for it again.
                    log("checkpoint_failed", level="error", hint=str(fault(error, self._path)))
                    not_before = time.monotonic() + RESTART_PAUSE
