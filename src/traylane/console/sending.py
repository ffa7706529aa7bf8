"""A form that changes an order: sent once, however often it comes."""

from __future__ import annotations

from hashlib import sha256
from typing import Any, NamedTuple

from traylane.access.actor import Actor
from traylane.access.idempotency import Retry
from traylane.console import say
from traylane.console.web import Asked
from traylane.errors import OrderChanged, Refused
from traylane.orders.change import Replayed, Request, Verb
from traylane.orders.desk import Desk
from traylane.orders.lookup import Ref


class Came(NamedTuple):
    """What came of a form: the sentence of what stood in the way, empty when it was done. `is_new`: not done before.
    `is_changed`: the order is not as the form showed it.
    """

    problem: str
    is_new: bool
    is_changed: bool = False


async def send_change(desk: Desk, asked: Asked, actor: Actor, verb: Verb[Any], ref: Ref, request: Any) -> Came:
    """Make the change that a form asks for. Of refusals it raises those alone that are nobody's answer: none of the
    order's own.
    """
    now, tag = desk.clock(), asked.form.get("tag")
    change = Request(
        ref=ref,
        asked=request,
        actor=actor,
        now=now,
        if_match=frozenset({tag}) if tag else None,
        retry=retry(asked, actor.name, verb.event, ref, request),
        present=_kept,
    )
    try:
        outcome = await desk.change(verb, change)
    except Refused as refusal:
        problem = say.because(refusal, await desk.policy_for(actor), now)
        return Came(problem, is_new=True, is_changed=isinstance(refusal, OrderChanged))
    if isinstance(outcome, Replayed):
        return Came(outcome.answer.decode(), is_new=False)
    return Came("", is_new=True)


def retry(asked: Asked, who: str, event: str, ref: Ref, request: Any) -> Retry | None:
    """What makes a form recognisable when it comes again: the key that it was shown with."""
    key = asked.form.get("key", "")
    if not 0 < len(key) <= 64 or not (key.isascii() and key.isprintable()):
        return None
    identity = repr((event, ref.given, ref.by, request))
    return Retry(f"console {who}", key, sha256(identity.encode("utf-8", "replace")).digest())


def _kept(outcome: object) -> bytes:
    """What is stored for a form that comes again: the sentence of its refusal, empty when it was done."""
    return str(outcome).encode("utf-8", "replace") if isinstance(outcome, Refused) else b""
