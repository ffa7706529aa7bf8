"""Access keys: shown once, stored as a digest, checked in memory.

A key reads `tl_live_<random>_<crc>`; the checksum tells a mistyped key from an unknown one without a look-up.
"""

from __future__ import annotations

import secrets
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256

from traylane.access.actor import Actor, Scope, Unauthenticated
from traylane.access.changes import record_change
from traylane.clock import Instant
from traylane.db.database import Sql, Transaction
from traylane.db.ids import new_id, to_text
from traylane.errors import BadArguments, Refused
from traylane.events import names
from traylane.staff import is_person

PREFIX = "tl_live_"
LIVE_KEYS_PER_NAME = 2
NAME_LENGTH = 40
RATE_RANGE = (1, 1_000_000)


@dataclass(frozen=True, slots=True)
class Key:
    """A key without its secret. `rate`: requests a minute, None for no limit."""

    id: bytes
    name: str
    digest: bytes
    hint: str
    scopes: frozenset[str]
    customer: str | None
    rate: int | None
    created_at: Instant
    expires_at: Instant | None
    revoked_at: Instant | None

    def is_live(self, now: Instant) -> bool:
        """Neither revoked nor past its expiry."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


class TooManyLiveKeys(Refused):
    """The integrator has two live keys already: enough to rotate."""

    code = "too_many_keys"
    sentence = "Two live keys exist for this name: revoke one first"


class KeyNotFound(Refused):
    """No live key has this id or is the only one of this name."""

    code = "key_not_found"
    sentence = "No such live key"

    def details(self) -> list[str]:
        return [f"Provided: {self.data['provided']}"]


class Keyring:
    """Every key of one version of the configuration, by digest."""

    def __init__(self, keys: Iterable[Key]) -> None:
        self.keys = tuple(keys)
        self._by_digest: Mapping[bytes, Key] = {key.digest: key for key in self.keys}
        self._by_id: Mapping[bytes, Key] = {key.id: key for key in self.keys}

    def find(self, secret: str, now: Instant) -> Key | None:
        """The live key that `secret` is."""
        key = self._by_digest.get(sha256(secret.encode()).digest())
        return key if key is not None and key.is_live(now) else None

    def named(self, name: str, now: Instant) -> Key | None:
        """The newest live key of an integrator."""
        return max(
            (k for k in self.keys if k.name == name and k.is_live(now)), key=lambda k: k.created_at, default=None
        )

    def confirm(self, actor: Actor, now: Instant) -> None:
        """Raises Unauthenticated when the actor's key is no longer live."""
        if actor.key_id is None:
            return
        key = self._by_id.get(actor.key_id)
        if key is None or not key.is_live(now):
            raise Unauthenticated

    def has_live_keys(self, now: Instant) -> bool:
        return any(key.is_live(now) for key in self.keys)


def actor_of(key: Key, *, address: str | None = None) -> Actor:
    """Who acts with `key`."""
    return Actor(name=key.name, scopes=key.scopes, customer=key.customer, key_id=key.id, address=address)


def new_secret() -> str:
    """A fresh key: 160 random bits and a checksum."""
    body = PREFIX + secrets.token_hex(20)
    return f"{body}_{zlib.crc32(body.encode()):08x}"


def is_well_formed(secret: str) -> bool:
    """Whether the checksum fits; says nothing about the key being known."""
    body, _, checksum = secret.rpartition("_")
    return body.startswith(PREFIX) and checksum == f"{zlib.crc32(body.encode('utf-8', 'surrogatepass')):08x}"


async def load(tx: Transaction) -> Keyring:
    """Read the keys, the revoked ones included."""
    return Keyring(
        Key(row[0], row[1], row[2], row[3], frozenset(row[4].split(",")), *row[5:]) for row in await tx.rows(_ALL)
    )


async def create(
    tx: Transaction,
    *,
    name: str,
    scopes: Iterable[str],
    customer: str | None,
    rate: int | None,
    expires_at: Instant | None,
    actor: Actor,
    now: Instant,
) -> tuple[Key, str]:
    """Create a key; the second member is the secret, which nobody can show again.

    Raises BadArguments for an unknown scope, customer or impossible value, TooManyLiveKeys.
    """
    wanted = tuple(dict.fromkeys(scopes))
    problems = _problems(name=name, scopes=wanted, rate=rate, expires_at=expires_at, now=now)
    if customer is not None and not await tx.rows(_CUSTOMER, customer):
        problems.append(f"customer {customer} does not exist")
    if problems:
        raise BadArguments(*problems)
    if sum(key.name == name and key.is_live(now) for key in (await load(tx)).keys) >= LIVE_KEYS_PER_NAME:
        raise TooManyLiveKeys(name=name)
    secret = new_secret()
    key = Key(
        id=new_id(now),
        name=name,
        digest=sha256(secret.encode()).digest(),
        hint=secret[-4:],
        scopes=frozenset(wanted),
        customer=customer,
        rate=rate,
        created_at=now,
        expires_at=expires_at,
        revoked_at=None,
    )
    scopes_text = ",".join(sorted(key.scopes))
    await tx.rows(_INSERT, key.id, name, key.digest, key.hint, scopes_text, customer, rate, now, expires_at)
    fields = {"keyId": to_text(key.id), "name": name, "scopes": sorted(key.scopes), "customerNumber": customer}
    await record_change(tx, type_=names.KEY_CREATED, fields=fields, actor=actor, now=now)
    return key, secret


async def revoke(tx: Transaction, *, provided: str, actor: Actor, now: Instant) -> Key:
    """Revoke the live key with the id (or the unique name) `provided`. Raises KeyNotFound."""
    live = [key for key in (await load(tx)).keys if key.is_live(now)]
    fitting = [key for key in live if to_text(key.id) == provided] or [key for key in live if key.name == provided]
    if len(fitting) != 1:
        raise KeyNotFound(provided=provided)
    key = fitting[0]
    await tx.rows(_REVOKE, key.id, now)
    fields = {"keyId": to_text(key.id), "name": key.name}
    await record_change(tx, type_=names.KEY_REVOKED, fields=fields, actor=actor, now=now)
    return key


def _problems(
    *, name: str, scopes: tuple[str, ...], rate: int | None, expires_at: Instant | None, now: Instant
) -> list[str]:
    problems = []
    if is_person(name):
        problems.append("name is that of a person of the laboratory")
    if not name.strip() or len(name) > NAME_LENGTH or not name.isprintable():
        problems.append(f"name needs 1 to {NAME_LENGTH} printable characters")
    if not scopes:
        problems.append("at least one scope is needed")
    problems += [f"unknown scope: {scope}" for scope in scopes if scope not in set(Scope)]
    if rate is not None and not RATE_RANGE[0] <= rate <= RATE_RANGE[1]:
        problems.append(f"rate must be {RATE_RANGE[0]} to {RATE_RANGE[1]} requests a minute")
    if expires_at is not None and expires_at <= now:
        problems.append("the expiry is in the past")
    return problems


_ALL = Sql.same("""
        SELECT id, name, digest, hint, scopes, customer, rate, created_at, expires_at, revoked_at FROM keys
        ORDER BY created_at, id""")
_CUSTOMER = Sql.same("SELECT 1 FROM customers WHERE number = $1")
_INSERT = Sql.same("""
        INSERT INTO keys (id, name, digest, hint, scopes, customer, rate, created_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)""")
_REVOKE = Sql.same("UPDATE keys SET revoked_at = $2 WHERE id = $1")
