"""A list gives what a naive model of its filters gives, in the model's order, on both engines."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.builders import NOW, desk, make_order, scanned
from traylane.access.actor import COMMAND_LINE
from traylane.db.database import Database
from traylane.orders.list_filters import ALL, SORTS, Filters, days
from traylane.orders.listing import Page

Shape = dict[str, Any]
STATIONS = (None, "RCV", "GEN")
COLUMNS = {"orderNumber": "number", "dateWanted": "wanted", "dateOrdered": "ordered"}
DAYS = ("", "2026-11-01", "2026-11-02", "2026-11-03")


def shapes() -> list[Shape]:
    """Sixty different orders, every third one completed."""
    found = []
    for n in range(60):
        completed = n % 3 == 0
        tray = f"{n:05d}" if n % 4 else ""
        found.append(
            {
                "number": str(100 + n * 7),
                "tray": tray,
                "po": ("", "LOT-1", "LOT-22", "Ä-1")[n % 4],
                "job": ("", "J-1", "J-2", "LOT-9")[n // 2 % 4],
                "customer": ("7", "8", "77")[n // 2 % 3],
                "status": "C" if completed else "UVP"[n % 5 % 3],
                "held": not completed and n % 7 == 0,
                "cancelled": not completed and n % 5 == 0,
                "station": STATIONS[n // 3 % 3],
                "wanted": DAYS[n % 4],
                "ordered": DAYS[n // 4 % 4],
                "holds": bool(tray) and not completed and n % 6 != 1,
            }
        )
    return found


ORDERS = shapes()


async def fill(db: Database) -> None:
    for order in ORDERS:
        await make_order(
            db,
            order["number"],
            tray=order["tray"],
            po=order["po"],
            customer=order["customer"],
            status=order["status"],
            on_hold=order["held"],
            cancelled_at=NOW if order["cancelled"] else None,
            released=not order["holds"],
            scans=[scanned(order["station"])] if order["station"] else (),
            details={
                name: value
                for name, value in (
                    ("customerJobId", order["job"]),
                    ("dateWanted", order["wanted"]),
                    ("dateOrdered", order["ordered"]),
                )
                if value
            },
        )


def within(day: str, first: str | None, last: str | None) -> bool:
    return (first is None and last is None) or (day != "" and (first or day) <= day <= (last or day))


def fits(order: Shape, asked: Shape) -> bool:
    starts = (order["number"], order["po"], order["job"], order["tray"] if order["holds"] else "")
    return all(
        (
            asked["status"] in (None, "W" if order["held"] else order["status"]),
            asked["customer"] in (None, order["customer"]),
            asked["station"] in (None, order["station"]),
            asked["cancelled"] in (None, order["cancelled"]),
            within(order["wanted"], *asked["wanted"]),
            within(order["ordered"], *asked["ordered"]),
            asked["search"] is None or any(text.startswith(asked["search"]) for text in starts),
        )
    )


def expected(asked: Shape) -> tuple[int, list[str]]:
    column = COLUMNS[asked["sort"].lstrip("-")]
    found = sorted(
        (order for order in ORDERS if fits(order, asked)),
        key=lambda order: (order[column], order["number"]),
        reverse=asked["sort"].startswith("-"),
    )
    end = None if asked["limit"] is None else asked["offset"] + asked["limit"]
    return len(found), [order["number"] for order in found[asked["offset"] : end]]


def maybe(values: Sequence[Any]) -> st.SearchStrategy[Any]:
    return st.none() | st.sampled_from(values)


ASKED = st.fixed_dictionaries(
    {
        "status": maybe("UVPCW"),
        "customer": maybe(("7", "8", "77", "9")),
        "station": maybe(("RCV", "GEN", "XXX")),
        "cancelled": maybe((True, False)),
        "wanted": st.tuples(maybe(DAYS[1:]), maybe(DAYS[1:])),
        "ordered": st.tuples(maybe(DAYS[1:]), maybe(DAYS[1:])),
        "search": maybe(("1", "10", "LOT", "LOT-2", "J-", "Ä", "0000", "zzz")),
        "sort": st.sampled_from(sorted(SORTS)),
        "limit": maybe((0, 1, 5, 100)),
        "offset": st.sampled_from((0, 0, 1, 10, 100)),
    }
)


async def listed(db: Database, asked: Shape) -> tuple[int, list[str]]:
    filters = Filters(
        status=asked["status"],
        customer=asked["customer"],
        station=asked["station"],
        cancelled=asked["cancelled"],
        wanted=days(*asked["wanted"]),
        ordered=days(*asked["ordered"]),
        search=asked["search"],
    )
    limit = ALL if asked["limit"] is None else asked["limit"]
    lists = desk(db).lists
    pages: list[Page] = [
        page
        async for page in lists.pages(filters, SORTS[asked["sort"]], COMMAND_LINE, limit=limit, offset=asked["offset"])
    ]
    return pages[0].total, [order.number for page in pages for order in page.orders]


@pytest.mark.slow
def test_a_list_is_what_the_model_says(db: Database, runner: asyncio.Runner) -> None:
    runner.run(fill(db))

    @settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(ASKED)
    def same(asked: Shape) -> None:
        assert runner.run(listed(db, asked)) == expected(asked)

    same()


PLAIN: Shape = {
    "status": None,
    "customer": None,
    "station": None,
    "cancelled": None,
    "wanted": (None, None),
    "ordered": (None, None),
    "search": None,
    "sort": "orderNumber",
    "limit": None,
    "offset": 0,
}
EACH: list[Shape] = [
    {},
    *({"status": status} for status in "UVPCW"),
    {"customer": "7"},
    {"station": "GEN"},
    {"cancelled": True},
    {"cancelled": False},
    {"wanted": ("2026-11-02", None)},
    {"ordered": (None, "2026-11-02")},
    {"search": "LOT"},
    {"search": "0000"},
    *({"sort": sort} for sort in SORTS),
    {"status": "C", "cancelled": True},
    {"limit": 5, "offset": 3, "cancelled": False},
]


async def test_each_filter_and_each_sort_is_what_the_model_says(db: Database) -> None:
    await fill(db)

    for one in EACH:
        asked = PLAIN | one
        assert (one, await listed(db, asked)) == (one, expected(asked))


async def test_the_model_tells_lists_apart() -> None:
    """The negative control: no two of the filters alone give the same list."""
    lists = [tuple(expected(PLAIN | one)[1]) for one in EACH if "sort" not in one and one != {}]
    assert len(set(lists)) == len(lists)
