"""What may be said of the parts of a cancelled order, and when something must be (ours)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from traylane.errors import Refused
from traylane.orders import disposition
from traylane.orders.disposition import LENSES, NOTHING_SAID, Disposition
from traylane.orders.model import Order
from traylane.policy.model import Policy

LAB_SUPPLIED = "S"
"""The frameStatusCode of a frame that the laboratory supplies."""


class DispositionRequest(msgspec.Struct, frozen=True):
    """What became of the parts of a cancelled order."""

    disposition: Disposition = NOTHING_SAID


class UnknownDispositionCode(Refused):
    """A breakage or employee code is not an active one. `unknown`: what each is, and the code."""

    code = "unknown_disposition_code"
    sentence = "Disposition code does not exist"
    is_final = True

    def details(self) -> list[str]:
        return [f"{what}: {code}" for what, code in self.data["unknown"]]


class LabFrame(Refused):
    """The frame is the laboratory's own, and the setting keeps such orders."""

    code = "lab_frame"
    sentence = "Order has a lab-supplied frame"
    is_final = True


class BreakageMissing(Refused):
    """It must be said first what became of the lenses. `missing`: the properties that are lacking."""

    code = "breakage_missing"
    sentence = "Breakage must be entered before a cancel"
    is_final = True

    def details(self) -> list[str]:
        return [f"Missing: {name}" for name in self.data["missing"]]


class NothingToDispose(Refused):
    """Only of a cancelled order it can be said what became of its parts."""

    code = "nothing_to_dispose"
    sentence = "Order is not marked for cancellation"
    is_final = True


Rule = Callable[[Order, DispositionRequest, Policy], Refused | None]


class _Told(msgspec.Struct):
    """What these rules read of an order's document."""

    frameStatusCode: str = ""
    rtLensStyle: str = ""
    rtLensMaterial: str = ""
    ltLensStyle: str = ""
    ltLensMaterial: str = ""


_read = msgspec.json.Decoder(_Told).decode


def unknown_codes(said: Disposition, policy: Policy) -> Refused | None:
    """Breakage and employee codes must be active ones."""
    unknown: list[tuple[str, str]] = []
    for name, part in said.parts():
        if part.breakage is not None and not _is_active(policy.breakages, part.breakage):
            unknown.append((f"{name}BreakageCode", part.breakage))
        if part.employee is not None and not _is_active(policy.employees, part.employee):
            unknown.append((f"{name}EmployeeCode", part.employee))
    return UnknownDispositionCode(unknown=unknown) if unknown else None


def lab_frame(order: Order, policy: Policy) -> Refused | None:
    """Where the setting says so, an order whose frame the laboratory supplies is not cancelled."""
    if policy.lab_frames_cancellable:
        return None
    return LabFrame() if _read(order.details).frameStatusCode == LAB_SUPPLIED else None


def breakage_missing(order: Order, said: Disposition, policy: Policy) -> Refused | None:
    """Where the setting says so, a cancel must tell for each lens of the order whether it is broken."""
    if not policy.breakage_first:
        return None
    told = _read(order.details)
    lenses = {"rt": told.rtLensStyle or told.rtLensMaterial, "lt": told.ltLensStyle or told.ltLensMaterial}
    known = {name for name, _ in said.parts()}
    missing = [f"{eye}Disposition" for eye in LENSES if lenses[eye] and eye not in known]
    return BreakageMissing(missing=missing) if missing else None


def order_is_cancelled(order: Order, request: DispositionRequest, policy: Policy) -> Refused | None:
    """Parts are disposed of only when the order is marked for cancellation."""
    return None if order.is_cancelled else NothingToDispose()


def codes_are_known(order: Order, request: DispositionRequest, policy: Policy) -> Refused | None:
    """Breakage and employee codes must be active ones, or stand there already."""
    if request.disposition == disposition.from_text(order.cancel_disposition):
        return None
    return unknown_codes(request.disposition, policy)


DISPOSITION_RULES: tuple[Rule, ...] = (order_is_cancelled, codes_are_known)


def first_refusal(order: Order, request: DispositionRequest, policy: Policy) -> Refused | None:
    """What the rules say first, or None when it may be posted."""
    return next(filter(None, (rule(order, request, policy) for rule in DISPOSITION_RULES)), None)


def _is_active(rows: Any, code: str) -> bool:
    row = rows.get(code)
    return row is not None and row.active
