"""The client follows the feed with a cursor that outlives it."""

from __future__ import annotations

import threading
import time
from itertools import islice
from pathlib import Path

import pytest

from traylane.client import Client, follow
from traylane.client.refusals import CursorGone


def test_a_reader_goes_on_where_it_was(desk: Client, tmp_path: Path) -> None:
    cursor = tmp_path / "cursor"
    cursor.write_text(desk.list_events(after="latest")["cursor"])
    desk.cancel_order("1001", delete_reason="CUS")
    desk.cancel_order("1002", delete_reason="CUS")
    first = list(islice(follow(desk, cursor, types="order.cancelled"), 1))
    again = list(islice(follow(desk, cursor, types="order.cancelled"), 2))
    # What was being worked on when the reader ended comes again.
    assert [event["data"]["orderNumber"] for event in first] == ["1001"]
    assert [event["data"]["orderNumber"] for event in again] == ["1001", "1002"]


def test_what_was_worked_on_is_saved_when_the_next_is_asked_for(desk: Client, tmp_path: Path) -> None:
    cursor = tmp_path / "cursor"
    cursor.write_text(desk.list_events(after="latest")["cursor"])
    desk.cancel_order("1001", delete_reason="CUS")
    desk.cancel_order("1002", delete_reason="CUS")
    events = follow(desk, cursor)
    first, _ = next(events), next(events)
    assert cursor.read_text().strip() == first["cursor"]


def test_a_cursor_of_another_database_is_said(desk: Client, tmp_path: Path) -> None:
    cursor = tmp_path / "cursor"
    cursor.write_text("2s.7")
    with pytest.raises(CursorGone) as gone:
        next(follow(desk, cursor))
    assert gone.value.evidence["why"] == "unknown"


@pytest.mark.slow
def test_a_reader_of_rare_events_moves_its_cursor_all_the_same(desk: Client, tmp_path: Path) -> None:
    """Else it would come back, after 90 quiet days, with a cursor that the feed has no more."""
    cursor = tmp_path / "cursor"
    before = desk.list_events(after="latest")["cursor"]
    cursor.write_text(before)
    desk.cancel_order("1001", delete_reason="CUS")
    [cancelled] = desk.list_events(after=before, types="order.cancelled", wait=30)["items"]
    passed = cancelled["cursor"]
    found: list[str] = []
    reading = threading.Thread(
        target=lambda: found.extend(e["type"] for e in islice(follow(desk, cursor, types="order.checked_in"), 1))
    )
    reading.start()
    give_up = time.monotonic() + 30
    while (saved := cursor.read_text().strip()) != passed and time.monotonic() < give_up:
        time.sleep(0.05)
    desk.check_in("RCV", {"orderIdentifier": "1002"})
    reading.join(30)
    assert (saved, found) == (passed, ["order.checked_in"])
