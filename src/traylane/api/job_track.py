"""The Job Tracker's endpoints: parse, call, present."""

from __future__ import annotations

import msgspec

from traylane.api.call import Call
from traylane.api.errors import StationNotFound
from traylane.api.http import Answer, json_answer
from traylane.api.schemas import basics
from traylane.api.schemas import job_track as shapes
from traylane.clock import END_OF_9999, Instant, from_text
from traylane.errors import BadArguments
from traylane.orders.change import Done
from traylane.tracking.checkin import CHECK_IN, said_of_doubled
from traylane.tracking.checkin_rules import CheckInRequest


async def stations(call: Call) -> Answer:
    """The stations and operators, in the order of the line."""
    policy = await call.desk.policy_for(call.actor)
    limit, offset = basics.window(call.query)
    everything = sorted(policy.stations.values(), key=lambda s: (s.sequence, s.code))
    items = [shapes.station(s) for s in everything[offset : offset + limit]]
    return json_answer(200, {"total": len(everything), "items": items})


async def station(call: Call) -> Answer:
    """One station or operator."""
    policy = await call.desk.policy_for(call.actor)
    found = policy.stations.get(call.path[0])
    if found is None:
        raise StationNotFound(provided=call.path[0])
    return json_answer(200, shapes.station(found))


async def check_in(call: Call) -> Answer:
    """Check an order in at a station."""
    body = call.body
    if body is None:
        raise BadArguments("orderIdentifier is missing")
    asked = CheckInRequest(
        station=call.path[0],
        operator=None if body.operator is None else _as_scanned(body.operator),
        device_at=None if body.deviceDateTime is None else _device_time(body.deviceDateTime),
        customer=call.actor.customer,
    )
    ref = call.ref(_as_scanned(body.orderIdentifier), body.by)
    return await call.change(CHECK_IN, msgspec.structs.replace(ref, scanned=True), asked, _checked_in)


def _as_scanned(text: str) -> str:
    """What was read, without the key that a barcode reader presses after it."""
    return text.rstrip("\r\n\t")


def _device_time(text: str) -> Instant:
    try:
        at = from_text(text)
    except (ValueError, OverflowError):
        at = Instant(-1)
    if not 0 <= at < END_OF_9999:
        raise BadArguments("deviceDateTime must be a date-time with a time zone, like 2026-11-02T09:15:00.000Z")
    return at


def _checked_in(done: Done) -> Answer:
    station = done.policy.stations[done.order.station or ""]
    content = shapes.checked_in(done.order, station, "" if done.is_new else said_of_doubled(done.order))
    return json_answer(200, content, (b"etag", done.order.tag.encode()), order=done.order.number)
