"""Idempotency keys: a request that comes again gets the answer that it got, and changes nothing."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from traylane.clock import HOUR, Instant
from traylane.db.database import Collision, Row, Sql, Transaction
from traylane.db.durable import until_durable
from traylane.errors import Refused
from traylane.events import names

KEPT = 96 * HOUR
LONGEST_KEY = 255


class KeyInUse(Refused):
    """The first request with this key is still under way."""

    code = "key_in_use"
    sentence = "Request with this Idempotency-Key is under way"


class KeyReused(Refused):
    """The key came before with another request."""

    code = "key_reused"
    sentence = "Idempotency-Key was used for another request"


class RestoredSince(Refused):
    """The order was restored after the request with this key: what it answered then is no longer so."""

    code = "restored_since"
    sentence = "Order was restored since"


class Retry(msgspec.Struct, frozen=True):
    """What makes a request recognisable: whose key, which key, and a digest of what is asked."""

    integrator: str
    key: str
    fingerprint: bytes


class StoredAnswer(msgspec.Struct, frozen=True):
    """The answer to a request with a key, to be stored in the commit of its effect."""

    retry: Retry
    answer: bytes
    at: Instant


async def recall(tx: Transaction, retries: Sequence[Retry], now: Instant) -> list[bytes | Refused | None]:
    """The stored answer for each request, None for a new key.

    KeyReused when the key came with another request, RestoredSince when the order was restored after the answer.
    """
    found = await tx.each(_RECALL, [(retry.integrator, retry.key) for retry in retries])
    answers: list[bytes | Refused | None] = []
    for retry, rows in zip(retries, found, strict=True):
        if not rows:
            answers.append(None)
        elif rows[0][2] < now - KEPT:
            await tx.rows(_FORGET_ONE, retry.integrator, retry.key, now - KEPT)
            answers.append(None)
        else:
            answers.append(_answer(rows[0], retry))
    if any(isinstance(answer, bytes) for answer in answers):
        await until_durable(tx)
    return answers


def _answer(row: Row, retry: Retry) -> bytes | Refused:
    if row[0] != retry.fingerprint:
        return KeyReused()
    answer: bytes = row[1]
    return RestoredSince() if row[3] else answer


async def is_under_way_elsewhere(tx: Transaction, retry: Retry) -> bool:
    """Whether another process is about to store an answer for the key.

    PostgreSQL shows nobody what is not committed; but who claims the same key has to wait. Call it where no
    transaction is open.
    """
    await tx.rows(_BEGIN)
    try:
        await tx.rows(_NO_LONG_WAIT)
        await tx.rows(_STORE, retry.integrator, retry.key, b"", 0, b"")
    except Collision as collision:
        return collision.cause == "lock"
    finally:
        await tx.rows(_ROLLBACK)
    return False


async def store(tx: Transaction, answer: StoredAnswer) -> None:
    """Keep the answer to a change that is not about an order, in the transaction of the change."""
    retry = answer.retry
    await tx.rows(_STORE, retry.integrator, retry.key, retry.fingerprint, answer.at, answer.answer)


async def forget_old(tx: Transaction, now: Instant) -> None:
    """Drop the answers that are past their time."""
    await tx.rows(_FORGET_OLD, now - KEPT)


# An order's events are few, and read by their key.
_RESTORED = f"""EXISTS (
        SELECT 1 FROM events e
        WHERE e.subject_id = a.order_id AND e.seq > a.revision AND e.type = '{names.ORDER_RESTORED}')"""
_RECALL = Sql(
    sqlite=f"SELECT fingerprint, answer, at, {_RESTORED} FROM answers a WHERE integrator = ?1 AND key = ?2",
    postgres=f"SELECT fingerprint, answer, at, {_RESTORED} FROM answers a WHERE integrator = $1 AND key = $2",
    postgres_many=f"""
        SELECT u.n, a.fingerprint, a.answer, a.at, {_RESTORED}
        FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS u(integrator, key, n)
        JOIN answers a ON a.integrator = u.integrator AND a.key = u.key""",
)
_BEGIN = Sql(sqlite="", postgres="BEGIN")
_NO_LONG_WAIT = Sql(sqlite="", postgres="SET LOCAL lock_timeout = 10")
_ROLLBACK = Sql(sqlite="", postgres="ROLLBACK")
_STORE = Sql.same("INSERT INTO answers (integrator, key, fingerprint, at, answer) VALUES ($1, $2, $3, $4, $5)")
_FORGET_ONE = Sql.same("DELETE FROM answers WHERE integrator = $1 AND key = $2 AND at < $3")
_FORGET_OLD = Sql.same("DELETE FROM answers WHERE at < $1")
