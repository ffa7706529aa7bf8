"""What must be true of every order at any time, whatever happened to it. Each invariant is one sentence.

They are checked from the database alone: an order's row, its scans and its events must tell the same story, and the
story must be one that the rules allow. An order that was imported is judged from its import on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise

from traylane.events import names
from traylane.orders.histories import History, Told
from traylane.orders.replay import State, as_stored, at_first, claims, differences, then

Invariant = Callable[[History], str | None]
"""None when it holds, else where it breaks."""

_MAKES = (names.ORDER_CREATED, names.ORDER_IMPORTED)


def revision_counts_the_events(history: History) -> str | None:
    """An order's revision is the number of its events: one for each, without a gap, since it was made."""
    if not history.events or history.events[0].type not in _MAKES:
        return "no event tells how it came to be"
    first = history.events[0].seq
    seqs = [event.seq for event in history.events]
    if seqs != list(range(first, first + len(seqs))):
        return f"events {seqs} have a gap"
    if seqs[-1] != history.revision:
        return f"revision {history.revision}, but the last event is {seqs[-1]}"
    return None


def scan_count_counts_the_scans(history: History) -> str | None:
    """An order's scan count is the number of its scans, and the last one says where it is."""
    if [scan.seq for scan in history.scans] != list(range(1, history.scan_count + 1)):
        return f"scan count {history.scan_count}, but scans {[scan.seq for scan in history.scans]}"
    last = history.scans[-1].station if history.scans else None
    return None if history.station == last else f"stands at {history.station}, but was last scanned at {last}"


def scans_are_told(history: History) -> str | None:
    """Each check-in event tells of the scan that is there, and whether its station was non-cancel."""
    scans = {scan.seq: (scan.station, scan.non_cancel) for scan in history.scans}
    for event in history.events:
        if event.type == names.ORDER_CHECKED_IN:
            after = event.fields["after"]
            if scans.get(after["scan"]) != (after["station"], after["nonCancel"]):
                return f"event {event.seq} tells of another scan {after['scan']}"
    return None


def events_lead_to_the_row(history: History) -> str | None:
    """The state that the events lead to is the one in the order's row."""
    states = list(_states(history))
    if not states:
        return None
    wrong = differences(as_stored(history), states[-1][1])
    return f"the row says otherwise of {', '.join(wrong)}" if wrong else None


def events_follow_each_other(history: History) -> str | None:
    """Each event begins with the state that the one before it left: nothing was overwritten unseen."""
    for (_, before), (event, _) in pairwise(_states(history)):
        if wrong := differences(claims(event), before):
            return f"event {event.seq} ({event.type}) begins with another {', '.join(wrong)}"
    return None


def no_cancel_past_a_non_cancel_station(history: History) -> str | None:
    """No order was cancelled after a scan at a non-cancel station, unless by an override."""
    for (_, before), (event, after) in pairwise(_states(history)):
        if event.type != names.ORDER_CANCELLED or after["override"]:
            continue
        past = [scan.station for scan in history.scans[: before["scan"]] if scan.non_cancel]
        if past:
            return f"event {event.seq} cancels it after {past[0]}"
    return None


def no_completed_order_is_cancelled(history: History) -> str | None:
    """No order is cancelled once it is completed."""
    completed = False
    for event in history.events:
        if event.type == names.ORDER_CANCELLED and completed:
            return f"event {event.seq} cancels it"
        completed = completed or event.type == names.ORDER_COMPLETED
    return "its row is both" if history.status == "C" and history.cancelled_at is not None else None


def dispositions_are_posted_once(history: History) -> str | None:
    """What became of an order's parts is posted once: the same is not posted again."""
    for (_, before), (event, after) in pairwise(_states(history)):
        if event.type == names.ORDER_DISPOSED and before.get("disposition", ...) == after["disposition"]:
            return f"event {event.seq} posts the same again"
    return None


def nothing_is_done_to_what_is_gone(history: History) -> str | None:
    """A completed order changes no more, a cancelled one only by its recall and restore; either may be erased."""
    for (_, before), (event, _) in pairwise(_states(history)):
        if event.type == names.ORDER_ERASED:
            continue
        if before["status"] == "C" or (before["cancelled"] and not _is_of_a_cancelled_one(event)):
            return f"event {event.seq} is {event.type}"
    return None


def _is_of_a_cancelled_one(event: Told) -> bool:
    if event.type == names.ORDER_CHECKED_IN:
        return "recall" in event.fields["after"]  # at a cancel rack
    return event.type in _OF_CANCELLED


_OF_CANCELLED = (
    names.ORDER_DISPOSED,
    names.ORDER_RESTORED,
    names.ORDER_TRAY_RELEASED,
    names.ORDER_TRAY_TAKEN_OVER,
)

INVARIANTS: tuple[Invariant, ...] = (
    revision_counts_the_events,
    scan_count_counts_the_scans,
    scans_are_told,
    events_lead_to_the_row,
    events_follow_each_other,
    no_cancel_past_a_non_cancel_station,
    no_completed_order_is_cancelled,
    nothing_is_done_to_what_is_gone,
    dispositions_are_posted_once,
)


def _states(history: History) -> Iterator[tuple[Told, State]]:
    """Each event with the state after it; nothing when the first one does not make the order."""
    if not history.events or history.events[0].type not in _MAKES:
        return
    state = at_first(history, history.events[0])
    yield history.events[0], state
    for event in history.events[1:]:
        state = then(state, event)
        yield event, state
