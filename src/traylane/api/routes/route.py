"""What a row of the route table says, and what many rows share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, get_args

import msgspec

from traylane.access.actor import Scope
from traylane.access.idempotency import KeyInUse, KeyReused, RestoredSince
from traylane.api.call import Call
from traylane.api.errors import UnsupportedContentType
from traylane.api.http import LARGEST_BODY, Answer, BodyTooLarge, BodyTooSlow
from traylane.api.parameters import Parameter
from traylane.api.schemas import basics
from traylane.errors import Busy, OrderChanged, OutcomeUnknown, Refused
from traylane.orders import lookup

Handler = Callable[[Call], Awaitable[Answer]]
Refusals = tuple[type[Refused], ...]

SAFE_METHODS = frozenset({"GET", "HEAD"})

BY = Parameter("by", "Look up by this kind of number only.", words=("order", "tray", "po"))
DRY_RUN = Parameter("dryRun", "Say what would happen; write nothing.", words=("true", "false"))
WINDOW = (
    Parameter("limit", "At most this many items; without it all come.", range=(0, basics.LARGEST_OFFSET)),
    Parameter("offset", "Leave out this many items first.", range=(0, basics.LARGEST_OFFSET)),
)

LOOKUP: Refusals = (lookup.RecordNotFound, lookup.MoreThanOneRecord)
UNSAFE: Refusals = (
    KeyInUse,
    RestoredSince,
    OrderChanged,
    BodyTooLarge,
    BodyTooSlow,
    UnsupportedContentType,
    KeyReused,
    Busy,
    OutcomeUnknown,
)


@dataclass(frozen=True, kw_only=True)
class Route:
    """One endpoint. `title` and `about` are for people.

    `refusals` are those of its own; what every endpoint can answer (401, 403, 429, …) is added by the description.
    `dry_run_scope` is enough for a request with `dryRun=true`. `read` reads a body that is more than one of the shape
    `body`: a list of its items too, or one of them a line. `largest_body`: in bytes.
    `success` and `media`: status and type
    of the answer when all went well.
    """

    method: str
    path: str
    handler: Handler
    scope: Scope
    operation: str
    tag: str
    title: str
    response: Any
    success: int = 200
    media: str = "application/json"
    about: str = ""
    refusals: Refusals = ()
    query: tuple[Parameter, ...] = ()
    body: type[msgspec.Struct] | None = None
    body_required: bool = False
    read: Callable[[bytes, str], Any] | None = None
    largest_body: int = LARGEST_BODY
    forms: tuple[Parameter, ...] = ()
    dry_run_scope: Scope | None = None
    dry_run_response: Any = None

    @property
    def is_safe(self) -> bool:
        return self.method in SAFE_METHODS

    @property
    def responses(self) -> tuple[type[msgspec.Struct], ...]:
        """Every structure that a success can have."""
        shapes = [*(get_args(self.response) or (self.response,)), self.dry_run_response]
        return tuple(shape for shape in shapes if shape is not None)
