"""Where a person can go in the console."""

from __future__ import annotations

from typing import NamedTuple

from traylane.access.actor import Actor, Scope
from traylane.console.words import N_, _


class Place(NamedTuple):
    """An entry of the navigation, for those who have the scope. `within`: paths that belong to it beside its own."""

    path: str
    text: str
    scope: Scope
    within: str = ""


class Shown(NamedTuple):
    """An entry as a page shows it."""

    path: str
    text: str
    is_here: bool


PLACES = (
    Place("/", N_("Cancel"), Scope.ORDERS_CANCEL),
    Place("/orders", N_("Orders"), Scope.ORDERS_READ, within="/orders/"),
    Place("/boards/recall", N_("Recall"), Scope.TRACKING_READ),
    Place("/boards/wip", N_("In process"), Scope.TRACKING_READ),
    Place("/stations", N_("Stations"), Scope.TRACKING_WRITE, within="/station/"),
    Place("/reports", N_("Reports"), Scope.REPORTS_READ, within="/reports/"),
    Place("/set-up", N_("Set-up"), Scope.SETUP_READ, within="/set-up/"),
)
"""From left to right."""


def navigation(actor: Actor, path: str) -> list[Shown]:
    """The entries for one actor, on the page at `path`."""
    return [
        Shown(place.path, _(place.text), path == place.path or (bool(place.within) and path.startswith(place.within)))
        for place in PLACES
        if actor.may(place.scope)
    ]
