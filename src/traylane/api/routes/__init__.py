"""The route table: one row an endpoint. Routing, documentation, scopes and conformance are all made from it."""

from __future__ import annotations

from traylane.api.routes import (
    bulk,
    cancellations,
    events,
    floor,
    job_track,
    orders,
    reports,
)
from traylane.api.routes.route import Refusals, Route

__all__ = ["ROUTES", "Refusals", "Route"]

ROUTES: tuple[Route, ...] = (
    *orders.ROUTES,
    *cancellations.ROUTES,
    *bulk.ROUTES,
    *job_track.ROUTES,
    *floor.ROUTES,
    *events.ROUTES,
    *reports.ROUTES,
)
