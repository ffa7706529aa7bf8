"""Work in process: which orders stand where, for how long, and which of them are late (ours)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence

import msgspec

from traylane.calendar import day_of
from traylane.clock import Instant
from traylane.db.database import Database, Row, Sql, Transaction
from traylane.policy.model import Policy

PAGE = 500
COUNTED = 20_000
"""Orders of which the database tells only how many they are, in one read."""


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """An order in process. `since`: when it came to its station; `wanted`: yyyy-mm-dd, or empty.

    Late: the day it is wanted is over in the laboratory's time zone. Hot: it is wanted today.
    """

    order: str
    tray: str
    po: str
    customer: str
    station: str
    since: Instant
    on_hold: bool
    wanted: str
    late: bool
    hot: bool


class AtStation(msgspec.Struct, kw_only=True):
    """How many orders stand at a station, and since when the one that stands longest."""

    code: str
    count: int = 0
    on_hold: int = 0
    late: int = 0
    hot: int = 0
    oldest: Instant


async def work_in_process(
    db: Database,
    policy: Policy,
    now: Instant,
    *,
    customer: str | None = None,
    station: str | None = None,
    late: bool = False,
    hot: bool = False,
) -> list[Job]:
    """The orders in process that fit, the one that stands at its station longest first.

    Reads what is not completed in pages, each a short read of its own: an order that moves meanwhile is shown where
    it stood or where it stands, and one that is finished meanwhile may be shown.
    """
    today = day_of(now, policy.time_zone).isoformat()
    jobs = [
        job
        async for rows in open_orders(db)
        for job in _jobs(rows, today)
        if customer in (None, job.customer)
        and station in (None, job.station)
        and (job.late or not late)
        and (job.hot or not hot)
    ]
    jobs.sort(key=lambda job: (job.since, job.order))
    return jobs


async def at_stations(db: Database, policy: Policy, now: Instant) -> list[AtStation]:
    """The same as `by_station` of all work in process, added up by the database."""
    today, last = day_of(now, policy.time_zone).isoformat(), ""
    found: dict[str, AtStation] = {}

    async def page(tx: Transaction) -> Sequence[Row]:
        return await tx.rows(_AT_STATIONS, last, today)

    while rows := await db.browse(page):
        for code, count, on_hold, late, hot, oldest, _ in rows:
            if code is None:
                continue
            at = found.setdefault(code, AtStation(code=code, oldest=oldest))
            at.count += count
            at.on_hold += on_hold
            at.late += late
            at.hot += hot
            at.oldest = min(at.oldest, oldest)
        last = max(row[-1] for row in rows)
    return _in_line(found, policy)


def by_station(jobs: Iterable[Job], policy: Policy) -> list[AtStation]:
    """The stations where `jobs` stand, in the order of the line; those that are not set up any more last."""
    found: dict[str, AtStation] = {}
    for job in jobs:
        at = found.setdefault(job.station, AtStation(code=job.station, oldest=job.since))
        at.count += 1
        at.on_hold += job.on_hold
        at.late += job.late
        at.hot += job.hot
        at.oldest = min(at.oldest, job.since)
    return _in_line(found, policy)


def _in_line(found: dict[str, AtStation], policy: Policy) -> list[AtStation]:
    place = {station.code: place for place, station in enumerate(policy.stations.values())}
    return sorted(found.values(), key=lambda at: (place.get(at.code, len(place)), at.code))


async def count_open(db: Database, customer: str | None) -> int:
    """How many orders are neither completed nor cancelled; of one customer's orders only, if one is named."""
    total, last = 0, ""

    async def page(tx: Transaction) -> Sequence[Row]:
        return await tx.rows(_COUNT, last, customer or "")

    while (found := (await db.browse(page))[0])[1] is not None:
        total, last = total + found[0], found[1]
    return total


async def open_orders(db: Database) -> AsyncIterator[Sequence[Row]]:
    """Pages of what is neither completed nor cancelled: number, tray, PO, customer, status, hold, station, when it
    came there, day wanted."""
    last = ""

    async def page(tx: Transaction) -> Sequence[Row]:
        return await tx.rows(_OPEN, last)

    while rows := await db.read(page):
        yield [row for row in rows if row[9] is None]
        last = rows[-1][0]
        await asyncio.sleep(0)  # reads on SQLite run on the loop: others must get their turn


def _jobs(rows: Iterable[Row], today: str) -> Iterable[Job]:
    for number, tray, po, customer, status, on_hold, station, since, wanted, _ in rows:
        if status == "P" and station is not None:
            yield Job(
                order=number,
                tray=tray,
                po=po,
                customer=customer,
                station=station,
                since=since,
                on_hold=bool(on_hold),
                wanted=wanted,
                late="" < wanted < today,
                hot=wanted == today,
            )


# By the lists' index of what is not completed; cancelled orders are in it, and left out above, so that a page is short.
_TEXT = f"""
    SELECT order_number, tray_number, po_number, customer_number, status, on_hold, station, station_at, date_wanted,
        cancelled_at
    FROM orders {{hint}} WHERE NOT completed AND order_number > $1 ORDER BY order_number, date_wanted LIMIT {PAGE}"""
_OPEN = Sql(
    sqlite=_TEXT.format(hint="INDEXED BY ix_orders_open").replace("$1", "?1"),
    postgres=_TEXT.format(hint=""),
)
# On SQLite a page after the other. PostgreSQL reads what lies scattered, cancelled orders, more quickly by one bitmap:
# its first page is the whole, and there is none after it.
_PAGED = f"""INDEXED BY ix_orders_open WHERE NOT completed AND order_number > $1
                ORDER BY order_number, date_wanted LIMIT {COUNTED}"""
_WHOLE = "WHERE NOT completed AND $1 = ''"
_COUNT_TEXT = """
    SELECT count(*) FILTER (WHERE cancelled_at IS NULL AND ($2 = '' OR customer_number = $2)), max(order_number)
    FROM (SELECT order_number, customer_number, cancelled_at FROM orders {where}) AS page"""
_COUNT = Sql(sqlite=_COUNT_TEXT.format(where=_PAGED).replace("$", "?"), postgres=_COUNT_TEXT.format(where=_WHOLE))
_AT_STATIONS_TEXT = """
    SELECT place, count(*), count(*) FILTER (WHERE on_hold),
        count(*) FILTER (WHERE date_wanted <> '' AND date_wanted < $2), count(*) FILTER (WHERE date_wanted = $2),
        min(station_at), max(order_number) FROM (
            SELECT order_number, CASE WHEN status = 'P' AND cancelled_at IS NULL THEN station END AS place, on_hold,
                date_wanted, station_at
            FROM orders {where}
        ) AS page GROUP BY place"""
_AT_STATIONS = Sql(
    sqlite=_AT_STATIONS_TEXT.format(where=_PAGED).replace("$", "?"),
    postgres=_AT_STATIONS_TEXT.format(where=_WHOLE),
)
