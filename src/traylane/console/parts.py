"""What becomes of lenses and frame, as a form says it and as a page shows it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from traylane.console.words import N_, _
from traylane.errors import BadArguments
from traylane.orders import disposition
from traylane.orders.details import Details, read_details
from traylane.orders.disposition import PARTS, Disposition, Part
from traylane.orders.model import Order
from traylane.policy.model import Policy

NAMES = {"rt": N_("Right lens"), "lt": N_("Left lens"), "frame": N_("Frame")}


def parts_of(form: Mapping[str, str]) -> Disposition:
    """What a form says of the parts. Raises BadArguments, one sentence for each broken part without its codes."""
    said = Disposition(**{name: _part(form, name) for name in PARTS})
    if incomplete := said.incomplete():
        raise BadArguments(
            *(_("%(part)s: a broken part needs a breakage code and an employee", part=_(NAMES[n])) for n in incomplete)
        )
    return said


def parts_shown(order: Order, policy: Policy) -> dict[str, Any]:
    """The parts that the order has, how each stands, and the codes to choose from."""
    said = dict(disposition.from_text(order.cancel_disposition).parts())
    details = read_details(order.details)
    breakages = {code: b.description for code, b in policy.breakages.items() if b.active}
    return {
        "parts": [_shown(name, said.get(name), policy) for name in PARTS if name in said or has_part(details, name)],
        "breakages": sorted(breakages.items()),
        "employees": sorted(code for code, employee in policy.employees.items() if employee.active),
    }


def has_part(details: Details, name: str) -> bool:
    """Whether an order has that lens, or a frame."""
    if name == "frame":
        return bool(details.frameName or details.frameSKU or details.frameUPC or details.frameStatusCode)
    return bool(getattr(details, f"{name}LensStyle") or getattr(details, f"{name}LensMaterial"))


def told(parts: Iterable[Mapping[str, str]]) -> str:
    """The parts that something was said of, in one line."""
    return ", ".join(f"{part['text']}: {part['said']}" for part in parts if part["said"])


def _part(form: Mapping[str, str], name: str) -> Part | None:
    match form.get(name):
        case "stock":
            return Part("stock")
        case "broken":
            breakage, employee = (form.get(f"{name}{what}", "").strip()[:20] for what in ("Breakage", "Employee"))
            return Part("broken", breakage or None, employee or None)
        case _:
            return None


def _shown(name: str, part: Part | None, policy: Policy) -> dict[str, str]:
    said = ""
    if part is not None:
        known = policy.breakages.get(part.breakage or "")
        why = f"{part.breakage} {known.description if known else ''}"
        broken = ": ".join([_("broken"), why.rstrip()])
        said = _("back to stock") if part.kind == "stock" else broken
    return {
        "name": name,
        "text": _(NAMES[name]),
        "kind": part.kind if part else "",
        "breakage": (part.breakage or "") if part else "",
        "employee": (part.employee or "") if part else "",
        "said": said,
    }
