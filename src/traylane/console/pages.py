"""Every page and form of the console that needs somebody who is signed in."""

from __future__ import annotations

from collections.abc import Iterator

from traylane.console.cancel_desk import CancelDesk
from traylane.console.order_list import OrderList
from traylane.console.order_page import OrderPage
from traylane.console.session import Door
from traylane.console.station import StationScreen
from traylane.console.table import Row
from traylane.orders.desk import Desk


def rows(desk: Desk, door: Door) -> Iterator[Row]:
    """The table of the console."""
    cancel_desk = CancelDesk(desk, door)
    yield Row("GET", "/", cancel_desk.open)
    yield Row("POST", "/desk/scan", cancel_desk.scan)
    yield Row("POST", "/desk/cancel", cancel_desk.cancel)
    yield Row("POST", "/desk/restore", cancel_desk.restore)
    orders = OrderList(desk, door)
    yield Row("GET", "/orders", orders.open)
    order = OrderPage(desk, door)
    yield Row("GET", "/orders/{}", order.open)
    yield Row("POST", "/orders/{}/restore", order.restore)
    yield Row("POST", "/orders/{}/disposition", order.dispose)
    station = StationScreen(desk, door)
    yield Row("GET", "/stations", station.choose)
    yield Row("GET", "/station/{}", station.open)
    yield Row("POST", "/station/{}", station.scan)
