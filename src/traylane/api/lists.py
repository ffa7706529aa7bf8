"""Lists of orders over HTTP: parse, ask, and send page by page."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing

from traylane.api.call import Call
from traylane.api.http import JSON, Answer, Streamed, encode
from traylane.api.schemas import basics
from traylane.orders.document import order_answer
from traylane.orders.list_filters import ALL, SORTS, Filters, days
from traylane.orders.listing import Page

AT_ONCE = 100
"""Orders that are written before others get their turn on the loop."""


async def orders(call: Call) -> Answer:
    """List orders; a list of more than a page is sent while it is read."""
    limit, offset = basics.window(call.query, otherwise=ALL)
    sort = SORTS[call.query.get("sort", "orderNumber")]
    pages = call.desk.lists.pages(filters_of(call.query), sort, call.actor, limit=limit, offset=offset)
    first = await anext(pages)
    if first.is_last:
        await pages.aclose()
        return Answer(200, b"%s%s]}" % (_beginning(first), await _items(first)), [JSON])
    return Streamed(200, b"", [JSON], parts=_parts(first, pages))


def filters_of(query: Mapping[str, str]) -> Filters:
    """The filters that a query names."""
    cancelled = query.get("cancelled")
    return Filters(
        status=query.get("status"),  # type: ignore[arg-type]  # one of the parameter's words
        customer=query.get("customerNumber"),
        station=query.get("currentStation"),
        cancelled=None if cancelled is None else cancelled == "true",
        wanted=days(query.get("dateWantedFrom"), query.get("dateWantedTo")),
        ordered=days(query.get("dateOrderedFrom"), query.get("dateOrderedTo")),
        search=query.get("search"),
    )


async def _parts(first: Page, pages: AsyncGenerator[Page, None]) -> AsyncGenerator[bytes, None]:
    async with aclosing(pages):
        yield _beginning(first) + await _items(first)
        async for page in pages:
            items = await _items(page)
            if items:
                yield b"," + items
        yield b"]}"


def _beginning(page: Page) -> bytes:
    return b'{"total":%d,"items":[' % page.total


async def _items(page: Page) -> bytes:
    parts = []
    for start in range(0, len(page.orders), AT_ONCE):
        some = [order_answer(order, page.policy) for order in page.orders[start : start + AT_ONCE]]
        parts.append(encode(some)[1:-1])
        await asyncio.sleep(0)
    return b",".join(parts)
