"""When an order may be checked in at a station (contract: Job Tracker, check in)."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from traylane.errors import Refused
from traylane.orders.model import Order, Status
from traylane.policy.model import Policy, Station


class CheckInRequest(msgspec.Struct, frozen=True):
    """Which station scans, and the operator's code if one was scanned."""

    station: str
    operator: str | None = None


class JobTrackerMissing(Refused):
    """The Job Tracker is not installed."""

    code = "checkin_job_tracker_missing"
    sentence = "Job Tracker module required for checkin"
    is_final = True


class CheckInRefused(Refused):
    """The scan does not count. `why`: the sentence; `more`: further lines of `details`."""

    code = "checkin_refused"
    sentence = "Checkin not performed"
    is_final = True
    why = ""

    def details(self) -> list[str]:
        return [self.why, *self.data.get("more", ())]


class StationNotFound(CheckInRefused):
    """No working station has this code; operators and retired stations count as none."""

    code = "station_not_found"
    why = "Station not found"


class OrderNotFound(CheckInRefused):
    """No order fits the identifier."""

    code = "checkin_order_not_found"
    why = "Order not found"


class OrderAmbiguous(CheckInRefused):
    """Several orders have the PO. `more`: what was provided and the candidates."""

    code = "checkin_ambiguous"
    why = "More than one record found"


class OperatorNotFound(CheckInRefused):
    """No working operator has this code."""

    code = "operator_not_found"
    why = "Operator not found"


class OperatorRequired(CheckInRefused):
    """The station wants to know who scans."""

    code = "operator_required"
    why = "Operator required"


class OrderCancelled(CheckInRefused):
    """The order is marked for cancellation."""

    code = "checkin_cancelled"
    why = "Order marked for cancelation"


class OrderCompleted(CheckInRefused):
    """The order is completed."""

    code = "checkin_completed"
    why = "Order already completed"


class OrderUnvalid(CheckInRefused):
    """The order is unvalid."""

    code = "checkin_unvalid"
    why = "Order unvalid"


class OrderOnHold(CheckInRefused):
    """The order is on hold."""

    code = "checkin_on_hold"
    why = "Order on hold"


Rule = Callable[[Order, CheckInRequest, Policy], Refused | None]


def station_for(code: str, policy: Policy) -> Station | None:
    """The working station with this code."""
    station = policy.stations.get(code)
    return station if station is not None and station.active and not station.is_operator else None


def before_the_order(request: CheckInRequest, policy: Policy) -> Refused | None:
    """The Job Tracker must be installed, and the station must exist: asked before the order is looked for."""
    if not policy.job_tracker_installed:
        return JobTrackerMissing()
    return None if station_for(request.station, policy) else StationNotFound()


def operator_exists(order: Order, request: CheckInRequest, policy: Policy) -> Refused | None:
    """An operator's code must be a working operator's."""
    if request.operator is None:
        return None
    operator = policy.stations.get(request.operator)
    return None if operator is not None and operator.is_operator and operator.active else OperatorNotFound()


def operator_is_given(order: Order, request: CheckInRequest, policy: Policy) -> Refused | None:
    """A station that requires an operator needs one."""
    station = station_for(request.station, policy)
    required = station is not None and station.requires_operator
    return OperatorRequired() if required and request.operator is None else None


def order_is_not_cancelled(order: Order, request: CheckInRequest, policy: Policy) -> Refused | None:
    """An order that is marked for cancellation is not worked on."""
    return OrderCancelled() if order.is_cancelled else None


def order_is_not_completed(order: Order, request: CheckInRequest, policy: Policy) -> Refused | None:
    """A completed order has left the line."""
    return OrderCompleted() if order.is_completed else None


def order_is_valid(order: Order, request: CheckInRequest, policy: Policy) -> Refused | None:
    """An unvalid order is not worked on."""
    return OrderUnvalid() if order.status is Status.UNVALID else None


def order_is_not_on_hold(order: Order, request: CheckInRequest, policy: Policy) -> Refused | None:
    """A held order is not worked on."""
    return OrderOnHold() if order.on_hold else None


CHECK_IN_RULES: tuple[Rule, ...] = (
    operator_exists,
    operator_is_given,
    order_is_not_cancelled,
    order_is_not_completed,
    order_is_valid,
    order_is_not_on_hold,
)


def refusals(order: Order, request: CheckInRequest, policy: Policy) -> list[Refused]:
    """Everything that stands in the way, in the order of the rules."""
    return [refusal for rule in CHECK_IN_RULES if (refusal := rule(order, request, policy)) is not None]
