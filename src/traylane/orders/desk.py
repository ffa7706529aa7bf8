"""The desk: where the doors bring their questions and their changes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from traylane.access import idempotency
from traylane.access.actor import Actor
from traylane.access.idempotency import KeyInUse
from traylane.clock import DAY, Clock, Instant
from traylane.db.batch import Lane
from traylane.db.database import Collision, Database, Transaction
from traylane.db.queue import Doubt
from traylane.errors import Busy, OrderChanged, Refused
from traylane.events import record
from traylane.events.feed import Feed
from traylane.events.seal import Event
from traylane.metrics import catalogue
from traylane.metrics.record import Metrics
from traylane.orders import attempts, restore_rules
from traylane.orders.attempts import Attempts
from traylane.orders.cancel import warnings
from traylane.orders.cancel_rules import CancelRequest, refusals
from traylane.orders.change import Changer, Done, Outcome, Replayed, Request, Verb
from traylane.orders.listing import Lists
from traylane.orders.look import Finder, Found, Question, look
from traylane.orders.lookup import Hit, Ref
from traylane.orders.model import Order
from traylane.orders.restore import with_holders
from traylane.orders.restore_rules import NotRestored, RestoreRequest
from traylane.orders.store import Extent
from traylane.orders.verb import Making, Run
from traylane.policy.model import Policy
from traylane.policy.rulebook import Rulebook
from traylane.webhooks import store as webhooks

T = TypeVar("T")
ATTEMPTS_KEPT = 90 * DAY
FORGOTTEN_AT_ONCE = 500
LOOK = "look"
FIRST, BEHIND = "first", "behind"
"""Of whom somebody waits for, and of bulk work, in the metrics."""


class Verdict(msgspec.Struct, frozen=True):
    """What a cancel would answer: everything in the way, and the warnings of a cancel that nothing is in the way of."""

    order: Order
    policy: Policy
    refusals: tuple[Refused, ...]
    warnings: tuple[str, ...]


class RestoreVerdict(msgspec.Struct, frozen=True):
    """What a restore would answer: everything in the way, and what it could not bring back."""

    order: Order
    policy: Policy
    note: str
    refusals: tuple[Refused, ...]
    not_restored: tuple[NotRestored, ...]


def foreseen(order: Order, asked: CancelRequest, policy: Policy, note: str) -> Verdict:
    """What a cancel of the order would answer, by the very same rules."""
    stops = tuple(refusals(order, asked, policy))
    return Verdict(order, policy, stops, tuple(filter(None, (note, *warnings(order, asked, policy)))))


class Desk:
    """One open database with its rulebook and one lane for each verb. `metrics`: where it counts what it does."""

    def __init__(
        self, *, db: Database, clock: Clock, verbs: Iterable[Verb[Any] | Making], metrics: Metrics | None = None
    ) -> None:
        self.db = db
        self.clock = clock
        self.metrics = metrics or Metrics()
        self.metrics.gauges[catalogue.QUEUE.name] = self._queues
        self.rulebook = Rulebook()
        self.attempts = Attempts()
        self._finder = Finder(self.rulebook, clock)
        self._questions: Lane[Question, Found | Refused] = Lane(
            db, self._finder.run, reads=True, taken=self.metrics.batches.noting(LOOK, FIRST)
        )
        self.lists = Lists(db, self.policy_for)
        self.feed = Feed(db, clock)
        self._under_way: set[tuple[str, str]] = set()
        self._doubt = Doubt()
        self._lanes: dict[str, Lane[Request[Any], Outcome]] = {
            verb.event: Lane(
                db,
                self._runner(verb),
                whole=verb.whole,
                taken=self.metrics.batches.noting(verb.event, FIRST),
                doubt=self._doubt,
            )
            for verb in verbs
        }
        self._behind: dict[str, Lane[Request[Any], Outcome]] = {}

    def _runner(self, verb: Verb[Any] | Making) -> Run:
        if isinstance(verb, Making):
            return verb.runner(self.rulebook)
        return Changer(verb, self.rulebook, self.attempts).run

    async def change(self, verb: Verb[Any] | Making, request: Request[Any], *, behind: bool = False) -> Done | Replayed:
        """Make a change, or repeat the answer of the request that came before with the same key.

        `behind`: after the changes that somebody waits for.

        Raises the Refused that the rules or the look-up found; Busy, Unavailable and OutcomeUnknown as
        `Lane.submit` does; KeyInUse while the first request with the key is under way.
        """
        try:
            outcome = await self._change(verb, request, behind)
        except Refused as refusal:
            self.count(verb.event, refusal)
            raise
        self.count(verb.event, outcome)
        return outcome

    def count(self, change: str, outcome: Outcome) -> None:
        """Count what came of a change that was asked for."""
        match outcome:
            case Refused():
                self.metrics.changes.add(change, outcome.code)
            case Replayed():
                self.metrics.changes.add(change, "replayed")
            case Done():
                self.metrics.changes.add(change, "done" if outcome.is_new else "unchanged")

    async def _change(self, verb: Verb[Any] | Making, request: Request[Any], behind: bool) -> Done | Replayed:
        if request.retry is None:
            return await self._submit(verb, request, behind)
        key = (request.retry.integrator, request.retry.key)
        if key in self._under_way:
            raise KeyInUse
        self._under_way.add(key)
        try:
            return await self._submit(verb, request, behind)
        finally:
            self._under_way.discard(key)

    async def find(self, ref: Ref, actor: Actor, extent: Extent = Extent.WHOLE) -> Found:
        """One order, now; at least as much of it as `extent` says.

        Raises RecordNotFound, MoreThanOneRecord, Unauthenticated.
        """
        question = Question(ref, actor, extent)
        if not self.db.reads_are_round_trips:
            return await self.db.read(lambda tx: self._finder.find(tx, question))
        found = await self._questions.submit(question)
        if isinstance(found, Refused):
            raise found
        return found

    async def fits(self, ref: Ref, actor: Actor) -> tuple[Policy, list[Hit]]:
        """Every order that fits, in the order of look-up, each once; none is chosen. Raises Unauthenticated."""

        async def work(tx: Transaction) -> tuple[Policy, list[Hit]]:
            book, [hits] = await look(tx, [ref], self.rulebook)
            book.confirm(actor, self.clock())
            return book.policy, list({hit.order.id: hit for hit in reversed(hits)}.values())[::-1]

        return await self.db.read(work)

    async def foresee_cancel(
        self, ref: Ref, asked: CancelRequest, actor: Actor, *, if_match: frozenset[str] | None = None
    ) -> Verdict:
        """What a cancel would say, by the very same rules; nothing is written. Raises as `find`, and OrderChanged."""
        found = await self.find(ref, actor)
        _require_tag(found.order, if_match)
        return foreseen(found.order, asked, found.policy, found.note)

    async def foresee_restore(
        self, ref: Ref, asked: RestoreRequest, actor: Actor, *, if_match: frozenset[str] | None = None
    ) -> RestoreVerdict:
        """What a restore would say now; nothing is written. Raises as `find`, and OrderChanged."""

        async def work(tx: Transaction) -> tuple[Found, RestoreRequest]:
            found = await self._finder.find(tx, Question(ref, actor))
            [complete] = await with_holders(tx, found.policy, [(found.order, asked)])
            return found, msgspec.structs.replace(complete, now=self.clock())

        found, complete = await self.db.read(work)
        _require_tag(found.order, if_match)
        stops = tuple(restore_rules.refusals(found.order, complete, found.policy))
        lost = restore_rules.not_restored(found.order, complete)
        return RestoreVerdict(found.order, found.policy, found.note, stops, lost)

    async def history(self, ref: Ref, actor: Actor, *, limit: int, offset: int) -> tuple[Order, int, Sequence[Event]]:
        """An order, how many events it has, and those from `offset` on. Raises as `find`."""

        async def work(tx: Transaction) -> tuple[Order, int, Sequence[Event]]:
            found = await self._finder.find(tx, Question(ref, actor))
            total, events = await record.history(tx, found.order.id, limit=limit, offset=offset)
            return found.order, total, events

        return await self.db.read(work)

    async def ask_about(
        self, ref: Ref, actor: Actor, question: Callable[[Transaction, Found], Awaitable[T]]
    ) -> tuple[Found, T]:
        """One order, and what `question` reads about it in the same read. Raises as `find`."""

        async def work(tx: Transaction) -> tuple[Found, T]:
            found = await self._finder.find(tx, Question(ref, actor))
            return found, await question(tx, found)

        return await self.db.read(work)

    async def policy_for(self, actor: Actor) -> Policy:
        """The policy now, for what is not about an order. Raises Unauthenticated when the actor's key is dead."""
        book = await self.rulebook.refresh(self.db)
        book.confirm(actor, self.clock())
        return book.policy

    def is_busy(self) -> bool:
        """Whether anybody waits here for an answer: what can wait gives way. Bulk work is none of those."""
        return self._questions.is_busy or any(lane.is_busy for lane in self._lanes.values())

    async def tidy(self, now: Instant) -> None:
        """Forget stored answers and attempts that are past their time, and deliveries of what the feed has no more."""

        async def work(tx: Transaction) -> None:
            await idempotency.forget_old(tx, now)
            await attempts.forget_old(tx, Instant(now - ATTEMPTS_KEPT))

        await self.db.write(work)
        oldest = (await self.feed.oldest()).position
        forgotten = FORGOTTEN_AT_ONCE
        while forgotten == FORGOTTEN_AT_ONCE:  # in pieces: no cancel waits for all of them
            forgotten = await self.db.write(lambda tx: webhooks.forget_up_to(tx, oldest, limit=FORGOTTEN_AT_ONCE))

    async def close(self) -> None:
        """Finish what was submitted and write what was counted."""
        await self._questions.drain()
        self.feed.tide.close()
        for lane in (*self._behind.values(), *self._lanes.values()):
            await lane.drain()
        await self.attempts.flush(self.db)

    def _lane(self, verb: Verb[Any] | Making, behind: bool) -> Lane[Request[Any], Outcome]:
        lane = self._lanes[verb.event]
        if not behind:
            return lane
        if verb.event not in self._behind:
            self._behind[verb.event] = Lane(
                self.db,
                self._runner(verb),
                whole=verb.whole,
                ahead=lane,
                taken=self.metrics.batches.noting(verb.event, BEHIND),
                doubt=self._doubt,
            )
        return self._behind[verb.event]

    def _queues(self) -> Mapping[tuple[str, ...], float]:
        lengths: dict[tuple[str, ...], float] = {(LOOK, FIRST): self._questions.length}
        lengths |= {(change, FIRST): lane.length for change, lane in self._lanes.items()}
        lengths |= {(change, BEHIND): lane.length for change, lane in self._behind.items()}
        return lengths

    async def _submit(self, verb: Verb[Any] | Making, request: Request[Any], behind: bool) -> Done | Replayed:
        try:
            outcome = await self._lane(verb, behind).submit(request)
        except Busy as busy:
            cause = busy.__cause__
            if isinstance(cause, Collision) and cause.table == "answers":
                raise KeyInUse from busy
            raise
        if isinstance(outcome, Refused):
            raise outcome
        return outcome


def _require_tag(order: Order, if_match: frozenset[str] | None) -> None:
    if if_match is not None and order.tag not in if_match:
        raise OrderChanged(current=order.tag)
