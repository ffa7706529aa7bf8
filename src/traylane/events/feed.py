"""The feed: every sealed event once, in the order of its place, followed with a cursor (ours).

A cursor is `epoch.position`: its reader has seen everything up to that position. Positions are gap-free and given after
the commit, so whoever follows them skips nothing, however late an event commits. The epoch changes when the database
was restored with loss: a reader that had seen what is lost is told so, every other one goes on.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence

import msgspec

from traylane.clock import DAY, Instant
from traylane.db.database import Database, Sql, Transaction
from traylane.errors import Refused
from traylane.events.names import FIELDS
from traylane.events.seal import Event
from traylane.events.tide import Tide

KEPT = 90 * DAY
"""How long the feed reaches back."""
LARGEST_PAGE = 1_000
FEWEST_AT_ONCE, READ_AT_ONCE = 100, 500
"""Events that are read in one go: as many as are asked for, between these."""
READ_AT_MOST = 10_000
"""Events that one look passes over, fitting or not; the cursor moves past them all the same."""
LONGEST_WAIT = 30
LONGEST_CURSOR = 40

_CURSOR = re.compile(r"([0-9a-z]{1,12})\.(0|[1-9][0-9]{0,17})")


class Cursor(msgspec.Struct, frozen=True):
    """A place in the feed: everything up to `position` was seen. `epoch`: an instant, from which it is unique."""

    epoch: int
    position: int

    def __str__(self) -> str:
        return f"{_base36(self.epoch)}.{self.position}"


class CursorGone(Refused):
    """The feed cannot go on from the cursor. `provided`; `oldest`: the oldest valid cursor; `why`: for programs.

    `why` is `expired` (older than the feed reaches back), `lost` (the database was restored without events that the
    reader had seen) or `unknown` (no cursor of this database's).
    """

    code = "cursor_gone"
    sentence = "Cursor is no longer valid"

    def details(self) -> list[str]:
        return [f"Provided: {self.data['provided']}", f"Oldest valid: {self.data['oldest']}"]

    def evidence(self) -> dict[str, str]:
        return {"why": self.data["why"], "oldest": str(self.data["oldest"])}


class Placed(msgspec.Struct, frozen=True):
    """An event and the cursor of who has read up to it."""

    event: Event
    cursor: Cursor


class Page(msgspec.Struct, frozen=True):
    """Events that fit, oldest first, and where to go on; `more`: whether there is something to read there now."""

    events: tuple[Placed, ...]
    cursor: Cursor
    more: bool


class _Place(msgspec.Struct, frozen=True):
    """Where the feed stands: the epoch, and the position of its last event."""

    epoch: int
    head: int


Fits = Callable[[Event], bool]


def parse_cursor(text: str) -> Cursor | None:
    """Read a cursor; None when `text` is none."""
    found = _CURSOR.fullmatch(text)
    return Cursor(int(found[1], 36), int(found[2])) if found else None


def types_named(names: Sequence[str]) -> tuple[frozenset[str], list[str]]:
    """The event types that `names` mean (`order.cancelled`, or `order.*` for all of a kind), and the unknown names."""
    known: set[str] = set()
    unknown = []
    for name in names:
        fitting = {type_ for type_ in FIELDS if type_ == name or (name.endswith(".*") and type_.startswith(name[:-1]))}
        known |= fitting
        if not fitting:
            unknown.append(name)
    return frozenset(known), unknown


class Feed:
    """The feed of one database. `clock` says how far back 90 days are."""

    def __init__(self, db: Database, clock: Callable[[], Instant]) -> None:
        self._db = db
        self._clock = clock
        self.tide = Tide(db)

    async def read(self, after: Cursor | None, *, fits: Fits, limit: int = LARGEST_PAGE) -> Page:
        """At most `limit` events after a cursor (None: as far back as the feed reaches) for which `fits` is true.

        Raises CursorGone.
        """
        start = await self._db.read(lambda tx: self._start(tx, after))
        return await self._from(start, fits=fits, limit=limit)

    async def beyond(self, position: int, *, fits: Fits, limit: int) -> Page:
        """As `read`, from a position that this database itself noted; one that is lost is the end of what is left."""
        newest = await self.newest()
        start = Cursor(newest.epoch, min(position, newest.position))
        return await self._from(start, fits=fits, limit=limit)

    async def _from(self, cursor: Cursor, *, fits: Fits, limit: int) -> Page:
        found: list[Placed] = []
        passed, most = 0, min(READ_AT_ONCE, max(limit, FEWEST_AT_ONCE))
        while passed < READ_AT_MOST:
            events = await self._db.read(lambda tx: _after(tx, cursor.position, most))  # noqa: B023 (awaited at once)
            for event in events:
                cursor = Cursor(cursor.epoch, cursor.position + 1)
                if fits(event):
                    found.append(Placed(event, cursor))
                if len(found) == limit:
                    return Page(tuple(found), cursor, more=True)
            passed += len(events)
            if len(events) < most:
                return Page(tuple(found), cursor, more=False)
            await asyncio.sleep(0)  # reads on SQLite run on the loop: others must get their turn
        return Page(tuple(found), cursor, more=True)

    async def wait(
        self, after: Cursor | None, *, fits: Fits, limit: int, seconds: float, confirm: Callable[[], Awaitable[None]]
    ) -> Page:
        """As `read`; when nothing fits yet, the first page that holds something, or after `seconds` an empty one.

        `confirm` is asked before each look whether the reader may still read. Raises CursorGone, errors.Unavailable
        when too many wait, and what `confirm` raises.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while True:
            await confirm()
            page = await self.read(after, fits=fits, limit=limit)
            left = until - loop.time()
            if page.events or page.more or left <= 0:
                return page
            after = page.cursor
            if not await self.tide.rises_above(after.position, seconds=left):
                return page

    async def newest(self) -> Cursor:
        """The cursor of who has read everything."""
        place = await self._db.read(_place)
        return Cursor(place.epoch, place.head)

    async def oldest(self) -> Cursor:
        """The cursor of who has read nothing that the feed still has."""

        async def work(tx: Transaction) -> Cursor:
            return await self._oldest(tx, await _place(tx))

        return await self._db.read(work)

    async def begin_epoch(self) -> Cursor:
        """Say that events were lost after the one that is the last now: the database was restored to it.

        Cursors beyond it are gone from now on. Returns the first cursor of the new epoch.
        """
        now = self._clock()

        async def work(tx: Transaction) -> Cursor:
            place = await _place(tx)
            epoch = max(now, place.epoch + 1)
            await tx.rows(_SHORTEN, place.head)
            await tx.rows(_END_EPOCH, place.epoch, place.head)
            await tx.rows(_BEGIN_EPOCH, epoch)
            return Cursor(epoch, place.head)

        return await self._db.write(work)

    async def _start(self, tx: Transaction, after: Cursor | None) -> Cursor:
        place = await _place(tx)
        if after is None:
            return await self._oldest(tx, place)
        readable = place.head
        if after.epoch != place.epoch:
            past = await tx.rows(_PAST_EPOCH, after.epoch)
            readable = past[0][0] if past else -1
            why = "lost" if past else "unknown"
        else:
            why = "lost"
        if after.position > readable:
            raise CursorGone(provided=after, oldest=await self._oldest(tx, place), why=why)
        if await self._is_expired(tx, after.position, place):
            raise CursorGone(provided=after, oldest=await self._oldest(tx, place), why="expired")
        return Cursor(place.epoch, after.position)

    async def _is_expired(self, tx: Transaction, position: int, place: _Place) -> bool:
        rows = await tx.rows(_TIME_OF, position + 1) if position < place.head else ()
        return bool(rows) and rows[0][0] < self._clock() - KEPT

    async def _oldest(self, tx: Transaction, place: _Place) -> Cursor:
        # Positions follow time closely enough to halve by; what a late commit puts out of place is milliseconds.
        low, high = 0, place.head
        while low < high:
            middle = (low + high) // 2
            if await self._is_expired(tx, middle, place):
                low = middle + 1
            else:
                high = middle
        return Cursor(place.epoch, low)


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
    return digits or "0"


async def event_at(tx: Transaction, position: int) -> Event | None:
    """The event at a position."""
    rows = await tx.rows(_AT, position)
    return Event(*rows[0]) if rows else None


async def _place(tx: Transaction) -> _Place:
    row = (await tx.rows(_PLACE))[0]
    return _Place(row[0], row[1] or 0)


async def _after(tx: Transaction, position: int, limit: int) -> list[Event]:
    return [Event(*row) for row in await tx.rows(_AFTER, position, limit)]


_PLACE = Sql.same("""
    SELECT c.epoch, (SELECT position FROM events WHERE position IS NOT NULL ORDER BY position DESC LIMIT 1)
    FROM config c WHERE c.one = 1""")
_AFTER = Sql.same("""
    SELECT id, subject_id, seq, type, at, actor, data FROM events
    WHERE position > $1 ORDER BY position LIMIT $2""")
_AT = Sql.same("SELECT id, subject_id, seq, type, at, actor, data FROM events WHERE position = $1")
_TIME_OF = Sql.same("SELECT at FROM events WHERE position = $1")
_PAST_EPOCH = Sql.same("SELECT kept_to FROM past_epochs WHERE epoch = $1")
_SHORTEN = Sql.same("UPDATE past_epochs SET kept_to = $1 WHERE kept_to > $1")
_END_EPOCH = Sql.same("INSERT INTO past_epochs (epoch, kept_to) VALUES ($1, $2)")
_BEGIN_EPOCH = Sql.same("UPDATE config SET epoch = $1 WHERE one = 1")
