"""The steps of the line: what an order must have behind it (setting: Job Tracking:Jobtrack station verify; ours).

What no working station can do is asked for by none of these: a laboratory that retires a station does not stop.
"""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from traylane.orders.model import Order
from traylane.policy.model import Addon, Policy, Station


class _Extras(msgspec.Struct):
    """What the document says about AR."""

    addons: list[str] = []
    arCode: str = ""  # noqa: N815


_extras = msgspec.json.Decoder(_Extras).decode


def steps_missing(station: Station, passed: Collection[str], policy: Policy) -> tuple[str, ...]:
    """The codes of the stations that must come before `station` and have not, in the order they are set up in."""
    return tuple(code for code in station.requires if code not in passed and _works(code, policy))


def addon_steps_missing(order: Order, passed: Collection[str], policy: Policy) -> tuple[str, ...]:
    """The codes of the stations that the order's add-ons require and that have not had it."""
    required = (code for addon in _addons(order, policy) for code in addon.requires)
    return tuple(dict.fromkeys(code for code in required if code not in passed and _works(code, policy)))


def needs_ar(order: Order, policy: Policy) -> bool:
    """Whether the order has an AR code, or an add-on that is AR."""
    return bool(_extras(order.details).arCode) or any(addon.is_ar for addon in _addons(order, policy))


def ar_is_missing(order: Order, passed: Collection[str], policy: Policy) -> bool:
    """Whether the order needs AR, and none of the stations that do it has had it."""
    able = {station.code for station in policy.working_stations if station.is_ar}
    return bool(able) and able.isdisjoint(passed) and needs_ar(order, policy)


def final_qa_is_missing(passed: Collection[str], policy: Policy) -> bool:
    """Whether the order has been through none of the stations of final QA, so that it must not be completed."""
    able = {station.code for station in policy.working_stations if station.final_qa}
    return bool(able) and able.isdisjoint(passed)


def _addons(order: Order, policy: Policy) -> list[Addon]:
    return [policy.addons[code] for code in _extras(order.details).addons if code in policy.addons]


def _works(code: str, policy: Policy) -> bool:
    station = policy.stations.get(code)
    return station is not None and station.active and not station.is_operator
