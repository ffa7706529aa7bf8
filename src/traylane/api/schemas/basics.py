"""Wire shapes that many endpoints share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

LARGEST_OFFSET = 1_000_000

STORABLE = {"pattern": r"^[^\u0000]*$"}
"""For the description only; what is said about such characters comes from `parameters`."""

Moment = Annotated[
    str,
    Meta(
        max_length=24,
        pattern=r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$",
        examples=["2026-11-02T09:15:00.000Z"],
        extra_json_schema={"format": "date-time"},
    ),
]
Count = Annotated[int, Meta(ge=0)]


class ErrorBody(msgspec.Struct):
    """Every error, always: a text, and one string for each thing there is to add."""

    error: str
    details: list[str]


class Problem(msgspec.Struct):
    """The same as RFC 9457 wants it, with what proves the refusal as further members (station, time, place)."""

    type: Annotated[
        str, Meta(description="Where the refusal is explained.", extra_json_schema={"format": "uri-reference"})
    ]
    title: str
    status: Annotated[int, Meta(ge=400, le=599)]
    error: str
    details: list[str]
    code: Annotated[str, Meta(description="For programs; never changes.")]


class Health(msgspec.Struct):
    """How the service is."""

    status: Literal["alive", "ready"]


def window(query: Mapping[str, str], *, otherwise: int = LARGEST_OFFSET) -> tuple[int, int]:
    """Limit and offset of a list; without a limit all records come (`otherwise`: more than there can be)."""
    return int(query.get("limit", otherwise)), int(query.get("offset", 0))
