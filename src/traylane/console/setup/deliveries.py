"""Deliveries of a webhook as its page shows them, and which of them a form sends again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from traylane.clock import Instant
from traylane.console import say
from traylane.console.words import N_, _
from traylane.errors import BadArguments
from traylane.events.feed import Cursor, parse_cursor
from traylane.webhooks.manage import MOST_REPLAYED
from traylane.webhooks.model import Delivery

SHOWN = 50
_STATES = {"pending": N_("on its way"), "delivered": N_("arrived"), "failed": N_("failed")}


def shown(sent: Sequence[Delivery], epoch: int, zone: ZoneInfo, now: Instant) -> list[dict[str, Any]]:
    """Deliveries as a page shows them, the newest first."""
    return [_shown(each, epoch, zone, now) for each in sent]


def span_of(form: Mapping[str, str]) -> tuple[Cursor, Cursor]:
    """The first and the last place that a form sends again. Raises BadArguments."""
    first, last = parse_cursor(form.get("first", "").strip()), parse_cursor(form.get("last", "").strip())
    if first is None or last is None:
        raise BadArguments(_("Give the first and the last place, as the table shows them"))
    if not 0 <= last.position - first.position < MOST_REPLAYED:
        raise BadArguments(_("The last place must not be before the first, nor %(most)s behind it", most=MOST_REPLAYED))
    return first, last


def _shown(sent: Delivery, epoch: int, zone: ZoneInfo, now: Instant) -> dict[str, Any]:
    last = sent.tries[-1] if sent.tries else None
    return {
        "place": str(Cursor(epoch, sent.position)),
        "state": _(_STATES[sent.state]),
        "good": sent.state == "delivered",
        "bad": sent.state == "failed",
        "tried": sent.tried,
        "at": say.clock(last.at, zone, now) if last else "",
        "answer": " ".join(filter(None, (str(last.status or ""), last.error, last.answer[:200]))) if last else "",
        "next": say.clock(sent.next_at, zone, now) if sent.next_at is not None else "",
    }
