"""What the set-up and the orders that exist say about an imported line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import msgspec

from traylane.orders.bad_line import BadLine
from traylane.orders.import_store import COLUMNS
from traylane.orders.interchange import ImportedOrder, Rows
from traylane.policy.model import Policy

# Station, its time and the number of scans follow from the scans.
_WIRE_NAMES = {
    "tray_number": "trayNumber",
    "tray_key": "trayNumber",
    "po_number": "poNumber",
    "customer_number": "customerNumber",
    "status": "status",
    "on_hold": "onHold",
    "cancelled_at": "cancellation",
    "cancel_reason": "cancellation",
    "cancel_actor": "cancellation",
    "cancel_station": "cancellation",
    "cancel_override": "cancellation",
    "cancel_disposition": "cancellation",
    "taken_over_at": "trayTakenOverDateTime",
}


_CUSTOMER, _REASON, _CANCEL_STATION = map(COLUMNS.index, ("customer_number", "cancel_reason", "cancel_station"))


class Codes(NamedTuple):
    """What has to be set up for some orders."""

    customers: set[str]
    reasons: set[str | None]
    stations: set[str | None]
    operators: set[str | None]


def codes_of(orders: Sequence[Sequence[Any]], scans: Sequence[Sequence[Any]]) -> Codes:
    """`orders`: import_store.COLUMNS each; `scans`: rows of `scans`."""
    return Codes(
        {order[_CUSTOMER] for order in orders},
        {order[_REASON] for order in orders} - {None},
        ({order[_CANCEL_STATION] for order in orders} | {scan[2] for scan in scans}) - {None},
        {scan[3] for scan in scans} - {None},
    )


@dataclass(frozen=True)
class Known:
    """The set-up of one version, with the numbers of all customers."""

    policy: Policy
    customers: frozenset[str]

    @cached_property
    def _places(self) -> frozenset[str]:
        return frozenset(code for code, station in self.policy.stations.items() if not station.is_operator)

    @cached_property
    def _operators(self) -> frozenset[str]:
        return frozenset(self.policy.stations) - self._places

    def covers(self, codes: Codes) -> bool:
        """Whether all of them are set up; what is not, `unknown_code` names."""
        return (
            codes.customers <= self.customers
            and codes.reasons <= self.policy.reasons.keys()
            and codes.stations <= self._places
            and codes.operators <= self._operators
        )


def unknown_code(order: ImportedOrder, rows: Rows, known: Known) -> BadLine | None:
    """The first code of a line that is not set up; retired ones are (ours: history may hold them)."""
    return next(_unknown_codes(order, rows, known), None)


def differing_fields(existing: Rows, rows: Rows, given: ImportedOrder) -> list[str]:
    """The names, as in the file, of what an order that exists and a line have different; `revision` does not count.

    Where a line does not say whether a scan was non-cancel, it is taken as it is stored.
    """
    found = {wire: None for column, wire in _WIRE_NAMES.items() if existing.order[column] != rows.order[column]}
    if _comparable(existing, given) != _comparable(rows, given):
        found["scans"] = None
    if existing.details != rows.details:
        before, after = msgspec.json.decode(existing.details), msgspec.json.decode(rows.details)
        found |= dict.fromkeys(
            name for name in sorted(before.keys() | after.keys()) if before.get(name) != after.get(name)
        )
    return list(found)


def _unknown_codes(order: ImportedOrder, rows: Rows, known: Known) -> Iterator[BadLine]:
    if order.customerNumber not in known.customers:
        yield BadLine("customerNumber", "does not exist")
    stations = known.policy.stations
    for seq, code, by, *_ in rows.scans:
        place = "currentStation" if order.scans is None else f"scans[{seq - 1}].station"
        if code not in stations or stations[code].is_operator:
            yield BadLine(place, "is not a station of the set-up")
        if by is not None and (by not in stations or not stations[by].is_operator):
            yield BadLine(f"scans[{seq - 1}].operator", "is not an operator of the set-up")
    cancelled = order.cancellation
    if cancelled is None:
        return
    if cancelled.reason and cancelled.reason not in known.policy.reasons:
        yield BadLine("cancellation.reason", "is not a delete reason of the set-up")
    if cancelled.station and (cancelled.station not in stations or stations[cancelled.station].is_operator):
        yield BadLine("cancellation.station", "is not a station of the set-up")


def _comparable(rows: Rows, given: ImportedOrder) -> list[tuple[object, ...]]:
    said = [scan.nonCancel is not None for scan in given.scans or ()]
    return [scan if i < len(said) and said[i] else (*scan[:4], *scan[5:]) for i, scan in enumerate(rows.scans)]
