"""The screen of a station: scan in, go on; a cancelled order stops it."""

from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import quote

import msgspec

from traylane.access.actor import Scope
from traylane.access.sessions import Session
from traylane.console import say
from traylane.console.cancel_desk import as_scanned
from traylane.console.sending import retry
from traylane.console.sentences import translated
from traylane.console.session import Door
from traylane.console.web import Asked, Reply
from traylane.console.words import _
from traylane.errors import Refused
from traylane.orders.change import Done, Replayed, Request
from traylane.orders.desk import Desk
from traylane.orders.lookup import Ref
from traylane.tracking.checkin import CHECK_IN, said_of_doubled
from traylane.tracking.checkin_rules import CheckInRequest, OrderCancelled, StationNotFound, station_for


class Said(msgspec.Struct):
    """What the screen says: `kind` is stop, refused, good or empty."""

    kind: str = ""
    title: str = ""
    lines: tuple[str, ...] = ()


_read = msgspec.json.Decoder(Said).decode


class StationScreen:
    """Answers what is scanned at a station."""

    def __init__(self, desk: Desk, door: Door) -> None:
        self._desk = desk
        self._door = door

    async def choose(self, asked: Asked, session: Session) -> Reply:
        """The stations of the line, to open one's screen."""
        session.person.actor.require(Scope.TRACKING_WRITE)
        policy = await self._desk.policy_for(session.person.actor)
        return self._door.page(asked, session, "stations.html", stations=policy.working_stations)

    async def open(self, asked: Asked, session: Session, code: str) -> Reply:
        """The screen, waiting. Raises StationNotFound."""
        session.person.actor.require(Scope.TRACKING_WRITE)
        return await self._page(asked, session, code, Said(), "")

    async def scan(self, asked: Asked, session: Session, code: str) -> Reply:
        """A tray was scanned; the operator's code, where one is needed, stays in its field."""
        actor, now = session.person.actor, self._desk.clock()
        actor.require(Scope.TRACKING_WRITE)
        scanned, operator = as_scanned(asked.form.get("scan", "")), as_scanned(asked.form.get("operator", ""))
        if not scanned:
            return await self._page(asked, session, code, Said(), operator)
        ref = Ref(scanned, scanned=True)
        check_in = CheckInRequest(station=code, operator=operator or None)
        policy = await self._desk.policy_for(actor)

        def present(outcome: object) -> bytes:
            return msgspec.json.encode(_said(outcome, say.place(code, policy)))

        try:
            outcome: object = await self._desk.change(
                CHECK_IN,
                Request(
                    ref=ref,
                    asked=check_in,
                    actor=actor,
                    now=now,
                    retry=retry(asked, actor.name, CHECK_IN.event, ref, check_in),
                    present=present,
                ),
            )
        except Refused as refusal:
            outcome = refusal
        said = _read(outcome.answer) if isinstance(outcome, Replayed) else _said(outcome, say.place(code, policy))
        if said.kind != "good":
            said.lines = (*said.lines, _("Scanned: %(what)s", what=scanned))
        return await self._page(asked, session, code, said, operator)

    async def _page(self, asked: Asked, session: Session, code: str, said: Said, operator: str) -> Reply:
        policy = await self._desk.policy_for(session.person.actor)
        station = station_for(code, policy)
        if station is None:
            raise StationNotFound
        return self._door.page(
            asked,
            session,
            "_station.html" if asked.swaps else "station.html",
            said=said,
            station=station,
            operator=operator,
            key=secrets.token_urlsafe(16),
            page="/station/" + quote(code, safe=""),
        )


def _said(outcome: Any, where: str) -> Said:
    match outcome:
        case OrderCancelled():
            todo = [*map(translated, outcome.details()[1:])] or [_("Give the work to the supervisor")]
            return Said("stop", _("STOP"), (_("This order is cancelled"), *todo))
        case Refused():
            return Said("refused", _("Not checked in"), tuple(map(translated, outcome.details() or [outcome.sentence])))
        case Done():
            doubled = () if outcome.is_new else (translated(said_of_doubled(outcome.order)),)
            if outcome.order.is_cancelled:
                return Said("good", _("Order %(order)s is in the rack", order=outcome.order.number), doubled)
            tray = _("Tray %(tray)s", tray=outcome.order.tray) if outcome.order.tray else ""
            return Said(
                "good", _("Order %(order)s", order=outcome.order.number), tuple(filter(None, (tray, where, *doubled)))
            )
        case _:
            raise TypeError(type(outcome))
