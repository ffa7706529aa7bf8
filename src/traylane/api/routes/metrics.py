"""The endpoint for whoever watches the service."""

from __future__ import annotations

from traylane.access.actor import BoundToCustomer, Scope
from traylane.api import metrics
from traylane.api.routes.route import Route

ROUTES: tuple[Route, ...] = (
    Route(
        method="GET",
        path="/metrics",
        handler=metrics.read_metrics,
        scope=Scope.METRICS_READ,
        operation="readMetrics",
        tag="Service",
        title="Read the metrics",
        about="Prometheus's text format, of all workers together. No number is about a person, an order or a customer. "
        "A scraper sends its key as a bearer token, or comes from a trusted network whose key has this scope.",
        response=str,
        media="text/plain",
        refusals=(BoundToCustomer,),
    ),
)
