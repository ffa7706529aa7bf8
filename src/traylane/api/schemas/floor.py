"""Wire shapes of what the floor asks: where an order was, what is in work, which trays to stop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from traylane import clock
from traylane.api.schemas.basics import Count, Moment
from traylane.api.schemas.job_track import CustomerDescription, Description, StationCode
from traylane.calendar import working_minutes
from traylane.clock import MINUTE, Instant
from traylane.orders.fields import CustomerNumberText, OrderNumberText, PoNumberText, TrayNumberText
from traylane.policy.model import Policy
from traylane.tracking.days import Day
from traylane.tracking.history import Tracked
from traylane.tracking.recall import Recall
from traylane.tracking.trays import Holding
from traylane.tracking.work import AtStation, Job, by_station


class ScanAnswer(msgspec.Struct):
    """One scan of an order."""

    seq: Annotated[int, Meta(ge=1, description="Its place in the order's history.")]
    code: Annotated[str, Meta(max_length=20, examples=["GEN"])]
    desc: Description
    customerDesc: CustomerDescription
    operator: Annotated[StationCode | None, Meta(description="Who scanned, null when nobody was named.")]
    dateTime: Annotated[Moment, Meta(description="When, by the service's clock.")]
    secondsSinceLast: Annotated[
        int | None, Meta(description="Whole seconds since the scan before it, null for the first.")
    ]
    deviceDateTime: Annotated[Moment | None, Meta(description="What the terminal's own clock said. It orders nothing.")]
    nonCancel: Annotated[bool, Meta(description="Whether the station was non-cancel when the order was scanned.")]


class ScanList(msgspec.Struct):
    """Where an order has been, oldest first."""

    total: Count
    items: list[ScanAnswer]


def tracking(total: int, scans: Sequence[Tracked], policy: Policy) -> ScanList:
    """Scans as they are sent."""
    return ScanList(total, [_scan(scan, policy) for scan in scans])


def _scan(scan: Tracked, policy: Policy) -> ScanAnswer:
    station = policy.stations.get(scan.station)
    return ScanAnswer(
        seq=scan.seq,
        code=scan.station,
        desc=station.description if station is not None else "",
        customerDesc=station.customer_description if station is not None else "",
        operator=scan.operator,
        dateTime=clock.to_text(scan.at),
        secondsSinceLast=None if scan.since_last is None else scan.since_last // 1000,
        deviceDateTime=None if scan.device_at is None else clock.to_text(scan.device_at),
        nonCancel=scan.non_cancel,
    )


class RecallAnswer(msgspec.Struct):
    """A cancelled order whose work is still about."""

    orderNumber: OrderNumberText
    trayNumber: TrayNumberText
    poNumber: PoNumberText
    customerNumber: CustomerNumberText
    cancelled: Annotated[Moment, Meta(description="When it was cancelled.")]
    reason: Annotated[str | None, Meta(description="The delete reason, null when none is used.")]
    lastStation: Annotated[str | None, Meta(description="Where it was last scanned, null for never.")]
    lastStationDesc: Description
    lastSeen: Annotated[Moment | None, Meta(description="When it was scanned there.")]
    minutesSince: Annotated[int, Meta(description="Whole minutes since then; since the cancel when it was never seen.")]
    refusedScans: Annotated[Count, Meta(description="Scans that were refused since the cancel.")]
    trayHolds: Annotated[
        OrderNumberText | None, Meta(description="The order that its tray was given to, null while it is in it itself.")
    ]


class RecallList(msgspec.Struct):
    """Open recalls, the longest cancelled first."""

    total: Count
    items: list[RecallAnswer]


class StationWork(msgspec.Struct):
    """What stands at a station."""

    code: Annotated[str, Meta(max_length=20, examples=["GEN"])]
    desc: Description
    customerDesc: CustomerDescription
    count: Count
    onHold: Count
    late: Count
    hot: Count
    oldestDateTime: Annotated[Moment, Meta(description="Since when the order stands here that stands here longest.")]
    oldestMinutes: int
    oldestWorkingMinutes: Annotated[int, Meta(description="Of these, those in the laboratory's working hours.")]


class JobAnswer(msgspec.Struct):
    """An order in process."""

    orderNumber: OrderNumberText
    trayNumber: TrayNumberText
    poNumber: PoNumberText
    customerNumber: CustomerNumberText
    station: Annotated[str, Meta(max_length=20, examples=["GEN"])]
    since: Annotated[Moment, Meta(description="When it came to the station.")]
    minutes: Annotated[int, Meta(description="Whole minutes since then.")]
    workingMinutes: Annotated[int, Meta(description="Of these, those in the laboratory's working hours.")]
    onHold: bool
    dateWanted: Annotated[str | None, Meta(examples=["2026-11-09"], extra_json_schema={"format": "date"})]
    late: Annotated[bool, Meta(description="The day it is wanted is over, in the laboratory's time zone.")]
    hot: Annotated[bool, Meta(description="It is wanted today.")]


class WorkAnswer(msgspec.Struct):
    """What is in process now. The numbers and `stations` count all that fits the filters, `items` is a window of it."""

    total: Count
    late: Count
    hot: Count
    dateTime: Annotated[Moment, Meta(description="When this was so.")]
    stations: Annotated[list[StationWork], Meta(description="In the order of the line.")]
    items: Annotated[list[JobAnswer], Meta(description="The one that stands at its station longest first.")]


class DayAnswer(msgspec.Struct):
    """One day of the laboratory, from midnight to midnight in its time zone."""

    date: Annotated[str, Meta(examples=["2026-11-02"], extra_json_schema={"format": "date"})]
    came: Annotated[Count, Meta(description="Created, or imported while still to be done.")] = msgspec.field(name="in")
    completed: Count
    cancelled: Annotated[Count, Meta(description="Cancels, also those that were taken back later.")]
    restored: Count
    inWork: Annotated[int, Meta(description="Neither completed nor cancelled at the end of the day; for today, now.")]


class DayList(msgspec.Struct):
    """Days, oldest first."""

    total: Count
    timeZone: Annotated[str, Meta(examples=["Europe/Berlin"])]
    items: list[DayAnswer]


class HoldingAnswer(msgspec.Struct):
    """An order's time in a tray."""

    orderNumber: OrderNumberText
    since: Moment
    given: Annotated[str, Meta(description="The event that gave it the tray.", examples=["order.tray_assigned"])]
    until: Annotated[Moment | None, Meta(description="Null while it holds the tray.")]
    left: Annotated[str | None, Meta(description="The event that took it.", examples=["order.completed"])]
    cancelled: Annotated[bool, Meta(description="Whether the order is marked for cancellation now.")]


class TrayAnswer(msgspec.Struct):
    """Who held a tray, oldest first, and who holds it now."""

    trayNumber: TrayNumberText
    holds: Annotated[OrderNumberText | None, Meta(description="The order in the tray now.")]
    total: Count
    items: list[HoldingAnswer]


def recalls(total: int, found: Sequence[Recall], policy: Policy, now: Instant) -> RecallList:
    """Open recalls as they are sent."""
    return RecallList(total, [_recall(recall, policy, now) for recall in found])


def work(jobs: Sequence[Job], window: Sequence[Job], policy: Policy, now: Instant) -> WorkAnswer:
    """Work in process as it is sent."""
    return WorkAnswer(
        total=len(jobs),
        late=sum(job.late for job in jobs),
        hot=sum(job.hot for job in jobs),
        dateTime=clock.to_text(now),
        stations=[_station_work(at, policy, now) for at in by_station(jobs, policy)],
        items=[_job(job, policy, now) for job in window],
    )


def day_list(found: Sequence[Day], policy: Policy) -> DayList:
    """Days as they are sent."""
    return DayList(
        len(found),
        policy.time_zone.key,
        [
            DayAnswer(
                date=day.day.isoformat(),
                came=day.came,
                completed=day.completed,
                cancelled=day.cancelled,
                restored=day.restored,
                inWork=day.in_work,
            )
            for day in found
        ],
    )


def tray(number: str, found: Sequence[Holding], window: Sequence[Holding]) -> TrayAnswer:
    """A tray's history as it is sent."""
    return TrayAnswer(
        trayNumber=number,
        holds=next((holding.order for holding in reversed(found) if holding.until is None), None),
        total=len(found),
        items=[
            HoldingAnswer(
                orderNumber=holding.order,
                since=clock.to_text(holding.since),
                given=holding.given,
                until=None if holding.until is None else clock.to_text(holding.until),
                left=holding.left,
                cancelled=holding.cancelled,
            )
            for holding in window
        ],
    )


def _recall(recall: Recall, policy: Policy, now: Instant) -> RecallAnswer:
    station = policy.stations.get(recall.station or "")
    seen = recall.cancelled_at if recall.seen_at is None else recall.seen_at
    return RecallAnswer(
        orderNumber=recall.order,
        trayNumber=recall.tray,
        poNumber=recall.po,
        customerNumber=recall.customer,
        cancelled=clock.to_text(recall.cancelled_at),
        reason=recall.reason,
        lastStation=recall.station,
        lastStationDesc=station.description if station is not None else "",
        lastSeen=None if recall.seen_at is None else clock.to_text(recall.seen_at),
        minutesSince=(now - seen) // MINUTE,
        refusedScans=recall.refused,
        trayHolds=recall.holder,
    )


def _station_work(at: AtStation, policy: Policy, now: Instant) -> StationWork:
    station = policy.stations.get(at.code)
    return StationWork(
        code=at.code,
        desc=station.description if station is not None else "",
        customerDesc=station.customer_description if station is not None else "",
        count=at.count,
        onHold=at.on_hold,
        late=at.late,
        hot=at.hot,
        oldestDateTime=clock.to_text(at.oldest),
        oldestMinutes=(now - at.oldest) // MINUTE,
        oldestWorkingMinutes=_worked(at.oldest, now, policy),
    )


def _worked(since: Instant, now: Instant, policy: Policy) -> int:
    return working_minutes(since, now, policy.time_zone, policy.working_hours)


def _job(job: Job, policy: Policy, now: Instant) -> JobAnswer:
    return JobAnswer(
        orderNumber=job.order,
        trayNumber=job.tray,
        poNumber=job.po,
        customerNumber=job.customer,
        station=job.station,
        since=clock.to_text(job.since),
        minutes=(now - job.since) // MINUTE,
        workingMinutes=_worked(job.since, now, policy),
        onHold=job.on_hold,
        dateWanted=job.wanted or None,
        late=job.late,
        hot=job.hot,
    )
