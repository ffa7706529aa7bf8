"""A large laboratory's ninety days: orders with their scans, trays and the sealed events that tell of them.

Eleven events to an order, as long as it is done with: created, eight scans, perhaps a cancel, completed. An order takes
about two days; three of a hundred are cancelled, one of seven of those is restored, the others leave their tray within
two days.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

import apsw
import asyncpg
import msgspec

from bench import orders
from bench.data import SQLITE, insert
from traylane.access.actor import COMMAND_LINE
from traylane.cli import sample
from traylane.clock import DAY, HOUR, MINUTE, Instant, from_text, to_text
from traylane.db.connect import database
from traylane.db.database import Transaction
from traylane.db.ids import new_id
from traylane.events import seal
from traylane.events.record import event_data
from traylane.events.seal import Event
from traylane.orders.details import DEFAULTS
from traylane.policy import edit, setup_file
from traylane.simulation.plan import LINE, REASONS

END = from_text("2026-11-02T15:00:00.000Z")
"""When the laboratory is looked at; its days end in the middle of one."""
DAYS = 90
BEGIN = Instant(END - END % DAY - (DAYS - 1) * DAY)
CUSTOMERS = 500
CHUNK = 2_000
CANCELLED = 0.03
RESTORED = 0.15
TRAYS = 99_999
COLUMNS: dict[str, list[str]] = {
    "orders": [
        *orders.ORDER_COLUMNS,
        "cancelled_at",
        "cancel_reason",
        "cancel_actor",
        "cancel_station",
        "cancel_override",
    ],
    "order_details": orders.DETAIL_COLUMNS,
    "scans": orders.SCAN_COLUMNS,
    "tray_events": ["tray_key", "order_id", "seq", "holds"],
    "customers": ["number", "name"],
    "events": ["id", "subject_id", "seq", "type", "at", "actor", "data", "position", "hash"],
}
Parts = dict[str, list[tuple[Any, ...]]]


@dataclass
class Life:
    """An order from its arrival until END."""

    index: int
    at: Instant
    random: Random
    seq: int = 0
    station: str | None = None
    station_at: Instant | None = None
    status: str = "V"
    holds: bool = True
    cancelled_at: Instant | None = None
    reason: str | None = None
    override: bool = False
    scans: list[tuple[Any, ...]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    tray_events: list[tuple[Any, ...]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.ordered_at = self.at
        self.id = new_id(self.at)
        self.number = str(orders.FIRST + self.index)
        self.customer = str(1001 + int(CUSTOMERS * self.random.random() ** 2))
        self.tray = f"{1 + self.index % TRAYS:05d}"

    def tell(self, type_: str, before: dict[str, Any], after: dict[str, Any]) -> None:
        self.seq += 1
        fields = {"orderNumber": self.number, "customerNumber": self.customer, "trayNumber": self.tray}
        data = event_data({**fields, "before": before, "after": after})
        self.events.append(Event(new_id(self.at), self.id, self.seq, f"order.{type_}", self.at, "desk", data))

    def wait(self, least: int, most: int) -> bool:
        """Whether END is still to come."""
        self.at = Instant(self.at + least + int(self.random.random() * (most - least)))
        return self.at < END

    def live(self) -> None:
        self.tray_events.append((int(self.tray), self.id, 1, True))
        self.tell("created", {}, {"status": "V", "onHold": False, "jobType": "F", "addons": ["SRC"]})
        cancelled = int(self.random.random() * len(LINE)) if self.random.random() < CANCELLED else None
        for place, station in enumerate(LINE):
            if not self.wait(30 * MINUTE, 10 * HOUR):
                return
            if place == cancelled and not self._is_cancelled_for_a_while():
                return
            self._scan(station)
        if self.wait(MINUTE, HOUR):
            done = {"status": "C", "holdsTray": False, "dateCompleted": to_text(self.at)[:10]}
            self._leave("completed", {"status": "P", "holdsTray": True}, done)
            self.status = "C"

    def _scan(self, station: str) -> None:
        before = {"status": self.status, "station": self.station}
        self.station, self.station_at, self.status = station, self.at, "P"
        place, passed = len(self.scans) + 1, station in ("GEN", "EDG")
        self.scans.append((self.id, place, station, f"T{place:02d}", self.at, passed))
        told = {"status": "P", "station": station, "scan": place, "operator": f"T{place:02d}", "nonCancel": passed}
        self.tell("checked_in", before, told)

    def _is_cancelled_for_a_while(self) -> bool:
        """Whether the order goes on after it was cancelled."""
        self.cancelled_at, self.reason = self.at, REASONS[int(self.random.random() ** 2 * len(REASONS))]
        self.override = any(scan[-1] for scan in self.scans)
        told = {"cancelled": True, "reason": self.reason, "station": self.station, "override": self.override}
        past = {"nonCancelStation": "GEN"} if self.override else {}
        self.tell("cancelled", {"cancelled": False}, told | past)
        restored = self.random.random() < RESTORED
        if not self.wait(10 * MINUTE, HOUR if restored else 2 * DAY):
            return False
        if restored:
            before = {**told, "disposition": None, "trayNumber": self.tray}
            place = {"status": self.status, "station": self.station, "onHold": False, "trayNumber": self.tray}
            self.tell("restored", before, {"cancelled": False, **place, "forced": False, "notRestored": []})
            self.cancelled_at, self.reason, self.override = None, None, False
        else:
            tray = {"trayNumber": self.tray, "cancelled": True}
            self._leave("tray_released", {**tray, "holdsTray": True}, {**tray, "holdsTray": False})
        return restored

    def _leave(self, type_: str, before: dict[str, Any], after: dict[str, Any]) -> None:
        self.tell(type_, before, after)
        self.holds = False
        self.tray_events.append((int(self.tray), self.id, self.seq, False))

    def row(self) -> tuple[Any, ...]:
        day = to_text(self.ordered_at)[:10]
        wanted = to_text(Instant(self.ordered_at + 3 * DAY))[:10]
        held = int(self.tray) if self.holds else None
        about = (self.id, self.number, self.tray, held, f"PO-{self.index}", self.customer, f"J{self.index:08d}")
        place = (self.status, self.seq, self.station, self.station_at, len(self.scans))
        who, where = (None, None) if self.cancelled_at is None else ("desk", self.station)
        return (*about, wanted, day, *place, self.cancelled_at, self.reason, who, where, self.override)


def arrivals(total: int, random: Random) -> Iterator[Life]:
    """Each day as many, from six in the morning on; the last day is half over."""
    for index in range(total):
        days, share = divmod(index * (DAYS - 0.5) / total, 1)
        yield Life(index, Instant(int(BEGIN + days * DAY + 6 * HOUR + share * 16 * HOUR)), random)


def documents() -> list[str]:
    """What laboratories know about some pairs of glasses."""
    known = map(msgspec.json.decode, sample.order_lines(200))
    return [event_data({name: order[name] for name in DEFAULTS if name in order}) for order in known]


def parts(total: int, position: int, hash_: bytes) -> Iterator[Parts]:
    """The rows of CHUNK orders after the other; events come in the order of their time, after the one at `position`."""
    random, waiting = Random(20261102), list[tuple[Any, ...]]()
    details = documents()
    chunk: Parts = {table: [] for table in COLUMNS}
    chunk["customers"] = [(str(1001 + n), f"Customer {n}") for n in range(100, CUSTOMERS)]

    def sealed(until: Instant) -> None:
        nonlocal position, hash_
        while waiting and waiting[0][0] < until:
            event = heapq.heappop(waiting)[-1]
            position, hash_ = position + 1, seal.chained(hash_, event)
            chunk["events"].append((*msgspec.structs.astuple(event), position, hash_))

    for life in arrivals(total, random):
        sealed(life.at)
        life.live()
        for event in life.events:
            heapq.heappush(waiting, (event.at, event.id, event))
        chunk["orders"].append(life.row())
        chunk["order_details"].append((life.id, details[life.index % len(details)]))
        chunk["scans"] += life.scans
        chunk["tray_events"] += life.tray_events
        if len(chunk["orders"]) == CHUNK:
            yield chunk
            chunk = {table: [] for table in COLUMNS}
    sealed(END)
    yield chunk


async def fill(url: str, total: int) -> None:
    """A migrated, empty database of either engine becomes the laboratory at END."""
    db = database(url)
    await db.open()
    wanted = setup_file.read(sample.setup_text().encode())

    async def set_up(tx: Transaction) -> tuple[int, bytes]:
        await edit.apply(tx, wanted, actor=COMMAND_LINE, now=BEGIN)
        return await seal.head(tx)

    head = await db.write(set_up)
    if not db.seals_on_write:
        await db.write(lambda tx: seal.seal_some(tx, new_id(BEGIN)))
        head = await db.read(seal.head)
    await db.close()
    if url.startswith(SQLITE):
        _fill_sqlite(url.removeprefix(SQLITE), parts(total, *head))
    else:
        await _fill_postgres(url, parts(total, *head))


def _fill_sqlite(path: str, chunks: Iterator[Parts]) -> None:
    connection = apsw.Connection(path)
    connection.execute("PRAGMA synchronous=OFF; PRAGMA cache_size=-500000").fetchall()
    for chunk in chunks:
        with connection:
            for table, rows in chunk.items():
                connection.executemany(insert(table, COLUMNS[table]), rows)
    connection.execute("ANALYZE")
    connection.pragma("wal_checkpoint(TRUNCATE)")
    connection.close()


async def _fill_postgres(url: str, chunks: Iterator[Parts]) -> None:
    connection = await asyncpg.connect(url)
    for chunk in chunks:
        for table, rows in chunk.items():
            await connection.copy_records_to_table(table, columns=COLUMNS[table], records=rows)
    await connection.execute("VACUUM (FREEZE, ANALYZE)")
    await connection.close()
