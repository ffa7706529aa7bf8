"""How many requests a key may make (contract: Access)."""

from __future__ import annotations

from tests.api.asgi import Client
from tests.api.conftest import MakeKey, Watch
from tests.builders import (
    make_order,
    order,
)
from traylane.db.database import Database

ORDER = "/api/v2/orders/72544"


async def test_a_rate_is_told_with_every_answer(db: Database, http: Client, key: MakeKey) -> None:
    await make_order(db, "72544")
    client = http.using(await key("orders:read", rate=60))
    replies = [await client.get(ORDER) for _ in range(2)]
    assert [reply.header("ratelimit-policy") for reply in replies] == ['"key";q=60;w=60'] * 2
    assert [reply.header("ratelimit") for reply in replies] == ['"key";r=59;t=0', '"key";r=58;t=0']


async def test_without_a_rate_nothing_is_told(db: Database, portal: Client) -> None:
    reply = await portal.get(ORDER)
    assert (reply.header("ratelimit"), reply.header("ratelimit-policy")) == (None, None)


async def test_an_empty_bucket_is_429_and_nothing_is_done(db: Database, http: Client, key: MakeKey) -> None:
    await make_order(db, "72544")
    client = http.using(await key("orders:cancel", rate=2))
    for _ in range(2):
        await client.delete("/api/v2/orders/9999999")
    reply = await client.delete(ORDER)
    assert (reply.status, reply.body) == (429, b'{"error":"Too many requests","details":[]}')
    assert reply.header("retry-after") == "30"
    assert reply.header("ratelimit-policy") == '"key";q=2;w=60'
    assert reply.header("ratelimit") == '"key";r=0;t=30'
    assert not (await order(db, "72544")).is_cancelled


async def test_the_bucket_fills_steadily_and_to_the_brim_only(
    db: Database, http: Client, key: MakeKey, watch: Watch
) -> None:
    await make_order(db, "72544")
    client = http.using(await key("orders:read", rate=2))
    heard = [(await client.get(ORDER)).status for _ in range(3)]
    watch.pass_(29_999)
    heard.append((await client.get(ORDER)).status)
    watch.pass_(1)
    heard += [(await client.get(ORDER)).status for _ in range(2)]
    watch.pass_(3_600_000)
    heard += [(await client.get(ORDER)).status for _ in range(3)]
    assert heard == [200, 200, 429, 429, 200, 429, 200, 200, 429]


async def test_each_key_has_its_own_bucket(db: Database, http: Client, key: MakeKey) -> None:
    await make_order(db, "72544")
    one = http.using(await key("orders:read", rate=1, name="portal"))
    other = http.using(await key("orders:read", rate=1, name="portal"))
    assert [(await client.get(ORDER)).status for client in (one, other, one, other)] == [200, 200, 429, 429]


async def test_refused_requests_count_too(db: Database, http: Client, key: MakeKey) -> None:
    client = http.using(await key("orders:read", rate=1))
    assert [(await client.delete(ORDER)).status for _ in range(2)] == [403, 429]
