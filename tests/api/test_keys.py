"""GET, POST /api/v2/keys and DELETE /api/v2/keys/{id}: shown once, dead at once."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.asgi import Client
from tests.api.conftest import MakeKey
from tests.builders import count, execute, make_customer, make_order
from traylane.db.database import Database, Sql

KEYS = "/api/v2/keys"
WANTED = {"name": "shop", "scopes": ["orders:read", "orders:cancel"], "customerNumber": "1001", "rate": 600}


async def boss(http: Client, key: MakeKey) -> Client:
    return http.using(await key("admin", name="boss"))


async def test_a_key_that_was_created_lets_in_and_a_revoked_one_does_not(
    db: Database, http: Client, key: MakeKey
) -> None:
    client = await boss(http, key)
    await make_customer(db, "1001")
    await make_order(db, "1")

    made = await client.post(KEYS, json=WANTED)

    secret, id_ = made.json()["secret"], made.json()["id"]
    assert (made.status, made.json()["hint"]) == (201, secret[-4:])
    assert (await http.using(secret).get("/api/v2/orders/1")).status == 200
    revoked = await client.delete(f"{KEYS}/{id_}")
    assert (revoked.status, revoked.json()["revokedDateTime"]) == (200, "2026-11-02T09:15:00.000Z")
    assert (await http.using(secret).get("/api/v2/orders/1")).status == 401


async def test_a_list_shows_every_key_and_no_secret(db: Database, http: Client, key: MakeKey) -> None:
    client = await boss(http, key)
    await make_customer(db, "1001")
    made = (await client.post(KEYS, json={**WANTED, "expiresDateTime": "2027-01-01T00:00:00.000Z"})).json()

    reply = await client.get(KEYS)

    assert reply.json()["items"][1] == {
        "id": made["id"],
        "name": "shop",
        "hint": made["secret"][-4:],
        "scopes": ["orders:cancel", "orders:read"],
        "customerNumber": "1001",
        "rate": 600,
        "createdDateTime": "2026-11-02T09:15:00.000Z",
        "expiresDateTime": "2027-01-01T00:00:00.000Z",
        "revokedDateTime": None,
    }
    assert made["secret"] not in reply.body.decode()


async def test_a_repeated_creation_makes_one_key_and_shows_its_secret_once(
    db: Database, http: Client, key: MakeKey
) -> None:
    client = await boss(http, key)
    sent: dict[str, Any] = {"json": {"name": "shop", "scopes": ["orders:read"]}, "headers": {"Idempotency-Key": "k"}}

    first, again = await client.post(KEYS, **sent), await client.post(KEYS, **sent)

    assert again.json() == first.json() | {"secret": None}
    assert (again.status, again.header("idempotent-replayed")) == (201, "true")
    assert await count(db, "keys") == 2
    kept = await execute(db, Sql.same("SELECT answer FROM answers"))
    assert first.json()["secret"].encode() not in bytes(kept[0][0])


@pytest.mark.parametrize(
    ("changed", "error", "details"),
    [
        ({"scopes": []}, "Incorrect arguments provided", ["scopes is not valid"]),
        ({"scopes": ["orders:fly"]}, "Incorrect arguments provided", ["unknown scope: orders:fly"]),
        ({"rate": 0}, "Incorrect arguments provided", ["rate is less than 1"]),
        ({"customerNumber": "9"}, "Incorrect arguments provided", ["customer 9 does not exist"]),
        (
            {"expiresDateTime": "2020-01-01T00:00:00.000Z"},
            "Incorrect arguments provided",
            ["the expiry is in the past"],
        ),
        (
            {"expiresDateTime": "2027-13-01T00:00:00.000Z"},
            "Incorrect arguments provided",
            ["expiresDateTime is not a date-time"],
        ),
        ({"name": "boss"}, "Two live keys exist for this name: revoke one first", []),
    ],
)
async def test_a_key_that_cannot_be_is_refused(
    db: Database, http: Client, key: MakeKey, changed: dict[str, Any], error: str, details: list[str]
) -> None:
    client = await boss(http, key)
    await key("admin", name="boss")

    reply = await client.post(KEYS, json={"name": "shop", "scopes": ["orders:read"], **changed})

    assert (reply.status, reply.json()["error"]) == (400, error)
    assert reply.json()["details"] == details
    assert await count(db, "keys") == 2


@pytest.mark.parametrize("id_", ["shop", "boss", "019a4342-ab80-7c4a-9d21-b0d6c5e1f7a4", "%FF"])
async def test_only_the_id_of_a_live_key_revokes_it(db: Database, http: Client, key: MakeKey, id_: str) -> None:
    reply = await (await boss(http, key)).delete(f"{KEYS}/{id_}")

    assert (reply.status, reply.json()["error"]) == (404, "No such live key")
    assert await count(db, "events") == 1
