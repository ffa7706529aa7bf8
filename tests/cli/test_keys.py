"""traylane keys."""

from __future__ import annotations

import asyncio

import pytest

from tests.builders import execute
from tests.cli.conftest import Traylane
from traylane.access import keys
from traylane.clock import DAY, from_text, system_clock
from traylane.db import connect
from traylane.db.database import Sql


def create(lab: Traylane, *options: str, name: str = "portal", scopes: str = "orders:read") -> dict[str, object]:
    shown: dict[str, object] = lab("keys", "create", "--name", name, "--scopes", scopes, *options, "--json").json
    return shown


def test_a_key_is_created_with_all_it_may_have(lab: Traylane) -> None:
    shown = create(
        lab, "--customer", "1001", "--rate", "600", "--expires", "2099-01-01", scopes="orders:read,orders:cancel"
    )
    assert keys.is_well_formed(str(shown["key"]))
    assert str(shown["key"]).startswith("tl_live_")
    assert str(shown["key"]).endswith(str(shown["hint"]))
    assert shown["scopes"] == ["orders:cancel", "orders:read"]
    assert (shown["customer"], shown["rate"]) == ("1001", 600)
    assert shown["expires"] == "2099-01-01T00:00:00.000Z"
    assert shown["revoked"] is None


def test_for_people_the_key_alone_is_the_output(lab: Traylane) -> None:
    ended = lab("keys", "create", "--name", "portal", "--scopes", "admin")
    assert ended.code == 0
    assert keys.is_well_formed(ended.out.rstrip("\n"))
    assert ended.err == "Keep the key of portal now: it cannot be shown again.\n"


def test_an_expiry_in_days_counts_from_now(lab: Traylane) -> None:
    expires = from_text(str(create(lab, "--expires", "90d")["expires"]))
    assert abs(expires - system_clock() - 90 * DAY) < 60_000


def test_a_list_never_shows_secret_or_digest(lab: Traylane) -> None:
    shown = create(lab)
    as_json, as_table = lab("keys", "list", "--json"), lab("keys", "list")
    secret = str(shown["key"])
    assert as_json.json["total"] == 1
    assert set(as_json.json["items"][0]) == set(shown) - {"key"}
    assert secret.removeprefix("tl_live_")[:40] not in as_json.out + as_table.out
    assert "portal" in as_table.out
    assert f"…{shown['hint']}" in as_table.out


def test_a_key_is_stored_as_a_digest(lab: Traylane, database_url: str) -> None:
    secret = str(create(lab)["key"])

    async def stored() -> str:
        db = connect.database(database_url)
        await db.open()
        rows = await execute(db, Sql.same("SELECT name, digest, hint, scopes FROM keys"))
        await db.close()
        return repr([tuple(row) for row in rows])

    assert secret[8:48] not in asyncio.run(stored())


def test_a_revoked_key_is_listed_as_such(lab: Traylane) -> None:
    create(lab)
    revoked = lab("keys", "revoke", "portal", "--json")
    listed = lab("keys", "list", "--json").json["items"]
    assert revoked.code == 0
    assert listed[0]["revoked"] == revoked.json["revoked"]


def test_revoking_by_name_needs_a_single_live_key(lab: Traylane) -> None:
    first, second = create(lab), create(lab)
    ended = lab("keys", "revoke", "portal")
    assert ended.code == 1
    assert str(first["id"]) in ended.err
    assert str(second["id"]) in ended.err
    assert lab("keys", "revoke", str(first["id"])).code == 0
    assert lab("keys", "revoke", "portal").code == 0


def test_a_third_live_key_of_a_name_is_refused(lab: Traylane) -> None:
    create(lab), create(lab)
    ended = lab("keys", "create", "--name", "portal", "--scopes", "admin", "--json")
    assert (ended.code, ended.json["error"]) == (1, "Two live keys exist for this name: revoke one first")


def test_an_unknown_key_names_the_nearest(lab: Traylane) -> None:
    create(lab)
    ended = lab("keys", "revoke", "prtal")
    assert (ended.code, ended.err) == (1, "No such live key; Provided: prtal; Did you mean 'portal'?\n")
    assert lab("keys", "revoke", "prtal", "--json").json == {
        "error": "No such live key",
        "details": ["Provided: prtal"],
    }


def test_keys_are_kept_on_a_service_as_well(anywhere: Traylane) -> None:
    made = create(anywhere, "--customer", "1001", "--expires", "90d")
    listed = {key["name"]: key for key in anywhere("keys", "list", "--json").json["items"]}
    assert listed["portal"] == {name: value for name, value in made.items() if name != "key"}
    revoked = anywhere("keys", "revoke", "portal")
    assert (revoked.code, revoked.out) == (0, f"Revoked the key of portal that ends with …{made['hint']}.\n")
    again = anywhere("keys", "revoke", "portal")
    assert (again.code, again.err.partition(";")[0]) == (1, "No such live key")


@pytest.mark.parametrize(
    ("option", "value", "sentence"),
    [
        ("--scopes", "orders:cancl", "'orders:cancl' is unknown. Did you mean 'orders:cancel'?"),
        ("--scopes", "", "'' is unknown. It is one of orders:read"),
        ("--expires", "tomorrow", "neither a day like 2027-01-01 nor a number of days like 90d"),
        ("--expires", "2027-02-30", "neither a day like 2027-01-01 nor a number of days like 90d"),
        ("--expires", "2020-01-01", "the expiry is in the past"),
        ("--rate", "0", "rate is less than 1"),
        ("--rate", "many", "Invalid value for '--rate'"),
        ("--customer", "9999", "customer 9999 does not exist"),
        ("--name", "a\tb", "name needs 1 to 40 printable characters"),
        ("--name", "a" * 41, "name supports up to 40 characters"),
    ],
)
def test_a_bad_value_is_wrong_usage(lab: Traylane, option: str, value: str, sentence: str) -> None:
    options = {"--name": "portal", "--scopes": "admin"} | {option: value}
    ended = lab("keys", "create", *(word for pair in options.items() for word in pair))
    assert ended.code == 2
    assert sentence in ended.err
    assert ended.out == ""
    assert lab("keys", "list", "--json").json["total"] == 0
