"""What is known of an order's lenses, frame and job, line by line as its page shows it."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from traylane.console.words import N_, _
from traylane.orders.details import Details
from traylane.orders.model import Order
from traylane.policy.model import Policy


class Eyes(NamedTuple):
    """A line of the optics table; an eye without it has an empty text."""

    name: str
    right: str
    left: str


class Fact(NamedTuple):
    """A line of the frame or of the job."""

    name: str
    value: str


_DIOPTRES = {
    "SPH": N_("Sphere"),
    "CYL": N_("Cylinder"),
    "AX": N_("Axis"),
    "ADD": N_("Addition"),
    "PRVM1": N_("Prism 1"),
    "PRVA1": N_("Prism 1 direction"),
    "PRVM2": N_("Prism 2"),
    "PRVA2": N_("Prism 2 direction"),
    "IPD": N_("Distance PD"),
    "NPD": N_("Near PD"),
    "SEGHT": N_("Segment height"),
    "OCHT": N_("Optical centre height"),
    "LensStyle": N_("Style"),
    "LensMaterial": N_("Material"),
    "LensColor": N_("Colour"),
    "LensTreat": N_("Treatment"),
    "MBASE": N_("Base curve"),
    "DIA": N_("Diameter"),
    "MINCTR": N_("Least centre thickness"),
    "MINEDG": N_("Least edge thickness"),
    "BCOCUP": N_("Base curve at the centre"),
}
_SIGNED = frozenset({"SPH", "CYL", "ADD"})
_FRAME = {
    "frameName": N_("Name"),
    "frameManufacturer": N_("Manufacturer"),
    "frameSKU": N_("SKU"),
    "frameUPC": N_("UPC"),
    "frameColor": N_("Colour"),
    "frameType": N_("Type"),
    "frameStatusCode": N_("Status code"),
    "frameA": N_("A"),
    "frameB": N_("B"),
    "frameED": N_("ED"),
    "frameBridge": N_("Bridge"),
    "frameEye": N_("Eye size"),
    "frameTemple": N_("Temple"),
    "frameCircumference": N_("Circumference"),
    "pantoscopicTilt": N_("Pantoscopic tilt"),
}
_JOB = {
    "dateOrdered": N_("Ordered"),
    "dateReceived": N_("Received"),
    "dateWanted": N_("Wanted"),
    "dateCompleted": N_("Completed"),
    "customerJobId": N_("Customer's job"),
    "createdUser": N_("Entered by"),
    "remarks": N_("Remarks"),
    "unvalidMessage": N_("Not valid because"),
}
_JOB_TYPES = {"F": N_("Full job"), "U": N_("Uncut"), "A": N_("Add-ons only"), "E": N_("Edging only")}


def optics(details: Details) -> list[Eyes]:
    """The lines that at least one eye has something in."""
    lines = (
        Eyes(_(text), _shown(name, getattr(details, f"rt{name}")), _shown(name, getattr(details, f"lt{name}")))
        for name, text in _DIOPTRES.items()
    )
    return [line for line in lines if line.right or line.left]


def frame(details: Details) -> list[Fact]:
    """The lines of the frame that have something in them."""
    return _facts(details, _FRAME)


def job(order: Order, details: Details, policy: Policy) -> list[Fact]:
    """What kind of job it is, for whom, and its days."""
    addons = [f"{code} {policy.addons[code].description}" if code in policy.addons else code for code in details.addons]
    first = [
        Fact(_("Customer"), order.customer),
        Fact(_("PO"), order.po),
        Fact(_("Kind"), _(_JOB_TYPES.get(details.jobType, ""))),
        Fact(_("Add-ons"), ", ".join(addons)),
    ]
    return [fact for fact in first if fact.value] + _facts(details, _JOB)


def _facts(details: Details, names: dict[str, str]) -> list[Fact]:
    facts = (Fact(_(text), _shown(name, getattr(details, name))) for name, text in names.items())
    return [fact for fact in facts if fact.value]


def _shown(name: str, value: object) -> str:
    """A value as opticians write it: dioptres with a sign and two places, other numbers as they are."""
    match value:
        case None | "" | 0 if name not in _SIGNED:
            return ""
        case None | "":
            return ""
        case int() | float() if name in _SIGNED:
            return f"{value:+.2f}"
        case float():
            return f"{value:g}"
        case date():
            return value.isoformat()
        case _:
            return str(value)
