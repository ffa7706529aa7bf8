"""Lists of orders: read in pages, each its own short read, so that a long list costs no memory and holds nothing open.

A list walks by order number or by a date and the order number. Orders that change meanwhile are in it once, and those
that fit all the time are not missed; only an order whose date is what the list is sorted by, and is changed while the
list runs, may come twice or not at all.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager

import msgspec

from traylane.access.actor import Actor
from traylane.db.database import Database, Transaction, Work
from traylane.errors import Unavailable
from traylane.orders import list_store, store
from traylane.orders.list_filters import Filters, Sort
from traylane.orders.list_store import Key
from traylane.orders.model import Order
from traylane.policy.model import Policy

PAGE = 500
KEYS = 5_000
"""Keys that are read ahead; where the order is not an index's, each such read sorts all that fits."""
MOST_STREAMS = 4
"""Lists of more than one page that one process sends at a time."""


class Page(msgspec.Struct, frozen=True):
    """Some orders of a list, how many it has in all, the policy to show them by, and whether more are to come."""

    total: int
    orders: Sequence[Order]
    policy: Policy
    is_last: bool


class Leaf(msgspec.Struct, frozen=True):
    """Some orders in a row, and the policy to show them by. `is_first`, `is_last`: nothing stands before, behind them.

    `first` and `last` are the places of its own first and last order, to go on from; None when it has no orders.
    """

    orders: Sequence[Order]
    policy: Policy
    first: Key | None
    last: Key | None
    is_first: bool
    is_last: bool


class Lists:
    """The lists of one desk."""

    def __init__(self, db: Database, policy_for: Callable[[Actor], Awaitable[Policy]]) -> None:
        self._db = db
        self._policy_for = policy_for
        self._streams = 0

    async def pages(
        self, filters: Filters, sort: Sort, actor: Actor, *, limit: int, offset: int = 0
    ) -> AsyncGenerator[Page, None]:
        """The pages of a list, one at least. An actor who is bound to a customer sees that customer's orders only.

        Before the first page it raises Unauthenticated, errors.BadArguments for a search that fits too many, and
        errors.Unavailable when MOST_STREAMS other lists are longer than a page; errors.Unavailable before any page.
        """
        policy = await self._policy_for(actor)
        if actor.customer is not None:
            if filters.customer not in (None, actor.customer):
                yield Page(0, (), policy, is_last=True)
                return
            filters = msgspec.structs.replace(filters, customer=actor.customer)
        total = await self._db.browse(lambda tx: list_store.count(tx, filters))
        if min(limit, total - offset) <= PAGE:
            first = await anext(self._orders(filters, sort, min(limit, PAGE), offset), None) or ()
            yield Page(total, first, policy, is_last=True)
            return
        with self._stream():
            async for orders in self._orders(filters, sort, limit, offset):
                yield Page(total, orders, policy, is_last=False)

    async def leaf(
        self, filters: Filters, sort: Sort, actor: Actor, *, beside: Key | None, backwards: bool, limit: int
    ) -> Leaf:
        """At most `limit` (up to PAGE) orders behind the place `beside`, or before it; None: from the beginning.

        As quick far inside a long list as at its beginning. For an actor who is bound to no customer. Raises
        Unauthenticated, errors.BadArguments for a search that fits too many, and errors.Unavailable.
        """
        actor.require_unbound()
        policy = await self._policy_for(actor)
        way = Sort(sort.column, sort.descending != backwards)

        async def work(tx: Transaction) -> tuple[list[Key], dict[str, Order]]:
            if filters.search is not None:
                await list_store.require_narrow(tx, filters)
            found = await list_store.keys(tx, filters, way, after=beside, limit=limit + 1)
            return found, await store.by_numbers(tx, [key.number for key in found[:limit]])

        found, orders = await self._db.browse(work)
        more, keys = len(found) > limit, found[:limit][:: -1 if backwards else 1]
        return Leaf(
            [orders[key.number] for key in keys if key.number in orders],
            policy,
            first=keys[0] if keys else None,
            last=keys[-1] if keys else None,
            is_first=not more if backwards else beside is None,
            is_last=not more if not backwards else beside is None,
        )

    async def count(self, filters: Filters, actor: Actor) -> int:
        """How many orders a list has in all. For an actor who is bound to no customer; raises as `leaf`."""
        actor.require_unbound()
        return await self._db.browse(lambda tx: list_store.count(tx, filters))

    @contextmanager
    def _stream(self) -> Iterator[None]:
        if self._streams >= MOST_STREAMS:
            raise Unavailable(f"{MOST_STREAMS} long lists are under way; try again, or ask for fewer with limit")
        self._streams += 1
        try:
            yield
        finally:
            self._streams -= 1

    async def _orders(
        self, filters: Filters, sort: Sort, limit: int, offset: int
    ) -> AsyncGenerator[Sequence[Order], None]:
        after: Key | None = None
        ahead = PAGE
        while limit > 0:
            found = await self._db.browse(_keys(filters, sort, after, min(limit, ahead), offset))
            for start in range(0, len(found), PAGE):
                numbers = [key.number for key in found[start : start + PAGE]]
                orders = await self._db.browse(_by_numbers(numbers))
                yield [orders[number] for number in numbers if number in orders]
            if len(found) < min(limit, ahead):
                return
            limit -= len(found)
            after, ahead, offset = found[-1], KEYS, 0


def _keys(filters: Filters, sort: Sort, after: Key | None, limit: int, offset: int) -> Work[list[Key]]:
    return lambda tx: list_store.keys(tx, filters, sort, after=after, limit=limit, offset=offset)


def _by_numbers(numbers: Sequence[str]) -> Work[dict[str, Order]]:
    return lambda tx: store.by_numbers(tx, numbers)
