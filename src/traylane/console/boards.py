"""The boards for a screen on the wall, recalls and work in process: drawn here, and sent again as they change."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any, NamedTuple

from traylane.access.actor import Scope, Unauthenticated
from traylane.access.sessions import Session
from traylane.clock import HOUR, MINUTE, Instant
from traylane.console import say
from traylane.console.session import Door
from traylane.console.web import EVENT_STREAM, Asked, Reply
from traylane.console.words import N_
from traylane.errors import Refused
from traylane.events.feed import LARGEST_PAGE
from traylane.events.seal import Event
from traylane.orders.desk import Desk
from traylane.policy.model import Policy
from traylane.tracking import recall
from traylane.tracking.work import AtStation, at_stations

FRESH_SECONDS = 1.0
"""A board is read anew at most so often, for however many screens."""
SETTLE_SECONDS = 0.2
"""After a change so long is waited for others that come with it."""
TICK_SECONDS = 15.0
STREAM_SECONDS = 900.0
"""After so long a stream ends and the browser comes back: so a restart never waits for one."""
MOST_RECALLS = 24
_OVERDUE = HOUR


class Board(NamedTuple):
    """A board: its path, its name, the template of its picture, and what reads the values of that."""

    path: str
    title: str
    template: str
    read: Callable[[Policy, Instant], Awaitable[dict[str, Any]]]


class _Kept(NamedTuple):
    at: float
    values: dict[str, Any]


class Boards:
    """Answers the screens on the wall."""

    def __init__(self, desk: Desk, door: Door) -> None:
        self._desk = desk
        self._door = door
        self._recall = Board("/boards/recall", N_("Recall"), "_recall.html", self._read_recalls)
        self._work = Board("/boards/wip", N_("In process"), "_wip.html", self._read_work)
        self._kept: dict[str, _Kept] = {}
        self._reading: dict[str, asyncio.Lock] = {b.path: asyncio.Lock() for b in (self._recall, self._work)}

    async def recall(self, asked: Asked, session: Session) -> Reply:
        """The trays that must be taken out of the line."""
        return await self._open(asked, session, self._recall)

    async def recall_stream(self, asked: Asked, session: Session) -> Reply:
        """The same, again whenever it changes."""
        return self._stream(asked, session, self._recall)

    async def work(self, asked: Asked, session: Session) -> Reply:
        """How much stands at each station."""
        return await self._open(asked, session, self._work)

    async def work_stream(self, asked: Asked, session: Session) -> Reply:
        """The same, again whenever it changes."""
        return self._stream(asked, session, self._work)

    async def _open(self, asked: Asked, session: Session, board: Board) -> Reply:
        session.person.actor.require(Scope.TRACKING_READ)
        # What its stream brings a moment later may be newer.
        kept = self._kept.get(board.path)
        young = kept is not None and time.monotonic() - kept.at < FRESH_SECONDS
        values = kept.values if kept is not None and young else await self._values(session, board)
        return self._door.page(asked, session, "board.html", board=board, **values)

    def _stream(self, asked: Asked, session: Session, board: Board) -> Reply:
        session.person.actor.require(Scope.TRACKING_READ)
        return Reply(200, b"", [EVENT_STREAM], parts=self._told(asked, session, board))

    async def _told(self, asked: Asked, session: Session, board: Board) -> AsyncGenerator[bytes]:
        ends = time.monotonic() + STREAM_SECONDS
        shown, cursor = b"", await self._desk.feed.newest()
        yield b"retry: 1000\n\n"
        while time.monotonic() < ends and not self._desk.feed.tide.is_closed:
            try:
                picture = self._door.page(asked, session, board.template, **await self._values(session, board)).body
                yield b"event: tick\ndata: .\n\n" if picture == shown else _event(picture)
                shown = picture
                page = await self._desk.feed.wait(
                    cursor, fits=_moves, limit=LARGEST_PAGE, seconds=TICK_SECONDS, confirm=lambda: self._confirm(asked)
                )
            except Refused:
                return  # the session is over, or the database away: the browser comes back and is told
            cursor = page.cursor
            await asyncio.sleep(SETTLE_SECONDS)

    async def _confirm(self, asked: Asked) -> None:
        if await self._door.session(asked) is None:
            raise Unauthenticated

    async def _values(self, session: Session, board: Board) -> dict[str, Any]:
        asked_at = time.monotonic()
        policy = await self._desk.policy_for(session.person.actor)
        async with self._reading[board.path]:
            kept = self._kept.get(board.path)
            # What is younger than this request needs no reading: whoever waited here gets it.
            if kept is None or kept.at < asked_at:
                if kept is not None:
                    await asyncio.sleep(max(0.0, kept.at + FRESH_SECONDS - time.monotonic()))
                kept = self._kept[board.path] = _Kept(time.monotonic(), await board.read(policy, self._desk.clock()))
        return kept.values

    async def _read_recalls(self, policy: Policy, now: Instant) -> dict[str, Any]:
        found = await recall.open_recalls(self._desk.db, policy, customer=None)
        shown = await self._desk.db.read(lambda tx: recall.with_evidence(tx, found[:MOST_RECALLS], customer=None))
        return {
            "total": len(found),
            "more": len(found) - len(shown),
            "at": say.clock(now, policy.time_zone, now),
            "recalls": [_recalled(each, policy, now) for each in shown],
        }

    async def _read_work(self, policy: Policy, now: Instant) -> dict[str, Any]:
        at = await at_stations(self._desk.db, policy, now)
        return {"at": say.clock(now, policy.time_zone, now), **_totals(at), "stations": _stations(at, policy, now)}


def _moves(event: Event) -> bool:
    return event.type.startswith("order.")


def _event(picture: bytes) -> bytes:
    return b"event: board\n" + b"".join(b"data: %s\n" % line for line in picture.splitlines()) + b"\n"


def _recalled(each: recall.Recall, policy: Policy, now: Instant) -> dict[str, Any]:
    return {
        "order": each.order,
        "tray": each.tray,
        "place": say.place(each.station, policy),
        "age": say.age(now - each.cancelled_at),
        "overdue": now - each.cancelled_at > _OVERDUE,
        "reason": say.reason_text(each.reason, policy) if each.reason else "",
        "holder": each.holder or "",
        "lost": each.taken_over_at is not None,
        "refused": each.refused,
    }


def _totals(stations: list[AtStation]) -> dict[str, int]:
    return {
        "count": sum(at.count for at in stations),
        "late": sum(at.late for at in stations),
        "hot": sum(at.hot for at in stations),
        "held": sum(at.on_hold for at in stations),
    }


def _stations(stations: list[AtStation], policy: Policy, now: Instant) -> list[dict[str, Any]]:
    return [
        {
            "code": at.code,
            "description": policy.stations[at.code].description if at.code in policy.stations else "",
            "count": at.count,
            "late": at.late,
            "hot": at.hot,
            "held": at.on_hold,
            "oldest": say.age(now - at.oldest) if now - at.oldest >= MINUTE else "",
        }
        for at in stations
    ]
