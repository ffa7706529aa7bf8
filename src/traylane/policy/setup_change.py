"""Look at the set-up, and change it, for somebody outside: who it is, If-Match and Idempotency-Key come with it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import msgspec

from traylane.access import idempotency
from traylane.access.actor import Actor
from traylane.access.idempotency import Retry, StoredAnswer
from traylane.clock import Instant
from traylane.db.database import Collision, Database, Transaction
from traylane.errors import Refused, Unavailable
from traylane.policy import setup_store, store
from traylane.policy.rulebook import Rulebook

T = TypeVar("T")


class SetupChanged(Refused):
    """If-Match names a version of the set-up that is not the current one. `current`: the entity tag now."""

    code = "setup_changed"
    sentence = "Set-up has changed"

    def details(self) -> list[str]:
        return [f"Current: {self.data['current']}"]


class Asker(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks, when, and under which conditions."""

    actor: Actor
    now: Instant
    if_match: frozenset[str] | None = None
    retry: Retry | None = None


def tag(version: int) -> str:
    """The entity tag of everything that is set up."""
    return f'"setup-{version}"'


async def look(
    db: Database, rulebook: Rulebook, asker: Asker, work: Callable[[Transaction], Awaitable[T]]
) -> tuple[T, int]:
    """What `work` reads, and the version of the set-up that it is at least of. Raises Unauthenticated, Unavailable."""

    async def reading(tx: Transaction) -> tuple[T, int]:
        version = await store.version(tx)
        (await rulebook.at(version, tx)).confirm(asker.actor, asker.now)
        return await work(tx), version

    return await db.read(reading)


async def change(
    db: Database,
    rulebook: Rulebook,
    asker: Asker,
    work: Callable[[Transaction], Awaitable[T]],
    pack: Callable[[T], bytes],
) -> T | bytes:
    """What `work` comes to in one transaction, or the bytes that were packed for the request's first try.

    The key, If-Match and the stored answer are looked at under the lock that `work` changes under. Raises what `work`
    raises, Unauthenticated, SetupChanged, KeyReused; Unavailable when nothing was done, or nobody knows.
    """

    async def changing(tx: Transaction) -> Any:
        version = await setup_store.locked_version(tx)
        (await rulebook.at(version, tx)).confirm(asker.actor, asker.now)
        if asker.retry is not None:
            [stored] = await idempotency.recall(tx, [asker.retry], asker.now)
            if isinstance(stored, Refused):
                raise stored
            if stored is not None:
                return stored
        if asker.if_match is not None and tag(version) not in asker.if_match:
            raise SetupChanged(current=tag(version))
        done = await work(tx)
        if asker.retry is not None:
            await idempotency.store(tx, StoredAnswer(asker.retry, pack(done), asker.now))
        return done

    try:
        return await db.write(changing)
    except Collision as collision:
        raise Unavailable("Others keep changing the same; nothing was done; try again") from collision
