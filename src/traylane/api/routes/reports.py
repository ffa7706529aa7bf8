"""The endpoints of reports."""

from __future__ import annotations

from traylane.access.actor import Scope
from traylane.api import reports
from traylane.api.parameters import Parameter
from traylane.api.routes.route import Route
from traylane.api.schemas import reports as shapes
from traylane.errors import BadArguments
from traylane.orders.cancellation_report import MOST_DAYS, USUAL_DAYS

DAYS = (
    Parameter(
        "from",
        f"The first day, in the laboratory's time zone; {USUAL_DAYS} days up to `to` when it is left out.",
        longest=10,
        example="2026-11-01",
    ),
    Parameter("to", "The last day, counted in; today when it is left out.", longest=10, example="2026-11-30"),
)

ROUTES: tuple[Route, ...] = (
    Route(
        method="GET",
        path="/api/v2/reports/cancellations",
        handler=reports.cancellations,
        scope=Scope.REPORTS_READ,
        operation="reportCancellations",
        tag="Reports",
        title="Numbers of cancellations",
        about="Counted from the events: a cancellation counts when and where it was made, also when the order was "
        f"restored later. It is late after the order's first check-in. At most {MOST_DAYS} days.",
        response=shapes.CancellationReport,
        refusals=(BadArguments,),
        query=DAYS,
    ),
)
