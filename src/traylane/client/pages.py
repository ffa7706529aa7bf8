"""Lists as iterators: a page at a time, so that a long list costs no memory."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

PAGE = 500
"""Items that are asked for at a time."""


def items(page: Callable[[int, int], Any], *, limit: int | None, offset: int) -> Iterator[Any]:
    """The items of a list from `offset` on, at most `limit`. `page(limit, offset)` gives one page."""
    left = limit
    while (size := PAGE if left is None else min(PAGE, left)) > 0:
        found = page(size, offset)["items"]
        yield from found
        if len(found) < size:
            return
        offset += size
        left = None if left is None else left - size


async def async_items(
    page: Callable[[int, int], Awaitable[Any]], *, limit: int | None, offset: int
) -> AsyncIterator[Any]:
    """The same, for pages that are awaited."""
    left = limit
    while (size := PAGE if left is None else min(PAGE, left)) > 0:
        found = (await page(size, offset))["items"]
        for item in found:
            yield item
        if len(found) < size:
            return
        offset += size
        left = None if left is None else left - size
