"""The list of orders: search, filters, paging."""

from __future__ import annotations

import re

import pytest

from tests import builders
from tests.console.conftest import Browser, make_person
from traylane.db.database import Database

_NUMBER = re.compile(r'<th scope="row"><a href="/orders/(\w+)">')
_LINK = re.compile(r'<a rel="(prev|next)" href="([^"]+)">')


def _numbers(browser: Browser) -> list[str]:
    return _NUMBER.findall(browser.page)


def _links(browser: Browser) -> dict[str, str]:
    return {rel: url.replace("&amp;", "&") for rel, url in _LINK.findall(browser.page)}


async def _three(db: Database) -> None:
    await builders.make_order(db, "1001", tray="72544", po="PO-7", details={"dateWanted": "2026-11-01"})
    await builders.make_order(db, "1002", po="72-A", customer="2002", status="P", scans=[builders.scanned("BLK")])
    await builders.make_order(db, "1003", po="PO-8", cancelled_at=builders.EARLIER, on_hold=True)


async def test_the_highest_number_comes_first(anna: Browser, db: Database) -> None:
    await _three(db)

    await anna.get("/orders")

    assert _numbers(anna) == ["1003", "1002", "1001"]
    assert "3 orders" in anna.page


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("search=72", ["1002", "1001"]),
        ("search=725", ["1001"]),
        ("search=PO-", ["1003", "1001"]),
        ("search=nothing", []),
        ("status=P", ["1002"]),
        ("status=W", ["1003"]),
        ("cancelled=yes", ["1003"]),
        ("cancelled=no", ["1002", "1001"]),
        ("customer=2002", ["1002"]),
        ("station=BLK", ["1002"]),
        ("wantedFrom=2026-11-01&wantedTo=2026-11-01", ["1001"]),
        ("search=PO-&cancelled=no", ["1001"]),
        ("sort=orderNumber", ["1001", "1002", "1003"]),
        ("status=%3Cb%3E&sort=rubbish&cancelled=maybe&after=,&before=x", ["1003", "1002", "1001"]),
    ],
)
async def test_what_fits_is_listed(anna: Browser, db: Database, query: str, numbers: list[str]) -> None:
    await _three(db)

    await anna.get(f"/orders?{query}")

    assert _numbers(anna) == numbers


async def test_a_row_says_how_the_order_stands(anna: Browser, db: Database) -> None:
    await _three(db)
    await anna.get("/orders")

    held, process, late = anna.page.split("<tr><th scope")[1:]
    assert '<span class="tag bad">Cancelled</span> <span class="tag held">On hold</span>' in held
    assert '<span class="tag">In process</span></td><td>BLK <small>01 Nov 08:00</small>' in process
    assert '<td class="late">01 Nov · late</td>' in late


async def test_the_pages_go_on_and_back_without_losing_an_order(anna: Browser, db: Database) -> None:
    await builders.make_orders(db, [str(n) for n in range(1000, 1095)])
    await anna.get("/orders?sort=orderNumber&status=V")
    first = _numbers(anna)
    assert first == [str(n) for n in range(1000, 1040)]
    assert "prev" not in _links(anna)

    await anna.get(_links(anna)["next"])
    assert _numbers(anna) == [str(n) for n in range(1040, 1080)]
    await anna.get(_links(anna)["next"])
    assert _numbers(anna) == [str(n) for n in range(1080, 1095)]
    assert "next" not in _links(anna)

    await anna.get(_links(anna)["prev"])
    assert _numbers(anna) == [str(n) for n in range(1040, 1080)]
    await anna.get(_links(anna)["prev"])
    assert _numbers(anna) == first
    assert "prev" not in _links(anna)


async def test_orders_without_a_day_have_their_place_in_a_list_by_day(anna: Browser, db: Database) -> None:
    for number in range(1000, 1050):
        details = {"dateWanted": "2026-11-09"} if number % 2 else {}
        await builders.make_order(db, str(number), details=details)
    await anna.get("/orders?sort=dateWanted")
    first = _numbers(anna)
    await anna.get(_links(anna)["next"])

    odd, even = ([str(n) for n in range(start, 1050, 2)] for start in (1001, 1000))
    assert first + _numbers(anna) == even + odd


@pytest.mark.parametrize("query", ["search=%00", "search=" + "9" * 21, "wantedFrom=yesterday", "customer=%ED%A0%80"])
async def test_what_cannot_be_is_said_and_finds_nothing(anna: Browser, db: Database, query: str) -> None:
    await _three(db)

    reply = await anna.get(f"/orders?{query}")

    assert reply.status in {200, 403}
    assert 'class="problem"' in anna.page
    assert _numbers(anna) == []


async def test_what_a_script_asks_for_is_the_list_alone(anna: Browser, db: Database) -> None:
    await _three(db)

    await anna.get("/orders?search=1001", swaps=True)

    assert _numbers(anna) == ["1001"]
    assert "<html" not in anna.page


async def test_markup_in_a_po_and_in_the_search_is_text(anna: Browser, db: Database) -> None:
    await builders.make_order(db, "1001", po="<b>1</b>")

    await anna.get("/orders?search=%3Cb%3E")

    assert _numbers(anna) == ["1001"]
    assert "&lt;b&gt;1&lt;/b&gt;" in anna.page
    assert 'value="&lt;b&gt;"' in anna.page
    assert "<b>1</b>" not in anna.page


async def test_the_floor_looks_but_is_offered_nothing(browser: Browser, db: Database) -> None:
    await make_person(db, "fred", "floor")
    await builders.make_order(db, "1001", cancelled_at=builders.EARLIER)
    await browser.sign_in("fred")
    await browser.get("/orders/1001")

    assert "/restore" not in browser.page
    assert "<select" not in browser.page
