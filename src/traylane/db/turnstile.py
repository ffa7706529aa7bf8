"""Writers of several processes take turns.

Whoever wants SQLite's write lock waits for it inside the turnstile, and leaves as soon as it has it. So a writer
that has just committed cannot be first again while somebody else is waiting. The kernel frees the turnstile of a
process that dies.
"""

from __future__ import annotations

import os
import sys

if sys.platform == "win32":  # SQLite's own waiting has to do

    class Turnstile:
        def __init__(self, path: str) -> None: ...
        def enter(self) -> None: ...
        def leave(self) -> None: ...
        def is_wanted(self) -> bool:
            # Nobody can be seen waiting: they are let in each time.
            return True

        def close(self) -> None: ...

else:
    import fcntl

    class Turnstile:
        """A file that one process at a time holds."""

        def __init__(self, path: str) -> None:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)

        def enter(self) -> None:
            """Wait for the turn; whoever is inside leaves within SQLite's own lock wait."""
            fcntl.flock(self._file, fcntl.LOCK_EX)

        def leave(self) -> None:
            fcntl.flock(self._file, fcntl.LOCK_UN)

        def is_wanted(self) -> bool:
            """Whether somebody else is inside, waiting for the write lock."""
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            fcntl.flock(self._file, fcntl.LOCK_UN)
            return False

        def close(self) -> None:
            os.close(self._file)
