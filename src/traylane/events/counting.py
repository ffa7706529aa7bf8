"""What came in, was completed, cancelled and restored, counted by quarters of an hour as the feed grows (ours).

The counter adds up every sealed event once, in the order of the feed, and notes in the same transaction how far it has
come. A report takes the sums and that place in one statement, and counts what lies behind it from the events: so it is
as new as they are, whether the counter is at work or not. Midnight and every full hour of all time zones fall on a
quarter of an hour of UTC; days and hours are put together when they are asked for, in whatever zone.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from traylane.calendar import QUARTER, beginning_of, offsets
from traylane.clock import HOUR, Instant
from traylane.db.database import Collision, ConnectionLost, Database, Sql, Transaction
from traylane.errors import Unavailable
from traylane.events import names, span
from traylane.events.seal import Event, head
from traylane.log import log

IDLE_SECONDS = 5.0
BUSY_SECONDS = 0.01
"""Between two pages of events that the counter adds up, while there are more."""
_IN_AN_HOUR = HOUR // QUARTER
_EPOCH = date(1970, 1, 1).toordinal()
EVERYBODY = ""
"""Stands for all customers together."""
CANCELS = (names.ORDER_CANCELLED, names.ORDER_RESTORED)
MOVES = (*CANCELS, names.ORDER_CREATED, names.ORDER_IMPORTED, names.ORDER_COMPLETED)

Kind = Literal["came", "completed", "cancelled", "restored"]
_KINDS: dict[str, Kind] = {
    names.ORDER_CREATED: "came",
    names.ORDER_IMPORTED: "came",
    names.ORDER_COMPLETED: "completed",
    names.ORDER_CANCELLED: "cancelled",
    names.ORDER_RESTORED: "restored",
}


class How(NamedTuple):
    """How an order was cancelled: codes, empty for none, and whether past a non-cancel station."""

    reason: str
    station: str
    override: bool


class Move(NamedTuple):
    """What an event counts as: once for its customer, and once for everybody. `how`: of a cancellation."""

    kind: Kind
    customer: str
    quarter: int
    how: How | None


class _Clock:
    """The clock on the wall from `first` until before `end`: quarters of UTC become its hours since 1970."""

    def __init__(self, first: Instant, end: Instant, zone: ZoneInfo) -> None:
        self._parts = [(until // QUARTER, ahead // QUARTER) for until, ahead in offsets(first, end, zone)]

    def of(self, quarter: int) -> tuple[date, int]:
        """Day and hour of a quarter."""
        ahead = next((ahead for until, ahead in self._parts if quarter < until), self._parts[-1][1])
        return _day_and_hour((quarter + ahead) // _IN_AN_HOUR)

    def sql(self) -> str:
        """The same in SQL, but for the hour's name."""
        cases = "".join(f" WHEN quarter < {until} THEN {ahead}" for until, ahead in self._parts)
        return f"(quarter + CASE{cases} ELSE 0 END) / {_IN_AN_HOUR}"


def _day_and_hour(hour: int) -> tuple[date, int]:
    return date.fromordinal(_EPOCH + hour // 24), hour % 24


@dataclass
class Counts:
    """Sums of a span of time: moves by kind, day and hour, cancellations by how and by whose orders they were."""

    moves: Counter[tuple[str, date, int]] = field(default_factory=Counter)
    how: Counter[How] = field(default_factory=Counter)
    whose: Counter[str] = field(default_factory=Counter)

    def add(self, move: Move, clock: _Clock) -> None:
        """Count one event."""
        self.moves[move.kind, *clock.of(move.quarter)] += 1
        if move.how is not None:
            self.how[move.how] += 1
            self.whose[move.customer] += 1


class _After(msgspec.Struct, frozen=True):
    status: str = ""
    cancelled: bool = False
    reason: str | None = None
    station: str | None = None
    override: bool = False


class _Data(msgspec.Struct):
    customerNumber: str = ""  # noqa: N815
    after: _After = _After()


_data = msgspec.json.Decoder(_Data).decode


def move_of(event: Event) -> Move | None:
    """What an event of MOVES counts as; None for an import of an order that was done with."""
    kind, about = _KINDS[event.type], _data(event.data)
    after = about.after
    if event.type == names.ORDER_IMPORTED and (after.cancelled or after.status == "C"):
        return None
    how = How(after.reason or "", after.station or "", after.override) if kind == "cancelled" else None
    return Move(kind, about.customerNumber, event.at // QUARTER, how)


async def count_moves(db: Database, zone: ZoneInfo, first: date, last: date, customer: str | None) -> Counts:
    """What came in, was completed, cancelled and restored in the days `first` to `last` of `zone`, both included; of
    one customer's orders only, if one is named. Raises errors.Unavailable."""
    return await _counted(db, _MOVES, MOVES, zone, (first, last), customer)


async def count_cancels(db: Database, zone: ZoneInfo, first: date, last: date, customer: str | None) -> Counts:
    """The same of what was cancelled and restored, with how and whose."""
    return await _counted(db, _CANCELS, CANCELS, zone, (first, last), customer)


async def _counted(
    db: Database, text: str, types: tuple[str, ...], zone: ZoneInfo, days: tuple[date, date], customer: str | None
) -> Counts:
    first, end = beginning_of(days[0], zone), beginning_of(days[1] + timedelta(days=1), zone)
    clock = _Clock(first, end, zone)
    sql = Sql.same(text.replace(_HOUR, clock.sql()))
    given = (customer or EVERYBODY, first // QUARTER, end // QUARTER)
    (_what, _a, _b, _c, upto, _n), *rows = await db.browse(lambda tx: tx.rows(sql, *given))
    counts = Counts()
    for what, a, b, c, hour, n in rows:
        if what == "how":
            counts.how[How(a, b, bool(c))] += n
        elif what == "whose":
            counts.whose[a] += n
        else:
            counts.moves[what, *_day_and_hour(hour)] += n
    async for event in span.events_between(db, types, first, end, after=upto):
        move = move_of(event)
        if move is not None and customer in (None, move.customer):
            counts.add(move, clock)
    return counts


async def count_forever(db: Database) -> None:
    """The counter's task; runs until cancelled. Several may run, each event is counted once."""
    while True:
        is_behind = False
        try:
            is_behind = await count_page(db)
        except (Unavailable, Collision, ConnectionLost) as error:
            log("counter_waits", level="warning", cause=str(error))
        await asyncio.sleep(BUSY_SECONDS if is_behind else IDLE_SECONDS)


async def count_page(db: Database) -> bool:
    """Add up the next page of the feed; whether there is more. Raises Collision, errors.Unavailable."""

    async def look(tx: Transaction) -> tuple[int, int]:
        rows = await tx.rows(_UPTO)
        return rows[0][0], (await head(tx))[0]

    after, last = await db.read(look)
    upto = min(after + span.PAGE, last)
    if upto == after:
        return False
    events = await db.read(lambda tx: span.between(tx, MOVES, after, upto))
    moves = [move for event in events if (move := move_of(event)) is not None]
    await db.write(lambda tx: _keep(tx, after, upto, moves))
    return upto < last


async def _keep(tx: Transaction, after: int, upto: int, moves: Sequence[Move]) -> None:
    """Add up what was found between two places, unless somebody else has done it."""
    if not await tx.rows(_ADVANCE, after, upto):
        return
    whose = ((c, m.kind, m.quarter) for m in moves for c in {m.customer, EVERYBODY})
    await tx.many(_ADD_MOVES, [(*key, n) for key, n in sorted(Counter(whose).items())])
    cancels = Counter((m.quarter, m.customer, *m.how) for m in moves if m.how is not None)
    await tx.many(_ADD_CANCELS, [(*key, n) for key, n in sorted(cancels.items())])


_PLACE = "coalesce((SELECT position FROM counted), 0)"
_UPTO = Sql.same(f"SELECT {_PLACE}")
# One statement sees one moment: the place up to which the sums are, which comes first, and the sums.
_TEXT = f"""
    SELECT what, a, b, c, hour, n FROM (
        SELECT 0 AS part, '' AS what, '' AS a, '' AS b, false AS c, {_PLACE} AS hour, 0 AS n
        UNION ALL
        SELECT 1, kind, '', '', false, {{hour}}, CAST(sum(count) AS BIGINT) FROM moves
        WHERE customer = $1 AND kind IN ({{kinds}}) AND quarter >= $2 AND quarter < $3 GROUP BY kind, {{hour}}{{more}}
    ) AS found ORDER BY part"""
_OF_CANCELS = """
        UNION ALL
        SELECT 1, '{what}', {keys}, 0, CAST(sum(count) AS BIGINT) FROM cancels
        WHERE quarter >= $2 AND quarter < $3 AND ($1 = '' OR customer = $1) GROUP BY {by}"""
_HOUR = "{hour}"
_MOVES = _TEXT.format(hour=_HOUR, kinds="'came', 'completed', 'cancelled', 'restored'", more="")
_CANCELS = _TEXT.format(
    hour=_HOUR,
    kinds="'cancelled', 'restored'",
    more=_OF_CANCELS.format(what="how", keys="reason, station, override", by="reason, station, override")
    + _OF_CANCELS.format(what="whose", keys="customer, '', false", by="customer"),
)
_ADVANCE = Sql.same("""
    INSERT INTO counted (one, position) VALUES (1, $2)
    ON CONFLICT (one) DO UPDATE SET position = excluded.position WHERE counted.position = $1 RETURNING position""")
_ADD_MOVES = Sql.same("""
    INSERT INTO moves (customer, kind, quarter, count) VALUES ($1, $2, $3, $4)
    ON CONFLICT (customer, kind, quarter) DO UPDATE SET count = moves.count + excluded.count""")
_ADD_CANCELS = Sql.same("""
    INSERT INTO cancels (quarter, customer, reason, station, override, count) VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (quarter, customer, reason, station, override) DO UPDATE SET count = cancels.count + excluded.count""")
