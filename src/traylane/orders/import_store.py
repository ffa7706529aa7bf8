"""What an import asks and writes; a chunk of orders at a time."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any, NamedTuple

import msgspec

from traylane.db.database import Row, Sql, Transaction
from traylane.events.record import record_prepared
from traylane.orders.interchange import Rows

COLUMNS = (
    "id",
    "order_number",
    "tray_number",
    "tray_key",
    "po_number",
    "customer_number",
    "customer_job_id",
    "date_wanted",
    "date_ordered",
    "status",
    "on_hold",
    "revision",
    "station",
    "station_at",
    "scan_count",
    "cancelled_at",
    "cancel_reason",
    "cancel_actor",
    "cancel_station",
    "cancel_override",
    "cancel_disposition",
    "taken_over_at",
)
_FLAGS = ("on_hold", "cancel_override")

_SCAN = "s.seq, s.station, s.operator, s.at, s.non_cancel, s.device_at"
# All scans of an order as one JSON text, oldest first, so that an order is read in one look.
SCANS = """(SELECT {collect} FROM (
        SELECT {values} FROM scans s WHERE s.order_id = o.id ORDER BY s.seq
    ) AS s)"""
SCANS_ON_SQLITE = SCANS.format(values=_SCAN, collect=f"json_group_array(json_array({_SCAN}) ORDER BY s.seq)")
SCANS_ON_POSTGRES = SCANS.format(values=_SCAN, collect=f"json_agg(json_build_array({_SCAN}) ORDER BY s.seq)::text")
_STORED = f"""
    SELECT {", ".join(f"o.{name}" for name in COLUMNS)}, d.data, {{scans}}
    FROM orders o LEFT JOIN order_details d ON d.order_id = o.id
    WHERE o.order_number IN {{numbers}}"""

_FIND_STORED = Sql(
    sqlite=_STORED.format(scans=SCANS_ON_SQLITE, numbers="(SELECT value FROM json_each(?1))"),
    postgres=_STORED.format(scans=SCANS_ON_POSTGRES, numbers="(SELECT unnest($1::text[]))"),
)
_HOLDERS = Sql(
    sqlite="SELECT tray_key, order_number FROM orders WHERE tray_key IN (SELECT value FROM json_each(?1))",
    postgres="SELECT tray_key, order_number FROM orders WHERE tray_key = ANY ($1::int[])",
)
_CUSTOMERS = Sql.same("SELECT number FROM customers")


_DETAIL_COLUMNS = ("order_id", "data")
_TRAY_COLUMNS = ("tray_key", "order_id", "seq", "holds")
_TRAY, _REVISION = COLUMNS.index("tray_key"), COLUMNS.index("revision")
_SCAN_COLUMNS = ("order_id", "seq", "station", "operator", "at", "non_cancel", "device_at")
_scans = msgspec.json.Decoder(list[tuple[int, str, str | None, int, bool | int, int | None]]).decode


async def customers(tx: Transaction) -> frozenset[str]:
    """The numbers of all customers."""
    return frozenset(row[0] for row in await tx.rows(_CUSTOMERS))


async def stored(tx: Transaction, numbers: Sequence[str]) -> dict[str, Rows]:
    """The orders that exist among `numbers`, as they are in the tables."""
    rows = await tx.rows(_FIND_STORED, _listed(tx, numbers))
    return {row[1]: rows_in_tables(row) for row in rows}


async def holders(tx: Transaction, trays: Sequence[int]) -> dict[int, str]:
    """Which order holds each of `trays` that is held."""
    return {row[0]: row[1] for row in await tx.rows(_HOLDERS, _listed(tx, trays))}


class Tables(NamedTuple):
    """Rows of new orders, of each table all of them: the database's driver takes them as they are.

    `events`: without their place in the feed; `texts`: what of each event goes into its hash (`seal.sealed_text`).
    """

    orders: list[tuple[Any, ...]]
    details: list[tuple[bytes, str]]
    scans: list[tuple[Any, ...]]
    trays: list[tuple[int, bytes, int, bool]]
    events: list[tuple[Any, ...]]
    texts: list[bytes]

    @classmethod
    def empty(cls) -> Tables:
        return cls([], [], [], [], [], [])

    @classmethod
    def joined(cls, several: Sequence[Tables]) -> Tables:
        return several[0] if len(several) == 1 else cls(*(list(chain(*rows)) for rows in zip(*several, strict=True)))

    def add(
        self,
        order: tuple[Any, ...],
        details: str,
        scans: Sequence[tuple[Any, ...]],
        event: tuple[tuple[Any, ...], bytes],
    ) -> None:
        """One order: rows of `orders` and `scans`, order_details.data, its event with its text."""
        self.orders.append(order)
        self.details.append((order[0], details))
        self.scans.extend(scans)
        if order[_TRAY] is not None:
            # what the event that gave an order its tray is found by
            self.trays.append((order[_TRAY], order[0], order[_REVISION], True))
        self.events.append(event[0])
        self.texts.append(event[1])


async def append(tx: Transaction, rows: Tables) -> None:
    """Write new orders with their events. Raises Collision when one of them exists or its tray is held."""
    if not rows.orders:
        return
    await tx.append("orders", COLUMNS, rows.orders)
    await tx.append("order_details", _DETAIL_COLUMNS, rows.details)
    await tx.append("scans", _SCAN_COLUMNS, rows.scans)
    await tx.append("tray_events", _TRAY_COLUMNS, rows.trays)
    await record_prepared(tx, rows.events, rows.texts)


def rows_in_tables(row: Row) -> Rows:
    """COLUMNS, details and the scans as JSON, as both engines bring them."""
    order = dict(zip(COLUMNS, row, strict=False))
    order |= {name: bool(order[name]) for name in _FLAGS}
    scans: list[Any] = [(*scan[:4], bool(scan[4]), scan[5]) for scan in _scans(row[len(COLUMNS) + 1] or "[]")]
    return Rows(order=order, details=row[len(COLUMNS)] or "{}", scans=scans)


def _listed(tx: Transaction, values: Sequence[str] | Sequence[int]) -> object:
    return tx.pick(sqlite=msgspec.json.encode(values).decode(), postgres=list(values))
