"""The endpoints of what the floor asks."""

from __future__ import annotations

from traylane.access.actor import Scope
from traylane.api import floor
from traylane.api.parameters import Parameter
from traylane.api.routes.route import BY, LOOKUP, WINDOW, Route
from traylane.api.schemas import floor as shapes
from traylane.errors import BadArguments
from traylane.orders.lookup import RecordNotFound

_CUSTOMER = Parameter("customerNumber", "Only this customer's orders.", longest=8, shortest=1, example="1001")
_STATION = Parameter("station", "Only what stands at this station.", longest=20, shortest=1, example="GEN")
_LATE = Parameter("late", "Only what is wanted on a day that is over.", words=("true", "false"))
_HOT = Parameter("hot", "Only what is wanted today.", words=("true", "false"))
_DAYS = Parameter("days", "So many days, today the last of them; 30 when omitted.", range=(1, 92))

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
    Route(
        method="GET",
        path="/api/v2/job_track/recall",
        handler=floor.recalls,
        scope=Scope.TRACKING_READ,
        operation="listRecalls",
        tag="Job Tracker",
        title="List open recalls",
        about="Cancelled orders whose work is still about: where each was last seen, how often it was scanned since, "
        "and which order its tray holds now. A release of the tray ends a recall, and so does a scan at a cancel rack.",
        response=shapes.RecallList,
        refusals=(BadArguments,),
        query=WINDOW,
    ),
    Route(
        method="GET",
        path="/api/v2/job_track/wip",
        handler=floor.work,
        scope=Scope.TRACKING_READ,
        operation="fetchWorkInProcess",
        tag="Job Tracker",
        title="Fetch work in process",
        about="How many orders stand at each station, and which: the one that stands there longest first. Late is what "
        "is wanted on a day that is over in the laboratory's time zone, hot is what is wanted today. `limit=0` asks "
        "for the numbers alone.",
        response=shapes.WorkAnswer,
        refusals=(BadArguments,),
        query=(_STATION, _CUSTOMER, _LATE, _HOT, *WINDOW),
    ),
    Route(
        method="GET",
        path="/api/v2/job_track/days",
        handler=floor.day_by_day,
        scope=Scope.TRACKING_READ,
        operation="listDays",
        tag="Job Tracker",
        title="List days",
        about="What came in, was completed and was cancelled on each of the last days, and what was in work at their "
        "end. Days go from midnight to midnight in the laboratory's time zone.",
        response=shapes.DayList,
        refusals=(BadArguments,),
        query=(_DAYS,),
    ),
    Route(
        method="GET",
        path="/api/v2/trays/{trayNumber}",
        handler=floor.tray,
        scope=Scope.TRACKING_READ,
        operation="fetchTray",
        tag="Job Tracker",
        title="Fetch a tray's history",
        about="Which orders held the tray, from when to when, and which one holds it now.",
        response=shapes.TrayAnswer,
        refusals=(BadArguments, RecordNotFound),
        query=WINDOW,
    ),
)
