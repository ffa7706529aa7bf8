"""An order's past as one line of time: every scan, and every change."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from traylane.clock import Instant
from traylane.console import say
from traylane.console.words import _
from traylane.events import names
from traylane.events.seal import Event
from traylane.policy.model import Policy
from traylane.tracking.history import Tracked

KEPT = 100
"""Scans, and events, that a page shows: the last ones."""


class Moment(msgspec.Struct, frozen=True):
    """One thing that happened. `is_past_return`: from here on the order could not be cancelled any more."""

    at: str
    what: str
    who: str
    kind: str
    is_past_return: bool = False


def story(scans: Sequence[Tracked], events: Sequence[Event], policy: Policy, now: Instant) -> list[Moment]:
    """Scans and events together, the newest first. A scan is told once, by its own row."""
    told = [(scan.at, scan.seq, _scan(scan, policy, now)) for scan in scans]
    others = [event for event in events if event.type != names.ORDER_CHECKED_IN]
    lines = say.timeline(others, policy, now)
    for event, line in zip(reversed(others), lines, strict=True):
        told.append((event.at, event.seq, Moment(line.at, line.what, line.who, event.type.rpartition(".")[2])))
    return [moment for _at, _seq, moment in sorted(told, key=lambda each: each[:2], reverse=True)]


def _scan(scan: Tracked, policy: Policy, now: Instant) -> Moment:
    station = policy.stations.get(scan.station)
    past = scan.non_cancel or (station is not None and station.non_cancel)
    what = _("Scanned at %(place)s", place=say.place(scan.station, policy))
    return Moment(say.clock(scan.at, policy.time_zone, now), what, scan.operator or "", "scan", past)
