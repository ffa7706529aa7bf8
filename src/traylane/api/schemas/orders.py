"""Wire shapes of orders beside the order itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from traylane.api.schemas.basics import STORABLE, Count
from traylane.api.schemas.dispositions import DispositionBody
from traylane.errors import Refused
from traylane.orders.desk import Verdict
from traylane.orders.document import OrderAnswer
from traylane.orders.fields import OrderNumberText

LONGEST_REASON = 20

MARKED_FOR_CANCELLATION = {"error": "Order marked for cancelation", "details": []}

Reason = Annotated[
    str,
    Meta(max_length=LONGEST_REASON, description="A delete reason code.", examples=["CUS"], extra_json_schema=STORABLE),
]


class CancelBody(DispositionBody, forbid_unknown_fields=True):
    """The body of a cancel: the delete reason, and what becomes of lenses and frame."""

    deleteReason: Reason | None = None


class RefusalMember(msgspec.Struct):
    """One thing in the way of a cancel."""

    error: str
    details: list[str]
    code: str
    evidence: Annotated[
        dict[str, Any],
        Meta(description="What proves it: station, time, place in the sequence; and the scope that could override it."),
    ]


class OrderList(msgspec.Struct):
    """Orders, each in the structure of Fetch a Single Order."""

    total: Annotated[Count, Meta(description="How many orders fit the filters, whatever `limit` and `offset` say.")]
    items: list[OrderAnswer]  # type: ignore[valid-type]


class VerdictAnswer(msgspec.Struct):
    """What a cancel would say; nothing was written."""

    allowed: bool
    refusals: Annotated[list[RefusalMember], Meta(description="Everything that stands in the way.")]
    warnings: list[str]
    orderNumber: OrderNumberText


def verdict(found: Verdict, as_member: Callable[[Refused], dict[str, Any]]) -> dict[str, Any]:
    """The answer of a dry run."""
    return {
        "allowed": not found.refusals,
        "refusals": [as_member(refusal) for refusal in found.refusals],
        "warnings": list(found.warnings),
        "orderNumber": found.order.number,
    }
