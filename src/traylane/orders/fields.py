"""How long, how large and in which unit the properties of an order are.

Limits are those of the contract's create section where it gives one; where it is silent they are ours, wide enough
for what laboratories write. Lengths count code points. What a number means optically is not judged here.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

# `$` alone would let a line feed through.
OrderNumberText = Annotated[str, Meta(min_length=1, max_length=8, pattern=r"^[A-Za-z0-9]{1,8}(?!\n)$")]
TrayNumberText = Annotated[str, Meta(max_length=5, pattern=r"^[0-9]{0,5}(?!\n)$")]
PoNumberText = Annotated[str, Meta(max_length=20)]
CustomerNumberText = Annotated[str, Meta(min_length=1, max_length=8)]
Code = Annotated[str, Meta(max_length=20)]
DateTimeText = Annotated[
    str,
    Meta(
        max_length=24,
        pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z(?!\n)$",
        extra_json_schema={"format": "date-time"},
    ),
]
Text = Annotated[str, Meta(max_length=60)]
Message = Annotated[str, Meta(max_length=200)]
JobId = Annotated[str, Meta(max_length=21)]
Manufacturer = Annotated[str, Meta(max_length=4)]
Name = Annotated[str, Meta(max_length=30)]
Trace = Annotated[str, Meta(max_length=16_384, description="the trace as it was given; stored, not judged")]
Addons = Annotated[list[Annotated[str, Meta(min_length=1, max_length=20)]], Meta(max_length=50)]

Millimetres = Annotated[float, Meta(ge=0, le=99.9, description="mm")]
Dioptres = Annotated[float, Meta(ge=-99.99, le=99.99, description="dioptres; the optical rules are narrower")]
Addition = Annotated[float, Meta(ge=0, le=99.99, description="dioptres")]
Prism = Annotated[float, Meta(ge=0, le=99.99, description="prism dioptres")]
Axis = Annotated[float, Meta(ge=0, le=360, description="degrees; the optical rules are narrower")]
Tilt = Annotated[float, Meta(ge=-90, le=90, description="degrees")]

FrameA = Annotated[float, Meta(ge=0, le=80, description="mm; 30 to 80, 0 when unset")]
FrameB = Annotated[float, Meta(ge=0, le=80, description="mm; 15 to 80, 0 when unset")]
FrameED = Annotated[float, Meta(ge=0, le=80, description="mm; 30 to 80, 0 when unset")]
FrameInteger = Annotated[int, Meta(ge=0, le=99, description="mm")]
FrameCircumference = Annotated[float, Meta(ge=0, le=999.9, description="mm")]
FrameTemple = Annotated[float, Meta(ge=0, le=9_999_999)]
