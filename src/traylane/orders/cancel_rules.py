"""When an order may be cancelled. Each rule is one sentence and refuses by its own name.

`CANCEL_RULES` is asked in order: the first refusal is the API's answer, all of them are the dry run's. The first six
are the contract's; what follows them is ours, and refuses only what was asked for or set up beyond the contract.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from traylane import clock
from traylane.errors import Refused
from traylane.orders.disposition import NOTHING_SAID, Disposition
from traylane.orders.disposition_rules import breakage_missing, lab_frame, unknown_codes
from traylane.orders.model import Order
from traylane.policy.model import Policy


class CancelRequest(msgspec.Struct, frozen=True):
    """What a caller asks for beside the order. `reason`: None when none came.

    `override`: to cancel although the order has been through a non-cancel station; true only for a caller who asked
    for it and may. `disposition`: what becomes of lenses and frame, as far as that is said at once.
    """

    reason: str | None = None
    override: bool = False
    disposition: Disposition = NOTHING_SAID


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
    override_scope = "orders:override"

    def evidence(self) -> dict[str, Any]:
        return {
            "station": self.data["station"],
            "scanned": clock.to_text(self.data["at"]),
            "sequence": self.data["sequence"],
        }


class ReasonForbidsOverride(Refused):
    """An override was asked for, and the delete reason does not allow one. `provided`: what came."""

    code = "reason_forbids_override"
    sentence = "Delete reason does not allow an override"
    is_final = True

    def details(self) -> list[str]:
        return [f"Provided: {self.data['provided']}"]


Rule = Callable[[Order, CancelRequest, Policy], Refused | None]


def job_tracker_is_installed(order: Order, request: CancelRequest, policy: Policy) -> Refused | None:
    """Cancelling needs the Job Tracker module."""
    return None if policy.job_tracker_installed else JobTrackerMissing()


def order_is_not_cancelled(order: Order, request: CancelRequest, policy: Policy) -> Refused | None:
    """An order that is marked for cancellation cannot be cancelled again."""
    if order.cancelled_at is None:
        return None
    return AlreadyCancelled(at=order.cancelled_at, actor=order.cancelled_by, reason=order.cancel_reason)


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
    if scan is None or request.override:
        return None
    station = policy.stations.get(scan.station)
    return ThroughNonCancelStation(
        station=scan.station, at=scan.at, sequence=None if station is None else station.sequence
    )


def reason_allows_the_override(order: Order, request: CancelRequest, policy: Policy) -> Refused | None:
    """An override needs an active reason that allows it, also where no reason is required."""
    if not overrides(order, request) or request.reason in policy.override_reasons:
        return None
    return ReasonForbidsOverride(provided=request.reason or "")


def disposition_codes_are_known(order: Order, request: CancelRequest, policy: Policy) -> Refused | None:
    """Breakage and employee codes must be active ones."""
    return unknown_codes(request.disposition, policy)


def frame_may_be_cancelled(order: Order, request: CancelRequest, policy: Policy) -> Refused | None:
    """Where the setting says so, an order whose frame the laboratory supplies is not cancelled."""
    return lab_frame(order, policy)


def breakage_is_entered(order: Order, request: CancelRequest, policy: Policy) -> Refused | None:
    """Where the setting says so, a cancel must tell for each lens of the order whether it is broken."""
    return breakage_missing(order, request.disposition, policy)


CANCEL_RULES: tuple[Rule, ...] = (
    job_tracker_is_installed,
    order_is_not_cancelled,
    order_is_not_completed,
    reasons_are_set_up,
    reason_is_known,
    order_has_not_passed_a_non_cancel_station,
    reason_allows_the_override,
    disposition_codes_are_known,
    frame_may_be_cancelled,
    breakage_is_entered,
)


def overrides(order: Order, request: CancelRequest) -> bool:
    """Whether the cancel would go past a non-cancel station."""
    return request.override and order.non_cancel_scan is not None


def refusals(order: Order, request: CancelRequest, policy: Policy) -> Iterator[Refused]:
    """Everything that stands in the way, in the order of the rules."""
    for rule in CANCEL_RULES:
        refusal = rule(order, request, policy)
        if refusal is not None:
            yield refusal
