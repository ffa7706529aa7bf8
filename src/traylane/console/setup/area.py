"""What every page of the set-up shows, and the one way in which its forms change anything."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from hashlib import sha256
from typing import Any, NamedTuple, TypeVar

from traylane.access.actor import Actor, Scope
from traylane.access.idempotency import Retry
from traylane.access.sessions import Session
from traylane.console.session import Door
from traylane.console.setup.labels import KINDS
from traylane.console.web import Asked, Reply
from traylane.console.words import N_, _
from traylane.db.database import Transaction
from traylane.orders.desk import Desk
from traylane.policy import setup_change
from traylane.policy.setup_change import Asker

T = TypeVar("T")
ROOT = "/set-up"


class Part(NamedTuple):
    """An entry of the set-up's own navigation. `writes`: the scope that changes it."""

    name: str
    text: str
    reads: Scope = Scope.SETUP_READ
    writes: Scope = Scope.SETUP_WRITE


PARTS = (
    Part("settings", N_("Settings")),
    *(Part(name, called.many) for name, called in KINDS.items()),
    Part("sheets", N_("Sheets")),
    Part("people", N_("People"), Scope.ADMIN, Scope.ADMIN),
    Part("keys", N_("Keys"), Scope.ADMIN, Scope.ADMIN),
    Part("webhooks", N_("Webhooks"), Scope.WEBHOOKS_WRITE, Scope.WEBHOOKS_WRITE),
    Part("audit", N_("Audit")),
)


_NOT_THERE: dict[str, Any] = {"said": "", "facts": (), "ends": (), "save": "", "deliveries": None}
"""What a page shows only when it is given."""


class Area:
    """The set-up of one desk's laboratory."""

    def __init__(self, desk: Desk, door: Door) -> None:
        self.desk = desk
        self._door = door

    def page(self, asked: Asked, session: Session, part: str, template: str, tag: str = "", **values: Any) -> Reply:
        """A page of one part; `tag` is the set-up's version that it shows."""
        actor = session.person.actor
        return self._door.page(
            asked,
            session,
            template,
            parts=[(f"{ROOT}/{each.name}", _(each.text), each.name == part) for each in PARTS if actor.may(each.reads)],
            part=part,
            at=f"{ROOT}/{part}",
            may_write=actor.may(part_named(part).writes),
            tag=tag,
            key=secrets.token_urlsafe(16),
            page=asked.path,
            **(_NOT_THERE | values),
        )

    async def look(self, session: Session, work: Callable[[Transaction], Awaitable[T]]) -> tuple[T, str]:
        """What `work` reads, and the tag of the set-up that it is at least of."""
        asker = Asker(actor=session.person.actor, now=self.desk.clock())
        found, version = await setup_change.look(self.desk.db, self.desk.rulebook, asker, work)
        return found, setup_change.tag(version)

    async def tag(self, session: Session) -> str:
        """The tag of the set-up as it is, for a form that shows nothing of it."""
        _none, tag = await self.look(session, _nothing)
        return tag

    async def change(
        self, asked: Asked, session: Session, work: Callable[[Transaction], Awaitable[T]], *about: object
    ) -> T | None:
        """What `work` comes to, unless the form came before: then None. `about`: what the form asks for.

        Raises what `work` raises, and SetupChanged when the form shows a set-up that is no longer so.
        """
        actor, tag = session.person.actor, asked.form.get("tag")
        asker = Asker(
            actor=actor,
            now=self.desk.clock(),
            if_match=frozenset({tag}) if tag else None,
            retry=_retry(asked, actor, *about),
        )
        done = await setup_change.change(self.desk.db, self.desk.rulebook, asker, work, lambda _done: b"")
        return None if isinstance(done, bytes) else done


async def _nothing(_tx: Transaction) -> None: ...


def part_named(name: str) -> Part:
    """The part of that name."""
    return next(part for part in PARTS if part.name == name)


def _retry(asked: Asked, actor: Actor, *about: Any) -> Retry | None:
    key = asked.form.get("key", "")
    if not 0 < len(key) <= 64 or not (key.isascii() and key.isprintable()):
        return None
    return Retry(f"console {actor.name}", key, sha256(repr((asked.path, *about)).encode("utf-8", "replace")).digest())
