"""The set-up over HTTP: settings, every kind of rows, stations (contract: Set-up)."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import msgspec
import pytest

from tests.api.asgi import Client, Reply
from tests.api.conftest import MakeKey
from tests.builders import count, execute, make_order, make_reason, make_station
from traylane.db.database import Database, Sql
from traylane.policy.catalogue import ORDER_NUMBER_LENGTH, REASON_REQUIRED, SETTINGS, TRUSTED_NETWORKS

API = "/api/v2"
ROWS: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    (
        "delete_reasons",
        "CUS",
        {"desc": "Customer request"},
        {"code": "CUS", "desc": "Customer request", "allowsOverride": False, "active": True},
    ),
    ("customers", "1001", {"name": "Sample Optics"}, {"number": "1001", "name": "Sample Optics", "active": True}),
    (
        "addons",
        "SRC",
        {"desc": "Scratch coat", "requiresHarden": True},
        {
            "code": "SRC",
            "desc": "Scratch coat",
            "excludeFromRxSite": False,
            "externalCode": "",
            "isAR": False,
            "isBackside": False,
            "isMirror": False,
            "isTint": False,
            "isUV": False,
            "requiresDropBall": False,
            "requiresEtching": False,
            "requiresHarden": True,
            "requiresPolish": False,
            "requires": [],
            "active": True,
        },
    ),
    ("breakages", "SCRATCH", {"desc": "Scratched"}, {"code": "SCRATCH", "desc": "Scratched", "active": True}),
    ("employees", "TS", {"name": "Tal Surname"}, {"code": "TS", "name": "Tal Surname", "active": True}),
]
"""Path, code, the least that a new row needs, and what is answered."""


def path_of(setting: str) -> str:
    return f"{API}/settings/{quote(setting, safe='')}"


async def clerk(http: Client, key: MakeKey) -> Client:
    return http.using(await key("setup:read", "setup:write", name="clerk"))


async def changes(db: Database) -> list[dict[str, Any]]:
    rows = await execute(db, Sql.same("SELECT data FROM events WHERE type = 'setup.changed' ORDER BY seq"))
    return [change for row in rows for change in msgspec.json.decode(row[0])["changes"]]


def outcome(reply: Reply) -> tuple[int, str, list[str]]:
    body = reply.json()
    return reply.status, body["error"], body["details"]


@pytest.mark.parametrize(("path", "code", "least", "whole"), ROWS)
async def test_a_row_is_set_up_fetched_and_listed(
    http: Client, key: MakeKey, path: str, code: str, least: dict[str, Any], whole: dict[str, Any]
) -> None:
    client = await clerk(http, key)

    put = await client.put(f"{API}/{path}/{code}", json=least)
    one, many = await client.get(f"{API}/{path}/{code}"), await client.get(f"{API}/{path}")

    assert (put.status, put.json()) == (200, whole)
    assert list(one.json().items()) == list(whole.items())
    assert many.json() == {"total": 1, "items": [whole]}
    assert put.header("etag") == one.header("etag") == many.header("etag")


@pytest.mark.parametrize(("path", "code", "least", "whole"), ROWS)
async def test_the_same_again_is_no_change_and_what_is_left_out_gets_its_default(
    db: Database, http: Client, key: MakeKey, path: str, code: str, least: dict[str, Any], whole: dict[str, Any]
) -> None:
    client = await clerk(http, key)
    await client.put(f"{API}/{path}/{code}", json={**least, "active": False})
    await client.put(f"{API}/{path}/{code}", json={**least, "active": False})
    assert len(await changes(db)) == 1

    revived = await client.put(f"{API}/{path}/{code}", json=least)

    assert revived.json() == whole
    assert (await changes(db))[1] == {
        "kind": "reasons" if path == "delete_reasons" else path,
        "code": code,
        "before": {"active": False},
        "after": {"active": True},
    }


async def test_names_of_people_and_shops_stay_out_of_events(db: Database, http: Client, key: MakeKey) -> None:
    client = await clerk(http, key)
    await client.put(f"{API}/employees/TS", json={"name": "Tal Surname"})
    await client.put(f"{API}/customers/1001", json={"name": "Sample Optics"})
    await client.put(f"{API}/job_track/stations/TAL", json={"desc": "Tal Surname", "operator": True})

    told = repr(await execute(db, Sql.same("SELECT data FROM events")))
    assert "withheld" in told
    assert "Surname" not in told
    assert "Sample" not in told


@pytest.mark.parametrize(
    ("path", "code", "body", "problem"),
    [
        ("delete_reasons", "CUS", {}, "desc is missing"),
        ("delete_reasons", "CUS", {"desc": "d" * 41}, "desc supports up to 40 characters"),
        ("delete_reasons", "CUS", {"desc": "a\tb"}, "desc must have at most 40 printable characters"),
        ("delete_reasons", "CUS", {"desc": "x", "active": "yes"}, "active is not true or false"),
        ("delete_reasons", "CUS", {"desc": "x", "dsc": "y"}, "unknown property dsc; did you mean desc?"),
        ("delete_reasons", "R" * 21, {"desc": "x"}, "code must have 1 to 20 printable characters"),
        ("delete_reasons", "%20CUS", {"desc": "x"}, "code must not begin or end with a blank"),
        ("employees", "TAL", {"name": "x"}, "code must have 1 to 2 printable characters"),
        ("breakages", "SCRATCHE", {"desc": "x"}, "code must have 1 to 7 printable characters"),
        ("customers", "123456789", {"name": "x"}, "number must have 1 to 8 printable characters"),
        ("job_track/stations", "GEN", {"desc": "x", "sequence": 10_000}, "sequence is more than 9999"),
    ],
)
async def test_a_row_that_cannot_be_is_refused(
    db: Database, http: Client, key: MakeKey, path: str, code: str, body: dict[str, Any], problem: str
) -> None:
    reply = await (await clerk(http, key)).put(f"{API}/{path}/{code}", json=body)

    assert outcome(reply) == (400, "Incorrect arguments provided", [problem])
    assert await changes(db) == []


@pytest.mark.parametrize("path", ["delete_reasons", "customers", "addons", "breakages", "employees"])
async def test_a_row_that_is_not_there_is_404(http: Client, key: MakeKey, path: str) -> None:
    reply = await (await clerk(http, key)).get(f"{API}/{path}/A%2F1")
    assert outcome(reply) == (404, "No record found", ["Provided: A/1"])


async def test_a_retired_reason_is_no_reason_any_more_and_still_explains(
    db: Database, http: Client, key: MakeKey, portal: Client
) -> None:
    client = await clerk(http, key)
    await client.put(path_of(REASON_REQUIRED), json={"value": True})
    await make_reason(db, "CUS")
    await make_order(db, "1")
    await make_order(db, "2")
    await portal.delete(f"{API}/orders/1?deleteReason=CUS")

    retired = await client.delete(f"{API}/delete_reasons/CUS")

    assert (retired.status, retired.json()["active"]) == (200, False)
    assert (await portal.delete(f"{API}/orders/2?deleteReason=CUS")).json()[
        "error"
    ] == "The delete reasons file is empty"
    assert (await portal.get(f"{API}/orders/1")).json()["cancellation"]["reasonDesc"] == "Reason CUS"
    assert (await client.put(f"{API}/delete_reasons/CUS", json={"desc": "Again"})).json()["active"] is True
    assert (await portal.delete(f"{API}/orders/2?deleteReason=CUS")).status == 200


async def test_retiring_what_is_not_there_is_404(http: Client, key: MakeKey) -> None:
    reply = await (await clerk(http, key)).delete(f"{API}/delete_reasons/CUS")
    assert outcome(reply) == (404, "No record found", ["Provided: CUS"])


async def test_a_station_is_set_up_and_counts_from_the_next_request_on(
    db: Database, http: Client, key: MakeKey, portal: Client
) -> None:
    client = await clerk(http, key)
    await make_order(db, "1")
    put = await client.put(f"{API}/job_track/stations/GEN", json={"desc": "GENERATOR", "sequence": 30})
    await portal.post(f"{API}/job_track/stations/GEN", json={"orderIdentifier": "1"})

    await client.put(f"{API}/job_track/stations/GEN", json={"desc": "GENERATOR", "sequence": 30, "nonCancel": True})

    assert put.json() == (await portal.get(f"{API}/job_track/stations/GEN")).json() | {"nonCancel": False}
    assert (await portal.delete(f"{API}/orders/1")).json()["error"] == "Order has been through a non-cancel station"
    assert (await changes(db))[1]["before"] == {"nonCancel": False}


async def test_a_code_is_a_station_or_an_operator_for_good(db: Database, http: Client, key: MakeKey) -> None:
    client = await clerk(http, key)
    await make_station(db, "RCV")

    reply = await client.put(f"{API}/job_track/stations/RCV", json={"desc": "x", "operator": True})

    said = ['"RCV" is set up in stations and cannot be in operators too']
    assert outcome(reply) == (400, "The set-up was not changed", said)


async def test_a_whole_number_may_be_written_with_a_point(http: Client, key: MakeKey) -> None:
    body = b'{"desc": "x", "sequence": 3.0}'
    headers = {"content-type": "application/json"}
    reply = await (await clerk(http, key)).put(f"{API}/job_track/stations/GEN", body=body, headers=headers)
    assert (reply.status, reply.json()["sequence"]) == (200, 3)


async def test_an_operator_has_a_description_and_no_place_in_the_line(http: Client, key: MakeKey) -> None:
    client = await clerk(http, key)
    strange = await client.put(f"{API}/job_track/stations/TAL", json={"desc": "x", "operator": True, "sequence": 3})
    fine = await client.put(f"{API}/job_track/stations/TAL", json={"desc": "x", "operator": True})

    assert outcome(strange) == (400, "The set-up was not changed", ["sequence is not for operators"])
    assert (fine.status, fine.json()["operator"]) == (200, True)


async def test_a_setting_is_fetched_changed_and_told(db: Database, http: Client, key: MakeKey) -> None:
    client = await clerk(http, key)

    put = await client.put(path_of(REASON_REQUIRED), json={"value": True})

    assert put.json() == {
        "name": "Orders1:Enter reason code when deleting order",
        "value": True,
        "default": False,
        "type": "switch",
        "unit": "",
        "help": "A cancel needs an active delete reason. Off: a reason that comes is ignored and not stored.",
        "adminOnly": False,
    }
    assert (await client.get(path_of(REASON_REQUIRED))).json() == put.json()
    assert await changes(db) == [
        {"kind": "settings", "code": REASON_REQUIRED, "before": {"value": False}, "after": {"value": True}}
    ]


async def test_all_settings_are_listed_in_the_order_of_the_catalogue(http: Client, key: MakeKey) -> None:
    body = (await (await clerk(http, key)).get(f"{API}/settings")).json()
    assert body["total"] == len(SETTINGS)
    assert [item["name"] for item in body["items"]] == [setting.name for setting in SETTINGS]


async def test_an_unknown_setting_is_404_and_names_the_nearest(http: Client, key: MakeKey) -> None:
    client = await clerk(http, key)
    for reply in (
        await client.get(path_of("modules:job traker")),
        await client.put(path_of("Modules:Job"), json={"value": 1}),
    ):
        assert (reply.status, reply.json()["details"][1]) == (404, 'Did you mean "Modules:Job Tracker"?')


@pytest.mark.parametrize(
    ("name", "value", "error", "problem"),
    [
        (REASON_REQUIRED, "yes", "Incorrect arguments provided", "value must be true or false"),
        (REASON_REQUIRED, None, "Incorrect arguments provided", "value is missing"),
        (
            "Laboratory:Time zone",
            "Mars",
            "Incorrect arguments provided",
            'value must be a time zone like "Europe/Berlin" or "UTC"',
        ),
        (
            ORDER_NUMBER_LENGTH,
            4,
            "The set-up was not changed",
            '"Orders1:Order number range" ends with 999999, which has more than 4 digits',
        ),
    ],
)
async def test_a_value_that_a_setting_cannot_have(
    db: Database, http: Client, key: MakeKey, name: str, value: Any, error: str, problem: str
) -> None:
    reply = await (await clerk(http, key)).put(path_of(name), json={"value": value})

    assert outcome(reply) == (400, error, [problem])
    assert await changes(db) == []


async def test_who_gets_in_without_a_key_is_for_admins_to_say(http: Client, key: MakeKey) -> None:
    wanted = {"value": ["10.0.0.0/8 = boss"]}
    refused = await (await clerk(http, key)).put(path_of(TRUSTED_NETWORKS), json=wanted)
    done = await http.using(await key("admin", name="boss")).put(path_of(TRUSTED_NETWORKS), json=wanted)

    assert outcome(refused) == (403, "Not allowed", ["Scope needed: admin"])
    assert done.status == 200


async def test_two_who_edit_at_once_do_not_overwrite_each_other(http: Client, key: MakeKey) -> None:
    client = await clerk(http, key)
    seen = (await client.get(f"{API}/delete_reasons")).header("etag") or ""
    first = await client.put(f"{API}/delete_reasons/A", json={"desc": "a"}, headers={"If-Match": seen})
    second = await client.put(f"{API}/delete_reasons/B", json={"desc": "b"}, headers={"If-Match": seen})

    assert first.status == 200
    assert outcome(second) == (412, "Set-up has changed", [f"Current: {first.header('etag')}"])


async def test_a_repeated_request_gets_its_answer_and_changes_nothing(db: Database, http: Client, key: MakeKey) -> None:
    client = await clerk(http, key)
    sent: dict[str, Any] = {"json": {"desc": "a"}, "headers": {"Idempotency-Key": "k"}}
    first = await client.put(f"{API}/delete_reasons/A", **sent)
    await client.put(f"{API}/delete_reasons/A", json={"desc": "b"})

    again = await client.put(f"{API}/delete_reasons/A", **sent)
    other = await client.put(f"{API}/delete_reasons/B", **sent)

    assert (again.body, again.header("idempotent-replayed")) == (first.body, "true")
    assert (other.status, other.json()["error"]) == (422, "Idempotency-Key was used for another request")
    assert (await client.get(f"{API}/delete_reasons/A")).json()["desc"] == "b"
    assert len(await changes(db)) == 2


async def test_a_customers_key_sees_its_own_customer_and_no_other(http: Client, key: MakeKey) -> None:
    client = await clerk(http, key)
    await client.put(f"{API}/customers/1001", json={"name": "One"})
    await client.put(f"{API}/customers/1002", json={"name": "Two"})
    shop = http.using(await key("setup:read", "setup:write", customer="1002", name="shop"))

    assert (await shop.get(f"{API}/customers")).json() == {
        "total": 1,
        "items": [{"number": "1002", "name": "Two", "active": True}],
    }
    assert outcome(await shop.get(f"{API}/customers/1001")) == (404, "No record found", ["Provided: 1001"])
    assert (await shop.get(f"{API}/addons")).status == 200
    assert (await shop.get(f"{API}/delete_reasons")).status == 200


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "settings", None),
        ("GET", "settings/Modules:Job%20Tracker", None),
        ("PUT", "settings/Modules:Job%20Tracker", {"value": False}),
        ("GET", "employees", None),
        ("GET", "employees/TS", None),
        ("GET", "breakages", None),
        ("PUT", "customers/1002", {"name": "x"}),
        ("PUT", "addons/SRC", {"desc": "x"}),
        ("PUT", "delete_reasons/CUS", {"desc": "x"}),
        ("DELETE", "delete_reasons/CUS", None),
        ("PUT", "job_track/stations/RCV", {"desc": "x"}),
        ("GET", "keys", None),
        ("POST", "keys", {"name": "x", "scopes": ["admin"]}),
        ("DELETE", "keys/019a4342-ab80-7c4a-9d21-b0d6c5e1f7a4", None),
    ],
)
async def test_what_is_the_laboratorys_own_is_not_for_a_customers_key(
    db: Database, http: Client, key: MakeKey, method: str, path: str, body: Any
) -> None:
    shop = http.using(await key("admin", customer="1002", name="shop"))
    before = await count(db, "events")

    reply = await shop.send(method, f"{API}/{path}", json=body)

    assert outcome(reply) == (403, "Not allowed", ["The key is bound to a customer"])
    assert await count(db, "events") == before
