"""Reports: numbers of cancellations and of the floor, each as a picture, as a table, and as a file."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode

from traylane.access.actor import Scope
from traylane.access.sessions import Session
from traylane.calendar import day_of, days_until
from traylane.console import charts, say, words
from traylane.console.charts import Chart, Item
from traylane.console.session import Door
from traylane.console.table import NoSuchPage
from traylane.console.web import Asked, Header, Reply
from traylane.console.words import N_, _
from traylane.orders.cancellation_report import CancellationCounts, count_cancellations
from traylane.orders.desk import Desk
from traylane.orders.lookup import is_storable
from traylane.policy.model import Policy
from traylane.tracking.days import Day, days

SPANS = (7, 30, 92)
"""Days that a report can be of, up to today."""
USUAL = 30
_CSV: Header = (b"content-type", b"text/csv; charset=utf-8")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
Line = Sequence[str | int]


class Asks(NamedTuple):
    """What a report is of."""

    days: int
    customer: str
    policy: Policy
    today: date

    def url(self, path: str) -> str:
        given = {"days": str(self.days)} | ({"customer": self.customer} if self.customer else {})
        return f"{path}?{urlencode(given)}"


class Part(NamedTuple):
    """One chart with its table. `figures`: columns of the table that hold numbers, from the right."""

    name: str
    title: str
    chart: Chart
    kind: str
    head: Sequence[str]
    lines: Sequence[Line]
    figures: int = 1


class Reports:
    """Answers who looks at numbers."""

    def __init__(self, desk: Desk, door: Door) -> None:
        self._desk = desk
        self._door = door

    async def cancellations(self, asked: Asked, session: Session) -> Reply:
        """By reason, customer, station, and over time."""
        asks = await self._asks(asked, session)
        counts = await self._counted(asks)
        parts = [_PARTS[name](counts, asks) for name in _PARTS]
        sums = [
            (str(counts.total), _("cancelled")),
            (_percent(counts.late_share), _("after the first scan")),
            (str(counts.overrides), _("past the non-cancel line")),
            (str(counts.restored), _("taken back")),
        ]
        return self._page(asked, session, asks, "/reports", _("Cancellations"), sums, parts)

    async def floor(self, asked: Asked, session: Session) -> Reply:
        """What came in, was completed and was cancelled, day by day."""
        asks = await self._asks(asked, session)
        part = _floor_part(await self._days(asks), asks)
        return self._page(asked, session, asks, "/reports/floor", _("Day by day"), [], [part])

    async def csv(self, asked: Asked, session: Session, name: str) -> Reply:
        """The table of one chart as a file. Raises NoSuchPage."""
        asks = await self._asks(asked, session)
        if name == "floor":
            part = _floor_part(await self._days(asks), asks)
        elif name in _PARTS:
            part = _PARTS[name](await self._counted(asks), asks)
        else:
            raise NoSuchPage
        file = f'attachment; filename="{name}-{asks.today}.csv"'.encode()
        headers = [_CSV, (b"content-disposition", file), (b"cache-control", b"no-store")]
        return Reply(200, _file(part.head, part.lines), headers)

    async def _asks(self, asked: Asked, session: Session) -> Asks:
        actor = session.person.actor
        actor.require(Scope.REPORTS_READ)
        policy = await self._desk.policy_for(actor)
        given, customer = asked.query.get("days", ""), asked.query.get("customer", "").strip()
        customer = customer if is_storable(customer) else ""
        span = next((span for span in SPANS if str(span) == given), USUAL)
        return Asks(span, customer[:8], policy, day_of(self._desk.clock(), policy.time_zone))

    async def _counted(self, asks: Asks) -> CancellationCounts:
        first, zone = asks.today - timedelta(days=asks.days - 1), asks.policy.time_zone
        return await count_cancellations(self._desk.db, zone, first, asks.today, customer=asks.customer or None)

    async def _days(self, asks: Asks) -> list[Day]:
        now, customer = self._desk.clock(), asks.customer or None
        return await days(self._desk.db, asks.policy, now, count=asks.days, customer=customer)

    def _page(
        self,
        asked: Asked,
        session: Session,
        asks: Asks,
        path: str,
        title: str,
        sums: Sequence[tuple[str, str]],
        parts: Sequence[Part],
    ) -> Reply:
        return self._door.page(
            asked,
            session,
            "reports.html",
            title=title,
            at=path,
            pages=[
                (asks.url(url), text, url == path)
                for url, text in (("/reports", _("Cancellations")), ("/reports/floor", _("Day by day")))
            ],
            spans=SPANS,
            days=asks.days,
            customer=asks.customer,
            sums=sums,
            notes={part.name: NOTES.get(part.name, "") for part in parts},
            parts=[(part, asks.url(f"/reports/csv/{part.name}")) for part in parts],
        )


def _percent(share: float) -> str:
    return f"{share:.0%}".replace("%", " %")


def _by_reason(counts: CancellationCounts, asks: Asks) -> Part:
    known = {code: reason.description for code, reason in asks.policy.reasons.items()}
    ranked = _ranked(counts.reasons, known, _("none"))
    total, lines, running = counts.total or 1, [], 0
    for item in ranked:
        running += item.count
        lines.append((item.label, item.name, item.count, _percent(running / total)))
    head = (_("Reason"), _("Description"), _("Cancelled"), _("Share together"))
    return Part("reasons", _("By reason"), charts.pareto(ranked, _("others")), "columns", head, lines, 2)


def _by_customer(counts: CancellationCounts, _asks: Asks) -> Part:
    ranked = _ranked(counts.customers, {}, _("none"))
    lines = [(item.label, item.count) for item in ranked]
    head = (_("Customer"), _("Cancelled"))
    return Part("customers", _("By customer"), charts.rows(ranked, _("others")), "rows", head, lines)


def _by_station(counts: CancellationCounts, asks: Asks) -> Part:
    """In the order of the line: where orders stood when they were cancelled."""
    order = {"": -1, **{code: place for place, code in enumerate(asks.policy.stations)}}
    codes = sorted(counts.stations, key=lambda code: (order.get(code, len(order)), code))
    items = [
        Item(code or _("nowhere yet"), say.place(code or None, asks.policy), counts.stations[code]) for code in codes
    ]
    lines = [(item.label, item.name, item.count) for item in items]
    head = (_("Station"), _("Description"), _("Cancelled"))
    return Part("stations", _("By station"), charts.rows(items), "rows", head, lines)


def _by_day(counts: CancellationCounts, asks: Asks) -> Part:
    wanted = days_until(asks.today, asks.days)
    items = [Item(words.day(day, with_year=False), day.isoformat(), counts.days[day]) for day in wanted]
    restored = [counts.restored_days[day] for day in wanted]
    lines = [(item.name, item.count, back) for item, back in zip(items, restored, strict=True)]
    head = (_("Day"), _("Cancelled"), _("Restored"))
    return Part("days", _("Over time"), charts.columns(items, restored), "columns", head, lines, 2)


def _floor_part(found: Sequence[Day], _asks: Asks) -> Part:
    items = [Item(words.day(each.day, with_year=False), each.day.isoformat(), each.came) for each in found]
    lines = [
        (each.day.isoformat(), each.came, each.completed, each.cancelled, each.restored, each.in_work) for each in found
    ]
    head = (_("Day"), _("Came in"), _("Completed"), _("Cancelled"), _("Restored"), _("In work"))
    chart = charts.columns(items, [each.cancelled for each in found])
    return Part("floor", _("What came in"), chart, "columns", head, lines, 5)


_PARTS: dict[str, Callable[[CancellationCounts, Asks], Part]] = {
    "reasons": _by_reason,
    "days": _by_day,
    "customers": _by_customer,
    "stations": _by_station,
}
NOTES = {
    "stations": N_("Where orders stood when they were cancelled, in the order of the line."),
    "reasons": N_("The line is the share that the reasons make together, from the left."),
    "days": N_("The marked foot of a column is what was taken back that day."),
    "floor": N_("The marked foot of a column is what was cancelled that day."),
}


def _ranked(counted: Counter[str], known: dict[str, str], none: str) -> list[Item]:
    pairs = sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))
    return [Item(code or none, known.get(code, "") or code or none, count) for code, count in pairs]


def _file(head: Sequence[str], lines: Iterable[Line]) -> bytes:
    """A file that spreadsheets open: no cell of it is a formula."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(head)
    writer.writerows([_cell(value) for value in line] for line in lines)
    return text.getvalue().encode("utf-8-sig", "replace")


def _cell(value: Any) -> str:
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
