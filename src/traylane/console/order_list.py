"""Orders: a list that finds while one types, and stays quick however long it is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import urlencode

import msgspec

from traylane.access.actor import Scope
from traylane.access.sessions import Session
from traylane.calendar import day_of
from traylane.console import say
from traylane.console.session import Door
from traylane.console.web import Asked, Reply
from traylane.console.words import N_, _
from traylane.errors import BadArguments
from traylane.orders.desk import Desk
from traylane.orders.details import read_details
from traylane.orders.list_filters import MOST_SEARCHED, SORTS, Filters, days
from traylane.orders.list_store import Key
from traylane.orders.listing import Leaf
from traylane.orders.lookup import LONGEST, is_storable
from traylane.orders.model import Order
from traylane.policy.model import Policy

ON_A_PAGE = 40
USUAL_SORT = "-orderNumber"
_STATUSES = {"U": N_("Not valid"), "V": N_("Valid"), "P": N_("In process"), "C": N_("Completed"), "W": N_("On hold")}
_DAYS = ("orderedFrom", "orderedTo", "wantedFrom", "wantedTo")
_FIELDS = ("search", "status", "customer", "station", "cancelled", *_DAYS)
_LONGEST_FIELD = 20
_MOST_CUSTOMERS = 500


class _Wanted(msgspec.Struct):
    """What the page was asked for. `given`: the filters as they came, `problems`: those that cannot be."""

    given: dict[str, str]
    filters: Filters
    sort: str
    problems: list[str]


class OrderList:
    """Answers who looks for orders."""

    def __init__(self, desk: Desk, door: Door) -> None:
        self._desk = desk
        self._door = door

    async def open(self, asked: Asked, session: Session) -> Reply:
        """The page, or the list alone when a part is asked for."""
        actor = session.person.actor
        actor.require(Scope.ORDERS_READ)
        wanted = _wanted(asked.query)
        beside, backwards = _place(asked.query)
        rows: list[dict[str, Any]] = []
        leaf, total = None, 0
        policy = await self._desk.policy_for(actor)
        if not wanted.problems:
            try:
                leaf = await self._desk.lists.leaf(
                    wanted.filters,
                    SORTS[wanted.sort],
                    actor,
                    beside=beside,
                    backwards=backwards,
                    limit=ON_A_PAGE,
                )
                total = await self._desk.lists.count(wanted.filters, actor)
                rows = [self._row(order, policy) for order in leaf.orders]
            except BadArguments:
                wanted.problems.append(_("More than %(most)s orders fit: type more of the number", most=MOST_SEARCHED))
        return self._door.page(
            asked,
            session,
            "_orders.html" if asked.swaps else "orders.html",
            given=wanted.given,
            sort=wanted.sort,
            problems=wanted.problems,
            orders=rows,
            total=total,
            links=_links(wanted, leaf),
            sorts=_sort_links(wanted),
            filtered=any(value for name, value in wanted.given.items() if name != "search"),
            **_choices(policy),
        )

    def _row(self, order: Order, policy: Policy) -> dict[str, Any]:
        now = self._desk.clock()
        wanted = read_details(order.details).dateWanted
        today = day_of(now, policy.time_zone)
        shown = "W" if order.on_hold and not order.is_completed else order.status.value
        open_ = not (order.is_completed or order.is_cancelled)
        return {
            "number": order.number,
            "tray": order.tray,
            "po": order.po,
            "customer": order.customer,
            "status": _(_STATUSES[shown]),
            "cancelled": order.is_cancelled,
            "held": order.on_hold,
            "station": order.station or "",
            "since": say.clock(order.station_at, policy.time_zone, now) if order.station_at is not None else "",
            "wanted": say.day(wanted, policy.time_zone, now) if wanted else "",
            "late": bool(open_ and wanted and wanted < today),
        }


def _wanted(query: Mapping[str, str]) -> _Wanted:
    given = {name: query.get(name, "").strip() for name in _FIELDS}
    problems: list[str] = []
    for name, value in given.items():
        if len(value) > _LONGEST_FIELD or not is_storable(value):
            given[name] = ""
            problems.append(_("No order has such a number") if name == "search" else _("This filter cannot be"))
    if strange := [name for name in _DAYS if given[name] and not _is_day(given[name])]:
        problems.append(_("A day looks like 2026-11-02"))
        given |= dict.fromkeys(strange, "")  # a field for days shows nothing else
    filters = Filters(
        status=given["status"] if given["status"] in _STATUSES else None,  # type: ignore[arg-type]
        customer=given["customer"] or None,
        station=given["station"] or None,
        cancelled={"yes": True, "no": False}.get(given["cancelled"]),
        ordered=days(given["orderedFrom"] or None, given["orderedTo"] or None),
        wanted=days(given["wantedFrom"] or None, given["wantedTo"] or None),
        search=given["search"] or None,
    )
    sort = query.get("sort", "")
    return _Wanted(given, filters, sort if sort in SORTS else USUAL_SORT, list(dict.fromkeys(problems)))


def _is_day(text: str) -> bool:
    try:
        return len(text) == len("2026-11-02") and date.fromisoformat(text).year > 0
    except ValueError:
        return False


def _place(query: Mapping[str, str]) -> tuple[Key | None, bool]:
    """Where to go on: `after` or `before` an order, as `value,number`."""
    for name in ("after", "before"):
        value, comma, number = query.get(name, "").rpartition(",")
        if comma and len(value) <= LONGEST and number.isalnum() and is_storable(value):
            return Key(value, number), name == "before"
    return None, False


def _links(wanted: _Wanted, leaf: Leaf | None) -> dict[str, str]:
    """Where the pages before and behind are; empty where there is none."""
    if leaf is None or leaf.first is None or leaf.last is None:
        return {"first": "", "before": "", "after": ""}
    return {
        "first": "" if leaf.is_first else _url(wanted),
        "before": "" if leaf.is_first else _url(wanted, before=_text(leaf.first)),
        "after": "" if leaf.is_last else _url(wanted, after=_text(leaf.last)),
    }


def _sort_links(wanted: _Wanted) -> dict[str, dict[str, str]]:
    """For each column that sorts: where a press on its head leads, and how it sorts now."""
    found = {}
    for name in ("orderNumber", "dateWanted"):
        now = {name: "ascending", f"-{name}": "descending"}.get(wanted.sort, "")
        other = msgspec.structs.replace(wanted, sort=f"-{name}" if now != "descending" else name)
        found[name] = {"url": _url(other), "now": now}
    return found


def _text(key: Key) -> str:
    return f"{key.value},{key.number}"


def _url(wanted: _Wanted, **place: str) -> str:
    sort = {} if wanted.sort == USUAL_SORT else {"sort": wanted.sort}
    given = {name: value for name, value in wanted.given.items() if value} | sort | place
    return "/orders" + ("?" + urlencode(given) if given else "")


def _choices(policy: Policy) -> dict[str, Any]:
    """What the filters offer."""
    customers = sorted(policy.customers)
    return {
        "statuses": [(code, _(text)) for code, text in _STATUSES.items()],
        "stations": policy.working_stations,
        "customers": customers if len(customers) <= _MOST_CUSTOMERS else [],
    }
