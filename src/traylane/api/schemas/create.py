"""Wire shapes of a create: what may come of an order, made from the document's own limits."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args, get_origin

import msgspec
from msgspec import UNSET, Meta, UnsetType

from traylane.api.schemas.basics import STORABLE
from traylane.orders.details import Details
from traylane.orders.fields import CustomerNumberText, JobId, PoNumberText, TrayNumberText

SET_BY_US = frozenset(
    {"arCode", "arDesc", "createdUser", "dateCompleted", "dateOrdered", "dateReceived", "dateTimeValid"}
    | {"rtCalculated", "ltCalculated", "unvalidMessage"}
)
"""Properties of the document that the service sets; who creates an order cannot."""


_LIMITS = ("ge", "le", "pattern", "min_length", "max_length", "description", "extra_json_schema")


def _text(kind: Any, **more: Any) -> Any:
    """A text with the limits of `kind` and more; NUL is none of its characters."""
    base, limits = get_args(kind)
    known = {name: value for name in _LIMITS if (value := getattr(limits, name)) is not None}
    own = {} if "pattern" in known else {"extra_json_schema": STORABLE}
    return Annotated[base, Meta(**own | known | more)]


def _required(kind: Any, about: str, example: str) -> Any:
    return _text(kind, min_length=1, description=about, examples=[example])


def _optional(kind: Any) -> Any:
    is_text = get_origin(kind) is Annotated and get_args(kind)[0] is str
    return (_text(kind) if is_text else kind) | UnsetType


_REQUIRED: dict[str, Any] = {
    "customerJobId": _required(JobId, "What the customer calls the job.", "J-20931"),
    "customerNumber": _required(CustomerNumberText, "Whose order it is.", "1001"),
    "jobType": Annotated[Literal["F", "U", "A", "E"], Meta(description="Full, uncut, add-on or edge.")],
    "poNumber": _required(PoNumberText, "The customer's purchase order number.", "337178"),
}
_OWN: dict[str, Any] = {
    "onHold": Annotated[bool, Meta(description="Put the order on hold at once.")] | UnsetType,
    "trayNumber": _text(TrayNumberText, description="Up to 5 digits. One is given when none, or a blank one, comes.")
    | UnsetType,
}
_OPTIONAL = {
    field.name: _optional(field.type)
    for field in msgspec.structs.fields(Details)
    if field.name not in _REQUIRED and field.name not in SET_BY_US
} | _OWN

CreateBody = msgspec.defstruct(
    "CreateBody",
    [*_REQUIRED.items(), *((name, kind, UNSET) for name, kind in sorted(_OPTIONAL.items()))],
    forbid_unknown_fields=True,
    kw_only=True,
    module=__name__,
    namespace={"__doc__": "A new order. At least one eye has a lens style, and at least one a lens material."},
)


def details_of(body: Any) -> Details:
    """The document that a `CreateBody` asks for."""
    names = {field.name for field in msgspec.structs.fields(Details)} - SET_BY_US
    given = {name: getattr(body, name) for name in body.__struct_fields__ if name in names}
    return Details(**{name: value for name, value in given.items() if value is not UNSET})
