"""The endpoints of the Job Tracker."""

from __future__ import annotations

from traylane.access.actor import Scope
from traylane.api import job_track
from traylane.api.errors import StationNotFound
from traylane.api.routes.route import UNSAFE, WINDOW, Refusals, Route
from traylane.api.schemas import job_track as shapes
from traylane.errors import BadArguments
from traylane.tracking import checkin_rules

CHECK_IN_REFUSALS: Refusals = (
    checkin_rules.JobTrackerMissing,
    checkin_rules.StationNotFound,
    checkin_rules.OrderNotFound,
    checkin_rules.OrderAmbiguous,
    checkin_rules.OperatorNotFound,
    checkin_rules.OperatorRequired,
    checkin_rules.OrderCancelled,
    checkin_rules.OrderCompleted,
    checkin_rules.OrderUnvalid,
    checkin_rules.OrderOnHold,
    checkin_rules.StepMissing,
    checkin_rules.ArMissing,
    checkin_rules.ArNotNeeded,
)

_STATIONS = "/api/v2/job_track/stations"

ROUTES: tuple[Route, ...] = (
    Route(
        method="GET",
        path=_STATIONS,
        handler=job_track.stations,
        scope=Scope.TRACKING_READ,
        operation="listStations",
        tag="Job Tracker",
        title="List stations",
        about="Stations and operators, in the order of the line.",
        response=shapes.StationList,
        refusals=(BadArguments,),
        query=WINDOW,
    ),
    Route(
        method="GET",
        path=f"{_STATIONS}/{{code}}",
        handler=job_track.station,
        scope=Scope.TRACKING_READ,
        operation="fetchStation",
        tag="Job Tracker",
        title="Fetch a station",
        about="A station, or an operator.",
        response=shapes.StationAnswer,
        refusals=(BadArguments, StationNotFound),
    ),
    Route(
        method="POST",
        path=f"{_STATIONS}/{{code}}",
        handler=job_track.check_in,
        scope=Scope.TRACKING_WRITE,
        operation="checkIn",
        tag="Job Tracker",
        title="Check an order in",
        about="Scans an order at a station. The first scan takes a valid order into process. A doubled scan counts "
        "once and says so. A cancelled order is scanned at a cancel rack only; elsewhere the answer says what to do "
        "with its tray.",
        response=shapes.CheckedIn,
        refusals=(BadArguments, *CHECK_IN_REFUSALS, *UNSAFE),
        body=shapes.CheckInBody,
        body_required=True,
    ),
)
