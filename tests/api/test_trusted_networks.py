"""Networks whose requests need no key (contract: Access)."""

from __future__ import annotations

import pytest

from tests.api.asgi import Client
from tests.api.conftest import MakeKey
from tests.builders import (
    NOW,
    make_key,
    make_order,
    order,
    set_setting,
)
from traylane.access import keys
from traylane.access.actor import COMMAND_LINE
from traylane.app import App
from traylane.config import Config
from traylane.db.database import Database
from traylane.policy.catalogue import TRUSTED_NETWORKS

ORDER = "/api/v2/orders/72544"

FLOOR = ("192.168.7.20", 50_000)
OUTSIDE = ("192.168.8.1", 50_000)


async def _trusted_floor(db: Database, *, scopes: tuple[str, ...] = ("orders:cancel",)) -> str:
    await make_order(db, "72544")
    _, secret = await make_key(db, "floor", scopes=scopes)
    await set_setting(db, TRUSTED_NETWORKS, ["192.168.7.0/24 = floor", "2001:db8::/32 = floor"])
    return secret


@pytest.mark.parametrize("address", ["192.168.7.20", "2001:db8::7", "::ffff:192.168.7.20"])
async def test_a_keyless_request_from_the_network_acts_as_the_named_key(
    db: Database, http: Client, address: str
) -> None:
    await _trusted_floor(db)
    reply = await http.delete(ORDER, client=(address, 50_000))
    assert reply.status == 200
    assert reply.json()["cancellation"]["actor"] == "floor"


@pytest.mark.parametrize(
    "address", ["192.168.8.1", "2001:db9::1", "::1", "127.0.0.1", "::ffff:192.168.8.1", "unix:", ""]
)
async def test_a_keyless_request_from_outside_is_401(db: Database, http: Client, address: str) -> None:
    await _trusted_floor(db)
    assert (await http.delete(ORDER, client=(address, 50_000))).status == 401
    assert (await http.delete(ORDER, client=None)).status == 401


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "X-Client-IP", "True-Client-IP"])
async def test_a_header_does_not_make_a_request_come_from_the_network(db: Database, http: Client, header: str) -> None:
    await _trusted_floor(db)
    reply = await http.delete(ORDER, client=OUTSIDE, headers={header: "192.168.7.20"})
    assert reply.status == 401


async def test_a_bad_key_from_the_network_is_401(db: Database, http: Client) -> None:
    await _trusted_floor(db)
    for value in ("Bearer nonsense", "Bearer ", "Basic x", f"Bearer {keys.new_secret()}"):
        assert (await http.delete(ORDER, client=FLOOR, headers={"Authorization": value})).status == 401


async def test_a_key_from_the_network_acts_as_itself(db: Database, http: Client, key: MakeKey) -> None:
    await _trusted_floor(db)
    client = http.using(await key("orders:cancel", name="portal"))
    assert (await client.delete(ORDER, client=FLOOR)).json()["cancellation"]["actor"] == "portal"


async def test_the_network_may_do_what_the_named_key_may(db: Database, http: Client) -> None:
    await _trusted_floor(db, scopes=("orders:read",))
    assert (await http.get(ORDER, client=FLOOR)).status == 200
    assert (await http.delete(ORDER, client=FLOOR)).status == 403


async def test_a_network_whose_named_key_was_revoked_is_401(db: Database, http: Client) -> None:
    await _trusted_floor(db)
    assert (await http.delete("/api/v2/orders/9", client=FLOOR)).status == 404
    await _revoke(db, "floor")
    assert (await http.delete(ORDER, client=FLOOR)).status == 401


async def test_a_network_that_is_no_longer_trusted_is_401_on_the_next_request(db: Database, http: Client) -> None:
    await _trusted_floor(db)
    assert (await http.delete("/api/v2/orders/9", client=FLOOR)).status == 404
    await set_setting(db, TRUSTED_NETWORKS, [])
    assert (await http.delete(ORDER, client=FLOOR)).status == 401
    assert not (await order(db, "72544")).is_cancelled


async def test_a_network_without_such_a_key_is_401(db: Database, http: Client) -> None:
    await make_order(db, "72544")
    await set_setting(db, TRUSTED_NETWORKS, ["192.168.7.0/24 = floor"])
    assert (await http.delete(ORDER, client=FLOOR)).status == 401


async def test_networks_are_off_by_default(db: Database, http: Client, key: MakeKey) -> None:
    await key("admin")
    assert (await http.get(ORDER, client=("127.0.0.1", 50_000))).status == 401


async def test_trusted_networks_are_said_at_start(
    db: Database, database_url: str, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    await _trusted_floor(db)
    app = App(Config(database=database_url))
    await app.start()
    await app.stop()
    said = capfdbinary.readouterr().err
    assert b'"level":"warning","event":"trusted_network","network":"192.168.7.0/24","acts_as":"floor"}' in said
    assert b'"level":"warning","event":"trusted_network","network":"2001:db8::/32","acts_as":"floor"}' in said


async def test_a_service_without_keys_says_so_at_start(
    database_url: str, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    app = App(Config(database=database_url))
    await app.start()
    assert (await Client(app).get(ORDER)).status == 401
    await app.stop()
    assert (
        b'"level":"warning","event":"no_keys","hint":"No access key exists: every request gets 401. '
        b'`traylane keys create`"}'
    ) in capfdbinary.readouterr().err


async def _revoke(db: Database, name: str) -> None:
    await db.write(lambda tx: keys.revoke(tx, provided=name, actor=COMMAND_LINE, now=NOW))
