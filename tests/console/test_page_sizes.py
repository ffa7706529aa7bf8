"""Every page with its scripts and styles is small, however much there is to show."""

from __future__ import annotations

import re
from typing import Any, cast

from tests import builders
from tests.console.conftest import Browser
from traylane.console.pages import rows
from traylane.db.database import Database
from traylane.webhooks import store
from traylane.webhooks.model import DELIVERED, Delivery, Endpoint, Secret, Try

LARGEST = 100_000
_LINKED = re.compile(r'(?:src|href)="/static/([^"]+)"')
_HOOK = bytes(range(16))
FULL = {
    "/orders/{}": "/orders/100000",
    "/station/{}": "/station/S0",
    "/set-up/{}": "/set-up/customers",
    "/set-up/new/{}": "/set-up/new/addons",
    "/set-up/{}/{}": "/set-up/stations/S0",
    "/set-up/people/{}": "/set-up/people/boss",
    "/set-up/webhooks/{}": "/set-up/webhooks/00010203-0405-0607-0809-0a0b0c0d0e0f",
}
"""Where a path with something in it is looked at."""
OTHERS = {
    "/boards/recall/stream",
    "/boards/wip/stream",
    "/reports/csv/{}",
    "/set-up/sheets/{}",
    "/set-up/keys/{}",
    "/desk/{}",
}
"""Files, streams, one page that is as its list, and one that leads elsewhere."""


async def _much(db: Database) -> None:
    """As many of everything as a page shows of it, with long texts."""
    for number in range(120):
        await builders.make_customer(db, f"{10_000_000 + number}")
    for number in range(40):
        await builders.make_station(db, f"S{number}", description="A description of forty characters: long.")
        await builders.make_reason(db, f"REASON-{number}", "A description of forty characters: long.")
    scans = [builders.scanned(f"S{number % 40}") for number in range(150)]
    gone: dict[str, Any] = {"cancelled_at": builders.EARLIER, "cancel_reason": "REASON-1", "scans": scans[:2]}
    await builders.make_order(db, "100000", tray="99999", po="P" * 20, status="P", scans=scans)
    for number in range(1, 60):
        po = f"{number:020d}"
        await builders.make_order(db, f"{100_000 + number}", tray=str(number), po=po, status="P", **gone)
    for number in range(60, 80):
        await builders.make_order(db, f"{100_000 + number}", tray=str(number), po="SAME", scans=scans[:1])
    for number in range(80):
        await builders.make_key(db, f"program-{number}", scopes=("orders:read", "orders:cancel", "reports:read"))
    hook = Endpoint(
        id=_HOOK,
        url="https://shop.example/" + "x" * 400,
        description="d" * 100,
        types=(),
        customer=None,
        staff=False,
        secrets=(Secret("whsec_AAAA"),),
        position=0,
        created_at=builders.NOW,
    )
    tries = (Try(at=builders.NOW, ms=5, status=200, answer="a" * 200),)
    sent = [
        Delivery(endpoint=_HOOK, position=n, event=_HOOK, state=DELIVERED, next_at=None, tried=1, tries=tries)
        for n in range(60)
    ]
    await db.write(lambda tx: store.insert(tx, hook))
    await db.write(lambda tx: store.keep(tx, sent))


async def _size(browser: Browser, path: str) -> int:
    """A page's bytes with those of everything that it needs."""
    reply = await browser.get(path)
    assert reply.status == 200, path
    needed = set(_LINKED.findall(reply.body.decode()))
    return len(reply.body) + sum([len((await browser.get(f"/static/{name}")).body) for name in needed])


async def test_no_page_is_larger_than_a_hundred_kilobytes(boss: Browser, db: Database) -> None:
    await _much(db)
    paths = {row.path for row in rows(cast(Any, None), cast(Any, None)) if row.method == "GET"} - OTHERS
    asked = [FULL.get(path, path) for path in sorted(paths)] + ["/?scan=100000", "/?scan=SAME", "/reports?days=92"]

    sizes = {path: await _size(boss, path) for path in asked}

    assert {path: size for path, size in sizes.items() if size >= LARGEST} == {}
    assert min(sizes.values()) > 5_000  # a page without its styles is none
