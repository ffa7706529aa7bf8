"""When an order may be checked in at a station (contract: Job Tracker, check in)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from traylane import clock
from traylane.clock import Instant
from traylane.errors import Refused
from traylane.orders.model import Order, Status
from traylane.orders.steps import addon_steps_missing, ar_is_missing, needs_ar, steps_missing
from traylane.policy.model import Policy, Station


class CheckInRequest(msgspec.Struct, frozen=True):
    """Which station scans, and the operator's code if one was scanned.

    `device_at`: what the terminal's clock said. `customer`: the one whose orders the caller may see, None for all.
    `now`: when it is asked. Read beside the order: `passed`, the stations it was scanned at, where they are verified;
    `holder`, the number of the order in the tray that a cancelled order lost.
    """

    station: str
    operator: str | None = None
    device_at: Instant | None = None
    customer: str | None = None
    now: Instant = Instant(0)
    passed: frozenset[str] = frozenset()
    holder: str | None = None


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
    """The order is marked for cancellation. `more`: what to do with the tray.

    `at`, `actor`, `reason`: of the cancel; `tray`: the tray that the order is known by; `holds`: the order that the
    tray was given to.
    """

    code = "checkin_cancelled"
    why = "Order marked for cancelation"

    def evidence(self) -> dict[str, Any]:
        if "at" not in self.data:
            return {}
        return {
            "cancelled": clock.to_text(self.data["at"]),
            "actor": self.data["actor"],
            "reason": self.data["reason"],
            "trayNumber": self.data["tray"],
            "trayHolds": self.data["holds"],
        }


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


class FlowRefused(CheckInRefused):
    """The flow does not let the order through. `message`: why; `station`: where; `missing`: stations still to pass."""

    code = "checkin_flow"

    def details(self) -> list[str]:
        return [self.data["message"]]

    def evidence(self) -> dict[str, Any]:
        return {"station": self.data["station"], "missing": list(self.data.get("missing", ()))}


class StepMissing(FlowRefused):
    """A station that must come before this one has not had the order yet."""

    code = "step_missing"


class ArMissing(FlowRefused):
    """The order needs AR and comes to final QA without it."""

    code = "ar_missing"


class ArNotNeeded(FlowRefused):
    """The order comes to an AR station and needs no AR."""

    code = "ar_not_needed"


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
    """An order that is marked for cancellation is scanned at a cancel rack only, and told what to do with its tray."""
    if order.cancelled_at is None or arrives_at_a_rack(order, request, policy):
        return None
    return OrderCancelled(
        more=what_to_do(order, request.holder, policy),
        at=order.cancelled_at,
        actor=order.cancelled_by,
        reason=order.cancel_reason,
        tray=order.tray,
        holds=request.holder,
    )


def order_is_not_completed(order: Order, request: CheckInRequest, policy: Policy) -> Refused | None:
    """A completed order has left the line."""
    return OrderCompleted() if order.is_completed else None


def order_is_valid(order: Order, request: CheckInRequest, policy: Policy) -> Refused | None:
    """An unvalid order is not worked on."""
    refused = order.status is Status.UNVALID and not arrives_at_a_rack(order, request, policy)
    return OrderUnvalid() if refused else None


def order_is_not_on_hold(order: Order, request: CheckInRequest, policy: Policy) -> Refused | None:
    """A held order is not worked on."""
    return OrderOnHold() if order.on_hold and not arrives_at_a_rack(order, request, policy) else None


def steps_were_taken(order: Order, request: CheckInRequest, policy: Policy) -> Refused | None:
    """Where stations are verified, those that a station requires, or an add-on before final QA, have had the order."""
    station = _verified(order, request, policy)
    if station is None:
        return None
    missing = steps_missing(station, request.passed, policy)
    if station.final_qa:
        missing = tuple(dict.fromkeys((*missing, *addon_steps_missing(order, request.passed, policy))))
    if not missing:
        return None
    return StepMissing(
        message=f"{', '.join(missing)} required before {station.code}", station=station.code, missing=missing
    )


def ar_was_done(order: Order, request: CheckInRequest, policy: Policy) -> Refused | None:
    """Where stations are verified, an order that needs AR has had it before final QA."""
    station = _verified(order, request, policy)
    if station is None or not station.final_qa or not ar_is_missing(order, request.passed, policy):
        return None
    able = tuple(other.code for other in policy.working_stations if other.is_ar)
    return ArMissing(message=f"AR required before {station.code}", station=station.code, missing=able)


def ar_is_needed(order: Order, request: CheckInRequest, policy: Policy) -> Refused | None:
    """Where stations are verified, only an order that needs AR comes to an AR station."""
    station = _verified(order, request, policy)
    if station is None or not station.is_ar or needs_ar(order, policy):
        return None
    return ArNotNeeded(message="AR not needed", station=station.code)


def arrives_at_a_rack(order: Order, request: CheckInRequest, policy: Policy) -> bool:
    """Whether this is a cancelled order that comes to where cancelled work is collected: its recall ends."""
    station = station_for(request.station, policy)
    return order.is_cancelled and station is not None and station.cancel_rack


def what_to_do(order: Order, holder: str | None, policy: Policy) -> tuple[str, ...]:
    """What the person at the station is to do with the tray of a cancelled order; nothing when it has left its tray."""
    racks = ", ".join(station.code for station in policy.working_stations if station.cancel_rack)
    to_where = f"to the cancel rack: {racks}" if racks else "out of the line, and release it"
    if order.tray_key is not None:
        return (f"Take tray {order.tray} {to_where}",)
    if order.taken_over_at is None:
        return ()
    now_holds = f"now holds order {holder}" if holder is not None else "was given away"
    return (f"Tray {order.tray} {now_holds}: take the work of order {order.number} out of it",)


def _verified(order: Order, request: CheckInRequest, policy: Policy) -> Station | None:
    """The station, if its steps are verified."""
    return station_for(request.station, policy) if policy.station_verify and not order.is_cancelled else None


CHECK_IN_RULES: tuple[Rule, ...] = (
    operator_exists,
    operator_is_given,
    order_is_not_cancelled,
    order_is_not_completed,
    order_is_valid,
    order_is_not_on_hold,
    steps_were_taken,
    ar_was_done,
    ar_is_needed,
)


def refusals(order: Order, request: CheckInRequest, policy: Policy) -> list[Refused]:
    """Everything that stands in the way, in the order of the rules."""
    return [refusal for rule in CHECK_IN_RULES if (refusal := rule(order, request, policy)) is not None]
