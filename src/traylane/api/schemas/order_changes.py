"""Wire shapes of what changes orders beside the cancel."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from traylane.api.schemas.basics import STORABLE
from traylane.orders.fields import OrderNumberText

LONGEST_PO = 20

DateWanted = Annotated[date, Meta(description="When the customer wants the order.", examples=["2026-11-09"])]
PoNumber = Annotated[
    str, Meta(max_length=LONGEST_PO, description="The customer's purchase order number.", extra_json_schema=STORABLE)
]
CustomerJobId = Annotated[
    str, Meta(max_length=21, description="What the customer calls the job.", extra_json_schema=STORABLE)
]
Remarks = Annotated[str, Meta(max_length=200, description="Remarks on the order.", extra_json_schema=STORABLE)]


class CorrectBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What is to be corrected, at least one property; what does not come stays as it is."""

    dateWanted: DateWanted | UnsetType | None = UNSET
    poNumber: PoNumber | UnsetType = UNSET
    customerJobId: CustomerJobId | UnsetType = UNSET
    remarks: Remarks | UnsetType = UNSET


class UnvalidBody(msgspec.Struct, forbid_unknown_fields=True):
    """What is wrong with the order."""

    message: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=200,
            description="Shown as `unvalidMessage`.",
            examples=["Right eye: no pupillary distance"],
            extra_json_schema=STORABLE,
        ),
    ]


class TrayBody(msgspec.Struct, forbid_unknown_fields=True):
    """The tray that the order is to have."""

    trayNumber: Annotated[
        str, Meta(max_length=20, description="Up to 5 digits.", examples=["00123"], extra_json_schema=STORABLE)
    ]
    reassign: Annotated[
        bool, Meta(description="The order may leave the tray that it has, or take one over from a cancelled order.")
    ] = False


class Completed(msgspec.Struct):
    """The order is completed."""

    orderNumber: OrderNumberText
    message: Literal["Successful"]
