"""GET /api/v2/orders: filters, order, window, whose orders, long lists."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from tests import builders
from tests.api import asgi
from tests.api.asgi import Client
from tests.api.conftest import MakeKey
from tests.builders import NOW, make_order, make_orders, make_station, scanned
from traylane.api import http as wire
from traylane.api.service import Service
from traylane.db.database import Database, Sql
from traylane.orders.listing import MOST_STREAMS, PAGE

PATH = "/api/v2/orders"
LONG = 1_200


def numbers(body: Any) -> list[str]:
    return [item["orderNumber"] for item in body["items"]]


async def found(portal: Client, query: str) -> tuple[int, list[str]]:
    """Total and order numbers of a list."""
    body = (await portal.get(f"{PATH}?{query}")).json()
    assert list(body) == ["total", "items"]
    return body["total"], numbers(body)


async def test_an_empty_laboratory_has_an_empty_list(portal: Client) -> None:
    reply = await portal.get(PATH)

    assert (reply.status, reply.body) == (200, b'{"total":0,"items":[]}')
    assert reply.header("content-type") == "application/json"


async def test_items_are_as_they_are_fetched(db: Database, portal: Client) -> None:
    await make_station(db, "GEN", description="GEN-1 GENERATOR")
    await make_order(
        db, "7", tray="00012", po="LOT", status="P", scans=[scanned("GEN")], details={"dateWanted": "2026-11-09"}
    )

    listed = (await portal.get(PATH)).json()

    assert listed == {"total": 1, "items": [(await portal.get(f"{PATH}/7")).json()]}
    assert list(listed["items"][0])[:3] == ["orderNumber", "trayNumber", "poNumber"]


async def test_everything_that_is_given_must_hold(db: Database, portal: Client) -> None:
    await make_order(db, "1", customer="7", status="P", scans=[scanned("GEN")])
    await make_order(db, "2", customer="7", status="P", scans=[scanned("GEN")], on_hold=True)
    await make_order(db, "3", customer="8", status="P", scans=[scanned("GEN")])
    await make_order(db, "4", customer="7", status="C", scans=[scanned("GEN")])
    await make_order(db, "5", customer="7", status="P", scans=[scanned("GEN")], cancelled_at=NOW)

    assert await found(portal, "customerNumber=7&currentStation=GEN") == (4, ["1", "2", "4", "5"])
    assert await found(portal, "customerNumber=7&currentStation=GEN&status=P") == (2, ["1", "5"])
    assert await found(portal, "currentStation=GEN&status=P&cancelled=false") == (2, ["1", "3"])
    assert await found(portal, "status=W") == (1, ["2"])
    assert await found(portal, "status=C&cancelled=true") == (0, [])


async def test_ranges_of_days_include_both_ends(db: Database, portal: Client) -> None:
    for number, day in (("1", "2026-11-01"), ("2", "2026-11-02"), ("3", "2026-11-03")):
        await make_order(db, number, details={"dateWanted": day, "dateOrdered": "2026-10-0" + number})
    await make_order(db, "4")

    assert await found(portal, "dateWantedFrom=2026-11-02") == (2, ["2", "3"])
    assert await found(portal, "dateWantedTo=2026-11-02") == (2, ["1", "2"])
    assert await found(portal, "dateWantedFrom=2026-11-02&dateWantedTo=2026-11-02") == (1, ["2"])
    assert await found(portal, "dateOrderedFrom=2026-10-02&dateWantedTo=2026-11-02") == (1, ["2"])
    assert await found(portal, "dateWantedFrom=2026-11-03&dateWantedTo=2026-11-01") == (0, [])


async def test_a_search_is_the_beginning_of_any_number(db: Database, portal: Client) -> None:
    await make_order(db, "331")
    await make_order(db, "2", po="331/A")
    await make_order(db, "3", details={"customerJobId": "331-J"})
    await make_order(db, "4", tray="33100")
    await make_order(db, "5", tray="33101", status="C")
    await make_order(db, "6", po="A331")

    assert await found(portal, "search=331") == (4, ["2", "3", "331", "4"])
    assert await found(portal, "search=331/") == (1, ["2"])


async def test_a_search_is_in_the_normal_form_of_stored_numbers(db: Database, portal: Client) -> None:
    await make_order(db, "1", po="Ägypten")

    assert await found(portal, "search=A%CC%88g") == (1, ["1"])


async def test_a_list_is_sorted_up_or_down(db: Database, portal: Client) -> None:
    await make_order(db, "1", details={"dateWanted": "2026-11-03"})
    await make_order(db, "2", details={"dateWanted": "2026-11-01"})
    await make_order(db, "3", details={"dateWanted": "2026-11-01"})
    await make_order(db, "4")

    assert (await found(portal, "sort=-orderNumber"))[1] == ["4", "3", "2", "1"]
    assert (await found(portal, "sort=dateWanted"))[1] == ["4", "2", "3", "1"]
    assert (await found(portal, "sort=-dateWanted"))[1] == ["1", "3", "2", "4"]


async def test_limit_and_offset_cut_the_list_and_not_the_total(db: Database, portal: Client) -> None:
    await make_orders(db, ["1", "2", "3"])

    assert await found(portal, "limit=2") == (3, ["1", "2"])
    assert await found(portal, "limit=2&offset=2") == (3, ["3"])
    assert await found(portal, "limit=0") == (3, [])
    assert await found(portal, "offset=1000000") == (3, [])


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ("status=X", "status must be U or V or P or C or W"),
        ("dateWantedFrom=2026-02-30", "dateWantedFrom must be a day, yyyy-mm-dd"),
        ("dateWantedFrom=20260203", "dateWantedFrom must be a day, yyyy-mm-dd"),
        ("cancelled=yes", "cancelled must be true or false"),
        ("search=", "search must not be empty"),
        ("search=0123456789012345678901", "search supports up to 21 characters"),
        ("limit=1000001", "limit must be a whole number from 0 to 1000000"),
        ("offset=-1", "offset must be a whole number from 0 to 1000000"),
        ("limit=1&limit=2", "limit is given more than once"),
    ],
)
async def test_what_is_wrong_with_a_filter(portal: Client, query: str, detail: str) -> None:
    reply = await portal.get(f"{PATH}?{query}")

    assert (reply.status, reply.json()) == (400, {"error": "Incorrect arguments provided", "details": [detail]})


async def test_a_search_that_fits_too_many_is_refused(
    db: Database, portal: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("traylane.orders.list_store.MOST_SEARCHED", 2)
    await make_orders(db, ["11", "12", "13", "2"])

    assert (await portal.get(f"{PATH}?search=1")).status == 400
    assert await found(portal, "search=12") == (1, ["12"])


async def test_a_customers_key_sees_its_own_orders_only(db: Database, http: Client, key: MakeKey) -> None:
    await make_order(db, "1", customer="7", po="LOT")
    await make_order(db, "2", customer="8", po="LOT")
    seven = http.using(await key("orders:read", customer="7"))

    assert await found(seven, "") == (1, ["1"])
    assert await found(seven, "search=LOT") == (1, ["1"])
    assert await found(seven, "customerNumber=8") == (0, [])
    assert await found(seven, "customerNumber=7&status=V&sort=-dateWanted") == (1, ["1"])


async def test_others_orders_do_not_make_a_customers_search_too_broad(
    db: Database, http: Client, key: MakeKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("traylane.orders.list_store.MOST_SEARCHED", 2)
    for number in ("11", "12", "13"):
        await make_order(db, number, customer="8")
    await make_order(db, "14", customer="7")

    assert await found(http.using(await key("orders:read", customer="7")), "search=1") == (1, ["14"])


async def test_a_list_needs_its_scope(http: Client, key: MakeKey) -> None:
    reply = await http.using(await key("orders:cancel")).get(PATH)

    assert (reply.status, reply.json()["details"]) == (403, ["Scope needed: orders:read"])


def a_thousand(total: int = LONG) -> list[str]:
    return [f"{n:05d}" for n in range(total)]


async def test_a_long_list_comes_in_pages_and_whole(db: Database, portal: Client) -> None:
    await make_orders(db, a_thousand())

    reply = await portal.get(PATH)

    assert reply.header("content-length") is None
    assert reply.json()["total"] == LONG
    assert numbers(reply.json()) == a_thousand()
    assert numbers((await portal.get(f"{PATH}?offset=100&limit=1001")).json()) == a_thousand()[100:1101]
    assert numbers((await portal.get(f"{PATH}?sort=-orderNumber")).json()) == a_thousand()[::-1]


async def test_a_head_of_a_long_list_has_no_body_and_leaves_its_place(db: Database, portal: Client) -> None:
    await make_orders(db, a_thousand())

    for _ in range(MOST_STREAMS + 1):
        reply = await portal.send("HEAD", PATH)
        assert (reply.status, reply.body) == (200, b"")


class Slow:
    """A client that reads a long list message by message, when it is told to."""

    def __init__(self, service: Service, secret: str, query: str = "") -> None:
        self.sent: list[Any] = []
        self.may_read = asyncio.Semaphore(0)
        self.gone = asyncio.Event()
        self._sent_more = asyncio.Event()
        headers = [("authorization", f"Bearer {secret}")]
        scope = asgi._scope("GET", f"{PATH}?{query}", headers, ("203.0.113.9", 50_000))
        self.task = asyncio.create_task(service(scope, self._receive, self._send))
        self._asked = False

    async def _receive(self) -> dict[str, Any]:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        self.sent.append(message)
        self._sent_more.set()
        await self.may_read.acquire()

    async def read(self, messages: int) -> None:
        """Take so many messages, and wait until there is one more or the end."""
        for _ in range(messages):
            self._sent_more.clear()
            self.may_read.release()
            await self.begun()

    async def begun(self) -> None:
        """Wait for a message, or for the end."""
        more = asyncio.ensure_future(self._sent_more.wait())
        await asyncio.wait({more, self.task}, return_when=asyncio.FIRST_COMPLETED)
        more.cancel()

    def body(self) -> Any:
        return msgspec.json.decode(b"".join(message.get("body", b"") for message in self.sent))


@pytest.fixture
def secret(key: MakeKey, runner: asyncio.Runner) -> str:
    return runner.run(key("orders:read"))


async def started(service: Service, secret: str) -> Slow:
    client = Slow(service, secret)
    await client.begun()
    return client


async def test_only_so_many_long_lists_at_a_time(db: Database, service: Service, secret: str) -> None:
    await make_orders(db, a_thousand(PAGE + 1))
    clients = [await started(service, secret) for _ in range(MOST_STREAMS)]
    portal = Client(service, secret)

    refused = await portal.get(PATH)
    short = await portal.get(f"{PATH}?limit={PAGE}")
    for client in clients:
        await client.read(10)
        await client.task
    again = await portal.get(PATH)

    assert (refused.status, refused.json()["error"], refused.header("retry-after")) == (503, "Service unavailable", "1")
    assert (short.status, again.status) == (200, 200)
    assert [client.body()["total"] for client in clients] == [PAGE + 1] * MOST_STREAMS


async def test_a_client_that_hangs_up_ends_its_list(db: Database, service: Service, secret: str) -> None:
    await make_orders(db, a_thousand())
    clients = [await started(service, secret) for _ in range(MOST_STREAMS)]

    for client in clients:
        client.gone.set()
        await client.read(2)
        await client.task

    assert [message["type"] for message in clients[0].sent].count("http.response.body") < 3
    assert (await Client(service, secret).get(PATH)).status == 200


async def test_a_client_that_does_not_read_loses_its_place(
    db: Database, service: Service, secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "SEND_SECONDS", 0.05)
    await make_orders(db, a_thousand())
    client = await started(service, secret)
    client.may_read.release()

    await client.task

    assert client.sent[-1]["more_body"]


SET_STATUS = Sql.same("UPDATE orders SET status = $2 WHERE order_number = $1")


async def test_changes_between_pages_lose_nothing_and_repeat_nothing(
    db: Database, service: Service, secret: str
) -> None:
    await make_orders(db, [number for number in a_thousand() if int(number) % 10 != 5])
    client = await started(service, secret)
    for page in range(4):
        # New ones before and behind the page that is read; some leave the list's other half meanwhile.
        await make_orders(db, [f"{n:05d}" for n in (5 + 10 * page, 1195 - 10 * page)])
        await builders.execute(db, SET_STATUS, f"{1190 - page:05d}", "C")
        await client.read(1)
    await client.read(10)
    await client.task

    listed = numbers(client.body())
    there_all_the_time = {number for number in a_thousand() if int(number) % 10 != 5}
    assert len(listed) == len(set(listed))
    assert there_all_the_time <= set(listed)
    assert client.body()["total"] == len(there_all_the_time)


async def test_a_list_that_breaks_off_is_not_whole_json(
    db: Database, service: Service, secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make_orders(db, a_thousand())
    client = await started(service, secret)
    await client.read(1)
    await builders.execute(db, Sql.same("ALTER TABLE order_details RENAME TO gone"))

    await client.read(10)
    await client.task

    assert client.sent[-1].get("more_body", False)
    with pytest.raises(msgspec.DecodeError):
        client.body()
