"""Find orders: one look brings an order with everything the rules ask, and the version of the configuration."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Flag
from functools import cache

import msgspec

from traylane.db.database import Row, Sql, Transaction
from traylane.orders.lookup import CANDIDATES, Hit, Kind, Ref
from traylane.orders.model import NonCancelScan, Order, Status
from traylane.policy.model import Policy


class Extent(Flag):
    """What comes along with an order's row: its document, and its first scan at a non-cancel station.

    What does not come is as if there were none: `details` is "{}", `non_cancel_scan` None.
    """

    ROW = 0
    DOCUMENT = 1
    NON_CANCEL_SCAN = 2
    WHOLE = 3


def _order_columns(extent: Extent) -> str:
    document = "d.data" if Extent.DOCUMENT in extent else "NULL"
    scan = "n.station, n.at" if Extent.NON_CANCEL_SCAN in extent else "NULL, NULL"
    return f"""
    hit.id, hit.order_number, hit.tray_number, hit.po_number, hit.customer_number, hit.status, hit.on_hold,
    hit.revision, hit.station, hit.station_at, hit.scan_count,
    hit.cancelled_at, hit.cancel_reason, hit.cancel_actor, hit.cancel_station, hit.cancel_override,
    {document}, {scan}, hit.tray_key, hit.cancel_disposition, hit.taken_over_at"""


def _joins(extent: Extent, scan: str) -> str:
    document = "LEFT JOIN order_details d ON d.order_id = hit.id" if Extent.DOCUMENT in extent else ""
    return document + (scan if Extent.NON_CANCEL_SCAN in extent else "")


# One row a hit, or a single one with nulls when there is none: the version always comes along.
# The parameters are those of Ref.keys(): id, order number, tray, PO, customer.
def _find_on_sqlite(extent: Extent) -> str:
    scan = """
    LEFT JOIN scans n ON n.order_id = hit.id AND n.seq = (
        SELECT min(s.seq) FROM scans s WHERE s.order_id = hit.id
        AND (s.non_cancel OR s.station IN (SELECT code FROM stations WHERE non_cancel)))"""
    return f"""
    WITH fit (kind, id) AS (
        SELECT 0, id FROM orders WHERE id = ?1 AND (?5 IS NULL OR customer_number = ?5)
        UNION ALL
        SELECT 1, id FROM orders WHERE order_number = ?2 AND (?5 IS NULL OR customer_number = ?5)
        UNION ALL
        SELECT 2, id FROM orders WHERE tray_key = ?3 AND (?5 IS NULL OR customer_number = ?5)
        UNION ALL
        SELECT 3, id FROM (SELECT id FROM orders WHERE po_number = ?4 AND ?5 IS NULL
                           ORDER BY completed, order_number LIMIT {CANDIDATES + 1})
        UNION ALL
        SELECT 3, id FROM (SELECT id FROM orders WHERE po_number = ?4 AND customer_number = ?5
                           ORDER BY completed, order_number LIMIT {CANDIDATES + 1})
    )
    SELECT c.version, fit.kind, {_order_columns(extent)}
    FROM config c
    LEFT JOIN fit
    LEFT JOIN orders hit ON hit.id = fit.id
    {_joins(extent, scan)}
    WHERE c.one = 1"""


_ONE = {"id": "$1::bytea", "number": "$2::text", "tray": "$3::int", "po": "$4::text", "customer": "$5::text"}
_EACH = {name: f"u.{name}" for name in _ONE}
_UNNESTED = """CROSS JOIN unnest($1::bytea[], $2::text[], $3::int[], $4::text[], $5::text[])
        WITH ORDINALITY AS u(id, number, tray, po, customer, n)"""


def _find_on_postgres(extent: Extent, key: dict[str, str], *, source: str = "", first: str = "") -> str:
    mine = f"({key['customer']} IS NULL OR customer_number = {key['customer']})"
    scan = """
    LEFT JOIN LATERAL (
        SELECT s.station, s.at FROM scans s
        WHERE s.order_id = hit.id AND (s.non_cancel OR s.station = ANY ($6::text[])) ORDER BY s.seq LIMIT 1
    ) AS n ON true"""
    return f"""
    SELECT {first} c.version, hit.kind, {_order_columns(extent)}
    FROM config c {source}
    LEFT JOIN LATERAL (
        SELECT 0 AS kind, * FROM orders WHERE id = {key["id"]} AND {mine}
        UNION ALL
        SELECT 1, * FROM orders WHERE order_number = {key["number"]} AND {mine}
        UNION ALL
        SELECT 2, * FROM orders WHERE tray_key = {key["tray"]} AND {mine}
        UNION ALL
        (SELECT 3, * FROM orders WHERE po_number = {key["po"]} AND {key["customer"]} IS NULL
         ORDER BY completed, order_number LIMIT {CANDIDATES + 1})
        UNION ALL
        (SELECT 3, * FROM orders WHERE po_number = {key["po"]} AND customer_number = {key["customer"]}
         ORDER BY completed, order_number LIMIT {CANDIDATES + 1})
    ) AS hit ON true
    {_joins(extent, scan)}
    WHERE c.one = 1"""


@cache
def _find(extent: Extent) -> Sql:
    return Sql(
        sqlite=_find_on_sqlite(extent),
        postgres=_find_on_postgres(extent, _ONE),
        postgres_many=_find_on_postgres(extent, _EACH, source=_UNNESTED, first="u.n,"),
    )


_OF_NUMBERS = f"""
    SELECT NULL, NULL, {_order_columns(Extent.DOCUMENT)}
    FROM {{numbers}} JOIN orders hit ON hit.order_number = u.value LEFT JOIN order_details d ON d.order_id = hit.id"""
_BY_NUMBERS = Sql(
    sqlite=_OF_NUMBERS.format(numbers="json_each(?1) AS u CROSS"),
    postgres=_OF_NUMBERS.format(numbers="unnest($1::text[]) AS u(value)"),
)
_COUNT_PO = Sql.same("SELECT count(*) FROM orders WHERE po_number = $1 AND completed = $2")
_COUNT_CUSTOMERS_PO = Sql.same(
    "SELECT count(*) FROM orders WHERE po_number = $1 AND completed = $2 AND customer_number = $3"
)


async def find(
    tx: Transaction, refs: Sequence[Ref], policy: Policy, extent: Extent = Extent.WHOLE
) -> tuple[int, list[list[Hit]]]:
    """The version of the configuration now, and what fits each of `refs`, in the order of look-up.

    `policy` names the stations that are non-cancel now; when the version is not the policy's, look again with the
    policy of that version.
    """
    codes = (policy.non_cancel_stations,) if Extent.NON_CANCEL_SCAN in extent else ()
    common = tx.pick(sqlite=(), postgres=codes)
    found = await tx.each(_find(extent), [ref.keys(policy.scanner_prefix) for ref in refs], *common)
    return found[0][0][0], [_hits(rows) for rows in found]


async def count_po(tx: Transaction, ref: Ref, *, completed: bool) -> int:
    """How many orders have the PO that `ref` gives, completed ones or the others."""
    po = ref.keys()[3]
    if ref.customer is None:
        rows = await tx.rows(_COUNT_PO, po, completed)
    else:
        rows = await tx.rows(_COUNT_CUSTOMERS_PO, po, completed, ref.customer)
    total: int = rows[0][0]
    return total


async def by_numbers(tx: Transaction, numbers: Sequence[str]) -> dict[str, Order]:
    """The orders that exist among `numbers`, without what only rules ask (`non_cancel_scan`)."""
    listed = tx.pick(sqlite=msgspec.json.encode(numbers).decode(), postgres=list(numbers))
    found = [_order(row) for row in await tx.rows(_BY_NUMBERS, listed)]
    return {order.number: order for order in found}


def _hits(rows: Sequence[Row]) -> list[Hit]:
    hits = [Hit(Kind(row[1]), _order(row)) for row in rows if row[1] is not None]
    if len(hits) > 1:  # what a join brings comes in any order it likes
        hits.sort(key=lambda hit: (hit.kind, hit.order.is_completed, hit.order.number))
    return hits


def _order(row: Row) -> Order:
    return Order(
        id=row[2],
        number=row[3],
        tray=row[4],
        po=row[5],
        customer=row[6],
        status=Status(row[7]),
        on_hold=bool(row[8]),
        revision=row[9],
        station=row[10],
        station_at=row[11],
        scan_count=row[12],
        cancelled_at=row[13],
        cancel_reason=row[14],
        cancel_actor=row[15],
        cancel_station=row[16],
        cancel_override=bool(row[17]),
        details=row[18] or "{}",
        non_cancel_scan=None if row[19] is None else NonCancelScan(row[19], row[20]),
        tray_key=row[21],
        cancel_disposition=row[22],
        taken_over_at=row[23],
    )
