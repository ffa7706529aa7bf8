"""The endpoint of many cancels at once."""

from __future__ import annotations

from traylane.access.actor import Scope
from traylane.api import bulk
from traylane.api.parameters import Parameter
from traylane.api.routes.route import DRY_RUN, UNSAFE, Route
from traylane.api.schemas import bulk as shapes
from traylane.errors import BadArguments, OrderChanged
from traylane.orders.bulk import NothingCancelled

ATOMIC = Parameter(
    "atomic",
    f"All of them or none, at most {shapes.MOST_TOGETHER} rows; otherwise each row is a cancel of its own.",
    words=("true", "false"),
)

ROUTES: tuple[Route, ...] = (
    Route(
        method="POST",
        path="/api/v2/order_cancellations",
        handler=bulk.cancel_many,
        scope=Scope.ORDERS_CANCEL,
        operation="cancelOrders",
        tag="Orders",
        title="Cancel many orders",
        about=f"Up to {shapes.MOST_ROWS} rows; the answer has one result a row, in their order: the status and "
        "the body that the single call would give. A malformed row refuses the whole call. With an `Idempotency-Key` "
        "`K` row `n` is cancelled under the key `K#n`: a call that broke is simply sent again. Rows wait behind single "
        "cancels. The answer is sent as it is made; with `Accept: application/x-ndjson` one result a line.",
        response=shapes.CancelResults,
        refusals=(BadArguments, NothingCancelled, *(refusal for refusal in UNSAFE if refusal is not OrderChanged)),
        query=(ATOMIC, DRY_RUN),
        body=shapes.CancelRows,
        body_required=True,
        read=shapes.read_rows,
        largest_body=shapes.LARGEST_BODY,
        dry_run_scope=Scope.ORDERS_READ,
        dry_run_response=shapes.ForeseenResults,
    ),
)
