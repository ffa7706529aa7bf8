"""What is in force: policy and keys, read once per version of the configuration.

Every look at an order brings the version along, and every change is guarded by it; so a snapshot in memory is valid
exactly while the version is the one that it was read at, and a revoked key is dead on the next request.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from functools import cached_property

from traylane.access import keys
from traylane.access.actor import Actor, Unauthenticated
from traylane.access.keys import Key, Keyring
from traylane.clock import Instant
from traylane.db.database import Database, Transaction
from traylane.errors import Unavailable
from traylane.policy import store
from traylane.policy.model import Policy

_TRIES = 5


@dataclass(frozen=True)
class Book:
    """Policy and keys of one version."""

    policy: Policy
    keyring: Keyring

    @property
    def version(self) -> int:
        return self.policy.version

    @cached_property
    def _networks(self) -> tuple[tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, str], ...]:
        return tuple((ipaddress.ip_network(network), name) for network, name in self.policy.trusted_networks)

    def key_for(self, *, secret: str | None, address: str | None, now: Instant) -> Key | None:
        """The live key that a request comes with, or whose network it comes from when it has none."""
        if secret is not None:
            return self.keyring.find(secret, now)
        if address is None or not self._networks:
            return None
        try:
            client = ipaddress.ip_address(address)
        except ValueError:
            return None
        # A socket that listens on :: shows IPv4 clients as ::ffff:192.168.7.20.
        client = getattr(client, "ipv4_mapped", None) or client
        for network, name in self._networks:
            if client in network:
                return self.keyring.named(name, now)
        return None

    def confirm(self, actor: Actor, now: Instant) -> None:
        """Raises Unauthenticated when what let the actor in is no longer so."""
        self.keyring.confirm(actor, now)
        if actor.address is not None:
            key = self.key_for(secret=None, address=actor.address, now=now)
            if key is None or key.id != actor.key_id:
                raise Unauthenticated

    def admits(self, actor: Actor, now: Instant) -> bool:
        """Whether what let the actor in still does."""
        try:
            self.confirm(actor, now)
        except Unauthenticated:
            return False
        return True


class Rulebook:
    """The newest book that was read, renewed when a look at the database brings another version."""

    def __init__(self) -> None:
        self.book = Book(Policy(version=0), Keyring(()))

    async def at(self, version: int, tx: Transaction) -> Book:
        """The book of `version`, or of a newer one if the configuration changes meanwhile."""
        if version != self.book.version:
            self.book = await _read(tx)
        return self.book

    async def refresh(self, db: Database) -> Book:
        """Look whether there is a newer book."""

        async def work(tx: Transaction) -> Book:
            return await self.at(await store.version(tx), tx)

        return await db.read(work)


async def _read(tx: Transaction) -> Book:
    for _ in range(_TRIES):
        version = await store.version(tx)
        book = Book(await store.load(tx, version=version), await keys.load(tx))
        if await store.version(tx) == version:
            return book
    raise Unavailable("The set-up keeps changing; nothing was done; try again")
