"""Many cancels at once: all of them or none, and what many would say (ours)."""

from __future__ import annotations

from collections.abc import Sequence

from traylane.access.actor import Actor
from traylane.access.idempotency import KeyInUse
from traylane.clock import Instant
from traylane.db.batch import Again
from traylane.db.database import Collision, Database, Transaction
from traylane.errors import Busy, Refused
from traylane.orders.attempts import Attempts
from traylane.orders.cancel import CANCEL
from traylane.orders.cancel_rules import AlreadyCancelled, CancelRequest
from traylane.orders.change import Changer, Outcome, Request
from traylane.orders.desk import Verdict, foreseen
from traylane.orders.look import look, settle_on
from traylane.orders.lookup import Hit, Ref
from traylane.policy.rulebook import Book, Rulebook

MOST_NAMED = 20


class NothingCancelled(Refused):
    """All or nothing was asked for, and a row was refused. `rows`: the refusal by the row's place."""

    code = "nothing_cancelled"
    sentence = "No order was cancelled"

    def details(self) -> list[str]:
        rows: dict[int, Refused] = self.data["rows"]
        more = len(rows) - MOST_NAMED
        named = [f"Row {place}: {refusal}" for place, refusal in list(rows.items())[:MOST_NAMED]]
        return [*named, *([f"and {more} more"] if more > 0 else [])]


class Together:
    """Cancels that are made in one commit, or not at all."""

    def __init__(self, db: Database, rulebook: Rulebook, attempts: Attempts) -> None:
        self._db = db
        self._changer = Changer(CANCEL, rulebook, attempts)

    async def cancel(self, requests: Sequence[Request[CancelRequest]]) -> list[Outcome]:
        """The outcome of each; when one is a refusal, nothing was done.

        Raises Busy when others keep getting in the way, KeyInUse while the first request with one of the keys is under
        way, errors.Unavailable.
        """

        async def work(tx: Transaction) -> list[Outcome]:
            outcomes = await self._changer.run(tx, requests, [False] * len(requests), together=True)
            if Again.MISSED in outcomes:
                raise Collision("serialization")
            return [_settled(outcome, request) for outcome, request in zip(outcomes, requests, strict=True)]

        try:
            return await self._db.write(work)
        except Collision as collision:
            raise (KeyInUse if collision.table == "answers" else Busy)() from collision


async def foresee(
    db: Database, rulebook: Rulebook, asked: Sequence[tuple[Ref, CancelRequest]], actor: Actor, now: Instant
) -> list[Verdict | Refused]:
    """What each cancel would say, by the very same rules, as if it were the only one; nothing is written.

    Raises Unauthenticated when the actor's key is dead.
    """

    async def work(tx: Transaction) -> list[Verdict | Refused]:
        book, found = await look(tx, [ref for ref, _ in asked], rulebook)
        book.confirm(actor, now)
        return [await _verdict(tx, ref, request, hits, book) for (ref, request), hits in zip(asked, found, strict=True)]

    return await db.read(work)


async def _verdict(
    tx: Transaction, ref: Ref, request: CancelRequest, hits: Sequence[Hit], book: Book
) -> Verdict | Refused:
    try:
        resolved = await settle_on(tx, ref, hits)
    except Refused as refusal:
        return refusal
    return foreseen(resolved.order, request, book.policy, resolved.note)


def _settled(outcome: Outcome | Again, request: Request[CancelRequest]) -> Outcome:
    # Another row of the same call cancels the order.
    if isinstance(outcome, Again):
        return AlreadyCancelled(at=request.now, actor=request.actor.name, reason=request.asked.reason)
    return outcome
