"""Who is signed in: sessions in the database, and the locks against guessing (limits are ours)."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from hashlib import sha256

from traylane.access.people import TERMINAL, Person
from traylane.clock import DAY, HOUR, MINUTE, Instant
from traylane.db.database import Sql, Transaction
from traylane.errors import Refused

IDLE = 60 * MINUTE
"""A session that is not used for so long is over."""
LONGEST = 12 * HOUR
"""No session lasts longer, used or not."""
TERMINAL_LONGEST = 30 * DAY
"""So long lasts that of a terminal, which nobody sits down at in the morning, used or not."""
LOCKED_FOR = 15 * MINUTE
PER_ACCOUNT = 5
PER_ADDRESS = 20
"""So many wrong passwords within LOCKED_FOR lock a name, or an address."""


class SignInLocked(Refused):
    """Too many wrong passwords came for this name, or from this address."""

    code = "sign_in_locked"
    sentence = "Too many tries: wait 15 minutes"


class SignInFailed(Refused):
    """The name or the password is wrong; which one is not said."""

    code = "sign_in_failed"
    sentence = "Name or password is wrong"


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in person. `recent`: what the console keeps for this session, JSON."""

    digest: bytes
    person: Person
    seen_at: Instant
    recent: str


def new_secret() -> str:
    """What a browser keeps: 256 random bits. The database has only its digest."""
    return secrets.token_urlsafe(32)


def form_token(secret: str) -> str:
    """What every form of the browser with this secret carries; nobody else can know it."""
    return sha256(b"form:" + secret.encode("utf-8", "replace")).hexdigest()


def is_form_token(secret: str, token: str) -> bool:
    """Whether the token is the secret's."""
    return hmac.compare_digest(form_token(secret).encode(), token.encode("utf-8", "replace"))


async def begin(tx: Transaction, *, person: Person, secret: str, now: Instant) -> None:
    """Sign a person in; sessions that are over are forgotten by the way."""
    await tx.rows(_FORGET, now - LONGEST, now - IDLE, now - TERMINAL_LONGEST)
    await tx.rows(_BEGIN, _digest(secret), person.id, now)


async def find(tx: Transaction, *, secret: str, now: Instant) -> Session | None:
    """The session, unless it is over."""
    rows = await tx.rows(_FIND, _digest(secret), now - LONGEST, now - IDLE, now - TERMINAL_LONGEST)
    if not rows:
        return None
    row = rows[0]
    return Session(row[0], Person(*row[3:]), row[1], row[2])


async def touch(tx: Transaction, *, session: Session, recent: str, now: Instant) -> None:
    """The session was used."""
    await tx.rows(_TOUCH, session.digest, now, recent)


async def end(tx: Transaction, *, secret: str) -> None:
    """Sign out."""
    await tx.rows(_END, _digest(secret))


async def count_try(tx: Transaction, *, name: str, address: str, now: Instant) -> bool:
    """Count a sign-in before its password is looked at; False when the name or the address is locked."""
    await tx.rows(_FORGET_TRIES, now - LOCKED_FOR)
    tries = [(await tx.rows(_TRY, subject, now))[0][0] for subject in _subjects(name, address)]
    return bool(tries[0] <= PER_ACCOUNT and tries[1] <= PER_ADDRESS)


async def forgive(tx: Transaction, *, name: str, address: str) -> None:
    """The password was right: the name's wrong ones are forgotten, and this try is not held against the address."""
    account, place = _subjects(name, address)
    await tx.rows(_FORGIVE, account)
    await tx.rows(_TAKE_BACK, place)


def _subjects(name: str, address: str) -> tuple[bytes, bytes]:
    # Digests: what was typed as a name may be a password, and may be long.
    return _digest(f"name:{name}"), _digest(f"address:{address}")


def _digest(text: str) -> bytes:
    return sha256(text.encode("utf-8", "replace")).digest()


_BEGIN = Sql.same("INSERT INTO sessions (digest, person_id, created_at, seen_at, recent) VALUES ($1, $2, $3, $3, '[]')")
_FIND = Sql.same(f"""
    SELECT s.digest, s.seen_at, s.recent, p.id, p.name, p.role, p.created_at, p.disabled_at
    FROM sessions s JOIN people p ON p.id = s.person_id
    WHERE s.digest = $1 AND p.disabled_at IS NULL AND (
        (s.created_at > $2 AND s.seen_at > $3) OR (p.role = '{TERMINAL}' AND s.created_at > $4))""")
_TOUCH = Sql.same("UPDATE sessions SET seen_at = $2, recent = $3 WHERE digest = $1")
_END = Sql.same("DELETE FROM sessions WHERE digest = $1")
_FORGET = Sql.same(f"""
    DELETE FROM sessions WHERE created_at <= $3 OR (
        (created_at <= $1 OR seen_at <= $2)
        AND person_id NOT IN (SELECT id FROM people WHERE role = '{TERMINAL}'))""")
_FORGET_TRIES = Sql.same("DELETE FROM sign_in_tries WHERE since <= $1")
_TRY = Sql.same("""
    INSERT INTO sign_in_tries (subject, count, since) VALUES ($1, 1, $2)
    ON CONFLICT (subject) DO UPDATE SET count = sign_in_tries.count + 1 RETURNING count""")
_FORGIVE = Sql.same("DELETE FROM sign_in_tries WHERE subject = $1")
_TAKE_BACK = Sql.same("UPDATE sign_in_tries SET count = count - 1 WHERE subject = $1")
