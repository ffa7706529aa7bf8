"""The page of printable sheets: bar codes of stations, operators, delete reasons and trays."""

from __future__ import annotations

import asyncio

from traylane.access.actor import Scope
from traylane.access.sessions import Session
from traylane.console.setup.area import Area
from traylane.console.setup.labels import KINDS
from traylane.console.sheets import CARDS, LABELS, PAPERS, Card, Grid, sheet
from traylane.console.table import NoSuchPage
from traylane.console.web import Asked, Header, Reply
from traylane.console.words import N_, _
from traylane.db.database import Transaction
from traylane.policy import setup_store
from traylane.policy.kinds import OPERATORS, REASONS, STATIONS, Setup
from traylane.policy.model import Policy

PART = "sheets"
MOST_TRAYS = 240
"""Labels of one sheet: ten pages."""
_KINDS = (STATIONS, OPERATORS, REASONS)
_TRAYS = "trays"
_PDF: Header = (b"content-type", b"application/pdf")
_TITLES = {**{kind.name: KINDS[kind.name].many for kind in _KINDS}, _TRAYS: N_("Trays")}


class SheetPages:
    """Makes sheets of what is in use."""

    def __init__(self, area: Area) -> None:
        self._area = area

    async def open(self, asked: Asked, session: Session) -> Reply:
        """Which sheets there are."""
        session.person.actor.require(Scope.SETUP_READ)
        return await self._page(asked, session, "")

    async def pdf(self, asked: Asked, session: Session, name: str) -> Reply:
        """One of them. Raises NoSuchPage."""
        session.person.actor.require(Scope.SETUP_READ)
        if name not in _TITLES:
            raise NoSuchPage
        paper = asked.query.get("paper", "a4")
        if name == _TRAYS:
            policy = await self._area.desk.policy_for(session.person.actor)
            cards, grid = trays(asked.query.get("from", ""), asked.query.get("to", ""), policy), LABELS
            if not cards:
                said = _("Give the first and the last tray, %(most)s at most at a time", most=MOST_TRAYS)
                return await self._page(asked, session, said)
        else:
            cards, grid = (await self._cards(session))[name], CARDS
        content = await asyncio.to_thread(_made, cards, _(_TITLES[name]), paper if paper in PAPERS else "a4", grid)
        file = (b"content-disposition", f'inline; filename="{name}.pdf"'.encode())
        return Reply(200, content, [_PDF, file, (b"cache-control", b"no-store")])

    async def _cards(self, session: Session) -> dict[str, list[Card]]:
        """What is in use of each kind, in one look."""
        setup, _tag = await self._area.look(session, _set_up)
        return {
            kind.name: [Card(code, str(row["desc"])) for code, row in setup.of(kind).items() if row["active"]]
            for kind in _KINDS
        }

    async def _page(self, asked: Asked, session: Session, problem: str) -> Reply:
        policy = await self._area.desk.policy_for(session.person.actor)
        cards = await self._cards(session)
        first, last = policy.tray_pool
        return self._area.page(
            asked,
            session,
            PART,
            "setup_sheets.html",
            sheets=[(name, _(_TITLES[name]), len(found)) for name, found in cards.items()],
            papers=[("a4", "A4"), ("letter", _("US letter"))],
            first=asked.query.get("from", str(first)),
            last=asked.query.get("to", str(min(last, first + LABELS.across * LABELS.down - 1))),
            most=MOST_TRAYS,
            problem=problem,
        )


async def _set_up(tx: Transaction) -> Setup:
    return await setup_store.load(tx, _KINDS)


def trays(first: str, last: str, policy: Policy) -> list[Card]:
    """The cards of some trays, as wide as the last one of the pool; none when that cannot be."""
    if not all(text.isascii() and text.isdecimal() and len(text) <= 5 for text in (first, last)):
        return []
    wide = len(str(policy.tray_pool[1]))
    numbers = range(int(first), int(last) + 1)
    return [Card(f"{number:0{wide}d}") for number in numbers] if len(numbers) <= MOST_TRAYS else []


def _made(cards: list[Card], title: str, paper: str, grid: Grid) -> bytes:
    return sheet(cards, title=title, paper=paper, grid=grid)
