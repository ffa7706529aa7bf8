"""Every page and form of the console that needs somebody who is signed in."""

from __future__ import annotations

from collections.abc import Iterator

from traylane.console.boards import Boards
from traylane.console.cancel_desk import CancelDesk
from traylane.console.order_list import OrderList
from traylane.console.order_page import OrderPage
from traylane.console.reports import Reports
from traylane.console.session import Door
from traylane.console.setup.area import ROOT, Area
from traylane.console.setup.audit import AuditPage
from traylane.console.setup.keys import KeyPages
from traylane.console.setup.people import PeoplePages
from traylane.console.setup.rows import RowPages
from traylane.console.setup.settings import SettingsPage
from traylane.console.setup.sheets import SheetPages
from traylane.console.setup.webhooks import WebhookPages
from traylane.console.station import StationScreen
from traylane.console.table import Handler, Row
from traylane.orders.desk import Desk


def rows(desk: Desk, door: Door) -> Iterator[Row]:
    """The table of the console."""
    cancel_desk = CancelDesk(desk, door)
    yield Row("GET", "/", cancel_desk.open)
    # Whoever loads the page again that a form without scripts came to.
    yield Row("GET", "/desk/{}", cancel_desk.again)
    yield Row("POST", "/desk/scan", cancel_desk.scan)
    yield Row("POST", "/desk/cancel", cancel_desk.cancel)
    yield Row("POST", "/desk/restore", cancel_desk.restore)
    orders = OrderList(desk, door)
    yield Row("GET", "/orders", orders.open)
    order = OrderPage(desk, door)
    yield Row("GET", "/orders/{}", order.open)
    yield Row("POST", "/orders/{}/restore", order.restore)
    yield Row("POST", "/orders/{}/disposition", order.dispose)
    boards = Boards(desk, door)
    yield Row("GET", "/boards/recall", boards.recall)
    yield Row("GET", "/boards/recall/stream", boards.recall_stream)
    yield Row("GET", "/boards/wip", boards.work)
    yield Row("GET", "/boards/wip/stream", boards.work_stream)
    station = StationScreen(desk, door)
    yield Row("GET", "/stations", station.choose)
    yield Row("GET", "/station/{}", station.open)
    yield Row("POST", "/station/{}", station.scan)
    reports = Reports(desk, door)
    yield Row("GET", "/reports", reports.cancellations)
    yield Row("GET", "/reports/floor", reports.floor)
    yield Row("GET", "/reports/csv/{}", reports.csv)
    yield from _set_up(Area(desk, door))


def _set_up(area: Area) -> Iterator[Row]:
    settings = SettingsPage(area)
    yield Row("GET", ROOT, settings.open)
    yield Row("GET", f"{ROOT}/settings", settings.open)
    yield Row("POST", f"{ROOT}/settings", settings.save)
    yield Row("GET", f"{ROOT}/audit", AuditPage(area).open)
    sheets = SheetPages(area)
    yield Row("GET", f"{ROOT}/sheets", sheets.open)
    yield Row("GET", f"{ROOT}/sheets/{{}}", sheets.pdf)
    people = PeoplePages(area)
    yield from _listed("people", people.overview, people.new, people.create, people.open, people.change)
    keys = KeyPages(area)
    yield from _listed("keys", keys.overview, keys.new, keys.create, keys.open, keys.revoke)
    webhooks = WebhookPages(area)
    yield from _listed("webhooks", webhooks.overview, webhooks.new, webhooks.create, webhooks.open, webhooks.change)
    rows = RowPages(area)
    yield from _listed("{}", rows.overview, rows.new, rows.create, rows.open, rows.save)


def _listed(part: str, all_: Handler, new: Handler, create: Handler, one: Handler, change: Handler) -> tuple[Row, ...]:
    return (
        Row("GET", f"{ROOT}/{part}", all_),
        Row("GET", f"{ROOT}/new/{part}", new),
        Row("POST", f"{ROOT}/new/{part}", create),
        Row("GET", f"{ROOT}/{part}/{{}}", one),
        Row("POST", f"{ROOT}/{part}/{{}}", change),
    )
