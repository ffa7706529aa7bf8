"""The endpoints of orders."""

from __future__ import annotations

from traylane.access.actor import Scope
from traylane.api import orders
from traylane.api.parameters import Parameter
from traylane.api.routes.route import BY, DRY_RUN, LOOKUP, UNSAFE, WINDOW, Refusals, Route
from traylane.api.schemas import events
from traylane.api.schemas import orders as shapes
from traylane.errors import BadArguments
from traylane.orders import cancel_rules, disposition_rules
from traylane.orders.document import CancelAnswer, CancelledStatusAnswer, OrderAnswer, StatusAnswer

DELETE_REASON = Parameter(
    "deleteReason",
    "A delete reason code. Required when the setting asks for it, ignored otherwise.",
    longest=shapes.LONGEST_REASON,
    example="CUS",
)
OVERRIDE = Parameter(
    "override",
    "Cancel although the order has been through a non-cancel station: needs the scope `orders:override` and a reason "
    "that allows it. It helps past no other refusal.",
    words=("true", "false"),
)
CANCEL_REFUSALS: Refusals = (
    cancel_rules.JobTrackerMissing,
    cancel_rules.AlreadyCancelled,
    cancel_rules.AlreadyCompleted,
    cancel_rules.NoReasonsSetUp,
    cancel_rules.UnknownReason,
    cancel_rules.ThroughNonCancelStation,
    cancel_rules.ReasonForbidsOverride,
    disposition_rules.UnknownDispositionCode,
    disposition_rules.LabFrame,
    disposition_rules.BreakageMissing,
)


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
        query=(DELETE_REASON, OVERRIDE, BY, DRY_RUN),
        body=shapes.CancelBody,
        forms=(DELETE_REASON,),
        dry_run_scope=Scope.ORDERS_READ,
        dry_run_response=shapes.VerdictAnswer,
    )


_ORDER = "/api/v2/orders/{orderIdentifier}"

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
        response=events.EventList,
        refusals=(BadArguments, *LOOKUP),
        query=(BY, *WINDOW),
    ),
)
