"""What is in force: a snapshot that is valid for exactly one version of the configuration."""

from __future__ import annotations

import asyncio

import pytest

from tests.builders import (
    NOW,
    bump_version,
    execute,
    make_key,
    make_reason,
    make_station,
    set_setting,
)
from traylane.access import keys
from traylane.access.actor import COMMAND_LINE, Unauthenticated
from traylane.db.database import Database, Sql
from traylane.db.ids import to_text
from traylane.policy import catalogue
from traylane.policy.model import Policy, Reason, Station
from traylane.policy.rulebook import Rulebook


async def test_an_untouched_laboratory_has_the_defaults(db: Database) -> None:
    book = await Rulebook().refresh(db)

    assert book.policy == Policy(version=1, reason_required=False, job_tracker_installed=True)
    assert book.keyring.keys == ()


async def test_the_snapshot_holds_everything_that_rules_ask(db: Database) -> None:
    await make_station(db, "GEN", sequence=30, non_cancel=True)
    await make_station(db, "RCV", sequence=10)
    await make_station(db, "OFF", sequence=20, active=False)
    await make_station(db, "TAL", is_operator=True)
    await make_reason(db, "CUS")
    await make_reason(db, "OLD", active=False)
    await set_setting(db, catalogue.REASON_REQUIRED, True)
    await set_setting(db, catalogue.JOB_TRACKER, False)

    policy = (await Rulebook().refresh(db)).policy

    assert (policy.version, policy.reason_required, policy.job_tracker_installed) == (9, True, False)
    assert policy.stations["GEN"] == Station("GEN", "", sequence=30, non_cancel=True)
    assert policy.reasons == {"CUS": Reason("CUS", "Reason CUS"), "OLD": Reason("OLD", "Reason OLD", active=False)}
    assert policy.non_cancel_stations == ("GEN",)
    assert policy.active_reasons == {"CUS"}
    assert [station.code for station in policy.working_stations] == ["RCV", "GEN"]


async def test_the_same_version_is_not_read_again(db: Database) -> None:
    rulebook = Rulebook()
    book = await rulebook.refresh(db)

    assert await rulebook.refresh(db) is book


async def test_another_version_is_read_anew(db: Database) -> None:
    rulebook = Rulebook()
    await rulebook.refresh(db)

    await make_reason(db, "CUS")

    assert (await rulebook.refresh(db)).policy.active_reasons == {"CUS"}
    assert rulebook.book.version == 2


async def test_a_book_is_never_a_mix_of_two_versions(db: Database) -> None:
    """Every new reason makes a version; so each book must have as many reasons as its version says."""
    rulebook = Rulebook()
    books = []

    async def change() -> None:
        for i in range(30):
            await make_reason(db, f"R{i}")
            await asyncio.sleep(0.02)

    changing = asyncio.create_task(change())
    while not changing.done():
        books.append(await rulebook.refresh(db))
        await asyncio.sleep(0)
    await changing

    assert [len(book.policy.reasons) for book in books] == [book.version - 1 for book in books]
    assert (await rulebook.refresh(db)).version == 31


async def test_a_request_without_a_key_acts_as_its_networks_key(db: Database) -> None:
    key, secret = await make_key(db, "floor")
    await set_setting(db, catalogue.TRUSTED_NETWORKS, ["192.168.7.0/24 = floor", "fd00::/8=floor"])
    book = await Rulebook().refresh(db)

    found = {
        address: book.key_for(secret=None, address=address, now=NOW)
        for address in ("192.168.7.9", "192.168.8.9", "fd00::1", "fe80::1", "not an address", None)
    }

    assert found == {
        "192.168.7.9": key,
        "192.168.8.9": None,
        "fd00::1": key,
        "fe80::1": None,
        "not an address": None,
        None: None,
    }
    assert book.key_for(secret=secret, address="10.0.0.1", now=NOW) == key


async def test_a_wrong_key_is_not_saved_by_its_network(db: Database) -> None:
    await make_key(db, "floor")
    await set_setting(db, catalogue.TRUSTED_NETWORKS, ["0.0.0.0/0 = floor"])
    book = await Rulebook().refresh(db)

    assert book.key_for(secret="tl_live_wrong", address="192.168.7.9", now=NOW) is None


async def test_a_network_whose_key_is_revoked_lets_nobody_in(db: Database) -> None:
    key, _ = await make_key(db, "floor")
    await set_setting(db, catalogue.TRUSTED_NETWORKS, ["192.168.7.0/24 = floor"])
    rulebook = Rulebook()
    actor = keys.actor_of(key, address="192.168.7.9")
    (await rulebook.refresh(db)).confirm(actor, NOW)

    await db.write(lambda tx: keys.revoke(tx, provided=to_text(key.id), actor=COMMAND_LINE, now=NOW))

    with pytest.raises(Unauthenticated):
        (await rulebook.refresh(db)).confirm(actor, NOW)


async def test_a_network_that_is_no_longer_trusted_lets_nobody_in(db: Database) -> None:
    key, _ = await make_key(db, "floor")
    await set_setting(db, catalogue.TRUSTED_NETWORKS, ["192.168.7.0/24 = floor"])
    rulebook = Rulebook()
    actor = keys.actor_of(key, address="192.168.7.9")
    (await rulebook.refresh(db)).confirm(actor, NOW)

    await set_setting(db, catalogue.TRUSTED_NETWORKS, [])

    with pytest.raises(Unauthenticated):
        (await rulebook.refresh(db)).confirm(actor, NOW)


async def test_the_command_line_needs_no_key(db: Database) -> None:
    book = await Rulebook().refresh(db)

    book.confirm(COMMAND_LINE, NOW)
    assert book.policy.version == 1


async def test_a_setting_that_nobody_knows_any_more_does_no_harm(db: Database) -> None:
    await execute(db, Sql.same("INSERT INTO settings (name, value) VALUES ('Gone:Setting', 'true')"))
    await bump_version(db)

    assert (await Rulebook().refresh(db)).policy == Policy(version=2)
