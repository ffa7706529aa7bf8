"""Find orders: one look brings an order with everything the rules ask, and the version of the configuration."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from traylane.db.database import Row, Sql, Transaction
from traylane.orders.lookup import CANDIDATES, Hit, Kind, Ref
from traylane.orders.model import NonCancelScan, Order, Status
from traylane.policy.model import Policy

_ORDER = """
    hit.id, hit.order_number, hit.tray_number, hit.po_number, hit.customer_number, hit.status, hit.on_hold,
    hit.revision, hit.station, hit.station_at, hit.scan_count,
    hit.cancelled_at, hit.cancel_reason, hit.cancel_actor, hit.cancel_station, hit.cancel_override,
    d.data, n.station, n.at, hit.tray_key, hit.cancel_disposition, hit.taken_over_at"""

# One row a hit, or a single one with nulls when there is none: the version always comes along.
# The parameters are those of Ref.keys(): id, order number, tray, PO, customer.
_FIND_ON_SQLITE = f"""
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
    SELECT c.version, fit.kind, {_ORDER}
    FROM config c
    LEFT JOIN fit
    LEFT JOIN orders hit ON hit.id = fit.id
    LEFT JOIN order_details d ON d.order_id = hit.id
    LEFT JOIN scans n ON n.order_id = hit.id AND n.seq = (
        SELECT min(s.seq) FROM scans s WHERE s.order_id = hit.id
        AND (s.non_cancel OR s.station IN (SELECT code FROM stations WHERE non_cancel)))
    WHERE c.one = 1"""


def _find_on_postgres(
    *, id_: str, number: str, tray: str, po: str, customer: str, codes: str, source: str, first: str
) -> str:
    mine = f"({customer} IS NULL OR customer_number = {customer})"
    return f"""
    SELECT {first} c.version, hit.kind, {_ORDER}
    FROM config c {source}
    LEFT JOIN LATERAL (
        SELECT 0 AS kind, * FROM orders WHERE id = {id_} AND {mine}
        UNION ALL
        SELECT 1, * FROM orders WHERE order_number = {number} AND {mine}
        UNION ALL
        SELECT 2, * FROM orders WHERE tray_key = {tray} AND {mine}
        UNION ALL
        (SELECT 3, * FROM orders WHERE po_number = {po} AND {customer} IS NULL
         ORDER BY completed, order_number LIMIT {CANDIDATES + 1})
        UNION ALL
        (SELECT 3, * FROM orders WHERE po_number = {po} AND customer_number = {customer}
         ORDER BY completed, order_number LIMIT {CANDIDATES + 1})
    ) AS hit ON true
    LEFT JOIN order_details d ON d.order_id = hit.id
    LEFT JOIN LATERAL (
        SELECT s.station, s.at FROM scans s
        WHERE s.order_id = hit.id AND (s.non_cancel OR s.station = ANY ({codes}::text[])) ORDER BY s.seq LIMIT 1
    ) AS n ON true
    WHERE c.one = 1"""


_FIND = Sql(
    sqlite=_FIND_ON_SQLITE,
    postgres=_find_on_postgres(
        id_="$1::bytea",
        number="$2::text",
        tray="$3::int",
        po="$4::text",
        customer="$5::text",
        codes="$6",
        source="",
        first="",
    ),
    postgres_many=_find_on_postgres(
        id_="u.id",
        number="u.number",
        tray="u.tray",
        po="u.po",
        customer="u.customer",
        codes="$6",
        source="""CROSS JOIN unnest($1::bytea[], $2::text[], $3::int[], $4::text[], $5::text[])
        WITH ORDINALITY AS u(id, number, tray, po, customer, n)""",
        first="u.n,",
    ),
)

_OF_NUMBERS = f"""
    SELECT NULL, NULL, {_ORDER.replace("n.station, n.at", "NULL, NULL")}
    FROM {{numbers}} JOIN orders hit ON hit.order_number = u.value LEFT JOIN order_details d ON d.order_id = hit.id"""
_BY_NUMBERS = Sql(
    sqlite=_OF_NUMBERS.format(numbers="json_each(?1) AS u CROSS"),
    postgres=_OF_NUMBERS.format(numbers="unnest($1::text[]) AS u(value)"),
)
_COUNT_PO = Sql.same("SELECT count(*) FROM orders WHERE po_number = $1 AND completed = $2")
_COUNT_CUSTOMERS_PO = Sql.same(
    "SELECT count(*) FROM orders WHERE po_number = $1 AND completed = $2 AND customer_number = $3"
)


async def find(tx: Transaction, refs: Sequence[Ref], policy: Policy) -> tuple[int, list[list[Hit]]]:
    """The version of the configuration now, and what fits each of `refs`, in the order of look-up.

    `policy` names the stations that are non-cancel now; when the version is not the policy's, look again with the
    policy of that version.
    """
    common = tx.pick(sqlite=(), postgres=(policy.non_cancel_stations,))
    found = await tx.each(_FIND, [ref.keys(policy.scanner_prefix) for ref in refs], *common)
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
