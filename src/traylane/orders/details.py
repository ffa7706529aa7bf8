"""What is kept of an order beside its row, by the names of the v2 API (hence camelCase).

Limits stand in `orders.fields`. Defaults are the contract's: dates null, strings "", per-eye numbers null, booleans
false, frame numbers 0; every other number is 0 too (ours).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any, Literal

import msgspec

from traylane.clock import from_text
from traylane.orders.fields import (
    Addition,
    Addons,
    Axis,
    Code,
    DateTimeText,
    Dioptres,
    FrameA,
    FrameB,
    FrameCircumference,
    FrameED,
    FrameInteger,
    FrameTemple,
    JobId,
    Manufacturer,
    Message,
    Millimetres,
    Name,
    Prism,
    Text,
    Tilt,
    Trace,
)


class Details(msgspec.Struct, kw_only=True, omit_defaults=True, forbid_unknown_fields=True, rename=None):
    """What is kept of an order beside its row in `orders`. Write it with `details_text`.

    Dates are real calendar dates, `yyyy-mm-dd`; `dateTimeValid` is `yyyy-mm-ddThh:mm:ss.fffZ`. Traces are one text
    per eye, at most 16 384 characters (ours). `problems_of` holds what these types cannot say.
    """

    addons: Addons = msgspec.field(default_factory=list)
    arCode: Code = ""
    arDesc: Text = ""
    balanceLens: Literal["", "R", "L"] = ""
    corridorLength: Millimetres = 0
    createdUser: Name = ""
    crib: Millimetres = 0
    customerJobId: JobId = ""
    dateCompleted: date | None = None
    dateOrdered: date | None = None
    dateReceived: date | None = None
    dateTimeValid: DateTimeText | None = None
    dateWanted: date | None = None
    ellh: Millimetres = 0
    frameA: FrameA = 0
    frameB: FrameB = 0
    frameBridge: FrameInteger = 0
    frameCircumference: FrameCircumference = 0
    frameColor: Name = ""
    frameED: FrameED = 0
    frameEye: FrameInteger = 0
    frameManufacturer: Manufacturer = ""
    frameName: Name = ""
    frameSKU: Code = ""
    frameStatusCode: Literal["", "S", "E", "F", "U", "N", "L", "O"] = ""
    frameTemple: FrameTemple = 0
    frameType: Code = ""
    frameUPC: Code = ""
    jobType: Literal["", "F", "U", "A", "E"] = ""
    pantoscopicTilt: Tilt = 0
    remarks: Message = ""
    unvalidMessage: Message = ""

    rtADD: Addition | None = None
    rtAX: Axis | None = None
    rtBCOCUP: Dioptres | None = None
    rtCYL: Dioptres | None = None
    rtCalculated: bool = False
    rtDIA: Code = ""
    rtIPD: Millimetres | None = None
    rtLensColor: Code = ""
    rtLensMaterial: Code = ""
    rtLensStyle: Code = ""
    rtLensTreat: Code = ""
    rtMBASE: Code = ""
    rtMINCTR: Millimetres | None = None
    rtMINEDG: Millimetres | None = None
    rtNPD: Millimetres | None = None
    rtOCHT: Millimetres | None = None
    rtPRVA1: Code = ""
    rtPRVA2: Code = ""
    rtPRVM1: Prism | None = None
    rtPRVM2: Prism | None = None
    rtSEGHT: Millimetres | None = None
    rtSPH: Dioptres | None = None
    rtTrace: Trace = ""

    ltADD: Addition | None = None
    ltAX: Axis | None = None
    ltBCOCUP: Dioptres | None = None
    ltCYL: Dioptres | None = None
    ltCalculated: bool = False
    ltDIA: Code = ""
    ltIPD: Millimetres | None = None
    ltLensColor: Code = ""
    ltLensMaterial: Code = ""
    ltLensStyle: Code = ""
    ltLensTreat: Code = ""
    ltMBASE: Code = ""
    ltMINCTR: Millimetres | None = None
    ltMINEDG: Millimetres | None = None
    ltNPD: Millimetres | None = None
    ltOCHT: Millimetres | None = None
    ltPRVA1: Code = ""
    ltPRVA2: Code = ""
    ltPRVM1: Prism | None = None
    ltPRVM2: Prism | None = None
    ltSEGHT: Millimetres | None = None
    ltSPH: Dioptres | None = None
    ltTrace: Trace = ""


DEFAULTS: dict[str, Any] = {
    field.name: [] if field.default is msgspec.NODEFAULT else field.default for field in msgspec.structs.fields(Details)
}
"""Every property of `Details` with its value when unset; not to be changed."""

_read = msgspec.json.Decoder(Details).decode
# Numbers may be whole here, and properties come by their places.
_Kept = msgspec.defstruct("_Kept", [(name, Any, unset) for name, unset in DEFAULTS.items()], omit_defaults=True)

# Where a float can be.
_NUMBERS = [place for place, unset in enumerate(DEFAULTS.values()) if not isinstance(unset, (str, list, bool))]

_SMALLEST_WHEN_SET = {"frameA": 30, "frameB": 15, "frameED": 30}


def details_text(details: Details) -> str:
    """`details` as the JSON that is stored: defaults left out, whole numbers without a fraction (`-2`, not `-2.0`).

    Equal details give equal text. Of a subclass only the properties of `Details` are written.
    """
    # An import does this for every order. A subclass has its own properties behind those of `Details`.
    values = list(msgspec.structs.astuple(details)[: len(DEFAULTS)])
    for place in _NUMBERS:
        value = values[place]
        if type(value) is float and value.is_integer():
            values[place] = int(value)
    return msgspec.json.encode(_Kept(*values)).decode()


def read_details(text: str) -> Details:
    """What `details_text` wrote."""
    return _read(text)


def changed_text(text: str, **values: object) -> str:
    """The stored `text` with some properties changed."""
    return details_text(msgspec.structs.replace(read_details(text), **values))


def problems_of(details: Details) -> Iterator[tuple[str, str]]:
    """What the types of `Details` cannot say: (property, sentence for people), none when all is well.

    A frame measure is 0 or within the contract's range; `dateTimeValid` is a real date and time.
    """
    for name, smallest in _SMALLEST_WHEN_SET.items():
        if 0 < getattr(details, name) < smallest:
            yield name, f"is less than {smallest} (0 when unset)"
    if details.dateTimeValid is not None:
        try:
            from_text(details.dateTimeValid)
        except ValueError:
            yield "dateTimeValid", "is not a date and time (yyyy-mm-ddThh:mm:ss.fffZ)"
