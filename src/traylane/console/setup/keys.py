"""The pages of access keys: what each may do; a new one's secret is shown once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from traylane.access import keys
from traylane.access.actor import Scope
from traylane.access.keys import NAME_LENGTH, RATE_RANGE, Key, Keyring
from traylane.access.sessions import Session
from traylane.calendar import beginning_of
from traylane.clock import Instant
from traylane.console import say
from traylane.console.setup.area import ROOT, Area
from traylane.console.setup.forms import PROBLEMS, Line, Said, form_page, new_page, secret_page
from traylane.console.table import NoSuchPage
from traylane.console.web import Asked, Reply, go_to
from traylane.console.words import N_, _
from traylane.db import ids
from traylane.db.database import Transaction
from traylane.errors import BadArguments, Refused
from traylane.policy.model import Policy
from traylane.policy.value_types import SWITCH, text

PART = "keys"
MANY = N_("Keys")
_SCOPE = "scope "


class KeyPages:
    """Makes keys and revokes them."""

    def __init__(self, area: Area) -> None:
        self._area = area

    async def overview(self, asked: Asked, session: Session) -> Reply:
        """Every key without its secret, the newest first."""
        session.person.actor.require(Scope.ADMIN)
        keyring, tag = await self._area.look(session, keys.load)
        policy = await self._area.desk.policy_for(session.person.actor)
        return self._area.page(
            asked,
            session,
            PART,
            "setup_keys.html",
            tag,
            keys=[self._shown(key, policy) for key in reversed(keyring.keys)],
            said=_("Revoked") if asked.query.get("saved") else "",
        )

    async def new(self, asked: Asked, session: Session) -> Reply:
        """An empty form."""
        session.person.actor.require(Scope.ADMIN)
        return await self._new_form(asked, session)

    async def create(self, asked: Asked, session: Session) -> Reply:
        """Make a key; this answer alone has its secret."""
        actor, now = session.person.actor, self._area.desk.clock()
        actor.require(Scope.ADMIN)
        said = Said(_lines(), asked.form)
        policy = await self._area.desk.policy_for(actor)
        try:
            said.require()
            wanted = _wanted(said.values, policy)

            async def work(tx: Transaction) -> tuple[Key, str]:
                return await keys.create(tx, **wanted, actor=actor, now=now)

            made = await self._area.change(asked, session, work, said.entered)
        except PROBLEMS as refusal:
            return await self._new_form(asked, session, said, refusal)
        title, many = said.values["name"], _(MANY)
        use = _("A program sends it with each request, as Authorization: Bearer and the key.")
        return secret_page(self._area, asked, session, PART, title=title, many=many, made=made, use=use)

    async def open(self, asked: Asked, session: Session, id_: str) -> Reply:
        """One key. Raises NoSuchPage."""
        session.person.actor.require(Scope.ADMIN)
        return await self._page(asked, session, id_, None)

    async def revoke(self, asked: Asked, session: Session, id_: str) -> Reply:
        """Revoke it: its next request is refused. Raises NoSuchPage, KeyNotFound."""
        actor, now = session.person.actor, self._area.desk.clock()
        actor.require(Scope.ADMIN)
        await self._found(session, id_)

        async def work(tx: Transaction) -> Key:
            return await keys.revoke(tx, provided=id_, actor=actor, now=now)

        try:
            await self._area.change(asked, session, work)
        except PROBLEMS as refusal:
            return await self._page(asked, session, id_, refusal)
        return go_to(f"{ROOT}/{PART}?saved=yes")

    async def _found(self, session: Session, id_: str) -> tuple[Key, str]:
        keyring, tag = await self._area.look(session, keys.load)
        return _key(keyring, id_), tag

    async def _new_form(
        self, asked: Asked, session: Session, said: Said | None = None, refusal: Refused | None = None
    ) -> Reply:
        return await new_page(
            self._area, asked, session, PART, _lines(), title=_("New key"), many=_(MANY), said=said, refusal=refusal
        )

    async def _page(self, asked: Asked, session: Session, id_: str, refusal: Refused | None) -> Reply:
        key, tag = await self._found(session, id_)
        shown = self._shown(key, await self._area.desk.policy_for(session.person.actor))
        facts = [
            (_("State"), shown["state"]),
            (_("Ends with"), f"…{key.hint}"),
            (_("May"), ", ".join(sorted(key.scopes))),
            (_("Customer"), key.customer or _("every")),
            (_("Requests a minute"), str(key.rate or _("no limit"))),
            (_("Made"), shown["made"]),
            (_("Expires"), shown["expires"] or _("never")),
        ]
        return form_page(
            self._area,
            asked,
            session,
            PART,
            tag,
            title=key.name,
            many=_(MANY),
            made=[],
            refusal=refusal,
            facts=facts,
            ends=[_end()] if shown["live"] else [],
        )

    def _shown(self, key: Key, policy: Policy) -> dict[str, Any]:
        now = self._area.desk.clock()
        live = key.is_live(now)
        state = _("live") if live else _("revoked") if key.revoked_at is not None else _("expired")
        return {
            "url": f"{ROOT}/{PART}/{ids.to_text(key.id)}",
            "name": key.name,
            "hint": key.hint,
            "scopes": ", ".join(sorted(key.scopes)),
            "customer": key.customer or "",
            "live": live,
            "state": state,
            "made": say.clock(key.created_at, policy.time_zone, now),
            "expires": "" if key.expires_at is None else say.clock(key.expires_at, policy.time_zone, now),
        }


def _end() -> dict[str, str]:
    return {"do": "revoke", "what": _("Revoke"), "sure": _("Its next request is refused. This cannot be undone.")}


def _lines() -> list[Line]:
    rate = _(
        "From %(low)s to %(high)s; empty: no limit.", low=RATE_RANGE[0], high=f"{RATE_RANGE[1]:,}".replace(",", " ")
    )
    return [
        Line("name", _("Name"), text(NAME_LENGTH), _("The program or partner that gets it."), needed=True),
        Line("customer", _("Customer"), text(8), _("The only customer whose orders it sees; empty: every one.")),
        Line("rate", _("Requests a minute"), text(9), rate, widget="number"),
        Line("expires", _("Last day"), text(10), _("Empty: until it is revoked."), widget="date"),
        *(Line(f"{_SCOPE}{scope}", str(scope), SWITCH) for scope in Scope),
    ]


def _wanted(values: dict[str, Any], policy: Policy) -> dict[str, Any]:
    """What `keys.create` is asked for. Raises BadArguments for what is no number or no day."""
    rate, expires = values["rate"], values["expires"]
    problems = []
    if rate and not (rate.isascii() and rate.isdecimal()):
        problems.append(f"rate must be {RATE_RANGE[0]} to {RATE_RANGE[1]} requests a minute")
    try:
        last = date.fromisoformat(expires) + timedelta(days=1) if expires else None
    except (ValueError, OverflowError):
        problems.append("expires " + _("must be a day like 2026-11-02"))
    if problems:
        raise BadArguments(*problems)
    return {
        "name": values["name"],
        "scopes": _scopes(values),
        "customer": values["customer"] or None,
        "rate": int(rate) if rate else None,
        "expires_at": Instant(beginning_of(last, policy.time_zone)) if last else None,
    }


def _scopes(values: dict[str, Any]) -> Sequence[str]:
    return [str(scope) for scope in Scope if values[f"{_SCOPE}{scope}"]]


def _key(keyring: Keyring, id_: str) -> Key:
    found = next((key for key in keyring.keys if ids.to_text(key.id) == id_), None)
    if found is None:
        raise NoSuchPage
    return found
