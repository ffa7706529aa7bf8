"""The cancel desk: scan an order, see how it stands, scan a reason, done."""

from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import urlencode

import msgspec

from traylane.access.actor import Scope
from traylane.access.sessions import Session
from traylane.console import desk_card, say, tally
from traylane.console.parts import parts_of
from traylane.console.sending import send_change
from traylane.console.sentences import refused
from traylane.console.session import Door
from traylane.console.tally import Outcome, Recent, tally_of
from traylane.console.web import Asked, Reply, go_to
from traylane.console.words import _
from traylane.errors import BadArguments
from traylane.orders.cancel import CANCEL
from traylane.orders.cancel_rules import CancelRequest
from traylane.orders.change import Verb
from traylane.orders.desk import Desk
from traylane.orders.lookup import CANDIDATES, LONGEST, Hit, Kind, RecordNotFound, Ref, echo
from traylane.orders.restore import RESTORE
from traylane.orders.restore_rules import RestoreRequest
from traylane.policy.model import Policy


class Shown(msgspec.Struct):
    """What the page shows below the scan field, beside the session's last scans. `more`: where all that fit are."""

    card: dict[str, Any] | None = None
    choices: tuple[dict[str, Any], ...] = ()
    more: str = ""
    done: dict[str, Any] | None = None
    problem: str = ""


class CancelDesk:
    """Answers what a signed-in person asks at the cancel desk."""

    def __init__(self, desk: Desk, door: Door) -> None:
        self._desk = desk
        self._door = door

    async def open(self, asked: Asked, session: Session) -> Reply:
        """The page; with `?scan=` as if that had been scanned. Who does not cancel is shown the stations."""
        if not session.person.actor.may(Scope.ORDERS_CANCEL):
            return go_to("/stations")
        session.person.actor.require(Scope.ORDERS_READ)
        scanned = as_scanned(asked.query.get("scan", ""))
        shown = await self._found(asked, session, Ref(scanned, scanned=True)) if scanned else Shown()
        return await self._page(asked, session, shown)

    async def again(self, _asked: Asked, _session: Session, _what: str) -> Reply:
        """The page afresh."""
        return go_to("/")

    async def scan(self, asked: Asked, session: Session) -> Reply:
        """Something was scanned or typed: an order, or the reason for the order on the card."""
        session.person.actor.require(Scope.ORDERS_READ)
        scanned, number = as_scanned(asked.form.get("scan", "")), asked.form.get("order", "")
        if asked.form.get("pick"):
            return await self._page(
                asked, session, await self._found(asked, session, Ref(asked.form["pick"], by=Kind.ORDER))
            )
        policy = await self._desk.policy_for(session.person.actor)
        reason = _reason(scanned, policy)
        if number and (reason if policy.reason_required else not scanned):
            if reason and await self._is_order_too(session, scanned):
                shown = await self._found(asked, session, Ref(number, by=Kind.ORDER))
                shown.problem = _(
                    "%(code)s is a reason and an order's number too: press the button of the reason", code=scanned
                )
                return await self._page(asked, session, shown)
            return await self._cancel(asked, session, reason)
        if not scanned:
            shown = await self._found(asked, session, Ref(number, by=Kind.ORDER)) if number else Shown()
            shown.problem = _("Scan the reason, or press its button") if shown.card and policy.reason_required else ""
            return await self._page(asked, session, shown)
        return await self._looked_up(asked, session, Ref(scanned, scanned=True))

    async def cancel(self, asked: Asked, session: Session) -> Reply:
        """A button of the card: cancel with this reason, past a non-cancel station when that is asked."""
        override = asked.form.get("override") == "yes"
        if override:
            session.person.actor.require(Scope.ORDERS_OVERRIDE)
        return await self._cancel(asked, session, asked.form.get("reason") or None, override=override)

    async def restore(self, asked: Asked, session: Session) -> Reply:
        """Take a cancel back."""
        session.person.actor.require(Scope.ORDERS_RESTORE)
        return await self._change(asked, session, RESTORE, RestoreRequest(), "restored")

    async def _cancel(self, asked: Asked, session: Session, reason: str | None, *, override: bool = False) -> Reply:
        session.person.actor.require(Scope.ORDERS_CANCEL)
        try:
            request = CancelRequest(reason, override, parts_of(asked.form))
        except BadArguments as wrong:
            shown = await self._found(asked, session, Ref(asked.form.get("order", ""), by=Kind.ORDER))
            shown.problem = "; ".join(wrong.details())
            return await self._page(asked, session, shown)
        return await self._change(asked, session, CANCEL, request, "cancelled")

    async def _change(self, asked: Asked, session: Session, verb: Verb[Any], request: Any, done: Outcome) -> Reply:
        ref = Ref(asked.form.get("order", ""), by=Kind.ORDER)
        came = await send_change(self._desk, asked, session.person.actor, verb, ref, request)
        said = _("Cancelled") if done == "cancelled" else _("Restored")
        shown = await self._found(asked, session, ref, done="" if came.problem else said)
        shown.problem = came.problem
        if came.problem and came.is_changed and shown.card and shown.card["timeline"]:
            last = shown.card["timeline"][0]
            shown.problem = f"{came.problem}: {last.at} {last.what}, {last.who}"
        if came.is_new:
            outcome: Outcome = "refused" if came.problem else done
            session = await self._noted(session, outcome, echo(ref.given), came.problem or said)
        return await self._page(asked, session, shown)

    async def _looked_up(self, asked: Asked, session: Session, ref: Ref) -> Reply:
        shown = await self._found(asked, session, ref)
        if shown.problem:
            session = await self._noted(session, "refused", echo(ref.given), _("Not found"))
        elif shown.card and shown.card["verdict"].colour == "red":
            session = await self._noted(session, "refused", shown.card["number"], shown.card["verdict"].sentence)
        return await self._page(asked, session, shown)

    async def _noted(self, session: Session, outcome: Outcome, order: str, said: str) -> Session:
        line = Recent(self._desk.clock(), order, said, outcome != "refused")
        kept = tally.text(tally_of(session).after(outcome, line))
        await self._door.touch(session, kept)
        return Session(session.digest, session.person, session.seen_at, kept)

    async def _is_order_too(self, session: Session, scanned: str) -> bool:
        _, hits = await self._desk.fits(Ref(scanned, scanned=True), session.person.actor)
        return bool(hits)

    async def _found(self, asked: Asked, session: Session, ref: Ref, done: str = "") -> Shown:
        actor, now = session.person.actor, self._desk.clock()
        policy, hits = await self._desk.fits(ref, actor)
        if not hits:
            return Shown(problem=refused(RecordNotFound(provided=ref.given)))
        if len(hits) > 1:
            choices = tuple(desk_card.choice(hit, policy, actor, now) for hit in _first(hits))
            more = "/orders?" + urlencode({"search": ref.given}) if len(choices) < len(hits) else ""
            return Shown(choices=choices, more=more)
        card = await desk_card.card(self._desk, hits[0].order, policy, actor, asked.form)
        return Shown(card=card, done={"said": done, **card} if done else None)

    async def _page(self, asked: Asked, session: Session, shown: Shown) -> Reply:
        policy = await self._desk.policy_for(session.person.actor)
        now, kept = self._desk.clock(), tally_of(session)
        recent = [
            {"at": say.clock(r.at, policy.time_zone, now), "order": r.order, "said": r.said, "good": r.good}
            for r in kept.recent
        ]
        return self._door.page(
            asked,
            session,
            "_desk.html" if asked.swaps else "desk.html",
            shown=shown,
            candidates=CANDIDATES,
            tally=kept,
            recent=recent,
            key=secrets.token_urlsafe(16),
            page="/",
        )


def as_scanned(text: str) -> str:
    """What was read or typed, without the key that a barcode reader presses after it."""
    return text.strip()[: LONGEST * 4]


def _first(hits: list[Hit]) -> list[Hit]:
    """What is shown of many: no more orders of one PO than the look-up promises to tell apart."""
    pos = [hit for hit in hits if hit.kind is Kind.PO]
    return [hit for hit in hits if hit.kind is not Kind.PO] + pos[:CANDIDATES]


def _reason(scanned: str, policy: Policy) -> str | None:
    """The active reason whose code was scanned, in either case."""
    return next((code for code in sorted(policy.active_reasons) if code.lower() == scanned.lower()), None)
