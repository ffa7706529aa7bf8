"""When an order may be created (contract: create). Each rule is one sentence and refuses by its own name.

`CREATE_RULES` is asked in order, and the first refusal is the answer. What is missing or malformed was refused before,
at the door; whether a tray and an order number are to be had is asked last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from traylane.errors import Refused
from traylane.orders.details import Details
from traylane.orders.model import Order
from traylane.orders.optics_rules import implausible
from traylane.orders.tray_rules import TrayInUse
from traylane.policy.model import Policy

UNCUT, ADDON = "U", "A"


class CreateRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The order that is wanted.

    `po`: in NFC. `tray`: up to 5 digits, "" when one is to be given. `only_customer`: the one that the caller is bound
    to, None for all. `holder`: the order that holds the tray now, whosever it is; read with the configuration.
    """

    customer: str
    po: str
    details: Details
    tray: str = ""
    on_hold: bool = False
    only_customer: str | None = None
    holder: Order | None = None


class OnlyOnUncutJobs(Refused):
    """The job is not uncut. `job_type`: what it is."""

    is_final = True

    def details(self) -> list[str]:
        return [f"Job Type: {self.data['job_type']}", "Frame SW:"]


class CribOnlyUncut(OnlyOnUncutJobs):
    """A crib diameter came with a job that is not uncut. `job_type`: what it is."""

    code = "crib_only_uncut"
    sentence = "crib is only valid on uncut jobs"


class EllhOnlyUncut(OnlyOnUncutJobs):
    """An ellipse height came with a job that is not uncut. `job_type`: what it is."""

    code = "ellh_only_uncut"
    sentence = "ellh is only valid on uncut jobs"


class UnknownCustomer(Refused):
    """No such customer of the caller's. `provided`: the number."""

    code = "unknown_customer"
    sentence = "Customer does not exist"
    is_final = True

    def details(self) -> list[str]:
        return [f"Provided: {self.data['provided']}"]


class NoAddons(Refused):
    """An addon job came without add-ons."""

    code = "no_addons"
    sentence = "No addons entered"
    is_final = True


class UnknownAddon(Refused):
    """An add-on is not set up, or retired. `provided`: those that are not."""

    code = "unknown_addon"
    sentence = "Addon does not exist"
    is_final = True

    def details(self) -> list[str]:
        return [f"Provided: {code}" for code in self.data["provided"]]


class ValidationFailed(Refused):
    """The prescription or the frame cannot be. `messages`: numbered; `properties`: where each was found."""

    code = "validation_failed"
    sentence = "Validation Failed"
    is_final = True

    def details(self) -> list[str]:
        return list(self.data["messages"])

    def evidence(self) -> dict[str, Any]:
        return {"properties": self.data["properties"]}


class NoFreeTray(Refused):
    """Every tray of the pool holds an order, and the setting asks for one."""

    code = "no_free_tray"
    sentence = "No free tray"


class NoFreeOrderNumber(Refused):
    """Every number of the range was given."""

    code = "no_free_order_number"
    sentence = "No free order number"


Rule = Callable[[CreateRequest, Policy], Refused | None]


def crib_is_for_uncut_jobs(request: CreateRequest, policy: Policy) -> Refused | None:
    """Only an uncut job has a crib diameter."""
    job = request.details.jobType
    return CribOnlyUncut(job_type=job) if request.details.crib and job != UNCUT else None


def ellh_is_for_uncut_jobs(request: CreateRequest, policy: Policy) -> Refused | None:
    """Only an uncut job has an ellipse height."""
    job = request.details.jobType
    return EllhOnlyUncut(job_type=job) if request.details.ellh and job != UNCUT else None


def customer_exists(request: CreateRequest, policy: Policy) -> Refused | None:
    """The customer is set up and not retired; for a key that is bound to a customer no other exists."""
    customer = policy.customers.get(request.customer)
    seen = request.only_customer in (None, request.customer)
    return None if customer is not None and customer.active and seen else UnknownCustomer(provided=request.customer)


def addon_job_has_addons(request: CreateRequest, policy: Policy) -> Refused | None:
    """An addon job needs at least one add-on."""
    return NoAddons() if request.details.jobType == ADDON and not request.details.addons else None


def addons_exist(request: CreateRequest, policy: Policy) -> Refused | None:
    """Every add-on is set up and not retired."""
    unknown = [code for code in dict.fromkeys(request.details.addons) if not _is_offered(code, policy)]
    return UnknownAddon(provided=unknown) if unknown else None


def prescription_is_plausible(request: CreateRequest, policy: Policy) -> Refused | None:
    """Prescription and frame can be (see the optical rules)."""
    found = implausible(request.details)
    if not found:
        return None
    return ValidationFailed(messages=list(map(str, found)), properties={str(one.number): one.names for one in found})


def tray_is_empty(request: CreateRequest, policy: Policy) -> Refused | None:
    """A tray that is asked for holds no order, a cancelled one neither."""
    holder = request.holder
    if holder is None:
        return None
    shown = request.only_customer in (None, holder.customer)
    return TrayInUse(order=holder.number if shown else None)


def _is_offered(code: str, policy: Policy) -> bool:
    addon = policy.addons.get(code)
    return addon is not None and addon.active


CREATE_RULES: tuple[Rule, ...] = (
    crib_is_for_uncut_jobs,
    ellh_is_for_uncut_jobs,
    customer_exists,
    addon_job_has_addons,
    addons_exist,
    prescription_is_plausible,
    tray_is_empty,
)


def refusals(request: CreateRequest, policy: Policy) -> Iterator[Refused]:
    """Everything that stands in the way, in the order of the rules."""
    for rule in CREATE_RULES:
        refusal = rule(request, policy)
        if refusal is not None:
            yield refusal


def missing_lenses(details: Details) -> list[str]:
    """What an order lacks of its lenses: at least one eye has a style, and at least one a material (contract)."""
    return [
        f"rt{name}, lt{name} are missing, at least one parameter must be provided"
        for name in ("LensStyle", "LensMaterial")
        if not getattr(details, f"rt{name}") and not getattr(details, f"lt{name}")
    ]
