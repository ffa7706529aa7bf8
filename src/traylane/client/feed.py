"""Follow the feed with a cursor that outlives the process."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from traylane.client.http import Client
    from traylane.client.shapes import FeedEvent

WAIT = 5
"""Seconds that a question may wait for an event: well under what a client waits for an answer."""


def follow(
    client: Client, cursor_file: str | os.PathLike[str], *, types: str | None = None, customer: str | None = None
) -> Iterator[FeedEvent]:
    """Every event from where the file says, for ever; where there is no file, from as far back as the feed reaches.

    An event's cursor is written when the next event is asked for: what was being worked on when the process ended comes
    again. Raises what the client raises, a Refused with `cursor_gone` among it.
    """
    path = Path(cursor_file)
    after = path.read_text().strip() if path.exists() else None
    while True:
        page = client.list_events(after=after, types=types, customer=customer, wait=WAIT)
        for event in page["items"]:
            yield event
            _save(path, event["cursor"])
        if page["cursor"] != after:
            # Also when nothing fitted: a reader of rare events must not come back with a cursor that is too old.
            after = page["cursor"]
            _save(path, after)


def _save(path: Path, cursor: str) -> None:
    """Whole or not at all, and on the disk."""
    partial = path.with_name(path.name + ".part")
    with partial.open("w") as file:
        file.write(cursor + "\n")
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
