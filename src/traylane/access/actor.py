"""Who asks, and what they may do."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from traylane.errors import Refused


class Scope(StrEnum):
    """What a key may be allowed (contract: Access)."""

    ORDERS_READ = "orders:read"
    ORDERS_WRITE = "orders:write"
    ORDERS_CANCEL = "orders:cancel"
    ORDERS_OVERRIDE = "orders:override"
    ORDERS_RESTORE = "orders:restore"
    TRACKING_READ = "tracking:read"
    TRACKING_WRITE = "tracking:write"
    SETUP_READ = "setup:read"
    SETUP_WRITE = "setup:write"
    EVENTS_READ = "events:read"
    WEBHOOKS_WRITE = "webhooks:write"
    REPORTS_READ = "reports:read"
    METRICS_READ = "metrics:read"
    ADMIN = "admin"


class Unauthenticated(Refused):
    """No key came, or one that is unknown, expired or revoked."""

    code = "unauthenticated"
    sentence = "Authentication required"


class Forbidden(Refused):
    """The key lacks the scope. `scope`: the one that is needed."""

    code = "forbidden"
    sentence = "Not allowed"

    def details(self) -> list[str]:
        return [f"Scope needed: {self.data['scope']}"]


class BoundToCustomer(Refused):
    """The key is bound to a customer: what is the laboratory's own is not for it, whatever its scopes."""

    code = "bound_to_customer"
    sentence = "Not allowed"

    def details(self) -> list[str]:
        return ["The key is bound to a customer"]


class Actor(msgspec.Struct, frozen=True):
    """An integrator or a person at the command line.

    `name` is what events and cancellations show; `customer` limits everything to that customer's orders;
    `address` is set when the actor was recognised by its network instead of a key.
    """

    name: str
    scopes: frozenset[str]
    customer: str | None = None
    key_id: bytes | None = None
    address: str | None = None

    def may(self, *scopes: str) -> bool:
        """Whether one of `scopes` is allowed."""
        return Scope.ADMIN in self.scopes or not self.scopes.isdisjoint(scopes)

    def require(self, *scopes: str) -> None:
        """Raises Forbidden, naming the first, unless one of `scopes` is allowed."""
        if not self.may(*scopes):
            raise Forbidden(scope=str(scopes[0]))

    def require_unbound(self) -> None:
        """Raises BoundToCustomer when the actor may act for one customer only."""
        if self.customer is not None:
            raise BoundToCustomer


COMMAND_LINE = Actor(name="command line", scopes=frozenset({Scope.ADMIN}))
"""Whoever can open the database file or has its password needs no key."""
