"""Write every order as the lines that `importing` reads, in pages, each its own short read.

Lossless but for `revision` and events: those belong to the database. The order of the lines is the engine's order of
order numbers. Orders that come or change while the export runs may be in it or not, each of them whole.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import cast

import msgspec

from traylane.clock import to_text
from traylane.db.database import Database, Sql, Transaction
from traylane.orders.document import order_answer
from traylane.orders.import_store import COLUMNS, SCANS_ON_POSTGRES, SCANS_ON_SQLITE, rows_in_tables
from traylane.orders.interchange import Rows
from traylane.orders.model import Order, Scan, Status
from traylane.policy.model import Policy
from traylane.policy.rulebook import Rulebook

PAGE = 500

_PAGE = f"""
    SELECT {", ".join(f"o.{name}" for name in COLUMNS)}, d.data, {{scans}}
    FROM orders o LEFT JOIN order_details d ON d.order_id = o.id
    WHERE o.order_number > $1 ORDER BY o.order_number LIMIT {PAGE}"""
_NEXT = Sql(
    sqlite=_PAGE.format(scans=SCANS_ON_SQLITE).replace("$1", "?1"),
    postgres=_PAGE.format(scans=SCANS_ON_POSTGRES),
)
_COUNT = Sql.same("SELECT count(*) FROM orders")


async def count(db: Database) -> int:
    """How many orders there are."""

    async def work(tx: Transaction) -> int:
        total: int = (await tx.rows(_COUNT))[0][0]
        return total

    return await db.read(work)


async def export_pages(db: Database) -> AsyncIterator[list[bytes]]:
    """Pages of at most PAGE lines, by order number. Raises errors.Unavailable as `db.read` does."""
    policy = (await Rulebook().refresh(db)).policy
    last = ""

    async def page(tx: Transaction) -> list[Rows]:
        return [rows_in_tables(row) for row in await tx.rows(_NEXT, last)]

    while found := await db.read(page):
        yield [_line(rows, policy) for rows in found]
        last = found[-1].order["order_number"]


def _line(rows: Rows, policy: Policy) -> bytes:
    row = rows.order
    order = Order(
        id=row["id"],
        number=row["order_number"],
        tray=row["tray_number"],
        po=row["po_number"],
        customer=row["customer_number"],
        status=Status(row["status"]),
        on_hold=row["on_hold"],
        revision=row["revision"],
        station=row["station"],
        station_at=row["station_at"],
        scan_count=row["scan_count"],
        cancelled_at=row["cancelled_at"],
        cancel_reason=row["cancel_reason"],
        cancel_actor=row["cancel_actor"],
        cancel_station=row["cancel_station"],
        cancel_override=row["cancel_override"],
        cancel_disposition=row["cancel_disposition"],
        taken_over_at=row["taken_over_at"],
        details=rows.details,
        non_cancel_scan=None,
    )
    released = bool(order.tray) and row["tray_key"] is None and not order.is_completed
    return export_line(order, policy, [Scan(*scan[1:]) for scan in rows.scans], released=released)


def export_line(order: Order, policy: Policy, scans: Sequence[Scan], *, released: bool = False) -> bytes:
    """The order with all its `scans`, oldest first, as one line of JSON with its line feed.

    `released`: it does not hold its tray any more. Read and mapped again, the line gives the same rows; `revision` is
    left out, because it begins anew where the order is imported.
    """
    document = order_answer(order, policy)
    del document["revision"]
    if released:
        document["trayReleased"] = True
    if order.taken_over_at is not None:
        document["trayTakenOverDateTime"] = to_text(order.taken_over_at)
    if order.cancel_disposition is not None:
        said = {"disposition": msgspec.Raw(order.cancel_disposition.encode())}
        document["cancellation"] = cast(dict[str, object], document["cancellation"]) | said
    if order.on_hold:
        document["statusBeforeHold"] = order.status.value
    document["scans"] = [
        {"station": scan.station, "dateTime": to_text(scan.at), "nonCancel": scan.non_cancel}
        | ({} if scan.operator is None else {"operator": scan.operator})
        | ({} if scan.device_at is None else {"deviceDateTime": to_text(scan.device_at)})
        for scan in scans
    ]
    return msgspec.json.encode(document) + b"\n"
