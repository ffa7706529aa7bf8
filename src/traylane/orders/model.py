"""An order as the rules see it."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, NewType

import msgspec

from traylane.clock import Instant
from traylane.staff import published

OrderId = NewType("OrderId", bytes)
OrderNumber = NewType("OrderNumber", str)
TrayNumber = NewType("TrayNumber", str)
PoNumber = NewType("PoNumber", str)


class Status(StrEnum):
    """Where an order is in its life; hold is a flag beside it."""

    UNVALID = "U"
    VALID = "V"
    PROCESS = "P"
    COMPLETE = "C"


_FIELDS = {"order_number": "number", "tray_number": "tray", "po_number": "po", "customer_number": "customer"}
"""Columns whose field in an `Order` has another name."""
_NOT_CARRIED = frozenset({"customer_job_id", "date_wanted", "date_ordered"})
"""Columns that are copies of the document (see `orders.row`)."""


class NonCancelScan(msgspec.Struct, frozen=True):
    """The first scan of an order at a station that was non-cancel when scanned, or is now."""

    station: str
    at: Instant


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """One order with what the rules ask about it.

    `tray` is the tray that the order is known by, `tray_key` the tray as a number while the order holds it;
    `taken_over_at` is when it was given to another although this order, a cancelled one, was still in it. `details` is
    the JSON document that `orders.document.Details` reads; it stays text until somebody presents it.
    `cancel_disposition` is what `orders.disposition` reads.
    """

    id: OrderId
    number: OrderNumber
    tray: str
    po: str
    customer: str
    status: Status
    on_hold: bool
    revision: int
    station: str | None
    station_at: Instant | None
    scan_count: int
    cancelled_at: Instant | None
    cancel_reason: str | None
    cancel_actor: str | None
    cancel_station: str | None
    cancel_override: bool
    details: str
    non_cancel_scan: NonCancelScan | None
    tray_key: int | None = None
    taken_over_at: Instant | None = None
    cancel_disposition: str | None = None

    @property
    def is_cancelled(self) -> bool:
        return self.cancelled_at is not None

    @property
    def cancelled_by(self) -> str | None:
        """Who cancelled, as it leaves the house."""
        return None if self.cancel_actor is None else published(self.cancel_actor)

    @property
    def is_completed(self) -> bool:
        return self.status is Status.COMPLETE

    @property
    def tag(self) -> str:
        """The entity tag of this revision."""
        return f'"{self.number}-{self.revision}"'

    def has(self, column: str, value: object) -> bool:
        """Whether a column, by its name in the table, is known to have this value."""
        return column not in _NOT_CARRIED and getattr(self, _FIELDS.get(column, column)) == value

    def with_changes(self, **columns: Any) -> Order:
        """The order one revision later. `columns`: by their names in the table, and `details`."""
        fields = {_FIELDS.get(name, name): value for name, value in columns.items() if name not in _NOT_CARRIED}
        return msgspec.structs.replace(self, revision=self.revision + 1, **fields)


class Scan(msgspec.Struct, frozen=True):
    """One scan of an order at a station; `non_cancel` is what the station was at that moment.

    `device_at`: what the terminal's own clock said.
    """

    station: str
    operator: str | None
    at: Instant
    non_cancel: bool
    device_at: Instant | None = None
