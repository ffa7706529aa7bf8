"""When an order may be cancelled. Each rule is one sentence and refuses by its own name.

`CANCEL_RULES` is asked in order: the first refusal is the API's answer, all of them are the dry run's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from traylane import clock
from traylane.errors import Refused
from traylane.orders.model import Order
from traylane.policy.model import Policy


class CancelRequest(msgspec.Struct, frozen=True):
    """What a caller asks for beside the order. `reason`: None when none came."""

    reason: str | None = None


class JobTrackerMissing(Refused):
    """The Job Tracker is not installed."""

    code = "job_tracker_missing"
    sentence = "Job Tracker module required for cancel method"
    is_final = True


class AlreadyCancelled(Refused):
    """The order is marked for cancellation. `at`, `actor`, `reason`: of the first cancel."""

    code = "already_cancelled"
    sentence = "Order already completed"
    is_final = True

    def evidence(self) -> dict[str, Any]:
        return {
            "cancelled": clock.to_text(self.data["at"]),
            "actor": self.data["actor"],
            "reason": self.data["reason"],
        }


class AlreadyCompleted(Refused):
    """The order is completed."""

    code = "already_completed"
    sentence = "Order already completed"
    is_final = True


class NoReasonsSetUp(Refused):
    """A reason is required, and no active one exists."""

    code = "no_reasons"
    sentence = "The delete reasons file is empty"
    is_final = True


class UnknownReason(Refused):
    """A reason is required, and none or no active one came. `provided`: what came."""

    code = "unknown_reason"
    sentence = "Delete reason code does not exist"
    is_final = True

    def details(self) -> list[str]:
        return [f"Provided: {self.data['provided']}"]


class ThroughNonCancelStation(Refused):
    """The order's history holds a non-cancel station. `station`, `at`, `sequence`: which, when, its place."""

    code = "non_cancel_station"
    sentence = "Order has been through a non-cancel station"
    is_final = True

    def evidence(self) -> dict[str, Any]:
        return {
            "station": self.data["station"],
            "scanned": clock.to_text(self.data["at"]),
            "sequence": self.data["sequence"],
        }


Rule = Callable[[Order, CancelRequest, Policy], Refused | None]


def job_tracker_is_installed(order: Order, request: CancelRequest, policy: Policy) -> Refused | None:
    """Cancelling needs the Job Tracker module."""
    return None if policy.job_tracker_installed else JobTrackerMissing()


def order_is_not_cancelled(order: Order, request: CancelRequest, policy: Policy) -> Refused | None:
    """An order that is marked for cancellation cannot be cancelled again."""
    if order.cancelled_at is None:
        return None
    return AlreadyCancelled(at=order.cancelled_at, actor=order.cancel_actor, reason=order.cancel_reason)


def order_is_not_completed(order: Order, request: CancelRequest, policy: Policy) -> Refused | None:
    """A completed order cannot be cancelled."""
    return AlreadyCompleted() if order.is_completed else None


def reasons_are_set_up(order: Order, request: CancelRequest, policy: Policy) -> Refused | None:
    """Where a reason is required, at least one active reason must be set up."""
    return NoReasonsSetUp() if policy.reason_required and not policy.active_reasons else None


def reason_is_known(order: Order, request: CancelRequest, policy: Policy) -> Refused | None:
    """Where a reason is required, it must be an active one."""
    if not policy.reason_required or not policy.active_reasons or request.reason in policy.active_reasons:
        return None
    return UnknownReason(provided=request.reason or "")


def order_has_not_passed_a_non_cancel_station(
    order: Order,
    request: CancelRequest,
    policy: Policy,
) -> Refused | None:
    """An order whose history holds a station that was non-cancel when scanned, or is now, cannot be cancelled."""
    scan = order.non_cancel_scan
    if scan is None:
        return None
    station = policy.stations.get(scan.station)
    return ThroughNonCancelStation(
        station=scan.station, at=scan.at, sequence=None if station is None else station.sequence
    )


CANCEL_RULES: tuple[Rule, ...] = (
    job_tracker_is_installed,
    order_is_not_cancelled,
    order_is_not_completed,
    reasons_are_set_up,
    reason_is_known,
    order_has_not_passed_a_non_cancel_station,
)


def refusals(order: Order, request: CancelRequest, policy: Policy) -> Iterator[Refused]:
    """Everything that stands in the way, in the order of the rules."""
    for rule in CANCEL_RULES:
        refusal = rule(order, request, policy)
        if refusal is not None:
            yield refusal
