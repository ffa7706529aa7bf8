"""When a cancelled order may be restored, and what of it cannot be (ours). Each rule is one sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from traylane import clock
from traylane.clock import HOUR, Instant
from traylane.errors import Refused
from traylane.orders import disposition
from traylane.orders.disposition import LENSES, PARTS
from traylane.orders.model import Order
from traylane.policy.model import Policy


class Holder(msgspec.Struct, frozen=True):
    """The order that a tray belongs to now."""

    number: str
    customer: str


class RestoreRequest(msgspec.Struct, frozen=True):
    """What a caller asks for beside the order, and what the rules ask beside both.

    `force`: restore although a lens is broken; true only for a caller who asked for it and may. `customer`: the
    caller's, None for one who sees every order. `now` and `holder` (of the order's tray, while it is another order)
    are filled in where the order is looked at.
    """

    force: bool = False
    customer: str | None = None
    now: Instant = Instant(0)
    holder: Holder | None = None


class NotRestored(msgspec.Struct, frozen=True):
    """Something that is not as it was: what, a code for programs, a sentence for people."""

    what: str
    code: str
    reason: str


class NotCancelled(Refused):
    """The order is not marked for cancellation."""

    code = "not_cancelled"
    sentence = "Order is not marked for cancellation"
    is_final = True


class RestoreWindowOver(Refused):
    """The order was cancelled too long ago. `at`: when; `hours`: the window."""

    code = "restore_window_over"
    sentence = "Restore window is over"
    is_final = True

    def details(self) -> list[str]:
        return [f"Cancelled: {clock.to_text(self.data['at'])}", f"Window: {self.data['hours']} hours"]

    def evidence(self) -> dict[str, Any]:
        return {"cancelled": clock.to_text(self.data["at"]), "hours": self.data["hours"]}


class LensBroken(Refused):
    """A lens of the order was written off as broken. `parts`: `rt`, `lt` or both."""

    code = "lens_broken"
    sentence = "Order has a broken lens"
    is_final = True
    override_scope = "orders:override"

    def details(self) -> list[str]:
        return [f"Broken: {part}" for part in self.data["parts"]]

    def evidence(self) -> dict[str, Any]:
        return {"broken": list(self.data["parts"])}


Rule = Callable[[Order, RestoreRequest, Policy], Refused | None]


def order_is_cancelled(order: Order, request: RestoreRequest, policy: Policy) -> Refused | None:
    """Only an order that is marked for cancellation can be restored."""
    return None if order.is_cancelled else NotCancelled()


def window_is_open(order: Order, request: RestoreRequest, policy: Policy) -> Refused | None:
    """An order can be restored until the hours of the setting have passed since its cancel."""
    if order.cancelled_at is None or request.now < window_end(order.cancelled_at, policy):
        return None
    return RestoreWindowOver(at=order.cancelled_at, hours=policy.restore_hours)


def no_lens_is_broken(order: Order, request: RestoreRequest, policy: Policy) -> Refused | None:
    """An order with a lens that was written off is restored only by force: the lens has to be made again."""
    broken = disposition.from_text(order.cancel_disposition).broken(*LENSES)
    return LensBroken(parts=broken) if broken and not request.force else None


RESTORE_RULES: tuple[Rule, ...] = (order_is_cancelled, window_is_open, no_lens_is_broken)


def refusals(order: Order, request: RestoreRequest, policy: Policy) -> Iterator[Refused]:
    """Everything that stands in the way, in the order of the rules."""
    for rule in RESTORE_RULES:
        refusal = rule(order, request, policy)
        if refusal is not None:
            yield refusal


def window_end(cancelled_at: Instant, policy: Policy) -> Instant:
    """The first instant at which an order cancelled then can no longer be restored."""
    return Instant(cancelled_at + policy.restore_hours * HOUR)


def not_restored(order: Order, request: RestoreRequest) -> tuple[NotRestored, ...]:
    """What a restore cannot bring back: the tray that another order holds, what was written off."""
    taken = f"Tray {order.tray} now holds {_shown(request.holder, request)}." if request.holder is not None else ""
    broken = disposition.from_text(order.cancel_disposition).broken(*PARTS)
    return (
        *([NotRestored("tray", "tray_taken", taken)] if taken else []),
        *(NotRestored(part, "broken", f"{_NAMES[part]} was written off as broken.") for part in broken),
    )


def _shown(holder: Holder, request: RestoreRequest) -> str:
    mine = request.customer is None or request.customer == holder.customer
    return f"order {holder.number}" if mine else "another order"


_NAMES = {"rt": "The right lens", "lt": "The left lens", "frame": "The frame"}
