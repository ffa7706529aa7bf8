"""What a kind of change is, what is asked of it, and what comes of it; `orders.change` makes the changes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import msgspec

from traylane.access.actor import Actor
from traylane.access.idempotency import Retry
from traylane.clock import Instant
from traylane.db.batch import Again
from traylane.db.database import Transaction
from traylane.db.ids import new_id
from traylane.errors import Refused
from traylane.orders import look
from traylane.orders.lookup import Ref
from traylane.orders.model import Order, Scan
from traylane.orders.store import Extent
from traylane.policy.model import Policy
from traylane.policy.rulebook import Rulebook

R = TypeVar("R")


class Done(msgspec.Struct, frozen=True):
    """The change was made. `order` is the state after it; `message` holds warnings, or is empty.

    `told`: what the effect tells beside the order. `is_new`: false when it had been made before, and nothing was done.
    """

    order: Order
    policy: Policy
    message: str
    told: Any = None
    is_new: bool = True


class Replayed(msgspec.Struct, frozen=True):
    """The request came before: its answer, as it was stored."""

    answer: bytes


Outcome = Done | Refused | Replayed


class Companion(msgspec.Struct, frozen=True, kw_only=True):
    """Another order that changes along with the one that is meant; `event` and its data tell of it."""

    order: Order
    columns: dict[str, Any]
    event: str
    fields: dict[str, Any]


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """What a change does to an order: columns and their new values, the event's data, a scan, warnings.

    `told`: what the answer tells beside the order. `details`: the order's new document, None to leave it as it is.
    `also`: other orders that change in the same commit; only a verb that is `whole` may have some.
    """

    columns: dict[str, Any]
    event: dict[str, Any]
    scan: Scan | None = None
    details: str | None = None
    warning: str = ""
    told: Any = None
    also: tuple[Companion, ...] = ()


def _nothing_first(_request: Any, _policy: Policy) -> Refused | None:
    return None


def _as_it_is(refusal: Refused) -> Refused:
    return refusal


def _nothing(_outcome: Outcome) -> bytes:
    return b""


@dataclass(frozen=True)
class Verb(Generic[R]):
    """A kind of change.

    `judge` returns the first refusal or None, `effect` what a permitted change does; both are pure. `first` is asked
    before the order is looked for, `lookup_refusal` says a failed look-up in the verb's own words.

    `further` adds to what is asked what else the rules want to know, one for each order: who holds a tray, say. It is
    read after the orders and must be guarded like them: by the revision of the order, by that of a `Companion`, or by
    a unique key, for whoever loses such a race is judged again on newer facts. `details`: effects may have a new
    document. `whole`: look and write are one transaction, for effects with companions.

    `extent` says how much of an order the rules and the answer want to see.

    `at` adds the time to what is asked, for rules about time. `is_made`: whether the order is already as a permitted
    change would make it; then nothing is written.
    """

    event: str
    columns: tuple[str, ...]
    judge: Callable[[Order, R, Policy], Refused | None]
    effect: Callable[[Order, R, Policy, Actor, Instant], Effect]
    scans: bool = False
    details: bool = False
    whole: bool = False
    extent: Callable[[Policy], Extent] = look.whole
    first: Callable[[R, Policy], Refused | None] = _nothing_first
    lookup_refusal: Callable[[Refused], Refused] = _as_it_is
    at: Callable[[R, Instant], R] | None = None
    is_made: Callable[[Order, R, Policy], bool] | None = None
    further: Callable[[Transaction, Policy, Sequence[tuple[Order, R]]], Awaitable[Sequence[R]]] | None = None


Run = Callable[[Transaction, Sequence[Any], Sequence[bool]], Awaitable[Sequence[Outcome | Again]]]
"""What a lane does with a batch: the requests, and for each whether an earlier try's outcome was lost."""


@dataclass(frozen=True)
class Making:
    """A kind of change that makes orders instead of changing one; its requests' `ref` means nothing."""

    event: str
    runner: Callable[[Rulebook], Run]
    whole: bool = True


@dataclass(eq=False, slots=True)
class Request(Generic[R]):
    """One request on its way through a batch.

    `if_match`: the entity tags that the caller accepts. `present` writes an outcome as the answer's bytes, so that
    they can be stored, for `retry`, in the commit of the effect. The last three fields are the batch's own notes;
    the event's id stays the same over all tries, so that a lost outcome can be found again.
    """

    ref: Ref
    asked: R
    actor: Actor
    now: Instant
    if_match: frozenset[str] | None = None
    retry: Retry | None = None
    present: Callable[[Outcome], bytes] = _nothing
    event_id: bytes = b""
    note: str = ""
    proposed: Done | None = None

    def __post_init__(self) -> None:
        self.event_id = new_id(self.now)
