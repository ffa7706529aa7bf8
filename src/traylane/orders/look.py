"""Look at orders: the facts, and the book that they are to be judged by."""

from __future__ import annotations

from collections.abc import Sequence

from traylane.db.database import Transaction
from traylane.errors import Unavailable
from traylane.orders import store
from traylane.orders.lookup import Ambiguous, Hit, Kind, Ref, Resolved, more_than_one, resolve
from traylane.policy.model import Policy
from traylane.policy.rulebook import Book, Rulebook

_TRIES = 5


async def look(tx: Transaction, refs: Sequence[Ref], rulebook: Rulebook) -> tuple[Book, list[list[Hit]]]:
    """What fits each of `refs`, and the book of exactly the version that was read with it."""
    for _ in range(_TRIES):
        book = rulebook.book
        version, found = await store.find(tx, refs, book.policy)
        if version == book.version:
            return book, await _without_zeros(tx, refs, found, book.policy)
        await rulebook.at(version, tx)
    raise Unavailable("The set-up keeps changing; nothing was done; try again")


async def _without_zeros(
    tx: Transaction, refs: Sequence[Ref], found: list[list[Hit]], policy: Policy
) -> list[list[Hit]]:
    """What was found, and for scanned numbers that fit nothing, what fits them without their zeros; never a PO."""
    again = [(i, ref) for i, ref in enumerate(refs) if not found[i] and ref.scanned]
    filled = [(i, other) for i, ref in again if (other := ref.without_zeros(policy.scanner_prefix)) is not None]
    if filled:
        _, more = await store.find(tx, [other for _, other in filled], policy)
        for (i, _), hits in zip(filled, more, strict=True):
            found[i] = [hit for hit in hits if hit.kind is not Kind.PO]
    return found


async def settle_on(tx: Transaction, ref: Ref, hits: Sequence[Hit]) -> Resolved:
    """The one order that is meant. Raises RecordNotFound or MoreThanOneRecord."""
    resolved = resolve(ref, hits)
    if isinstance(resolved, Ambiguous):
        raise more_than_one(ref, resolved, await store.count_po(tx, ref, completed=resolved.completed))
    return resolved
