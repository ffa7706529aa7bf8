"""The endpoints of what the floor asks."""

from __future__ import annotations

from traylane.access.actor import Scope
from traylane.api import floor
from traylane.api.routes.route import BY, LOOKUP, WINDOW, Route
from traylane.api.schemas import floor as shapes
from traylane.errors import BadArguments

ROUTES: tuple[Route, ...] = (
    Route(
        method="GET",
        path="/api/v2/orders/{orderIdentifier}/tracking",
        handler=floor.tracking,
        scope=Scope.TRACKING_READ,
        operation="trackOrder",
        tag="Job Tracker",
        title="Track an order",
        about="Where the order has been: every scan, oldest first, by whom, when, how long after the one before.",
        response=shapes.ScanList,
        refusals=(BadArguments, *LOOKUP),
        query=(BY, *WINDOW),
    ),
)
