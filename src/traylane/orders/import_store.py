"""What an import asks and writes; a chunk of orders at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from traylane.db.database import Row, Sql, Transaction
from traylane.events.record import record
from traylane.events.seal import Event
from traylane.orders.interchange import Rows

_TYPES = {
    "id": "bytea",
    "order_number": "text",
    "tray_number": "text",
    "tray_key": "int",
    "po_number": "text",
    "customer_number": "text",
    "customer_job_id": "text",
    "date_wanted": "text",
    "date_ordered": "text",
    "status": "text",
    "on_hold": "boolean",
    "revision": "int",
    "station": "text",
    "station_at": "bigint",
    "scan_count": "int",
    "cancelled_at": "bigint",
    "cancel_reason": "text",
    "cancel_actor": "text",
    "cancel_station": "text",
    "cancel_override": "boolean",
}
COLUMNS = tuple(_TYPES)
_FLAGS = ("on_hold", "cancel_override")

# All scans of an order as one JSON text, oldest first, so that an order is read in one look.
SCANS = """(SELECT {collect} FROM (
        SELECT s.seq, s.station, s.operator, s.at, s.non_cancel FROM scans s WHERE s.order_id = o.id ORDER BY s.seq
    ) AS s)"""
SCANS_ON_SQLITE = SCANS.format(
    collect="json_group_array(json_array(s.seq, s.station, s.operator, s.at, s.non_cancel) ORDER BY s.seq)"
)
SCANS_ON_POSTGRES = SCANS.format(
    collect="json_agg(json_build_array(s.seq, s.station, s.operator, s.at, s.non_cancel) ORDER BY s.seq)::text"
)
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


def _insert(table: str, columns: dict[str, str]) -> Sql:
    """Rows one by one on SQLite, as arrays on PostgreSQL: one array a column."""
    names = ", ".join(columns)
    places = ", ".join(f"?{i}" for i in range(1, len(columns) + 1))
    arrays = ", ".join(f"${i}::{type_}[]" for i, type_ in enumerate(columns.values(), 1))
    return Sql(
        sqlite=f"INSERT INTO {table} ({names}) VALUES ({places})",
        postgres=f"INSERT INTO {table} ({names}) SELECT * FROM unnest({arrays})",
    )


_ORDERS = _insert("orders", _TYPES)
_DETAILS = _insert("order_details", {"order_id": "bytea", "data": "text"})
_SCANS = _insert(
    "scans",
    {
        "order_id": "bytea",
        "seq": "int",
        "station": "text",
        "operator": "text",
        "at": "bigint",
        "non_cancel": "boolean",
    },
)
_scans = msgspec.json.Decoder(list[tuple[int, str, str | None, int, bool | int]]).decode


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


async def insert(tx: Transaction, orders: Sequence[Rows], events: Sequence[Event]) -> None:
    """Write new orders with their events. Raises Collision when one of them exists or its tray is held."""
    await _put(tx, _ORDERS, [tuple(rows.order[name] for name in COLUMNS) for rows in orders])
    await _put(tx, _DETAILS, [(rows.order["id"], rows.details) for rows in orders])
    await _put(tx, _SCANS, [(rows.order["id"], *scan) for rows in orders for scan in rows.scans])
    await record(tx, events)


def rows_in_tables(row: Row) -> Rows:
    """COLUMNS, details and the scans as JSON, as both engines bring them."""
    order = dict(zip(COLUMNS, row, strict=False))
    order |= {name: bool(order[name]) for name in _FLAGS}
    scans: list[Any] = [(*scan[:4], bool(scan[4])) for scan in _scans(row[len(COLUMNS) + 1] or "[]")]
    return Rows(order=order, details=row[len(COLUMNS)] or "{}", scans=scans)


async def _put(tx: Transaction, sql: Sql, rows: list[tuple[Any, ...]]) -> None:
    if not rows:
        return
    if tx.pick(sqlite=True, postgres=False):
        await tx.many(sql, rows)
    else:
        await tx.rows(sql, *map(list, zip(*rows, strict=True)))


def _listed(tx: Transaction, values: Sequence[str] | Sequence[int]) -> object:
    return tx.pick(sqlite=msgspec.json.encode(values).decode(), postgres=list(values))
