"""Wire shapes of reports."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Annotated

import msgspec
from msgspec import Meta

from traylane.api.schemas.basics import Count
from traylane.orders.cancellation_report import CancellationCounts
from traylane.policy.model import Policy

Day = Annotated[
    str, Meta(pattern=r"^\d{4}-\d{2}-\d{2}$", examples=["2026-11-02"], extra_json_schema={"format": "date"})
]


class ReasonCount(msgspec.Struct):
    """Cancellations with one delete reason; an empty code: with none."""

    code: str
    desc: str
    count: Count


class CustomerCount(msgspec.Struct):
    """Cancellations of one customer's orders."""

    customerNumber: str
    count: Count


class StationCount(msgspec.Struct):
    """Cancellations of orders that stood at one station; an empty code: before the first check-in."""

    code: str
    desc: str
    count: Count


class HourCount(msgspec.Struct):
    """Cancellations in one hour of the day, in the laboratory's time zone."""

    hour: Annotated[int, Meta(ge=0, le=23)]
    count: Count


class CancellationReport(msgspec.Struct, rename={"from_": "from"}):
    """Numbers of cancellations, the most frequent first."""

    from_: Day
    to: Day
    timeZone: str
    total: Count
    late: Annotated[int, Meta(ge=0, description="After the first check-in.")]
    lateShare: Annotated[float, Meta(ge=0, le=1, description="late / total; 0 when there are none.")]
    overrides: Annotated[int, Meta(ge=0, description="Past a non-cancel station.")]
    restored: Annotated[int, Meta(ge=0, description="Restores in the same days; they are not taken off `total`.")]
    byReason: list[ReasonCount]
    byCustomer: list[CustomerCount]
    byStation: list[StationCount]
    byHour: list[HourCount]


def cancellation_report(counts: CancellationCounts, policy: Policy, first: date, last: date) -> CancellationReport:
    """The numbers as they are sent."""
    reasons = {code: reason.description for code, reason in policy.reasons.items()}
    stations = {code: station.description for code, station in policy.stations.items()}
    return CancellationReport(
        from_=first.isoformat(),
        to=last.isoformat(),
        timeZone=policy.time_zone.key,
        total=counts.total,
        late=counts.late,
        lateShare=counts.late_share,
        overrides=counts.overrides,
        restored=counts.restored,
        byReason=[ReasonCount(code, reasons.get(code, ""), n) for code, n in _ranked(counts.reasons)],
        byCustomer=[CustomerCount(number, n) for number, n in _ranked(counts.customers)],
        byStation=[StationCount(code, stations.get(code, ""), n) for code, n in _ranked(counts.stations)],
        byHour=[HourCount(hour, n) for hour, n in enumerate(counts.hours)],
    )


def _ranked(counted: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))
