"""The row of a new order, made from its parts; import and create both make it here."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Any

from traylane.clock import Instant
from traylane.orders.details import Details

# Of one day there are many orders.
_day = lru_cache(maxsize=1024)(date.isoformat)


def order_row(
    *,
    order_id: bytes,
    number: str,
    customer: str,
    status: str,
    details: Details,
    tray: str = "",
    holds_tray: bool = True,
    po: str = "",
    on_hold: bool = False,
    station: str | None = None,
    station_at: Instant | None = None,
    scan_count: int = 0,
) -> dict[str, Any]:
    """The columns of `orders` by name, of an order that is not cancelled.

    `status`: U, V, P or C. `holds_tray`: false once the tray was released; a completed order never holds one.
    """
    return {
        "id": order_id,
        "order_number": number,
        "tray_number": tray,
        "tray_key": int(tray) if tray and holds_tray and status != "C" else None,
        "po_number": po,
        "customer_number": customer,
        "status": status,
        "on_hold": on_hold,
        "revision": 1,
        "station": station,
        "station_at": station_at,
        "scan_count": scan_count,
        "cancelled_at": None,
        "cancel_reason": None,
        "cancel_actor": None,
        "cancel_station": None,
        "cancel_override": False,
        "cancel_disposition": None,
        "taken_over_at": None,
        **copies(details),
    }


def copies(details: Details) -> dict[str, str]:
    """What of the document stands in the row as well, because a list filters or sorts by it; "" when unset.

    The document is what counts: whoever writes it writes these columns in the same commit.
    """
    return {
        "customer_job_id": details.customerJobId,
        "date_wanted": _day(details.dateWanted) if details.dateWanted else "",
        "date_ordered": _day(details.dateOrdered) if details.dateOrdered else "",
    }
