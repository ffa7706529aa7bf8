"""The sample laboratory."""

import hashlib
import tomllib
import tracemalloc
from collections import Counter
from itertools import islice

import pytest

from traylane.cli import sample
from traylane.orders.interchange import ImportedOrder, read_line


@pytest.fixture(scope="module")
def orders() -> dict[str, ImportedOrder]:
    return {order.orderNumber: order for order in map(read_line, sample.order_lines())}


def standing(orders: dict[str, ImportedOrder]) -> set[tuple[str, str]]:
    """Status and last station of the orders that are not cancelled."""
    uncancelled = [order for order in orders.values() if order.cancellation is None]
    return {(order.status, "".join(history(order)[-1:])) for order in uncancelled}


def history(order: ImportedOrder) -> list[str]:
    return [scan.station for scan in order.scans or []]


def test_the_orders_are_the_same_every_time() -> None:
    first, second = b"".join(sample.order_lines()), b"".join(sample.order_lines())
    assert first == second
    assert hashlib.sha256(first).hexdigest() == "971616195299cf46d97fa7ecadcb45613b1e413e7685d26593ff7e2f6491b40c"


def test_500_orders_have_500_numbers_and_no_tray_twice(orders: dict[str, ImportedOrder]) -> None:
    trays = [order.trayNumber for order in orders.values() if order.trayNumber and order.status != "C"]
    assert len(orders) == 500
    assert max(Counter(map(int, trays)).values()) == 1


def test_active_orders_have_a_tray(orders: dict[str, ImportedOrder]) -> None:
    active = [order for order in orders.values() if order.status != "C" and order.cancellation is None]
    assert all(order.trayNumber for order in active)


def test_every_state_and_every_station_is_there(orders: dict[str, ImportedOrder]) -> None:
    stations = tomllib.loads(sample.setup_text())["stations"]
    line = [station["code"] for station in stations if not station.get("cancelRack")]
    assert {("P", station) for station in line} <= standing(orders)
    assert {status for status, _ in standing(orders)} == set("UVPCW")
    assert {order.statusBeforeHold for order in orders.values() if order.status == "W"} == set("UVP")
    assert {order.cancellation.override for order in orders.values() if order.cancellation} == {True, False}


def test_the_orders_use_what_is_set_up(orders: dict[str, ImportedOrder]) -> None:
    setup = tomllib.loads(sample.setup_text())
    scans = [scan for order in orders.values() for scan in order.scans or []]
    assert {order.customerNumber for order in orders.values()} <= {row["number"] for row in setup["customers"]}
    assert {scan.station for scan in scans} == {row["code"] for row in setup["stations"]} - {"CAN"}
    assert {scan.operator for scan in scans} - {None} == {row["code"] for row in setup["operators"]}
    assert {scan.operator is None for scan in scans if scan.station == "QA"} == {False}
    reasons = {order.cancellation.reason for order in orders.values() if order.cancellation}
    assert reasons <= {row["code"] for row in setup["reasons"]}
    assert {code for order in orders.values() for code in order.addons} == {row["code"] for row in setup["addons"]}


def test_the_set_up_is_that_of_the_demo() -> None:
    setup = tomllib.loads(sample.setup_text())
    assert setup["settings"] == {
        "Orders1:Enter reason code when deleting order": True,
        "Modules:Job Tracker": True,
    }
    assert setup["customers"][0] == {"number": "1001", "name": "Sample Optics"}
    assert [row["code"] for row in setup["stations"]] == ["RCV", "BLK", "GEN", "POL", "COT", "EDG", "QA", "SHP", "CAN"]
    assert [row["code"] for row in setup["stations"] if row["nonCancel"]] == ["GEN", "EDG"]
    assert {"code": "CUS", "desc": "Customer request"} in setup["reasons"]
    assert [len(setup[kind]) for kind in ("customers", "operators", "reasons")] == [12, 4, 5]


def test_three_orders_can_be_cancelled_by_tray_number_and_po(orders: dict[str, ImportedOrder]) -> None:
    by_tray = [order for order in orders.values() if order.trayNumber == sample.TRAY_TO_CANCEL]
    by_po = [order for order in orders.values() if order.poNumber == sample.PO_TO_CANCEL]
    three = [*by_tray, orders[sample.NUMBER_TO_CANCEL], *by_po]
    assert [order.orderNumber for order in three] == ["337177", "337178", "337179"]
    assert [(order.status, order.cancellation) for order in three] == [("P", None)] * 3
    assert [history(order) for order in three] == [["RCV", "BLK"], ["RCV"], ["RCV", "BLK"]]


def test_each_refusal_has_its_order(orders: dict[str, ImportedOrder]) -> None:
    cancelled, through = orders[sample.ALREADY_CANCELLED], orders[sample.THROUGH_GENERATOR]
    assert cancelled.cancellation is not None
    assert orders[sample.COMPLETED].status == "C"
    assert (through.status, history(through)) == ("P", ["RCV", "BLK", "GEN", "POL"])
    assert (orders[sample.HELD].status, orders[sample.HELD].statusBeforeHold) == ("W", "P")
    assert (orders[sample.UNVALID].status, orders[sample.UNVALID].unvalidMessage != "") == ("U", True)
    sharing = [order for order in orders.values() if order.poNumber == sample.AMBIGUOUS_PO]
    assert [(order.status, order.cancellation) for order in sharing] == [("P", None), ("V", None)]


def test_what_names_a_known_order_names_no_other(orders: dict[str, ImportedOrder]) -> None:
    names = Counter(name for order in orders.values() for name in (order.orderNumber, order.trayNumber, order.poNumber))
    once = [
        sample.TRAY_TO_CANCEL, sample.NUMBER_TO_CANCEL, sample.PO_TO_CANCEL, sample.TRAY_OF_COMPLETED, sample.COMPLETED,
    ]  # fmt: skip
    assert [names[name] for name in once] == [1] * 5


def test_the_known_orders_are_there_in_any_number() -> None:
    fewest = list(sample.order_lines(sample.FEWEST_ORDERS))
    assert fewest == list(islice(sample.order_lines(sample.MOST_ORDERS), sample.FEWEST_ORDERS))


@pytest.mark.parametrize("count", [-1, 9, 1_000_001])
def test_other_numbers_are_refused_at_once(count: int) -> None:
    with pytest.raises(ValueError, match="between 10 and 1000000"):
        sample.order_lines(count)


@pytest.mark.slow
def test_at_most_20_000_orders_hold_a_tray() -> None:
    lines = list(sample.order_lines(51_000))
    holders = [line for line in lines if b'"trayNumber":""' not in line and b'"status":"C"' not in line]
    assert len(holders) == 19_999
    assert len({line.split(b'"trayNumber":"')[1][:5] for line in holders}) == 19_999


def test_many_orders_take_no_memory() -> None:
    lines = sample.order_lines(sample.MOST_ORDERS)
    first = sum(map(len, islice(lines, 100)))
    tracemalloc.start()
    more = sum(map(len, islice(lines, 2_000)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert more > 15 * first
    assert peak < 200_000
