"""The page of one order: what it is, where it has been, and what can be done after a cancel."""

from __future__ import annotations

import re
import secrets
from typing import Any
from urllib.parse import quote

import msgspec

from traylane.access.actor import Scope
from traylane.access.sessions import Session
from traylane.console import say
from traylane.console.optics import frame, job, optics
from traylane.console.order_story import KEPT, story
from traylane.console.parts import parts_of, parts_shown
from traylane.console.sending import send_change
from traylane.console.sentences import translated
from traylane.console.session import Door
from traylane.console.web import Asked, Reply, go_to
from traylane.console.words import N_, _
from traylane.db.database import Transaction
from traylane.errors import BadArguments
from traylane.events import record
from traylane.events.seal import Event
from traylane.orders.desk import Desk
from traylane.orders.details import read_details
from traylane.orders.dispose import DISPOSE
from traylane.orders.disposition_rules import DispositionRequest
from traylane.orders.document import order_answer
from traylane.orders.look import Found
from traylane.orders.lookup import Kind, Ref
from traylane.orders.model import Order
from traylane.orders.restore import RESTORE
from traylane.orders.restore_rules import LensBroken, RestoreRequest
from traylane.policy.model import Policy
from traylane.tracking.history import Tracked, history

_DONE = {"restored": N_("Restored"), "disposed": N_("Lenses and frame accounted for")}
_HOST = re.compile(r"[A-Za-z0-9.\-\[\]:]{1,200}")


class OrderPage:
    """Answers who looks at one order."""

    def __init__(self, desk: Desk, door: Door) -> None:
        self._desk = desk
        self._door = door

    async def open(self, asked: Asked, session: Session, number: str) -> Reply:
        """The page. Raises RecordNotFound."""
        said = _DONE.get(asked.query.get("done", ""), "")
        return await self._page(asked, session, number, done=_(said) if said else "")

    async def restore(self, asked: Asked, session: Session, number: str) -> Reply:
        """Take its cancel back; by force where a lens is broken and the form says so."""
        actor = session.person.actor
        actor.require(Scope.ORDERS_RESTORE)
        force = asked.form.get("force") == "yes"
        if force:
            actor.require(Scope.ORDERS_OVERRIDE)
        ref = Ref(number, by=Kind.ORDER)
        came = await send_change(self._desk, asked, actor, RESTORE, ref, RestoreRequest(force))
        return await self._after(asked, session, number, came.problem, "restored")

    async def dispose(self, asked: Asked, session: Session, number: str) -> Reply:
        """Say what became of lenses and frame."""
        actor = session.person.actor
        actor.require(Scope.ORDERS_CANCEL)
        try:
            request = DispositionRequest(parts_of(asked.form))
        except BadArguments as wrong:
            return await self._page(asked, session, number, problem="; ".join(wrong.details()))
        came = await send_change(self._desk, asked, actor, DISPOSE, Ref(number, by=Kind.ORDER), request)
        return await self._after(asked, session, number, came.problem, "disposed")

    async def _after(self, asked: Asked, session: Session, number: str, problem: str, done: str) -> Reply:
        if problem:
            return await self._page(asked, session, number, problem=problem)
        return go_to(f"{_at(number)}?done={done}")

    async def _page(self, asked: Asked, session: Session, number: str, *, done: str = "", problem: str = "") -> Reply:
        actor, now = session.person.actor, self._desk.clock()
        found, (scans, events, hidden) = await self._desk.ask_about(Ref(number, by=Kind.ORDER), actor, _past)
        order, policy = found.order, found.policy
        details = read_details(order.details)
        return self._door.page(
            asked,
            session,
            "order.html",
            order=order,
            done=done,
            problem=problem,
            stands=say.status(order),
            place=say.place(order.station, policy),
            since=say.clock(order.station_at, policy.time_zone, now) if order.station_at is not None else "",
            verdict=say.verdict(order, policy, actor, now),
            may_cancel=actor.may(Scope.ORDERS_CANCEL),
            optics=optics(details),
            frame=frame(details),
            job=job(order, details, policy),
            story=story(scans, events, policy, now),
            hidden=hidden,
            cancellation=await self._cancellation(order, session) if order.is_cancelled else None,
            raw=msgspec.json.format(msgspec.json.encode(order_answer(order, policy)), indent=2).decode(),
            curl=_curl(asked, number),
            at=_at(number),
            page=_at(number),
            key=secrets.token_urlsafe(16),
        )

    async def _cancellation(self, order: Order, session: Session) -> dict[str, Any]:
        """The card of a cancelled order: who, why, what a restore would do, what became of its parts."""
        actor, now = session.person.actor, self._desk.clock()
        found = await self._desk.foresee_restore(Ref("").pinned(order), RestoreRequest(), actor)
        order, policy = found.order, found.policy
        broken = [refusal for refusal in found.refusals if isinstance(refusal, LensBroken)]
        forced = bool(broken) and len(broken) == len(found.refusals) and actor.may(Scope.ORDERS_OVERRIDE)
        return {
            "at": say.clock(order.cancelled_at, policy.time_zone, now) if order.cancelled_at is not None else "",
            "by": translated(order.cancelled_by or ""),
            "reason": say.reason_text(order.cancel_reason, policy) if order.cancel_reason else "",
            "station": say.place(order.cancel_station, policy) if order.cancel_station else "",
            "override": order.cancel_override,
            "back": _brought_back(order, policy, tray_is_lost=any(n.what == "tray" for n in found.not_restored)),
            "lost": [translated(thing.reason) for thing in found.not_restored],
            "refusals": [say.because(refusal, policy, now) for refusal in found.refusals],
            "may_restore": actor.may(Scope.ORDERS_RESTORE) and not found.refusals,
            "may_force": actor.may(Scope.ORDERS_RESTORE) and forced,
            "may_dispose": actor.may(Scope.ORDERS_CANCEL),
            **parts_shown(order, policy),
        }


async def _past(tx: Transaction, found: Found) -> tuple[list[Tracked], list[Event], bool]:
    """The last scans and the last events of an order, and whether there are earlier ones."""
    order = found.order
    scanned, scans = await history(tx, order.id, limit=KEPT, offset=max(0, order.scan_count - KEPT))
    total, _none = await record.history(tx, order.id, limit=0, offset=0)
    events = (await record.history(tx, order.id, limit=KEPT, offset=max(0, total - KEPT)))[1]
    return list(scans), events, max(scanned, total) > KEPT


def _brought_back(order: Order, policy: Policy, *, tray_is_lost: bool) -> str:
    """What a restore would make of the order, in one sentence."""
    tray = _("in tray %(tray)s", tray=order.tray) if order.tray and not tray_is_lost else _("without a tray")
    parts = (say.status(order), say.place(order.station, policy), tray)
    return _("A restore brings it back: %(what)s.", what=", ".join(parts))


def _at(number: str) -> str:
    return "/orders/" + quote(number, safe="")


def _curl(asked: Asked, number: str) -> str:
    host = asked.host if _HOST.fullmatch(asked.host) else "localhost:4567"
    url = f"{asked.scheme}://{host}/api/v2/orders/{quote(number, safe='')}?by=order"
    return f"curl -H 'Authorization: Bearer '\"$TRAYLANE_KEY\" '{url}'"
