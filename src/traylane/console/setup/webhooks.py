"""The pages of webhooks: endpoints, what was sent to each and what came back, and sending again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from traylane.access.actor import Scope
from traylane.access.sessions import Session
from traylane.clock import Instant
from traylane.console import say
from traylane.console.setup.area import ROOT, Area
from traylane.console.setup.deliveries import SHOWN, shown, span_of
from traylane.console.setup.fields import Entered
from traylane.console.setup.forms import PROBLEMS, Line, Said, filled, form_page, new_page, secret_page
from traylane.console.table import NoSuchPage
from traylane.console.web import Asked, Reply, go_to
from traylane.console.words import N_, _
from traylane.db import ids
from traylane.db.database import Transaction
from traylane.errors import Refused
from traylane.events.feed import CursorGone
from traylane.policy.model import Policy
from traylane.policy.value_types import SWITCH, codes, text
from traylane.webhooks import manage, store
from traylane.webhooks.manage import EndpointNotFound, Wanted
from traylane.webhooks.model import Delivery, Endpoint
from traylane.webhooks.target import LONGEST_URL

PART = "webhooks"
MANY = N_("Webhooks")
_DONE = {
    "saved": N_("Saved"),
    "removed": N_("Removed"),
    "again": N_("Sent again"),
    "on": N_("Switched on"),
    "off": N_("Switched off"),
}


class WebhookPages:
    """Makes endpoints, changes them, and sends events again."""

    def __init__(self, area: Area) -> None:
        self._area = area

    async def overview(self, asked: Asked, session: Session) -> Reply:
        """Every endpoint, the oldest first."""
        session.person.actor.require(Scope.WEBHOOKS_WRITE)
        found, tag = await self._area.look(session, store.endpoints)
        policy = await self._area.desk.policy_for(session.person.actor)
        rows = [self._shown(endpoint, policy) for endpoint in found]
        return self._area.page(asked, session, PART, "setup_webhooks.html", tag, rows=rows, said=_done(asked))

    async def new(self, asked: Asked, session: Session) -> Reply:
        """An empty form."""
        session.person.actor.require(Scope.WEBHOOKS_WRITE)
        return await self._new_form(asked, session)

    async def create(self, asked: Asked, session: Session) -> Reply:
        """Make an endpoint; this answer alone has its secret."""
        actor, now = session.person.actor, self._area.desk.clock()
        actor.require(Scope.WEBHOOKS_WRITE)
        said = Said(_lines(new=True), asked.form)
        allowed = (await self._area.desk.policy_for(actor)).webhook_hosts
        position = (await self._area.desk.feed.newest()).position
        wanted = _wanted(said.values)

        async def work(tx: Transaction) -> tuple[Endpoint, str]:
            return await manage.create(tx, wanted, position=position, allowed=allowed, actor=actor, now=now)

        try:
            said.require()
            made = await self._area.change(asked, session, work, said.entered)
        except PROBLEMS as refusal:
            return await self._new_form(asked, session, said, refusal)
        return self._secret(asked, session, said.values["url"], made)

    async def open(self, asked: Asked, session: Session, id_: str) -> Reply:
        """One endpoint with its deliveries. Raises NoSuchPage."""
        session.person.actor.require(Scope.WEBHOOKS_WRITE)
        return await self._page(asked, session, id_, None, None)

    async def change(self, asked: Asked, session: Session, id_: str) -> Reply:
        """What a button of the page asks for. Raises NoSuchPage."""
        session.person.actor.require(Scope.WEBHOOKS_WRITE)
        match asked.form.get("do", ""):
            case "":
                return await self._save(asked, session, id_)
            case "rotate":
                return await self._rotate(asked, session, id_)
            case "remove":
                return await self._remove(asked, session, id_)
            case "replay":
                return await self._replay(asked, session, id_)
            case "on" | "off" as switch:
                wanted = Wanted(enabled=switch == "on")
                return await self._changed(asked, session, id_, wanted, {}, switch)
            case _:
                raise NoSuchPage

    async def _save(self, asked: Asked, session: Session, id_: str) -> Reply:
        said = Said(_lines(new=False), asked.form)
        try:
            said.require()
        except PROBLEMS as refusal:
            return await self._page(asked, session, id_, said.entered, refusal)
        return await self._changed(asked, session, id_, _wanted(said.values), said.entered, "saved")

    async def _changed(
        self, asked: Asked, session: Session, id_: str, wanted: Wanted, entered: Mapping[str, Entered], done: str
    ) -> Reply:
        actor, now = session.person.actor, self._area.desk.clock()
        allowed = (await self._area.desk.policy_for(actor)).webhook_hosts

        async def work(tx: Transaction) -> Endpoint:
            return await manage.change(tx, id_, wanted, allowed=allowed, actor=actor, now=now)

        try:
            await self._area.change(asked, session, work, wanted)
        except PROBLEMS as refusal:
            return await self._page(asked, session, id_, entered, refusal)
        except EndpointNotFound:
            raise NoSuchPage from None
        return go_to(f"{_at(id_)}?done={done}")

    async def _rotate(self, asked: Asked, session: Session, id_: str) -> Reply:
        actor, now = session.person.actor, self._area.desk.clock()
        (found, _sent), _tag = await self._found(session, id_)

        async def work(tx: Transaction) -> tuple[Endpoint, str]:
            return await manage.rotate(tx, id_, actor=actor, now=now)

        try:
            made = await self._area.change(asked, session, work, "rotate")
        except PROBLEMS as refusal:
            return await self._page(asked, session, id_, None, refusal)
        return self._secret(asked, session, found.url, made)

    async def _remove(self, asked: Asked, session: Session, id_: str) -> Reply:
        actor, now = session.person.actor, self._area.desk.clock()

        async def work(tx: Transaction) -> Endpoint:
            return await manage.remove(tx, id_, actor=actor, now=now)

        try:
            await self._area.change(asked, session, work, "remove")
        except PROBLEMS as refusal:
            return await self._page(asked, session, id_, None, refusal)
        except EndpointNotFound:
            raise NoSuchPage from None
        return go_to(f"{ROOT}/{PART}?done=removed")

    async def _replay(self, asked: Asked, session: Session, id_: str) -> Reply:
        now = self._area.desk.clock()
        (found, _sent), _tag = await self._found(session, id_)
        try:
            first, last = span_of(asked.form)
            again = await manage.replay(self._area.desk.feed, found, first=first, last=last.position, now=Instant(now))

            async def work(tx: Transaction) -> None:
                await store.send_again(tx, again)

            await self._area.change(asked, session, work, "replay", first, last)
        except (*PROBLEMS, CursorGone) as refusal:
            return await self._page(asked, session, id_, None, refusal)
        return go_to(f"{_at(id_)}?done=again")

    def _secret(self, asked: Asked, session: Session, title: str, made: tuple[Endpoint, str] | None) -> Reply:
        use = _("Whoever receives the messages checks their signature with it.")
        return secret_page(self._area, asked, session, PART, title=title, many=_(MANY), made=made, use=use)

    async def _found(self, session: Session, id_: str) -> tuple[tuple[Endpoint, list[Delivery]], str]:
        actor = session.person.actor

        async def work(tx: Transaction) -> tuple[Endpoint, list[Delivery]]:
            found = await manage.find(tx, id_, actor)
            return found, await store.deliveries(tx, found.id, below=1 << 62, limit=SHOWN)

        try:
            return await self._area.look(session, work)
        except EndpointNotFound:
            raise NoSuchPage from None

    async def _new_form(
        self, asked: Asked, session: Session, said: Said | None = None, refusal: Refused | None = None
    ) -> Reply:
        title, many = _("New webhook"), _(MANY)
        return await new_page(
            self._area, asked, session, PART, _lines(new=True), title=title, many=many, said=said, refusal=refusal
        )

    async def _page(
        self,
        asked: Asked,
        session: Session,
        id_: str,
        entered: Mapping[str, Entered] | None,
        refusal: Refused | None,
    ) -> Reply:
        (found, sent), tag = await self._found(session, id_)
        policy = await self._area.desk.policy_for(session.person.actor)
        row = self._shown(found, policy)
        epoch = (await self._area.desk.feed.newest()).epoch
        return form_page(
            self._area,
            asked,
            session,
            PART,
            tag,
            title=found.url,
            many=_(MANY),
            made=filled(_lines(new=False), _stored(found) | dict(entered or {})),
            refusal=refusal,
            facts=[(_("State"), row["state"]), (_("Customer"), found.customer or _("every")), (_("Made"), row["made"])],
            ends=[_rotated(), _switched(on=found.disabled_at is not None), _removed()],
            deliveries=shown(sent, epoch, policy.time_zone, self._area.desk.clock()),
            said=_done(asked),
        )

    def _shown(self, found: Endpoint, policy: Policy) -> dict[str, Any]:
        now, zone = self._area.desk.clock(), policy.time_zone
        state, good = _("on"), True
        if found.disabled_at is not None:
            why = {"switched off": _("switched off")}.get(found.disabled_why, found.disabled_why)
            state, good = _("off since %(time)s: %(why)s", time=say.clock(found.disabled_at, zone, now), why=why), False
        elif found.failing_since is not None:
            state = _("on; nothing has arrived since %(time)s", time=say.clock(found.failing_since, zone, now))
            good = False
        return {
            "url": _at(ids.to_text(found.id)),
            "address": found.url,
            "text": found.description,
            "types": ", ".join(found.types) or _("every event of an order"),
            "state": state,
            "good": good,
            "made": say.clock(found.created_at, zone, now),
        }


def _rotated() -> dict[str, str]:
    sure = _("The new secret is shown once. The old one signs beside it for a day.")
    return {"do": "rotate", "what": _("Give a new secret"), "sure": sure}


def _switched(*, on: bool) -> dict[str, str]:
    if on:
        return {"do": "on", "what": _("Switch on"), "sure": _("It is told what happened meanwhile.")}
    return {"do": "off", "what": _("Switch off"), "sure": _("It is told nothing until it is switched on again.")}


def _removed() -> dict[str, str]:
    return {"do": "remove", "what": _("Remove"), "sure": _("Its deliveries are removed with it.")}


def _lines(*, new: bool) -> list[Line]:
    types = _("One a line, like order.cancelled or setup.*. Empty: every event of an order.")
    bound = Line("customer", _("Customer"), text(8), _("Only what happens to this customer's orders; empty: all."))
    return [
        Line("url", _("Address"), text(LONGEST_URL), _("Begins with https://."), needed=True),
        Line("description", _("Description"), text(100)),
        Line("types", _("Events"), codes(40, 50), types),
        *([bound] if new else []),
        Line("staff", _("With the codes of operators and employees"), SWITCH),
    ]


def _wanted(values: Mapping[str, Any]) -> Wanted:
    return Wanted(
        url=values["url"],
        description=values["description"],
        types=tuple(values["types"]),
        customer=values.get("customer") or None,
        staff=values["staff"],
    )


def _stored(found: Endpoint) -> dict[str, Entered]:
    return {
        "url": found.url,
        "description": found.description,
        "types": "\n".join(found.types),
        "staff": found.staff,
    }


def _at(id_: str) -> str:
    return f"{ROOT}/{PART}/{id_}"


def _done(asked: Asked) -> str:
    said = _DONE.get(asked.query.get("done", ""), "")
    return _(said) if said else ""
