"""Wire shapes of what the floor asks: where an order was, what is in work, which trays to stop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from traylane import clock
from traylane.api.schemas.basics import Count, Moment
from traylane.api.schemas.job_track import CustomerDescription, Description, StationCode
from traylane.policy.model import Policy
from traylane.tracking.history import Tracked


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
