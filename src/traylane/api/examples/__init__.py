"""Examples for the description: made by the code that makes the real answers, from one sample laboratory."""

from __future__ import annotations

from typing import Any

import msgspec

from traylane.api.errors import error_answer
from traylane.api.examples import (
    bulk,
    cancellations,
    events,
    floor,
    job_track,
    metrics,
    order_changes,
    orders,
    reports,
    service,
    set_up,
    webhooks,
)
from traylane.api.http import encode
from traylane.errors import Refused

_PARTS = (
    service,
    orders,
    order_changes,
    cancellations,
    job_track,
    set_up,
    floor,
    bulk,
    events,
    webhooks,
    reports,
    metrics,
)

_ANSWERS = {operation: shown for part in _PARTS for operation, shown in part.ANSWERS.items()}
_BODIES = {operation: shown for part in _PARTS for operation, shown in part.BODIES.items()}
_SAMPLES: tuple[Refused, ...] = tuple(sample for part in _PARTS for sample in part.REFUSALS)

REFUSALS: dict[type[Refused], Refused] = {type(sample): sample for sample in _SAMPLES}
"""One of each refusal, with the details that it would really have."""


def refusal_body(refusal: type[Refused], *, problem: bool) -> Any:
    """The body of a refusal's example, exactly as it would be sent."""
    return msgspec.json.decode(error_answer(REFUSALS[refusal], problem=problem).body)


def answers(operation: str) -> dict[str, Any]:
    """Name → example of a success of an operation."""
    examples = {name: {"summary": summary, "value": value} for name, summary, value in _ANSWERS[operation]}
    plain: dict[str, Any] = msgspec.json.decode(encode(examples))
    return plain


def bodies(operation: str) -> dict[str, Any]:
    """Name → example of a request body of an operation."""
    return {name: {"summary": summary, "value": value} for name, summary, value in _BODIES.get(operation, ())}
