"""The walk over the orders, and the orders themselves."""

from __future__ import annotations

from bench import orders


def test_a_walk_meets_every_cancellable_order_once() -> None:
    walked = {orders.number(place, 1000) for place in range(900)}
    assert walked == {str(1_000_000 + n) for n in range(1000) if n % 10 != 9}


def test_a_walk_is_scattered() -> None:
    # 1_000_003 is 103 more than a multiple of 900, so the second place is the 103rd cancellable order: 11 * 9 + 4
    assert [orders.number(place, 1000) for place in (0, 1)] == ["1000000", "1000114"]


def test_the_tenth_order_is_completed_and_has_left_its_tray() -> None:
    rows = list(orders.generate(20))
    completed = [dict(zip(orders.ORDER_COLUMNS, row.order, strict=True)) for row in rows[9::10]]
    assert [(order["status"], order["tray_number"], order["tray_key"]) for order in completed] == [
        ("C", "00010", None),
        ("C", "00020", None),
    ]


def test_no_cancellable_order_was_at_a_non_cancel_station() -> None:
    rows = [row for index, row in enumerate(orders.generate(200)) if index % 10 != 9]
    assert {scan[2] for row in rows for scan in row.scans} == {"RCV", "BLK", "POL", "COT", "QA"}


def test_the_same_orders_every_time() -> None:
    assert list(orders.generate(30)) == list(orders.generate(30))
