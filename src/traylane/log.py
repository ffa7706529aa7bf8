"""One JSON object a line on standard error.

Codes, route templates and order numbers; never raw paths, names or keys.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
import time
import traceback
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


def where(error: BaseException) -> list[str]:
    """An exception for the log: kinds and places only, since its text may hold what a customer wrote."""
    frames = traceback.extract_tb(error.__traceback__)
    return [type(error).__name__, *(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames[-8:])]


def fault_beside(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Takes what asyncio says of a task that nobody waits for into the same lines; as a loop's exception handler."""
    error = context.get("exception")
    log("fault", level="error", route="beside", where=[] if error is None else where(error))


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
