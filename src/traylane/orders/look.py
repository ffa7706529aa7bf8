"""Look at orders: the facts, and the book that they are to be judged by; one by one, or many with one look."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from operator import or_

import msgspec

from traylane.access.actor import Actor
from traylane.clock import Clock
from traylane.db.database import Transaction
from traylane.errors import Refused, Unavailable
from traylane.orders import store
from traylane.orders.lookup import Ambiguous, Hit, Kind, Ref, Resolved, more_than_one, resolve
from traylane.orders.model import Order
from traylane.orders.store import Extent
from traylane.policy.model import Policy
from traylane.policy.rulebook import Book, Rulebook

_TRIES = 5


class Question(msgspec.Struct, frozen=True):
    """Which order somebody wants to see; `extent`: how much of it, at least."""

    ref: Ref
    actor: Actor
    extent: Extent = Extent.WHOLE


class Found(msgspec.Struct, frozen=True):
    """An order and the policy it was read with; `note` says when the identifier fits another order too."""

    order: Order
    policy: Policy
    note: str


class Finder:
    """Answers batches of questions."""

    def __init__(self, rulebook: Rulebook, clock: Clock) -> None:
        self._rulebook = rulebook
        self._clock = clock

    async def run(self, tx: Transaction, questions: Sequence[Question], _lost: Sequence[bool]) -> list[Found | Refused]:
        """What was found, or the refusal, for each question."""
        extent = reduce(or_, {question.extent for question in questions})
        book, found = await look(tx, [question.ref for question in questions], self._rulebook, lambda _: extent)
        return [await self._answer(tx, question, book, hits) for question, hits in zip(questions, found, strict=True)]

    async def find(self, tx: Transaction, question: Question) -> Found:
        """One order. Raises RecordNotFound, MoreThanOneRecord, Unauthenticated."""
        [found] = await self.run(tx, [question], [False])
        if isinstance(found, Refused):
            raise found
        return found

    async def _answer(self, tx: Transaction, question: Question, book: Book, hits: Sequence[Hit]) -> Found | Refused:
        try:
            book.confirm(question.actor, self._clock())
            resolved = await settle_on(tx, question.ref, hits)
        except Refused as refusal:
            return refusal
        return Found(resolved.order, book.policy, resolved.note)


def whole(_policy: Policy) -> Extent:
    """All that there is of an order."""
    return Extent.WHOLE


async def look(
    tx: Transaction, refs: Sequence[Ref], rulebook: Rulebook, extent: Callable[[Policy], Extent] = whole
) -> tuple[Book, list[list[Hit]]]:
    """What fits each of `refs`, and the book of exactly the version that was read with it.

    `extent`: how much of each order is wanted under a policy.
    """
    for _ in range(_TRIES):
        book = rulebook.book
        wanted = extent(book.policy)
        version, found = await store.find(tx, refs, book.policy, wanted)
        if version == book.version:
            return book, await _without_zeros(tx, refs, found, book.policy, wanted)
        await rulebook.at(version, tx)
    raise Unavailable("The set-up keeps changing; nothing was done; try again")


async def _without_zeros(
    tx: Transaction, refs: Sequence[Ref], found: list[list[Hit]], policy: Policy, extent: Extent
) -> list[list[Hit]]:
    """What was found, and for scanned numbers that fit nothing, what fits them without their zeros; never a PO."""
    again = [(i, ref) for i, ref in enumerate(refs) if not found[i] and ref.scanned]
    filled = [(i, other) for i, ref in again if (other := ref.without_zeros(policy.scanner_prefix)) is not None]
    if filled:
        _, more = await store.find(tx, [other for _, other in filled], policy, extent)
        for (i, _), hits in zip(filled, more, strict=True):
            found[i] = [hit for hit in hits if hit.kind is not Kind.PO]
    return found


async def settle_on(tx: Transaction, ref: Ref, hits: Sequence[Hit]) -> Resolved:
    """The one order that is meant. Raises RecordNotFound or MoreThanOneRecord."""
    resolved = resolve(ref, hits)
    if isinstance(resolved, Ambiguous):
        raise more_than_one(ref, resolved, await store.count_po(tx, ref, completed=resolved.completed))
    return resolved
