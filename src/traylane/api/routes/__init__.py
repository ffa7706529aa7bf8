"""The route table: one row an endpoint. Routing, documentation, scopes and conformance are all made from it."""

from __future__ import annotations

from traylane.api.routes import (
    bulk,
    cancellations,
    events,
    floor,
    job_track,
    order_changes,
    orders,
    reports,
)
from traylane.api.routes.route import Refusals, Route

__all__ = ["ROUTES", "Refusals", "Route"]

ROUTES: tuple[Route, ...] = (
    *orders.ROUTES,
    *order_changes.ROUTES,
    *cancellations.ROUTES,
    *job_track.ROUTES,
    *bulk.ROUTES,
    *events.ROUTES,
    *floor.ROUTES,
    *reports.ROUTES,
)
