"""The endpoints of webhooks."""

from __future__ import annotations

from traylane.access.actor import Scope
from traylane.access.idempotency import KeyReused
from traylane.api import webhooks
from traylane.api.errors import UnsupportedContentType
from traylane.api.http import BodyTooLarge, BodyTooSlow
from traylane.api.parameters import Parameter
from traylane.api.routes.route import WINDOW, Refusals, Route
from traylane.api.schemas import webhooks as shapes
from traylane.errors import BadArguments
from traylane.events.feed import LONGEST_CURSOR, CursorGone
from traylane.policy.setup_change import SetupChanged
from traylane.webhooks.manage import MOST_REPLAYED, EndpointNotFound, TooManyEndpoints

_CHANGE: Refusals = (
    BadArguments,
    SetupChanged,
    BodyTooLarge,
    BodyTooSlow,
    UnsupportedContentType,
    KeyReused,
)
_ALL = "/api/v2/webhooks"
_ONE = f"{_ALL}/{{webhookId}}"
_ONCE = (
    "The secret is in this answer and nowhere else. With an `Idempotency-Key` a repetition gets the same answer "
    "without the secret."
)

ROUTES: tuple[Route, ...] = (
    Route(
        method="GET",
        path=_ALL,
        handler=webhooks.list_webhooks,
        scope=Scope.WEBHOOKS_WRITE,
        operation="listWebhooks",
        tag="Events",
        title="List webhooks",
        about="The endpoints that are told what happens, the oldest first.",
        response=shapes.WebhookList,
        refusals=(BadArguments,),
        query=WINDOW,
    ),
    Route(
        method="POST",
        path=_ALL,
        handler=webhooks.create,
        scope=Scope.WEBHOOKS_WRITE,
        operation="createWebhook",
        tag="Events",
        title="Create a webhook",
        about="From now on the endpoint is told what happens, signed by Standard Webhooks. " + _ONCE,
        response=shapes.NewWebhookAnswer,
        success=201,
        refusals=(*_CHANGE, TooManyEndpoints),
        body=shapes.WebhookBody,
        body_required=True,
    ),
    Route(
        method="GET",
        path=_ONE,
        handler=webhooks.fetch,
        scope=Scope.WEBHOOKS_WRITE,
        operation="fetchWebhook",
        tag="Events",
        title="Fetch a webhook",
        about="One endpoint, without its secret.",
        response=shapes.WebhookAnswer,
        refusals=(BadArguments, EndpointNotFound),
    ),
    Route(
        method="PATCH",
        path=_ONE,
        handler=webhooks.change,
        scope=Scope.WEBHOOKS_WRITE,
        operation="changeWebhook",
        tag="Events",
        title="Change a webhook",
        about="What is left out stays. `enabled: false` switches it off; `true` switches it on again, with what is "
        "pending and what happened meanwhile.",
        response=shapes.WebhookAnswer,
        refusals=(*_CHANGE, EndpointNotFound),
        body=shapes.WebhookPatch,
        body_required=True,
    ),
    Route(
        method="DELETE",
        path=_ONE,
        handler=webhooks.remove,
        scope=Scope.WEBHOOKS_WRITE,
        operation="deleteWebhook",
        tag="Events",
        title="Delete a webhook",
        about="The endpoint is told nothing more; its deliveries go with it.",
        response=shapes.WebhookAnswer,
        refusals=(*_CHANGE, EndpointNotFound),
    ),
    Route(
        method="POST",
        path=f"{_ONE}/secret",
        handler=webhooks.rotate,
        scope=Scope.WEBHOOKS_WRITE,
        operation="rotateWebhookSecret",
        tag="Events",
        title="Rotate a webhook's secret",
        about="For 24 hours messages are signed with the new secret and the one before. " + _ONCE,
        response=shapes.NewWebhookAnswer,
        success=201,
        refusals=(*_CHANGE, EndpointNotFound),
    ),
    Route(
        method="GET",
        path=f"{_ONE}/deliveries",
        handler=webhooks.deliveries,
        scope=Scope.WEBHOOKS_WRITE,
        operation="listDeliveries",
        tag="Events",
        title="List a webhook's deliveries",
        about="What was sent and what came back, the newest first.",
        response=shapes.DeliveryList,
        refusals=(BadArguments, EndpointNotFound),
        query=(
            Parameter("before", "The cursor of the last delivery that was read.", longest=LONGEST_CURSOR, shortest=1),
            Parameter("limit", "At most this many items.", range=(1, webhooks.SHOWN)),
        ),
    ),
    Route(
        method="POST",
        path=f"{_ONE}/replay",
        handler=webhooks.replay,
        scope=Scope.WEBHOOKS_WRITE,
        operation="replayWebhook",
        tag="Events",
        title="Send events again",
        about=f"From `first` to `last`, at most {MOST_REPLAYED} events, under the `webhook-id` that they had.",
        response=shapes.Replayed,
        refusals=(*_CHANGE, EndpointNotFound, CursorGone),
        body=shapes.ReplayBody,
        body_required=True,
    ),
)
