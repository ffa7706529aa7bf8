"""The one way an order changes: facts, rules, guarded write, for a whole batch at a time.

    look      one read brings every order of the batch, and the version of the configuration
    judge     pure rules, on what was read
    write     one guarded write for those that passed

What the write did not take because somebody was quicker is looked at and judged again, by id.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import msgspec

from traylane.access import idempotency
from traylane.access.actor import Actor
from traylane.access.idempotency import Retry, StoredAnswer
from traylane.clock import Instant
from traylane.db.batch import Again
from traylane.db.database import Transaction
from traylane.db.ids import new_id
from traylane.errors import OrderChanged, Refused
from traylane.events.record import is_recorded, new_event
from traylane.orders.attempts import Attempts
from traylane.orders.look import look, settle_on
from traylane.orders.lookup import Hit, Ref
from traylane.orders.model import Order, OrderId, Scan
from traylane.orders.write import Answered, Change, GuardedWrite
from traylane.policy.model import Policy
from traylane.policy.rulebook import Book, Rulebook

R = TypeVar("R")


class Done(msgspec.Struct, frozen=True):
    """The change was made. `order` is the state after it; `message` holds warnings, or is empty."""

    order: Order
    policy: Policy
    message: str


class Replayed(msgspec.Struct, frozen=True):
    """The request came before: its answer, as it was stored."""

    answer: bytes


Outcome = Done | Refused | Replayed


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """What a change does to an order: columns and their new values, the event's data, a scan, warnings."""

    columns: dict[str, Any]
    event: dict[str, Any]
    scan: Scan | None = None
    warning: str = ""


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
    """

    event: str
    columns: tuple[str, ...]
    judge: Callable[[Order, R, Policy], Refused | None]
    effect: Callable[[Order, R, Policy, Actor, Instant], Effect]
    scans: bool = False
    first: Callable[[R, Policy], Refused | None] = _nothing_first
    lookup_refusal: Callable[[Refused], Refused] = _as_it_is


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


@dataclass(slots=True)
class _Draft:
    """What a batch is going to write; an order or an idempotency key at most once.

    `refused`: the attempts to count once that is written, for a batch that collides is judged again.
    """

    changes: dict[OrderId, Change] = field(default_factory=dict)
    answers: dict[tuple[str, str], Answered] = field(default_factory=dict)
    refused: list[dict[str, Any]] = field(default_factory=list)

    def has_answer_for(self, retry: Retry | None) -> bool:
        return retry is not None and (retry.integrator, retry.key) in self.answers

    def keep(self, retry: Retry, answered: Answered) -> None:
        self.answers[retry.integrator, retry.key] = answered


class Changer(Generic[R]):
    """Runs batches of one verb."""

    def __init__(self, verb: Verb[R], rulebook: Rulebook, attempts: Attempts) -> None:
        self._verb = verb
        self._rulebook = rulebook
        self._attempts = attempts
        self._writer = GuardedWrite(columns=verb.columns, event=verb.event, scans=verb.scans)

    async def run(
        self, tx: Transaction, requests: Sequence[Request[R]], lost: Sequence[bool]
    ) -> Sequence[Outcome | Again]:
        """Settle what can be settled; Again for the rest. Writes at most once, at the end."""
        book, found = await look(tx, [request.ref for request in requests], self._rulebook)
        known = await _recovered(tx, requests, lost)
        # A stored answer is repeated only for whom would be let in now.
        fresh = [(i, r) for i, r in enumerate(requests) if i not in known and book.admits(r.actor, r.now)]
        known.update(await _replayed(tx, fresh))
        draft = _Draft()
        outcomes: list[Outcome | Again] = []
        for i, request in enumerate(requests):
            outcomes.append(known[i] if i in known else await self._decide(tx, draft, request, found[i], book))
        written: set[OrderId] = set()
        if draft.changes or draft.answers:
            changes = [draft.changes[id_] for id_ in sorted(draft.changes)]
            written = await self._writer.write(tx, changes, list(draft.answers.values()), version=book.version)
        for attempt in draft.refused:
            self._attempts.note(**attempt)
        return [
            Again.MISSED if isinstance(o, Done) and i not in known and o.order.id not in written else o
            for i, o in enumerate(outcomes)
        ]

    async def _decide(
        self, tx: Transaction, draft: _Draft, request: Request[R], hits: Sequence[Hit], book: Book
    ) -> Outcome | Again:
        if draft.has_answer_for(request.retry):
            return Again.WAIT
        order = None
        try:
            book.confirm(request.actor, request.now)
            _raise(self._verb.first(request.asked, book.policy))
            order = await self._meant(tx, request, hits)
            if order.id in draft.changes:
                return Again.WAIT
            _raise(_changed_since(request, order))
            _raise(self._verb.judge(order, request.asked, book.policy))
        except Refused as refusal:
            return self._refuse(draft, request, refusal, order)
        return self._accept(draft, request, order, book.policy)

    async def _meant(self, tx: Transaction, request: Request[R], hits: Sequence[Hit]) -> Order:
        try:
            resolved = await settle_on(tx, request.ref, hits)
        except Refused as refusal:
            raise self._verb.lookup_refusal(refusal) from refusal
        request.note = request.note or resolved.note
        return resolved.order

    def _refuse(self, draft: _Draft, request: Request[R], refusal: Refused, order: Order | None) -> Refused:
        if order is not None:
            draft.refused.append(
                {"order_id": order.id, "actor": request.actor.name, "code": refusal.code, "now": request.now}
            )
        if request.retry is not None and refusal.is_final:
            answer = StoredAnswer(request.retry, request.present(refusal), request.now)
            about = (None, None) if order is None else (order.id, order.revision)
            draft.keep(request.retry, Answered(stored=answer, order_id=about[0], revision=about[1], if_written=None))
        return refusal

    def _accept(self, draft: _Draft, request: Request[R], order: Order, policy: Policy) -> Done:
        effect = self._verb.effect(order, request.asked, policy, request.actor, request.now)
        after = order.with_changes(**effect.columns)
        event = new_event(
            id_=request.event_id,
            subject=order.id,
            seq=after.revision,
            type_=self._verb.event,
            at=request.now,
            actor=request.actor.name,
            fields=effect.event,
        )
        values = tuple(effect.columns[name] for name in self._verb.columns)
        draft.changes[order.id] = Change(before=order, values=values, event=event, scan=effect.scan)
        done = Done(after, policy, " ".join(filter(None, (request.note, effect.warning))))
        request.ref, request.proposed = request.ref.pinned(order), done
        if request.retry is not None:
            answer = StoredAnswer(request.retry, request.present(done), request.now)
            draft.keep(
                request.retry, Answered(stored=answer, order_id=order.id, revision=after.revision, if_written=order.id)
            )
        return done


def _raise(refusal: Refused | None) -> None:
    if refusal is not None:
        raise refusal


def _changed_since(request: Request[R], order: Order) -> Refused | None:
    if request.if_match is None or order.tag in request.if_match:
        return None
    return OrderChanged(current=order.tag)


async def _recovered(tx: Transaction, requests: Sequence[Request[R]], lost: Sequence[bool]) -> dict[int, Outcome]:
    """The requests whose write arrived although the connection broke: our event's id says so."""
    recovered: dict[int, Outcome] = {}
    for i, request in enumerate(requests):
        done = request.proposed
        if lost[i] and done is not None:
            order = done.order
            if await is_recorded(tx, subject=order.id, seq=order.revision, id_=request.event_id):
                recovered[i] = done
    return recovered


async def _replayed(tx: Transaction, requests: Sequence[tuple[int, Request[R]]]) -> dict[int, Outcome]:
    """The requests whose idempotency key came before."""
    keyed = [(i, request.retry, request.now) for i, request in requests if request.retry is not None]
    if not keyed:
        return {}
    stored = await idempotency.recall(tx, [retry for _, retry, _ in keyed], keyed[0][2])
    return {
        i: answer if isinstance(answer, Refused) else Replayed(answer)
        for (i, _, _), answer in zip(keyed, stored, strict=True)
        if answer is not None
    }
