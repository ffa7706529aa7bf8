"""The cancel desk: scan an order, see how it stands, scan a reason, done."""

from __future__ import annotations

import secrets
from hashlib import sha256
from typing import Any

import msgspec

from traylane.access.actor import Scope
from traylane.access.idempotency import Retry
from traylane.access.sessions import Session
from traylane.console import say
from traylane.console.sentences import refused
from traylane.console.session import Door, Recent, recent_of, with_recent
from traylane.console.web import Asked, Reply, go_to
from traylane.console.words import N_, _
from traylane.errors import Refused
from traylane.orders.cancel import CANCEL
from traylane.orders.cancel_rules import CancelRequest
from traylane.orders.change import Replayed, Request, Verb
from traylane.orders.desk import Desk
from traylane.orders.lookup import LONGEST, Kind, RecordNotFound, Ref, echo
from traylane.orders.model import Order
from traylane.orders.restore import RESTORE
from traylane.orders.restore_rules import RestoreRequest
from traylane.policy.model import Policy

TIMELINE = 100
_AS = {Kind.ID: N_("order"), Kind.ORDER: N_("order number"), Kind.TRAY: N_("tray"), Kind.PO: N_("PO number")}


class Shown(msgspec.Struct):
    """What the page shows below the scan field, beside the session's last scans."""

    card: dict[str, Any] | None = None
    choices: tuple[dict[str, Any], ...] = ()
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
        shown = await self._found(session, Ref(scanned, scanned=True)) if scanned else Shown()
        return await self._page(asked, session, shown)

    async def scan(self, asked: Asked, session: Session) -> Reply:
        """Something was scanned or typed: an order, or the reason for the order on the card."""
        session.person.actor.require(Scope.ORDERS_READ)
        scanned, number = as_scanned(asked.form.get("scan", "")), asked.form.get("order", "")
        if asked.form.get("pick"):
            return await self._page(asked, session, await self._found(session, Ref(asked.form["pick"], by=Kind.ORDER)))
        policy = await self._desk.policy_for(session.person.actor)
        reason = _reason(scanned, policy)
        if number and (reason if policy.reason_required else not scanned):
            if reason and await self._is_order_too(session, scanned):
                shown = await self._found(session, Ref(number, by=Kind.ORDER))
                shown.problem = _(
                    "%(code)s is a reason and an order's number too: press the button of the reason", code=scanned
                )
                return await self._page(asked, session, shown)
            return await self._cancel(asked, session, CancelRequest(reason))
        if not scanned:
            shown = await self._found(session, Ref(number, by=Kind.ORDER)) if number else Shown()
            shown.problem = _("Scan the reason, or press its button") if shown.card and policy.reason_required else ""
            return await self._page(asked, session, shown)
        return await self._page(asked, session, await self._found(session, Ref(scanned, scanned=True)))

    async def cancel(self, asked: Asked, session: Session) -> Reply:
        """A button of the card: cancel with this reason, past a non-cancel station when that is asked."""
        override = asked.form.get("override") == "yes"
        if override:
            session.person.actor.require(Scope.ORDERS_OVERRIDE)
        return await self._cancel(asked, session, CancelRequest(asked.form.get("reason") or None, override))

    async def restore(self, asked: Asked, session: Session) -> Reply:
        """Take a cancel back."""
        session.person.actor.require(Scope.ORDERS_RESTORE)
        ref = Ref(asked.form.get("order", ""), by=Kind.ORDER)
        return await self._change(asked, session, RESTORE, ref, RestoreRequest(), _("Restored"))

    async def _cancel(self, asked: Asked, session: Session, request: CancelRequest) -> Reply:
        session.person.actor.require(Scope.ORDERS_CANCEL)
        ref = Ref(asked.form.get("order", ""), by=Kind.ORDER)
        return await self._change(asked, session, CANCEL, ref, request, _("Cancelled"))

    async def _change(
        self, asked: Asked, session: Session, verb: Verb[Any], ref: Ref, request: Any, said: str
    ) -> Reply:
        now, actor = self._desk.clock(), session.person.actor
        tag = asked.form.get("tag")
        change = Request(
            ref=ref,
            asked=request,
            actor=actor,
            now=now,
            if_match=frozenset({tag}) if tag else None,
            retry=retry(asked, actor.name, verb.event, ref, request),
            present=_kept,
        )
        problem, is_new = "", True
        try:
            outcome = await self._desk.change(verb, change)
            if isinstance(outcome, Replayed):
                problem, is_new = outcome.answer.decode(), False
        except Refused as refusal:
            problem = say.because(refusal, await self._desk.policy_for(actor), now)
        shown = await self._found(session, ref, done="" if problem else said)
        shown.problem = problem
        if is_new:
            line = Recent(now, echo(ref.given), problem or said, not problem)
            session = remembering(session, with_recent(session, line))
            await self._door.touch(session, session.recent)
        return await self._page(asked, session, shown)

    async def _is_order_too(self, session: Session, scanned: str) -> bool:
        _, hits = await self._desk.fits(Ref(scanned, scanned=True), session.person.actor)
        return bool(hits)

    async def _found(self, session: Session, ref: Ref, done: str = "") -> Shown:
        policy, hits = await self._desk.fits(ref, session.person.actor)
        if not hits:
            return Shown(problem=refused(RecordNotFound(provided=ref.given)))
        if len(hits) > 1:
            return Shown(choices=tuple(self._facts(h.order, policy, session) | {"as": _(_AS[h.kind])} for h in hits))
        order = hits[0].order
        card = self._facts(order, policy, session)
        pinned = ref.pinned(order)
        actor = session.person.actor
        total, events = (await self._desk.history(pinned, actor, limit=TIMELINE, offset=0))[1:]
        card["timeline"] = say.timeline(events, policy, self._desk.clock())
        card["earlier"] = total > len(events)
        card["undo"] = order.is_cancelled and await self._restorable(order, session)
        card["reasons"], card["override"] = self._ways(order, policy, session)
        return Shown(card=card, done={"said": done, **card} if done else None)

    async def _restorable(self, order: Order, session: Session) -> bool:
        actor = session.person.actor
        if not actor.may(Scope.ORDERS_RESTORE):
            return False
        found = await self._desk.foresee_restore(Ref("").pinned(order), RestoreRequest(), actor)
        return not found.refusals

    def _ways(self, order: Order, policy: Policy, session: Session) -> tuple[list[dict[str, str]], bool]:
        """The reasons that would cancel the order, and whether they do so past a non-cancel station."""
        actor = session.person.actor
        colour = say.verdict(order, policy, actor, self._desk.clock()).colour
        past = colour == "amber" and actor.may(Scope.ORDERS_OVERRIDE)
        if not actor.may(Scope.ORDERS_CANCEL) or not (past or colour == "green"):
            return [], False
        codes = policy.override_reasons if past else policy.active_reasons if policy.reason_required else ()
        return [{"code": c, "text": policy.reasons[c].description} for c in sorted(codes)], past

    def _facts(self, order: Order, policy: Policy, session: Session) -> dict[str, Any]:
        now = self._desk.clock()
        return {
            "number": order.number,
            "tag": order.tag,
            "tray": order.tray,
            "po": order.po,
            "customer": order.customer,
            "status": _(say.STATUS[order.status]) + (", " + _("on hold") if order.on_hold else ""),
            "place": say.place(order.station, policy),
            "since": say.clock(order.station_at, policy.time_zone, now) if order.station_at is not None else "",
            "work": say.work(order),
            "verdict": say.verdict(order, policy, session.person.actor, now),
            "reason_required": policy.reason_required,
            "cancelled": order.is_cancelled,
        }

    async def _page(self, asked: Asked, session: Session, shown: Shown) -> Reply:
        policy = await self._desk.policy_for(session.person.actor)
        now = self._desk.clock()
        recent = [
            {"at": say.clock(r.at, policy.time_zone, now), "order": r.order, "said": r.said, "good": r.good}
            for r in recent_of(session)
        ]
        return self._door.page(
            asked,
            session,
            "_desk.html" if asked.swaps else "desk.html",
            shown=shown,
            recent=recent,
            key=secrets.token_urlsafe(16),
            page="/",
        )


def as_scanned(text: str) -> str:
    """What was read or typed, without the key that a barcode reader presses after it."""
    return text.strip()[: LONGEST * 4]


def retry(asked: Asked, who: str, event: str, ref: Ref, request: Any) -> Retry | None:
    """What makes a form recognisable when it comes again: the key that it was shown with."""
    key = asked.form.get("key", "")
    if not 0 < len(key) <= 64 or not (key.isascii() and key.isprintable()):
        return None
    identity = repr((event, ref.given, ref.by, request))
    return Retry(f"console {who}", key, sha256(identity.encode("utf-8", "replace")).digest())


def remembering(session: Session, recent: str) -> Session:
    """The session with other last scans."""
    return Session(session.digest, session.person, session.seen_at, recent)


def _kept(outcome: object) -> bytes:
    """What is stored for a form that comes again: the sentence of its refusal, empty when it was done."""
    return str(outcome).encode("utf-8", "replace") if isinstance(outcome, Refused) else b""


def _reason(scanned: str, policy: Policy) -> str | None:
    """The active reason whose code was scanned, in either case."""
    return next((code for code in sorted(policy.active_reasons) if code.lower() == scanned.lower()), None)
