"""Examples of what every endpoint can answer, and of the service's own pages."""

from __future__ import annotations

from typing import Any

from traylane.access.actor import Forbidden, Scope, Unauthenticated
from traylane.access.idempotency import KeyInUse, KeyReused, RestoredSince
from traylane.access.rate import RateLimited
from traylane.api.errors import Internal, MethodNotAllowed, NoRoute, UnsupportedContentType
from traylane.api.examples.laboratory import GONE
from traylane.api.http import BodyTooLarge, BodyTooSlow
from traylane.api.schemas import basics
from traylane.errors import BadArguments, Busy, OrderChanged, OutcomeUnknown, Unavailable

REFUSALS = (
    BadArguments("unknown parameter dryrun; did you mean dryRun?"),
    Unauthenticated(),
    Forbidden(scope=Scope.ORDERS_CANCEL),
    NoRoute(),
    MethodNotAllowed(allow="DELETE, GET, HEAD, OPTIONS"),
    BodyTooSlow(),
    KeyInUse(),
    RestoredSince(),
    OrderChanged(current=GONE.tag),
    BodyTooLarge(),
    UnsupportedContentType(given="text/xml"),
    KeyReused(),
    RateLimited(rate=600, retry_after=1),
    Internal(reference="5f0c8e2a9b7d4613"),
    Busy(),
    Unavailable(),
    OutcomeUnknown(),
)
ANSWERS: dict[str, tuple[tuple[str, str, Any], ...]] = {
    "live": (("alive", "The event loop turns", basics.Health("alive")),),
    "ready": (("ready", "Changes can be made", basics.Health("ready")),),
}
BODIES: dict[str, tuple[tuple[str, str, Any], ...]] = {}
