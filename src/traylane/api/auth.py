"""Who sends a request: by key, or by the network it comes from."""

from __future__ import annotations

from collections.abc import Mapping

from traylane.access.actor import Actor, Unauthenticated
from traylane.access.keys import Key, actor_of, is_well_formed
from traylane.clock import Instant
from traylane.orders.desk import Desk

Headers = Mapping[bytes, list[bytes]]


def secret_of(headers: Headers) -> str | None:
    """The key that came as `Authorization: Bearer` or `X-API-Key`.

    Raises Unauthenticated when several different ones came, or an authorization of another kind.
    """
    given = set(headers.get(b"x-api-key", ()))
    for value in headers.get(b"authorization", ()):
        scheme, _, token = value.partition(b" ")
        if scheme.lower() != b"bearer":
            raise Unauthenticated
        given.add(token.strip())
    if len(given) > 1:
        raise Unauthenticated
    return given.pop().decode("latin-1") if given else None


async def authenticate(desk: Desk, headers: Headers, address: str | None, now: Instant) -> tuple[Actor, Key]:
    """The actor of a request, and the key it acts by.

    A key or network that the rulebook in memory does not know is looked up once in the database. Raises
    Unauthenticated, Unavailable.
    """
    secret = secret_of(headers)
    key = desk.rulebook.book.key_for(secret=secret, address=address, now=now)
    if key is None and (secret is None or is_well_formed(secret)):
        key = (await desk.rulebook.refresh(desk.db)).key_for(secret=secret, address=address, now=now)
    if key is None:
        raise Unauthenticated
    return actor_of(key, address=address if secret is None else None), key
