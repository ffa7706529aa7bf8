"""Look at orders: the facts, and the book that they are to be judged by."""

from __future__ import annotations

from collections.abc import Sequence

from traylane.db.database import Transaction
from traylane.errors import Unavailable
from traylane.orders import store
from traylane.orders.lookup import Ambiguous, Hit, Ref, Resolved, more_than_one, resolve
from traylane.policy.rulebook import Book, Rulebook

_TRIES = 5


async def look(tx: Transaction, refs: Sequence[Ref], rulebook: Rulebook) -> tuple[Book, list[list[Hit]]]:
    """What fits each of `refs`, and the book of exactly the version that was read with it."""
    for _ in range(_TRIES):
        book = rulebook.book
        version, found = await store.find(tx, refs, book.policy)
        if version == book.version:
            return book, found
        await rulebook.at(version, tx)
    raise Unavailable("The set-up keeps changing; nothing was done; try again")


async def settle_on(tx: Transaction, ref: Ref, hits: Sequence[Hit]) -> Resolved:
    """The one order that is meant. Raises RecordNotFound or MoreThanOneRecord."""
    resolved = resolve(ref, hits)
    if isinstance(resolved, Ambiguous):
        raise more_than_one(ref, resolved, await store.count_po(tx, ref, completed=resolved.completed))
    return resolved
