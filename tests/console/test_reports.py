"""The reports: each a picture, a table and a file, and none of them for everybody."""

from __future__ import annotations

import csv
import io
import re

import pytest

from tests import builders
from tests.api.conftest import Watch
from tests.console.conftest import Browser
from traylane.clock import MINUTE
from traylane.console import charts
from traylane.console.charts import Item
from traylane.db.database import Database
from traylane.orders.desk import Desk


async def _a_day(db: Database, desk: Desk) -> None:
    """Three cancels for CUS, one of them taken back, and one for a reason that a spreadsheet would compute."""
    await builders.set_setting(db, "Orders1:Enter reason code when deleting order", value=True)
    await builders.make_reason(db, "CUS", "Customer request")
    await builders.make_reason(db, "=1+1", "<b>Sum</b>")
    await builders.make_station(db, "BLK", description="Blocking")
    scans = [builders.scanned("BLK")]
    for number, reason in (("1001", "CUS"), ("1002", "CUS"), ("1003", "CUS"), ("1004", "=1+1")):
        await builders.make_order(db, number, customer="2002" if number == "1004" else "1001", scans=scans)
        await builders.cancel(desk, number, reason=reason)
    await builders.restore(desk, "1003")


def _file(body: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(body.decode("utf-8-sig"))))


async def test_the_page_shows_pictures_with_their_numbers(sue: Browser, db: Database, desk: Desk) -> None:
    await _a_day(db, desk)

    await sue.get("/reports")

    assert sue.page.count('<svg viewBox="') == 4
    assert "<title>Customer request: 3</title>" in sue.page
    assert "<b>4</b> cancelled" in sue.page
    assert "<b>100 %</b> after the first scan" in sue.page
    assert "<b>1</b> taken back" in sue.page
    assert "&lt;b&gt;Sum&lt;/b&gt;: 1</title>" in sue.page
    assert "<title>BLK Blocking: 4</title>" in sue.page


async def test_each_table_is_a_file_and_no_cell_of_it_a_formula(sue: Browser, db: Database, desk: Desk) -> None:
    await _a_day(db, desk)

    reply = await sue.get("/reports/csv/reasons?days=7")
    assert reply.header("content-disposition") == 'attachment; filename="reasons-2026-11-02.csv"'
    assert _file(reply.body) == [
        ["Reason", "Description", "Cancelled", "Share together"],
        ["CUS", "Customer request", "3", "75 %"],
        ["'=1+1", "<b>Sum</b>", "1", "100 %"],
    ]
    assert _file((await sue.get("/reports/csv/customers")).body)[1:] == [["1001", "3"], ["2002", "1"]]
    assert _file((await sue.get("/reports/csv/stations")).body)[1:] == [["BLK", "BLK Blocking", "4"]]
    days = _file((await sue.get("/reports/csv/days?days=7")).body)
    assert [len(days), days[-1]] == [8, ["2026-11-02", "4", "1"]]
    floor = _file((await sue.get("/reports/csv/floor?days=7")).body)
    assert floor[-1] == ["2026-11-02", "0", "0", "4", "1", "1"]


async def test_one_customer_alone(sue: Browser, db: Database, desk: Desk) -> None:
    await _a_day(db, desk)

    assert _file((await sue.get("/reports/csv/customers?customer=2002")).body)[1:] == [["2002", "1"]]


async def test_a_day_is_the_laboratorys(sue: Browser, db: Database, desk: Desk, watch: Watch) -> None:
    await _a_day(db, desk)
    await builders.set_setting(db, "Laboratory:Time zone", "Pacific/Auckland")

    days = _file((await sue.get("/reports/csv/days?days=7")).body)
    assert days[-1] == ["2026-11-02", "4", "1"]
    for _ in range(2):  # it is 22:15 there
        watch.pass_(55 * MINUTE)
        days = _file((await sue.get("/reports/csv/days?days=7")).body)
    assert days[-2:] == [["2026-11-02", "4", "1"], ["2026-11-03", "0", "0"]]


async def test_without_a_cancellation_the_page_says_so(sue: Browser) -> None:
    await sue.get("/reports?days=x&customer=%00")

    assert sue.page.count("Nothing in these days.") == 3
    assert "<b>0 %</b> after the first scan" in sue.page


async def test_the_longest_report_is_small(sue: Browser, db: Database, desk: Desk) -> None:
    await _a_day(db, desk)

    assert len((await sue.get("/reports?days=92")).body) < 100_000
    assert len((await sue.get("/reports/floor?days=92")).body) < 100_000


@pytest.mark.parametrize("path", ["/reports", "/reports/floor", "/reports/csv/reasons"])
async def test_a_clerk_sees_none(anna: Browser, path: str) -> None:
    assert (await anna.get(path)).status == 403


async def test_no_such_file(sue: Browser) -> None:
    assert (await sue.get("/reports/csv/secrets")).status == 404


def test_a_ranking_has_twelve_columns_and_its_line_ends_at_the_whole() -> None:
    items = [Item(str(place), str(place), 100 - place) for place in range(40)]

    chart = charts.pareto(items, "others")

    assert len(chart.boxes) == 12
    assert chart.boxes[-1].item == Item("others", "others", sum(100 - place for place in range(11, 40)))
    assert chart.line[-1][1] == charts.TOP
    assert [tick.text for tick in chart.ticks] == ["0", "1000", "2000", "3000"]


@pytest.mark.parametrize(
    ("most", "ticks"),
    [(0, ["0", "1"]), (1, ["0", "1"]), (5, ["0", "2", "4", "6"]), (41, ["0", "20", "40", "60"])],
)
def test_the_scale_has_round_steps(most: int, ticks: list[str]) -> None:
    chart = charts.columns([Item("a", "a", most)], [0])

    assert [tick.text for tick in chart.ticks] == ticks
    assert all(re.fullmatch(r"[0-9.]+", str(box.y)) for box in chart.boxes)
