"""One JSON object a line on standard error.

Codes, route templates and order numbers; never raw paths, names or keys.
"""

from __future__ import annotations

import logging
import sys
import threading
import time
from typing import Any

import msgspec

_encode = msgspec.json.Encoder().encode
_lines: list[bytes] = []
_lock = threading.Lock()


def log(event: str, *, level: str = "info", **fields: Any) -> None:
    """Write one line at once."""
    note(event, level=level, **fields)
    flush()


def note(event: str, *, level: str = "info", **fields: Any) -> None:
    """Keep one line for the next `flush`: for what happens thousands of times a second."""
    _lines.append(_encode({"ts": round(time.time(), 3), "level": level, "event": event, **fields}))


def flush() -> None:
    """Write the lines that wait."""
    with _lock:
        lines, _lines[:] = _lines[:], []
    if lines:
        sys.stderr.buffer.write(b"\n".join(lines) + b"\n")
        sys.stderr.buffer.flush()


class ServerLog(logging.Handler):
    """Takes what the HTTP server says of itself into the same lines."""

    def emit(self, record: logging.LogRecord) -> None:
        log("server", level=record.levelname.lower(), message=record.getMessage())
