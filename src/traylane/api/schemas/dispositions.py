"""What becomes of lenses and frame of a cancelled order, as the API names it."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from traylane.api.schemas.basics import STORABLE
from traylane.errors import BadArguments
from traylane.orders.disposition import PARTS, Disposition, Part

End = Annotated[Literal["stock", "broken"], Meta(description="Back to stock, or broken.")]
BreakageCode = Annotated[
    str,
    Meta(min_length=1, max_length=7, description="A breakage code.", examples=["SCR"], extra_json_schema=STORABLE),
]
EmployeeCode = Annotated[
    str,
    Meta(min_length=1, max_length=2, description="An employee's code.", examples=["TL"], extra_json_schema=STORABLE),
]


class DispositionBody(msgspec.Struct, forbid_unknown_fields=True):
    """What becomes of each part; a broken one needs its breakage code and the employee's code."""

    rtDisposition: End | None = None
    rtBreakageCode: BreakageCode | None = None
    rtEmployeeCode: EmployeeCode | None = None
    ltDisposition: End | None = None
    ltBreakageCode: BreakageCode | None = None
    ltEmployeeCode: EmployeeCode | None = None
    frameDisposition: End | None = None
    frameBreakageCode: BreakageCode | None = None
    frameEmployeeCode: EmployeeCode | None = None


def disposition_of(body: DispositionBody) -> Disposition:
    """What a body says of the parts. Raises BadArguments with one sentence a problem."""
    parts: dict[str, Part | None] = {}
    problems: list[str] = []
    for name in PARTS:
        kind, breakage, employee = (
            getattr(body, f"{name}{what}") for what in ("Disposition", "BreakageCode", "EmployeeCode")
        )
        given = {f"{name}BreakageCode": breakage, f"{name}EmployeeCode": employee}
        if kind == "broken":
            problems += [f"{code} is missing" for code, value in given.items() if value is None]
        else:
            problems += [f"{code} is only for a broken part" for code, value in given.items() if value is not None]
        parts[name] = None if kind is None else Part(kind, breakage, employee)
    if problems:
        raise BadArguments(*problems)
    return Disposition(**parts)


def disposition_shown(disposition: Disposition, *, staff: bool = True) -> DispositionBody:
    """A disposition by the names of the API, without employees unless `staff`."""
    body = DispositionBody()
    for name, part in disposition.parts():
        setattr(body, f"{name}Disposition", part.kind)
        setattr(body, f"{name}BreakageCode", part.breakage)
        setattr(body, f"{name}EmployeeCode", part.employee if staff else None)
    return body
