"""The rules of a restore as truth tables, and what a restore cannot bring back."""

from __future__ import annotations

import msgspec
import pytest

from tests.builders import an_order
from traylane.clock import HOUR, Instant, from_text
from traylane.orders import restore_rules as rules
from traylane.orders.model import Order
from traylane.orders.restore_rules import RESTORE_RULES, Holder, RestoreRequest, not_restored, refusals
from traylane.policy.model import Policy

AT = from_text("2026-11-02T09:15:00.000Z")
TWELVE = Policy(version=1, restore_hours=12)
NEVER = Policy(version=1, restore_hours=0)
OPEN = an_order()
CANCELLED = an_order(tray="00123", cancelled_at=AT)
RIGHT_BROKEN = msgspec.structs.replace(
    CANCELLED, cancel_disposition='{"rt":{"kind":"broken","breakage":"SCR","employee":"TL"},"lt":{"kind":"stock"}}'
)
FRAME_BROKEN = msgspec.structs.replace(
    CANCELLED, cancel_disposition='{"frame":{"kind":"broken","breakage":"SCR","employee":"TL"}}'
)
TO_STOCK = msgspec.structs.replace(CANCELLED, cancel_disposition='{"rt":{"kind":"stock"},"lt":{"kind":"stock"}}')

TOGETHER = [
    # order, milliseconds since the cancel, by force, policy → every code, in order
    (OPEN, 0, False, TWELVE, ["not_cancelled"]),
    (OPEN, 0, True, NEVER, ["not_cancelled"]),
    (CANCELLED, 0, False, TWELVE, []),
    (CANCELLED, 12 * HOUR - 1, False, TWELVE, []),
    (CANCELLED, 12 * HOUR, False, TWELVE, ["restore_window_over"]),
    (CANCELLED, 12 * HOUR, True, TWELVE, ["restore_window_over"]),
    (CANCELLED, 0, False, NEVER, ["restore_window_over"]),
    (TO_STOCK, 0, False, TWELVE, []),
    (FRAME_BROKEN, 0, False, TWELVE, []),
    (RIGHT_BROKEN, 0, False, TWELVE, ["lens_broken"]),
    (RIGHT_BROKEN, 0, True, TWELVE, []),
    (RIGHT_BROKEN, 12 * HOUR, False, TWELVE, ["restore_window_over", "lens_broken"]),
]


def test_the_rules_are_asked_in_their_order() -> None:
    assert (rules.order_is_cancelled, rules.window_is_open, rules.no_lens_is_broken) == RESTORE_RULES


@pytest.mark.parametrize(("order", "later", "force", "policy", "codes"), TOGETHER)
def test_everything_that_stands_in_the_way(
    order: Order, later: int, force: bool, policy: Policy, codes: list[str]
) -> None:
    asked = RestoreRequest(force=force, now=Instant(AT + later))

    assert [refusal.code for refusal in refusals(order, asked, policy)] == codes


def test_what_the_refusals_say() -> None:
    over, broken = refusals(RIGHT_BROKEN, RestoreRequest(now=Instant(AT + 13 * HOUR)), TWELVE)

    assert (over.sentence, over.details()) == (
        "Restore window is over",
        ["Cancelled: 2026-11-02T09:15:00.000Z", "Window: 12 hours"],
    )
    assert (broken.sentence, broken.details()) == ("Order has a broken lens", ["Broken: rt"])
    assert broken.override_scope == "orders:override"


NOT_BACK = [
    (CANCELLED, RestoreRequest(), []),
    (TO_STOCK, RestoreRequest(), []),
    (
        RIGHT_BROKEN,
        RestoreRequest(force=True),
        [("rt", "broken", "The right lens was written off as broken.")],
    ),
    (FRAME_BROKEN, RestoreRequest(), [("frame", "broken", "The frame was written off as broken.")]),
    (
        CANCELLED,
        RestoreRequest(holder=Holder("2002", "1001")),
        [("tray", "tray_taken", "Tray 00123 now holds order 2002.")],
    ),
    (
        CANCELLED,
        RestoreRequest(customer="1001", holder=Holder("2002", "1001")),
        [("tray", "tray_taken", "Tray 00123 now holds order 2002.")],
    ),
    (
        CANCELLED,
        RestoreRequest(customer="1001", holder=Holder("2002", "7777")),
        [("tray", "tray_taken", "Tray 00123 now holds another order.")],
    ),
]


@pytest.mark.parametrize(("order", "asked", "lost"), NOT_BACK)
def test_what_cannot_be_brought_back(order: Order, asked: RestoreRequest, lost: list[tuple[str, str, str]]) -> None:
    assert [(thing.what, thing.code, thing.reason) for thing in not_restored(order, asked)] == lost
