"""Access keys: shown once, dead at once, two at a time."""

from __future__ import annotations

import re
import time

import msgspec
import pytest

from tests.builders import EARLIER, NOW, desk, execute, make_customer, make_key, make_order
from traylane.access import keys
from traylane.access.actor import COMMAND_LINE, Actor, Forbidden, Scope, Unauthenticated
from traylane.access.keys import KeyNotFound, TooManyLiveKeys, is_well_formed, new_secret
from traylane.clock import Instant
from traylane.db.database import Database, Sql
from traylane.db.ids import to_text
from traylane.errors import BadArguments
from traylane.orders.lookup import Ref
from traylane.policy.rulebook import Rulebook


async def revoke(db: Database, provided: str, now: Instant = NOW) -> None:
    await db.write(lambda tx: keys.revoke(tx, provided=provided, actor=COMMAND_LINE, now=now))


async def test_the_secret_is_nowhere_in_the_database(db: Database) -> None:
    key, secret = await make_key(db)

    rows = await execute(db, Sql.same("SELECT * FROM keys"))
    events = await execute(db, Sql.same("SELECT data FROM events"))
    kept = repr([tuple(row) for row in [*rows, *events]])
    assert secret not in kept
    assert secret[8:-4] not in kept
    assert key.hint == secret[-4:]


def test_a_key_is_long_random_and_carries_a_checksum() -> None:
    one, two = new_secret(), new_secret()

    assert re.fullmatch(r"tl_live_[0-9a-f]{40}_[0-9a-f]{8}", one)
    assert one != two
    assert is_well_formed(one)


@pytest.mark.parametrize(
    "spoil", [lambda s: s[:-1], lambda s: s[:10] + "x" + s[11:], str.upper, lambda s: "", lambda s: "\ud800_" + s]
)
def test_a_mistyped_key_is_recognised(spoil: object) -> None:
    assert callable(spoil)
    assert not is_well_formed(spoil("tl_live_0123456789abcdef0123456789abcdef01234567_00000000"))


async def test_a_key_is_found_by_its_secret_and_nothing_else(db: Database) -> None:
    key, secret = await make_key(db, scopes=["orders:read", "orders:cancel"])
    keyring = await db.read(keys.load)

    assert keyring.find(secret, NOW) == key
    assert keyring.find(secret + " ", NOW) is None
    assert keyring.find(new_secret(), NOW) is None
    assert keys.actor_of(key) == Actor("portal", frozenset({"orders:read", "orders:cancel"}), None, key.id)


async def test_a_revoked_key_is_dead_on_the_next_request(db: Database) -> None:
    await make_order(db)
    key, _ = await make_key(db)
    at_the_desk, actor = desk(db), keys.actor_of(key)
    await at_the_desk.find(Ref("1001"), actor)

    await revoke(db, to_text(key.id))

    with pytest.raises(Unauthenticated):
        await at_the_desk.find(Ref("1001"), actor)
    with pytest.raises(Unauthenticated):
        await at_the_desk.policy_for(actor)


async def test_a_new_key_is_known_with_the_next_look_at_the_database(db: Database) -> None:
    rulebook = Rulebook()
    await rulebook.refresh(db)

    _, secret = await make_key(db)

    assert rulebook.book.key_for(secret=secret, address=None, now=NOW) is None
    assert (await rulebook.refresh(db)).key_for(secret=secret, address=None, now=NOW) is not None


async def test_a_key_is_dead_from_the_moment_it_expires(db: Database) -> None:
    expiring, secret = await make_key(db, expires_at=NOW)
    keyring = await db.read(keys.load)

    assert keyring.find(secret, Instant(NOW - 1)) == expiring
    assert keyring.find(secret, NOW) is None
    assert keyring.has_live_keys(Instant(NOW - 1))
    assert not keyring.has_live_keys(NOW)


async def test_two_live_keys_allow_rotation_and_a_third_does_not(db: Database) -> None:
    first, _ = await make_key(db)
    await make_key(db)

    with pytest.raises(TooManyLiveKeys):
        await make_key(db)

    await revoke(db, to_text(first.id))
    await make_key(db)


async def test_an_expired_key_does_not_count_as_live(db: Database) -> None:
    await make_key(db, expires_at=Instant(EARLIER + 1))
    await make_key(db)

    await make_key(db, now=NOW)


async def test_each_change_of_keys_is_a_version_and_an_event_without_the_secret(db: Database) -> None:
    await make_customer(db, "77")
    key, _ = await make_key(db, scopes=["orders:read", "orders:cancel"], customer="77")
    await revoke(db, "portal")

    rows = await execute(db, Sql.same("SELECT seq, type, data FROM events ORDER BY seq"))
    assert [(row[0], row[1]) for row in rows] == [(3, "key.created"), (4, "key.revoked")]
    assert msgspec.json.decode(rows[0][2]) == {
        "keyId": to_text(key.id),
        "name": "portal",
        "scopes": ["orders:cancel", "orders:read"],
        "customerNumber": "77",
    }


async def test_a_name_revokes_only_when_it_is_unique(db: Database) -> None:
    await make_key(db)
    await make_key(db)

    for provided in ("portal", "nobody", "", "00000000-0000-0000-0000-000000000000"):
        with pytest.raises(KeyNotFound) as refused:
            await revoke(db, provided)

    assert refused.value.details() == ["Provided: 00000000-0000-0000-0000-000000000000"]


async def test_a_revoked_key_cannot_be_revoked_again(db: Database) -> None:
    key, _ = await make_key(db)
    await revoke(db, to_text(key.id))

    with pytest.raises(KeyNotFound):
        await revoke(db, to_text(key.id))


async def test_everything_that_is_wrong_with_a_new_key_is_said_at_once(db: Database) -> None:
    with pytest.raises(BadArguments) as refused:
        await make_key(db, " ", scopes=["orders:read", "orders:fly"], customer="999", rate=0, expires_at=EARLIER)

    assert refused.value.details() == [
        "name needs 1 to 40 printable characters",
        "unknown scope: orders:fly",
        "rate must be 1 to 1000000 requests a minute",
        "the expiry is in the past",
        "customer 999 does not exist",
    ]


@pytest.mark.parametrize("name", ["", "x" * 41, "a\nb", "a\0"])
async def test_a_name_can_be_shown(db: Database, name: str) -> None:
    with pytest.raises(BadArguments):
        await make_key(db, name)


async def test_a_key_without_a_scope_is_refused(db: Database) -> None:
    with pytest.raises(BadArguments, match="at least one scope"):
        await make_key(db, scopes=[])


@pytest.mark.parametrize(
    ("has", "needs", "may"),
    [
        (["orders:read"], ["orders:read"], True),
        (["orders:read"], ["orders:cancel"], False),
        (["orders:cancel"], ["orders:read", "orders:cancel"], True),
        (["admin"], ["orders:restore"], True),
        (["orders:read,orders:cancel"], ["orders:read"], False),
        ([], ["orders:read"], False),
    ],
)
def test_what_an_actor_may(has: list[str], needs: list[str], may: bool) -> None:
    assert Actor("portal", frozenset(has)).may(*needs) is may


def test_the_scope_that_is_missing_is_named() -> None:
    with pytest.raises(Forbidden) as refused:
        Actor("portal", frozenset({"orders:read"})).require(Scope.ORDERS_CANCEL, Scope.ORDERS_OVERRIDE)

    assert refused.value.details() == ["Scope needed: orders:cancel"]


def test_looking_for_a_key_takes_no_longer_with_many_keys() -> None:
    many = keys.Keyring(
        keys.Key(i.to_bytes(16, "big"), f"n{i}", i.to_bytes(32, "big"), "", frozenset(), None, None, NOW, None, None)
        for i in range(50_000)
    )
    secret = new_secret()

    started = time.process_time()
    for _ in range(1000):
        many.find(secret, NOW)

    assert time.process_time() - started < 0.5
