"""The route table: one row an endpoint. Routing, documentation, scopes and conformance are all made from it."""

from __future__ import annotations

from traylane.api.routes import (
    bulk,
    cancellations,
    events,
    floor,
    job_track,
    metrics,
    order_changes,
    orders,
    reports,
    set_up,
    webhooks,
)
from traylane.api.routes.route import Refusals, Route

__all__ = ["ROUTES", "Refusals", "Route"]

ROUTES: tuple[Route, ...] = (
    *orders.ROUTES,
    *order_changes.ROUTES,
    *cancellations.ROUTES,
    *job_track.ROUTES,
    *set_up.ROUTES,
    *floor.ROUTES,
    *bulk.ROUTES,
    *events.ROUTES,
    *webhooks.ROUTES,
    *reports.ROUTES,
    *metrics.ROUTES,
)
