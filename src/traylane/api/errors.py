"""The only place that knows a status code: from a refusal to an answer."""

from __future__ import annotations

from typing import Any

from traylane.access.actor import BoundToCustomer, Forbidden, Unauthenticated
from traylane.access.idempotency import KeyInUse, KeyReused, RestoredSince
from traylane.access.keys import KeyNotFound, TooManyLiveKeys
from traylane.access.rate import RateLimited
from traylane.api.http import CLOSE, PROBLEM, Answer, BodyTooLarge, BodyTooSlow, Header, encode, json_answer
from traylane.errors import BadArguments, Busy, OrderChanged, OutcomeUnknown, Refused, Unavailable
from traylane.events.feed import CursorGone
from traylane.orders import (
    bulk,
    cancel_rules,
    complete_rules,
    create_rules,
    disposition_rules,
    frozen_rules,
    hold_rules,
    lookup,
    restore_rules,
    tray_rules,
    validate_rules,
)
from traylane.policy.edit import SetupConflict
from traylane.policy.setup_change import SetupChanged
from traylane.tracking import checkin_rules
from traylane.webhooks.manage import EndpointNotFound, TooManyEndpoints


class NoRoute(Refused):
    """No such path."""

    code = "no_route"
    sentence = "Not found"


class MethodNotAllowed(Refused):
    """The path exists, the method does not. `allow`: the methods that do."""

    code = "method_not_allowed"
    sentence = "Method not allowed"


class UnsupportedContentType(Refused):
    """The body is neither JSON nor, where that is enough, a form. `given`: its type."""

    code = "unsupported_content_type"
    sentence = "Unsupported content type"

    def details(self) -> list[str]:
        return [f"Provided: {lookup.echo(self.data['given'])}"]


class StationNotFound(Refused):
    """No station has the code. `provided`: the code."""

    code = "no_station"
    sentence = "No record found"

    def details(self) -> list[str]:
        return [f"Provided: {lookup.echo(self.data['provided'])}"]


class NotSetUp(Refused):
    """Nothing of the name or code is set up. `provided`: what came; `hint`: the nearest name, if there is one."""

    code = "not_set_up"
    sentence = "No record found"

    def details(self) -> list[str]:
        hint = self.data.get("hint")
        return [f"Provided: {lookup.echo(self.data['provided'])}", *([hint] if hint else [])]


class Internal(Refused):
    """A fault of ours; the log says more under the reference."""

    code = "internal"
    sentence = "Internal error"

    def details(self) -> list[str]:
        return [f"Reference: {self.data['reference']}"]


STATUS: dict[type[Refused], int] = {
    BadArguments: 400,
    lookup.MoreThanOneRecord: 400,
    lookup.RecordNotFound: 404,
    StationNotFound: 404,
    NotSetUp: 404,
    SetupConflict: 400,
    KeyNotFound: 404,
    TooManyLiveKeys: 400,
    cancel_rules.JobTrackerMissing: 400,
    cancel_rules.AlreadyCancelled: 400,
    cancel_rules.AlreadyCompleted: 400,
    cancel_rules.NoReasonsSetUp: 400,
    cancel_rules.UnknownReason: 400,
    cancel_rules.ThroughNonCancelStation: 400,
    create_rules.CribOnlyUncut: 400,
    create_rules.EllhOnlyUncut: 400,
    create_rules.UnknownCustomer: 400,
    create_rules.NoAddons: 400,
    create_rules.UnknownAddon: 400,
    create_rules.ValidationFailed: 400,
    create_rules.NoFreeTray: 400,
    create_rules.NoFreeOrderNumber: 400,
    frozen_rules.FrozenCancelled: 400,
    frozen_rules.FrozenCompleted: 400,
    hold_rules.AlreadyOnHold: 400,
    hold_rules.NotOnHold: 400,
    validate_rules.AlreadyValid: 400,
    validate_rules.InProcess: 400,
    complete_rules.CompleteNotFound: 404,
    complete_rules.CompleteAmbiguous: 400,
    complete_rules.CompleteCancelled: 400,
    complete_rules.CompleteUnvalid: 400,
    complete_rules.CompleteCompleted: 400,
    complete_rules.CompleteOnHold: 400,
    complete_rules.CompleteWithoutFinalQA: 400,
    tray_rules.TrayOrderNotFound: 404,
    tray_rules.TrayOrderAmbiguous: 400,
    lookup.OnlyTray: 400,
    tray_rules.TrayNotNumeric: 400,
    tray_rules.TrayTooLong: 400,
    tray_rules.TrayForCancelled: 400,
    tray_rules.TrayForCompleted: 400,
    tray_rules.TrayForHeld: 400,
    tray_rules.TrayInUse: 400,
    tray_rules.HasTray: 400,
    tray_rules.NoTray: 400,
    cancel_rules.ReasonForbidsOverride: 400,
    disposition_rules.UnknownDispositionCode: 400,
    disposition_rules.LabFrame: 400,
    disposition_rules.BreakageMissing: 400,
    disposition_rules.NothingToDispose: 400,
    bulk.NothingCancelled: 400,
    restore_rules.NotCancelled: 400,
    restore_rules.RestoreWindowOver: 400,
    restore_rules.LensBroken: 400,
    checkin_rules.JobTrackerMissing: 400,
    checkin_rules.StationNotFound: 400,
    checkin_rules.OrderNotFound: 400,
    checkin_rules.OrderAmbiguous: 400,
    checkin_rules.OperatorNotFound: 404,
    checkin_rules.OperatorRequired: 400,
    checkin_rules.OrderCancelled: 400,
    checkin_rules.OrderCompleted: 400,
    checkin_rules.OrderUnvalid: 400,
    checkin_rules.OrderOnHold: 400,
    checkin_rules.StepMissing: 400,
    checkin_rules.ArMissing: 400,
    checkin_rules.ArNotNeeded: 400,
    Unauthenticated: 401,
    Forbidden: 403,
    BoundToCustomer: 403,
    NoRoute: 404,
    MethodNotAllowed: 405,
    BodyTooSlow: 408,
    KeyInUse: 409,
    RestoredSince: 409,
    CursorGone: 410,
    EndpointNotFound: 404,
    TooManyEndpoints: 400,
    OrderChanged: 412,
    SetupChanged: 412,
    BodyTooLarge: 413,
    UnsupportedContentType: 415,
    KeyReused: 422,
    RateLimited: 429,
    Internal: 500,
    Busy: 503,
    Unavailable: 503,
    OutcomeUnknown: 503,
}


def error_answer(refusal: Refused, *, problem: bool = False, order: str = "") -> Answer:
    """The answer for a refusal: the v2 body, or RFC 9457 for who asks for `application/problem+json`."""
    status = STATUS[type(refusal)]
    headers = headers_of(refusal)
    body = {"error": refusal.sentence, "details": refusal.details()}
    if not problem:
        return json_answer(status, body, *headers, order=order)
    document = {
        "type": f"/docs#refusal-{refusal.code}",
        "title": refusal.sentence,
        "status": status,
        **body,
        "code": refusal.code,
        **refusal.evidence(),
    }
    return Answer(status, encode(document), [PROBLEM, *headers], order)


def as_member(refusal: Refused) -> dict[str, Any]:
    """A refusal inside the answer of a dry run."""
    return {
        "error": refusal.sentence,
        "details": refusal.details(),
        "code": refusal.code,
        "evidence": refusal.evidence()
        | ({} if refusal.override_scope is None else {"overrideScope": refusal.override_scope}),
    }


def headers_of(refusal: Refused) -> list[Header]:
    """The headers that go with a refusal."""
    match refusal:
        case Unauthenticated():
            return [(b"www-authenticate", b'Bearer realm="traylane"')]
        case MethodNotAllowed():
            return [(b"allow", refusal.data["allow"].encode())]
        case KeyInUse():
            return [(b"retry-after", b"1")]
        case RateLimited():
            wait = refusal.data["retry_after"]
            return [(b"retry-after", b"%d" % wait), *rate_headers(refusal.data["rate"], 0, wait)]
        case Unavailable():
            return [(b"retry-after", b"%d" % refusal.data["retry_after"])]
        case BodyTooLarge() | BodyTooSlow():
            return [CLOSE]
        case _:
            return []


def rate_headers(rate: int, remaining: int, wait: int) -> list[Header]:
    """The RateLimit fields of the IETF draft: quota a minute, what is left, seconds until there is more."""
    return [
        (b"ratelimit-policy", b'"key";q=%d;w=60' % rate),
        (b"ratelimit", b'"key";r=%d;t=%d' % (remaining, wait)),
    ]
