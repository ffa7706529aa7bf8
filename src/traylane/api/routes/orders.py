"""The endpoints of orders."""

from __future__ import annotations

from traylane.access.actor import Scope
from traylane.api import lists, orders
from traylane.api.parameters import Parameter
from traylane.api.routes.route import BY, DRY_RUN, LOOKUP, UNSAFE, WINDOW, Refusals, Route
from traylane.api.schemas import events
from traylane.api.schemas import orders as shapes
from traylane.errors import BadArguments
from traylane.orders import cancel_rules, disposition_rules
from traylane.orders.document import CancelAnswer, CancelledStatusAnswer, OrderAnswer, StatusAnswer
from traylane.orders.list_filters import MOST_SEARCHED, SORTS
from traylane.orders.listing import MOST_STREAMS, PAGE

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


_DATES = (
    ("dateWantedFrom", "Wanted on this day or later."),
    ("dateWantedTo", "Wanted on this day or before."),
    ("dateOrderedFrom", "Ordered on this day or later."),
    ("dateOrderedTo", "Ordered on this day or before."),
)
FILTERS = (
    Parameter("status", "Orders that show this status; `W`: on hold.", words=("U", "V", "P", "C", "W")),
    Parameter("customerNumber", "One customer's orders.", longest=8, shortest=1, example="1001"),
    Parameter("currentStation", "Orders that were last scanned here.", longest=20, shortest=1, example="GEN"),
    Parameter(
        "cancelled",
        "`true`: orders that are marked for cancellation; `false`: the others; without it both.",
        words=("true", "false"),
        has_third_answer=True,
    ),
    *(
        Parameter(name, f"{about} An order without the date is in no range.", is_day=True, example="2026-11-09")
        for name, about in _DATES
    ),
    Parameter(
        "search",
        "Orders whose order number, PO number or customer's job id begins like this, or the number of the tray that "
        f"they hold. More than {MOST_SEARCHED} of one kind are too many.",
        longest=21,
        shortest=1,
        example="3371",
    ),
    Parameter(
        "sort",
        "`-` for descending. Within one date by order number; orders without the date come before those with one.",
        words=tuple(SORTS),
        default="orderNumber",
    ),
)

_ORDER = "/api/v2/orders/{orderIdentifier}"

ROUTES: tuple[Route, ...] = (
    Route(
        method="GET",
        path="/api/v2/orders",
        handler=lists.orders,
        scope=Scope.ORDERS_READ,
        operation="listOrders",
        tag="Orders",
        title="List orders",
        about="Everything that is given must hold. The list is sent while it is read: orders that change meanwhile are "
        "in it once, as they are when their page is read. An answer that cannot be finished ends without its end: "
        f"check that it is whole JSON. {MOST_STREAMS} lists of more than {PAGE} orders are sent at a time; the next "
        "one is 503.",
        response=shapes.OrderList,
        refusals=(BadArguments,),
        query=(*FILTERS, *WINDOW),
    ),
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
