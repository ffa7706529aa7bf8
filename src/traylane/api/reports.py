"""The reports: parse, count, present."""

from __future__ import annotations

from datetime import date, timedelta

from traylane.api.call import Call
from traylane.api.http import Answer, json_answer
from traylane.api.schemas import reports as shapes
from traylane.calendar import day_of
from traylane.errors import BadArguments
from traylane.orders.cancellation_report import MOST_DAYS, USUAL_DAYS, count_cancellations
from traylane.policy.model import Policy


async def cancellations(call: Call) -> Answer:
    """Cancellations of some days by reason, customer, station and hour."""
    policy = await call.desk.policy_for(call.actor)
    first, last = _days(call, policy)
    counts = await count_cancellations(call.desk.db, policy.time_zone, first, last, customer=call.actor.customer)
    return json_answer(200, shapes.cancellation_report(counts, policy, first, last))


def _days(call: Call, policy: Policy) -> tuple[date, date]:
    last = _day(call, "to") or day_of(call.now, policy.time_zone)
    first = _day(call, "from") or last - timedelta(days=USUAL_DAYS - 1)
    if not 0 <= (last - first).days < MOST_DAYS:
        raise BadArguments(f"from and to must name 1 to {MOST_DAYS} days")
    return first, last


def _day(call: Call, name: str) -> date | None:
    given = call.query.get(name)
    if given is None:
        return None
    try:
        day = date.fromisoformat(given)
    except ValueError:
        day = date.min
    if not 1970 < day.year < 9999 or len(given) != len("2026-11-02"):
        raise BadArguments(f"{name} must be a day like 2026-11-02")
    return day
