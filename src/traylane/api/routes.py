"""The route table: one row an endpoint. Routing, documentation, scopes and conformance are all made from it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, get_args

import msgspec

from traylane.access.actor import Scope
from traylane.access.idempotency import KeyInUse, KeyReused
from traylane.api import job_track, orders, schemas
from traylane.api.call import Call
from traylane.api.errors import StationNotFound, UnsupportedContentType
from traylane.api.http import Answer, BodyTooLarge, BodyTooSlow
from traylane.api.parameters import Parameter
from traylane.errors import BadArguments, Busy, OrderChanged, OutcomeUnknown, Refused
from traylane.orders import cancel_rules, lookup
from traylane.orders.document import CancelAnswer, CancelledStatusAnswer, OrderAnswer, StatusAnswer
from traylane.tracking import checkin_rules

Handler = Callable[[Call], Awaitable[Answer]]
Refusals = tuple[type[Refused], ...]

SAFE_METHODS = frozenset({"GET", "HEAD"})

BY = Parameter("by", "Look up by this kind of number only.", words=("order", "tray", "po"))
DELETE_REASON = Parameter(
    "deleteReason",
    "A delete reason code. Required when the setting asks for it, ignored otherwise.",
    longest=schemas.LONGEST_REASON,
    example="CUS",
)
DRY_RUN = Parameter("dryRun", "Say what would happen; write nothing.", words=("true", "false"))
WINDOW = (
    Parameter("limit", "At most this many items; without it all come.", range=(0, schemas.LARGEST_OFFSET)),
    Parameter("offset", "Leave out this many items first.", range=(0, schemas.LARGEST_OFFSET)),
)

LOOKUP: Refusals = (lookup.RecordNotFound, lookup.MoreThanOneRecord)
UNSAFE: Refusals = (
    KeyInUse,
    OrderChanged,
    BodyTooLarge,
    BodyTooSlow,
    UnsupportedContentType,
    KeyReused,
    Busy,
    OutcomeUnknown,
)
CANCEL_REFUSALS: Refusals = (
    cancel_rules.JobTrackerMissing,
    cancel_rules.AlreadyCancelled,
    cancel_rules.AlreadyCompleted,
    cancel_rules.NoReasonsSetUp,
    cancel_rules.UnknownReason,
    cancel_rules.ThroughNonCancelStation,
)
CHECK_IN_REFUSALS: Refusals = (
    checkin_rules.JobTrackerMissing,
    checkin_rules.StationNotFound,
    checkin_rules.OrderNotFound,
    checkin_rules.OrderAmbiguous,
    checkin_rules.OperatorNotFound,
    checkin_rules.OperatorRequired,
    checkin_rules.OrderCancelled,
    checkin_rules.OrderCompleted,
    checkin_rules.OrderUnvalid,
    checkin_rules.OrderOnHold,
)


@dataclass(frozen=True, kw_only=True)
class Route:
    """One endpoint. `title` and `about` are for people.

    `refusals` are those of its own; what every endpoint can answer (401, 403, 429, …) is added by the description.
    `dry_run_scope` is enough for a request with `dryRun=true`.
    """

    method: str
    path: str
    handler: Handler
    scope: Scope
    operation: str
    tag: str
    title: str
    response: Any
    about: str = ""
    refusals: Refusals = ()
    query: tuple[Parameter, ...] = ()
    body: type[msgspec.Struct] | None = None
    body_required: bool = False
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


def _cancel(method: str, path: str, operation: str, *, title: str, about: str) -> Route:
    return Route(
        method=method,
        path=path,
        handler=orders.cancel,
        scope=Scope.ORDERS_CANCEL,
        operation=operation,
        tag="Orders",
        title=title,
        about=about,
        response=CancelAnswer,
        refusals=(BadArguments, *LOOKUP, *CANCEL_REFUSALS, *UNSAFE),
        query=(DELETE_REASON, BY, DRY_RUN),
        body=schemas.CancelBody,
        forms=(DELETE_REASON,),
        dry_run_scope=Scope.ORDERS_READ,
        dry_run_response=schemas.VerdictAnswer,
    )


_ORDER = "/api/v2/orders/{orderIdentifier}"
_STATIONS = "/api/v2/job_track/stations"

ROUTES: tuple[Route, ...] = (
    _cancel(
        "DELETE",
        _ORDER,
        "cancelOrder",
        title="Cancel an order",
        about="Flags the order for deletion and answers its last known state; nothing is deleted. The first refusal "
        "that fits is the answer.",
    ),
    _cancel(
        "POST",
        f"{_ORDER}/cancel",
        "cancelOrderByPost",
        title="Cancel an order by POST",
        about="Does the same as DELETE, for where a proxy drops the body of a DELETE.",
    ),
    Route(
        method="GET",
        path=_ORDER,
        handler=orders.fetch,
        scope=Scope.ORDERS_READ,
        operation="fetchOrder",
        tag="Orders",
        title="Fetch a single order",
        about="A cancelled order is still fetched, its status as it was.",
        response=OrderAnswer,
        refusals=(BadArguments, *LOOKUP),
        query=(BY,),
    ),
    Route(
        method="GET",
        path=f"{_ORDER}/status",
        handler=orders.status,
        scope=Scope.ORDERS_READ,
        operation="fetchOrderStatus",
        tag="Orders",
        title="Fetch an order's status",
        about="Where an order stands. One that is marked for cancellation answers 200 with an error body; "
        "clients depend on it.",
        response=StatusAnswer | CancelledStatusAnswer,
        refusals=(BadArguments, *LOOKUP),
        query=(BY,),
    ),
    Route(
        method="GET",
        path=f"{_ORDER}/events",
        handler=orders.events,
        scope=Scope.EVENTS_READ,
        operation="listOrderEvents",
        tag="Orders",
        title="List an order's events",
        about="What happened to the order, oldest first.",
        response=schemas.EventList,
        refusals=(BadArguments, *LOOKUP),
        query=(BY, *WINDOW),
    ),
    Route(
        method="GET",
        path=_STATIONS,
        handler=job_track.stations,
        scope=Scope.TRACKING_READ,
        operation="listStations",
        tag="Job Tracker",
        title="List stations",
        about="Stations and operators, in the order of the line.",
        response=schemas.StationList,
        refusals=(BadArguments,),
        query=WINDOW,
    ),
    Route(
        method="GET",
        path=f"{_STATIONS}/{{code}}",
        handler=job_track.station,
        scope=Scope.TRACKING_READ,
        operation="fetchStation",
        tag="Job Tracker",
        title="Fetch a station",
        about="A station, or an operator.",
        response=schemas.StationAnswer,
        refusals=(BadArguments, StationNotFound),
    ),
    Route(
        method="POST",
        path=f"{_STATIONS}/{{code}}",
        handler=job_track.check_in,
        scope=Scope.TRACKING_WRITE,
        operation="checkIn",
        tag="Job Tracker",
        title="Check an order in",
        about="Scans an order at a station. The first scan takes a valid order into process.",
        response=schemas.CheckedIn,
        refusals=(BadArguments, *CHECK_IN_REFUSALS, *UNSAFE),
        body=schemas.CheckInBody,
        body_required=True,
    ),
)
