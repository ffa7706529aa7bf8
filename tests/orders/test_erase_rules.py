"""When the patient's data may be removed, as a truth table."""

from __future__ import annotations

import pytest

from tests.builders import EARLIER, an_order
from traylane.orders.erase import ERASE
from traylane.orders.model import Order, Status
from traylane.policy.model import Policy

EACH = [
    # order → code, or None
    (an_order(), "order_in_work"),
    (an_order(status=Status.UNVALID), "order_in_work"),
    (an_order(status=Status.PROCESS, on_hold=True), "order_in_work"),
    (an_order(status=Status.COMPLETE), None),
    (an_order(cancelled_at=EARLIER), None),
]


@pytest.mark.parametrize(("order", "code"), EACH)
def test_only_what_is_done_with_is_erased(order: Order, code: str | None) -> None:
    refusal = ERASE.judge(order, None, Policy(version=1))

    assert (refusal and refusal.code) == code
