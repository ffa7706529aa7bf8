"""Wire shapes of webhooks and their deliveries."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from traylane import clock
from traylane.api.schemas.basics import STORABLE, Count, Moment
from traylane.api.schemas.events import CursorText
from traylane.clock import Instant
from traylane.db import ids
from traylane.events.feed import Cursor
from traylane.webhooks.model import Delivery, Endpoint
from traylane.webhooks.target import LONGEST_URL

MOST_TYPES = 50
Url = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=LONGEST_URL,
        description="https, and a public host; or one of the laboratory's own that the settings allow by name.",
        examples=["https://shop.example/hooks/traylane"],
        extra_json_schema=STORABLE,
    ),
]
About = Annotated[str, Meta(max_length=100, description="For people.", extra_json_schema=STORABLE)]
TypeName = Annotated[str, Meta(min_length=1, max_length=40, examples=["order.cancelled"])]
Types = Annotated[
    list[TypeName],
    Meta(max_length=MOST_TYPES, description="Event types, or `order.*`; empty: every event of an order."),
]
CustomerNumber = Annotated[str, Meta(min_length=1, max_length=8, examples=["1001"])]
Staff = Annotated[bool, Meta(description="Whether messages hold the codes of who works here.")]
Id = Annotated[str, Meta(extra_json_schema={"format": "uuid"})]


class WebhookBody(msgspec.Struct, forbid_unknown_fields=True):
    """A new endpoint."""

    url: Url
    description: About = ""
    types: Types = []
    customerNumber: CustomerNumber | None = None
    includeStaff: Staff = False


class WebhookPatch(msgspec.Struct, forbid_unknown_fields=True):
    """What is to be changed of an endpoint; what is left out stays."""

    url: Url | None = None
    description: About | None = None
    types: Types | None = None
    includeStaff: Staff | None = None
    enabled: bool | None = None


class ReplayBody(msgspec.Struct, forbid_unknown_fields=True):
    """Which events are sent again: from `first` to `last`, both included; one event when they are the same."""

    first: CursorText
    last: CursorText


class WebhookAnswer(msgspec.Struct, kw_only=True):
    """An endpoint without its secret."""

    id: Id
    url: str
    description: str
    types: list[str]
    customerNumber: str | None
    includeStaff: Staff
    enabled: bool
    disabledDateTime: Moment | None
    disabledReason: Annotated[str, Meta(description="Why nothing is sent; empty while it is enabled.")]
    failingSinceDateTime: Annotated[Moment | None, Meta(description="Since when nothing has arrived.")]
    createdDateTime: Moment


class NewWebhookAnswer(WebhookAnswer, kw_only=True):
    """An endpoint with a new secret. Nobody can show it again."""

    secret: Annotated[str | None, Meta(description="Null when an Idempotency-Key brings the answer again.")]


class WebhookList(msgspec.Struct):
    """Endpoints, the oldest first."""

    total: Count
    items: list[WebhookAnswer]


class TryAnswer(msgspec.Struct):
    """One try of a delivery."""

    dateTime: Moment
    milliseconds: Annotated[int, Meta(ge=0)]
    status: Annotated[int, Meta(ge=0, le=999, description="What the receiver answered; 0 when nothing came.")]
    error: str
    answer: Annotated[str, Meta(description="How the answer began.")]


class DeliveryAnswer(msgspec.Struct):
    """One event on its way to one endpoint."""

    cursor: CursorText
    messageId: str
    state: Literal["pending", "delivered", "failed"]
    nextDateTime: Annotated[Moment | None, Meta(description="When it is tried again.")]
    tries: Annotated[list[TryAnswer], Meta(description="The last ones, the oldest first.")]


class DeliveryList(msgspec.Struct):
    """Deliveries, the newest first."""

    items: list[DeliveryAnswer]


class Replayed(msgspec.Struct):
    """How many events are sent again."""

    count: Count


def endpoint(found: Endpoint) -> WebhookAnswer:
    """An endpoint as it is sent."""
    return WebhookAnswer(**_endpoint(found))


def new_endpoint(found: Endpoint, secret: str) -> NewWebhookAnswer:
    """An endpoint with its new secret."""
    return NewWebhookAnswer(**_endpoint(found), secret=secret)


def delivery(found: Delivery, epoch: int) -> DeliveryAnswer:
    """A delivery as it is sent."""
    tries = [TryAnswer(clock.to_text(t.at), t.ms, t.status, t.error, t.answer) for t in found.tries]
    return DeliveryAnswer(
        cursor=str(Cursor(epoch, found.position)),
        messageId=f"msg_{ids.to_text(found.event)}",
        state=found.state,  # type: ignore[arg-type]
        nextDateTime=_moment(found.next_at),
        tries=tries,
    )


def _endpoint(found: Endpoint) -> dict[str, Any]:
    return {
        "id": ids.to_text(found.id),
        "url": found.url,
        "description": found.description,
        "types": list(found.types),
        "customerNumber": found.customer,
        "includeStaff": found.staff,
        "enabled": found.disabled_at is None,
        "disabledDateTime": _moment(found.disabled_at),
        "disabledReason": found.disabled_why,
        "failingSinceDateTime": _moment(found.failing_since),
        "createdDateTime": clock.to_text(found.created_at),
    }


def _moment(instant: Instant | None) -> str | None:
    return None if instant is None else clock.to_text(instant)
