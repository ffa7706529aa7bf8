"""The one way an order changes: facts, rules, guarded write, for a whole batch at a time.

    look      one read brings every order of the batch, and the version of the configuration
    judge     pure rules, on what was read
    write     one guarded write for those that passed

What the write did not take because somebody was quicker is looked at and judged again, by id.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import msgspec

from traylane.access import idempotency
from traylane.access.idempotency import KeyInUse, Retry, StoredAnswer
from traylane.db.batch import Again
from traylane.db.database import Collision, Transaction
from traylane.db.ids import new_id
from traylane.errors import OrderChanged, Refused
from traylane.events.record import is_recorded, new_event
from traylane.orders.attempts import Attempts
from traylane.orders.look import look, settle_on
from traylane.orders.lookup import Hit
from traylane.orders.model import Order, OrderId
from traylane.orders.verb import Companion, Done, Effect, Outcome, Replayed, Request, Verb
from traylane.orders.write import Answered, Beside, Change, GuardedWrite
from traylane.orders.write_whole import WholeWrite
from traylane.policy.model import Policy
from traylane.policy.rulebook import Book, Rulebook

__all__ = ["Changer", "Companion", "Done", "Effect", "Outcome", "Replayed", "Request", "Verb"]

R = TypeVar("R")


@dataclass(slots=True)
class _Draft:
    """What a batch is going to write; an order, a tray or an idempotency key at most once.

    `refused`: the attempts to count once that is written, for a batch that collides is judged again.
    """

    changes: dict[OrderId, Change] = field(default_factory=dict)
    touched: set[OrderId] = field(default_factory=set)
    trays: set[int] = field(default_factory=set)
    answers: dict[tuple[str, str], Answered] = field(default_factory=dict)
    refused: list[dict[str, Any]] = field(default_factory=list)

    def has_answer_for(self, retry: Retry | None) -> bool:
        return retry is not None and (retry.integrator, retry.key) in self.answers

    def has_room_for(self, effect: Effect) -> bool:
        """Whether no item before it touches the same orders or gives the same tray."""
        if any(companion.order.id in self.touched for companion in effect.also):
            return False
        return effect.columns.get("tray_key") not in self.trays

    def add(self, change: Change, effect: Effect) -> None:
        self.changes[change.before.id] = change
        self.touched.update((change.before.id, *(companion.order.id for companion in effect.also)))
        if (tray := effect.columns.get("tray_key")) is not None:
            self.trays.add(tray)

    def keep(self, retry: Retry, answered: Answered) -> None:
        self.answers[retry.integrator, retry.key] = answered


class Changer(Generic[R]):
    """Runs batches of one verb."""

    def __init__(self, verb: Verb[R], rulebook: Rulebook, attempts: Attempts) -> None:
        self._verb = verb
        self._rulebook = rulebook
        self._attempts = attempts
        self._writer: GuardedWrite | WholeWrite = (
            WholeWrite(columns=verb.columns)
            if verb.whole
            else GuardedWrite(columns=verb.columns, event=verb.event, scans=verb.scans, details=verb.details)
        )

    async def run(
        self, tx: Transaction, requests: Sequence[Request[R]], lost: Sequence[bool], *, together: bool = False
    ) -> Sequence[Outcome | Again]:
        """Settle what can be settled; Again for the rest. Writes at most once, at the end.

        `together`: write nothing unless every request passed; then the caller's transaction has to end with a
        rollback when one of them is Again.MISSED.
        """
        book, found = await look(tx, [request.ref for request in requests], self._rulebook, self._verb.extent)
        known = await recovered(tx, requests, lost)
        # A stored answer is repeated only for whom would be let in now.
        fresh = [(i, r) for i, r in enumerate(requests) if i not in known and book.admits(r.actor, r.now)]
        known.update(await replayed(tx, fresh))
        asked = await self._with_facts(tx, book.policy, requests, found)
        draft = _Draft()
        outcomes: list[Outcome | Again] = []
        for i, request in enumerate(requests):
            outcomes.append(
                known[i] if i in known else await self._decide(tx, draft, request, asked[i], found[i], book)
            )
        written: set[OrderId] = set()
        if together and not all(isinstance(outcome, Done | Replayed) for outcome in outcomes):
            return outcomes
        if draft.changes or draft.answers:
            changes = [draft.changes[id_] for id_ in sorted(draft.changes)]
            try:
                written = await self._writer.write(tx, changes, list(draft.answers.values()), version=book.version)
            except Collision as collision:
                if collision.cause == "lock" and not together and await self._waits_for_its_key(tx, requests):
                    return [KeyInUse()]
                raise
        for attempt in draft.refused:
            self._attempts.note(**attempt)
        return [
            Again.MISSED if isinstance(o, Done) and o.is_new and i not in known and o.order.id not in written else o
            for i, o in enumerate(outcomes)
        ]

    async def _waits_for_its_key(self, tx: Transaction, requests: Sequence[Request[R]]) -> bool:
        """Whether a single request found its order held because another process makes the same change."""
        retry = requests[0].retry
        if len(requests) > 1 or retry is None or self._verb.whole:
            return False
        return await idempotency.is_under_way_elsewhere(tx, retry)

    async def _with_facts(
        self, tx: Transaction, policy: Policy, requests: Sequence[Request[R]], found: Sequence[Sequence[Hit]]
    ) -> list[R]:
        """What each request asks, with what the verb wants to know beside the order."""
        at = self._verb.at
        asked = [request.asked if at is None else at(request.asked, request.now) for request in requests]
        if self._verb.further is None:
            return asked
        orders: dict[int, Order] = {}
        for i, (request, hits) in enumerate(zip(requests, found, strict=True)):
            with suppress(Refused):  # said again, and to the caller, when the request is decided
                orders[i] = (await settle_on(tx, request.ref, hits)).order
        if orders:
            facts = await self._verb.further(tx, policy, [(order, asked[i]) for i, order in orders.items()])
            for i, with_facts in zip(orders, facts, strict=True):
                asked[i] = with_facts
        return asked

    async def _decide(
        self, tx: Transaction, draft: _Draft, request: Request[R], asked: R, hits: Sequence[Hit], book: Book
    ) -> Outcome | Again:
        if draft.has_answer_for(request.retry):
            return Again.WAIT
        order = None
        try:
            book.confirm(request.actor, request.now)
            _raise(self._verb.first(asked, book.policy))
            order = await self._meant(tx, request, hits)
            if order.id in draft.touched:
                return Again.WAIT
            _raise(_changed_since(request, order))
            _raise(self._verb.judge(order, asked, book.policy))
        except Refused as refusal:
            return self._refuse(draft, request, refusal, order)
        if self._verb.is_made is not None and self._verb.is_made(order, asked, book.policy):
            return self._leave(draft, request, order, book.policy)
        return self._accept(draft, request, asked, order, book.policy)

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

    def _leave(self, draft: _Draft, request: Request[R], order: Order, policy: Policy) -> Done:
        done = Done(order, policy, request.note, is_new=False)
        if request.retry is not None:
            answer = StoredAnswer(request.retry, request.present(done), request.now)
            draft.keep(
                request.retry, Answered(stored=answer, order_id=order.id, revision=order.revision, if_written=None)
            )
        return done

    def _accept(self, draft: _Draft, request: Request[R], asked: R, order: Order, policy: Policy) -> Done | Again:
        effect = self._verb.effect(order, asked, policy, request.actor, request.now)
        if not draft.has_room_for(effect):
            return Again.WAIT
        after = order.with_changes(**effect.columns)
        if effect.details is not None:
            after = msgspec.structs.replace(after, details=effect.details)
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
        change = Change(
            before=order,
            values=values,
            event=event,
            scan=effect.scan,
            details=effect.details,
            also=tuple(_beside(companion, request) for companion in effect.also),
        )
        draft.add(change, effect)
        done = Done(after, policy, " ".join(filter(None, (request.note, effect.warning))), effect.told)
        request.ref, request.proposed = request.ref.pinned(order), done
        if request.retry is not None:
            answer = StoredAnswer(request.retry, request.present(done), request.now)
            draft.keep(
                request.retry, Answered(stored=answer, order_id=order.id, revision=after.revision, if_written=order.id)
            )
        return done


def _beside(companion: Companion, request: Request[Any]) -> Beside:
    order = companion.order
    event = new_event(
        id_=new_id(request.now),
        subject=order.id,
        seq=order.revision + 1,
        type_=companion.event,
        at=request.now,
        actor=request.actor.name,
        fields=companion.fields,
    )
    return Beside(before=order, columns=companion.columns, event=event)


def _raise(refusal: Refused | None) -> None:
    if refusal is not None:
        raise refusal


def _changed_since(request: Request[R], order: Order) -> Refused | None:
    if request.if_match is None or order.tag in request.if_match:
        return None
    return OrderChanged(current=order.tag)


async def recovered(tx: Transaction, requests: Sequence[Request[R]], lost: Sequence[bool]) -> dict[int, Outcome]:
    """The requests whose write arrived although the connection broke: our event's id says so."""
    recovered: dict[int, Outcome] = {}
    for i, request in enumerate(requests):
        done = request.proposed
        if lost[i] and done is not None:
            order = done.order
            if await is_recorded(tx, subject=order.id, seq=order.revision, id_=request.event_id):
                recovered[i] = done
    return recovered


async def replayed(tx: Transaction, requests: Sequence[tuple[int, Request[R]]]) -> dict[int, Outcome]:
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
