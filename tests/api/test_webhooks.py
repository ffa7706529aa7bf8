"""/api/v2/webhooks: endpoints that are told what happens."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.asgi import Client
from tests.api.conftest import MakeKey
from tests.builders import make_order
from tests.events.test_seal import sealed
from tests.webhooks.receiver import receiving
from traylane.db.database import Database
from traylane.orders.desk import Desk
from traylane.webhooks.dispatch import Dispatcher

ALL = "/api/v2/webhooks"
SHOP = {"url": "https://shop.example/hooks", "types": ["order.cancelled"], "description": "The shop"}


async def _admin(http: Client, key: MakeKey) -> Client:
    return http.using(await key("admin", "orders:cancel", name="admin"))


async def _made(client: Client, **more: Any) -> dict[str, Any]:
    reply = await client.post(ALL, json={**SHOP, **more})
    assert reply.status == 201, reply.body
    answer: dict[str, Any] = reply.json()
    return answer


async def test_an_endpoint_is_made_and_its_secret_shown_once(http: Client, key: MakeKey) -> None:
    client = await _admin(http, key)
    made = await _made(client)
    shown = (await client.get(f"{ALL}/{made['id']}")).json()
    assert made.pop("secret").startswith("whsec_")
    assert shown == made
    assert shown == {
        "id": made["id"],
        "url": "https://shop.example/hooks",
        "description": "The shop",
        "types": ["order.cancelled"],
        "customerNumber": None,
        "includeStaff": False,
        "enabled": True,
        "disabledDateTime": None,
        "disabledReason": "",
        "failingSinceDateTime": None,
        "createdDateTime": "2026-11-02T09:15:00.000Z",
    }
    assert (await client.get(ALL)).json() == {"total": 1, "items": [shown]}


async def test_a_repetition_does_not_show_the_secret_again(http: Client, key: MakeKey) -> None:
    client = await _admin(http, key)
    again = {"idempotency-key": "k1"}
    first = await client.post(ALL, json=SHOP, headers=again)
    second = await client.post(ALL, json=SHOP, headers=again)
    assert first.json()["secret"] is not None
    assert second.json() == {**first.json(), "secret": None}
    assert (await client.get(ALL)).json()["total"] == 1


@pytest.mark.parametrize(
    ("change", "detail"),
    [
        ({"url": "http://shop.example/"}, "url must begin with https://; http is for hosts that the laboratory allows"),
        ({"url": "https://10.0.0.1/"}, "url has a private address"),
        ({"url": "ftp://shop.example/"}, "url must be like https://shop.example/hooks"),
        ({"url": "https://a:b@shop.example/"}, "url must have neither a user nor a fragment"),
        ({"types": ["order.canceled"]}, "unknown event type order.canceled"),
        ({"url": ""}, "url must not be empty"),
        ({"url": "https://shop.example/" + "x" * 500}, "url supports up to 500 characters"),
        ({"colour": "red"}, "unknown property colour"),
    ],
)
async def test_bad_endpoints_are_refused(http: Client, key: MakeKey, change: dict[str, Any], detail: str) -> None:
    client = await _admin(http, key)
    reply = await client.post(ALL, json={**SHOP, **change})
    assert (reply.status, reply.json()["error"]) == (400, "Incorrect arguments provided")
    assert reply.json()["details"][0].startswith(detail)


async def test_it_is_changed_switched_off_and_on_and_deleted(http: Client, key: MakeKey) -> None:
    client = await _admin(http, key)
    one = f"{ALL}/{(await _made(client))['id']}"
    off = (await client.send("PATCH", one, json={"enabled": False, "description": "old"})).json()
    on = (await client.send("PATCH", one, json={"enabled": True})).json()
    gone = await client.delete(one)
    assert (off["enabled"], off["disabledReason"], off["description"]) == (False, "switched off", "old")
    assert (on["enabled"], on["disabledReason"], on["disabledDateTime"]) == (True, "", None)
    assert (gone.status, (await client.get(one)).status, (await client.delete(one)).status) == (200, 404, 404)


async def test_a_rotated_secret_is_another_one(http: Client, key: MakeKey) -> None:
    client = await _admin(http, key)
    made = await _made(client)
    rotated = await client.post(f"{ALL}/{made['id']}/secret")
    assert rotated.status == 201
    assert rotated.json()["secret"] not in {None, made["secret"]}


@pytest.mark.parametrize("given", ["x", "019a4342-ab80-7c4a-9d21-b0d6c5e1f7ff", "019A4342-AB80-7C4A-9D21-B0D6C5E1F7FF"])
async def test_an_endpoint_that_is_not_there_is_404(http: Client, key: MakeKey, given: str) -> None:
    client = await _admin(http, key)
    reply = await client.get(f"{ALL}/{given}")
    assert (reply.status, reply.json()) == (404, {"error": "No record found", "details": [f"Provided: {given}"]})


async def test_another_customers_endpoint_does_not_exist(http: Client, key: MakeKey) -> None:
    admin = await _admin(http, key)
    theirs = http.using(await key("webhooks:write", customer="2002"))
    other = f"{ALL}/{(await _made(admin, customerNumber='1001'))['id']}"
    absent = f"{ALL}/019a4342-ab80-7c4a-9d21-b0d6c5e1f7ff"
    for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/secret"), ("GET", "/deliveries")):
        found, missing = await theirs.send(method, other + path), await theirs.send(method, absent + path)
        assert found.status == missing.status == 404
        assert found.body.replace(other[-36:].encode(), b"") == missing.body.replace(absent[-36:].encode(), b"")
    assert (await theirs.get(ALL)).json()["total"] == 0


async def test_a_customers_key_makes_endpoints_for_its_customer(http: Client, key: MakeKey) -> None:
    theirs = http.using(await key("webhooks:write", customer="2002"))
    made = await _made(theirs, includeStaff=True)
    refused = await theirs.post(ALL, json={**SHOP, "customerNumber": "1001"})
    assert (made["customerNumber"], made["includeStaff"]) == ("2002", False)
    assert refused.json()["details"] == ["customer must be the key's own"]


async def test_events_of_the_set_up_need_the_right_to_read_it(http: Client, key: MakeKey) -> None:
    client = http.using(await key("webhooks:write"))
    reply = await client.post(ALL, json={**SHOP, "types": ["setup.changed"]})
    assert (reply.status, reply.json()["details"]) == (403, ["Scope needed: setup:read"])


async def test_what_was_sent_is_shown_and_sent_again(db: Database, desk: Desk, http: Client, key: MakeKey) -> None:
    client = await _admin(http, key)
    await client.send("PUT", "/api/v2/settings/Webhooks%3APrivate%20hosts", json={"value": ["127.0.0.1"]})

    async def allowed() -> frozenset[str]:
        return (await desk.rulebook.refresh(db)).policy.webhook_hosts

    async with receiving() as receiver:
        one = f"{ALL}/{(await _made(client, url=receiver.url))['id']}"
        await make_order(db, "72544")
        await client.delete("/api/v2/orders/72544")
        await sealed(db)
        dispatcher = Dispatcher(db, desk.feed, desk.clock, allowed=allowed)
        await dispatcher.turn()
        [sent] = (await client.get(f"{one}/deliveries")).json()["items"]
        replayed = await client.post(f"{one}/replay", json={"first": sent["cursor"], "last": sent["cursor"]})
        await dispatcher.turn()
        await dispatcher.close()
        [again] = (await client.get(f"{one}/deliveries")).json()["items"]
    assert (sent["state"], [t["status"] for t in sent["tries"]]) == ("delivered", [204])
    assert (replayed.json(), len(again["tries"])) == ({"count": 1}, 2)
    assert [got.headers["webhook-id"] for got in receiver.got] == [sent["messageId"]] * 2


@pytest.mark.parametrize(
    ("first", "last", "detail"),
    [
        ("x", "1.1", "first must be a cursor that the feed gave"),
        ("1.2", "1.1", "last must not be before first, nor more than 10000 events after it"),
        ("1.1", "1.10002", "last must not be before first, nor more than 10000 events after it"),
    ],
)
async def test_a_bad_range_is_refused(http: Client, key: MakeKey, first: str, last: str, detail: str) -> None:
    client = await _admin(http, key)
    one = f"{ALL}/{(await _made(client))['id']}"
    reply = await client.post(f"{one}/replay", json={"first": first, "last": last})
    assert (reply.status, reply.json()["details"]) == (400, [detail])


@pytest.mark.parametrize(
    ("headers", "status"),
    [({}, 410), ({"if-match": "0"}, 400), ({"idempotency-key": ""}, 400)],
)
async def test_a_range_of_another_feed_is_gone_once_the_request_is_sound(
    http: Client, key: MakeKey, headers: dict[str, str], status: int
) -> None:
    client = await _admin(http, key)
    one = f"{ALL}/{(await _made(client))['id']}"
    reply = await client.post(f"{one}/replay", headers=headers, json={"first": "mvyp4q50.7", "last": "mvyp4q50.7"})
    assert reply.status == status
