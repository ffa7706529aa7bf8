"""The endpoints that change orders beside the cancel."""

from __future__ import annotations

from typing import Any

from traylane.access.actor import Scope
from traylane.api import order_changes
from traylane.api.parameters import Parameter
from traylane.api.routes.route import BY, LOOKUP, UNSAFE, Handler, Refusals, Route
from traylane.api.schemas import order_changes as shapes
from traylane.api.schemas.create import CreateBody
from traylane.errors import BadArguments, OrderChanged, Refused
from traylane.orders import complete_rules, create_rules, frozen_rules, hold_rules, lookup, tray_rules, validate_rules
from traylane.orders.document import ChangedAnswer, CreatedAnswer

CREATE_REFUSALS: Refusals = (
    create_rules.CribOnlyUncut,
    create_rules.EllhOnlyUncut,
    create_rules.UnknownCustomer,
    create_rules.NoAddons,
    create_rules.UnknownAddon,
    create_rules.ValidationFailed,
    tray_rules.TrayInUse,
    create_rules.NoFreeTray,
    create_rules.NoFreeOrderNumber,
)
FROZEN: Refusals = (frozen_rules.FrozenCancelled, frozen_rules.FrozenCompleted)
COMPLETE_REFUSALS: Refusals = (
    complete_rules.CompleteNotFound,
    complete_rules.CompleteAmbiguous,
    complete_rules.CompleteCancelled,
    complete_rules.CompleteUnvalid,
    complete_rules.CompleteCompleted,
    complete_rules.CompleteOnHold,
    complete_rules.CompleteWithoutFinalQA,
)
TRAY_REFUSALS: Refusals = (
    tray_rules.TrayOrderNotFound,
    tray_rules.TrayOrderAmbiguous,
    lookup.OnlyTray,
    tray_rules.TrayNotNumeric,
    tray_rules.TrayTooLong,
    tray_rules.TrayForCancelled,
    tray_rules.TrayForCompleted,
    tray_rules.TrayForHeld,
    tray_rules.TrayInUse,
    tray_rules.HasTray,
)
BY_ORDER_OR_PO = Parameter("by", "Look up by this kind of number only.", words=("order", "po"))

_ORDER = "/api/v2/orders/{orderIdentifier}"


def _change(method: str, path: str, handler: Handler, operation: str, **more: Any) -> Route:
    row: dict[str, Any] = {
        "scope": Scope.ORDERS_WRITE,
        "tag": "Orders",
        "response": ChangedAnswer,
        "query": (BY,),
    }
    return Route(method=method, path=_ORDER + path, handler=handler, operation=operation, **row | more)


def _own(*refusals: type[Refused], look_up: Refusals = LOOKUP) -> Refusals:
    return (BadArguments, *look_up, *refusals, *UNSAFE)


ROUTES: tuple[Route, ...] = (
    Route(
        method="POST",
        path="/api/v2/orders",
        handler=order_changes.create,
        scope=Scope.ORDERS_WRITE,
        operation="createOrder",
        tag="Orders",
        title="Create an order",
        about="The order is there at once: valid, not calculated, with a number of the laboratory's range and a tray "
        "of its pool, unless one is given. A blank `trayNumber` is none.",
        response=CreatedAnswer,
        success=202,
        refusals=(BadArguments, *CREATE_REFUSALS, *(refusal for refusal in UNSAFE if refusal is not OrderChanged)),
        body=CreateBody,
        body_required=True,
    ),
    _change(
        "PATCH",
        "",
        order_changes.correct,
        "correctOrder",
        refusals=_own(*FROZEN),
        title="Correct an order",
        about="Changes what comes and leaves the rest. A completed or cancelled order is frozen.",
        body=shapes.CorrectBody,
        body_required=True,
    ),
    _change(
        "POST",
        "/complete",
        order_changes.complete,
        "completeOrder",
        title="Complete an order",
        about="The order leaves the line, and its tray.",
        response=shapes.Completed,
        success=201,
        refusals=_own(*COMPLETE_REFUSALS, look_up=()),
    ),
    _change(
        "POST",
        "/hold",
        order_changes.hold,
        "holdOrder",
        refusals=_own(*FROZEN, hold_rules.AlreadyOnHold),
        title="Put an order on hold",
        about="A held order shows the status `W`, is not scanned, not completed and given no tray. The status that it "
        "had comes back with its release.",
    ),
    _change(
        "DELETE",
        "/hold",
        order_changes.release,
        "releaseOrder",
        refusals=_own(*FROZEN, hold_rules.NotOnHold),
        title="Release an order from hold",
        about="The order goes on with the status that it had.",
    ),
    _change(
        "POST",
        "/validate",
        order_changes.validate,
        "validateOrder",
        refusals=_own(*FROZEN, validate_rules.AlreadyValid),
        title="Declare an order valid",
        about="An unvalid order becomes valid, and its `unvalidMessage` empty.",
    ),
    _change(
        "POST",
        "/unvalid",
        order_changes.unvalid,
        "declareOrderUnvalid",
        refusals=_own(*FROZEN, validate_rules.InProcess),
        title="Declare an order unvalid",
        about="The order is not worked on until it is valid. One that is in process cannot become unvalid: hold it.",
        body=shapes.UnvalidBody,
        body_required=True,
    ),
    _change(
        "POST",
        "/tray",
        order_changes.assign_tray,
        "assignTray",
        title="Give an order a tray",
        about="The first refusal that fits is the answer. A tray that holds a cancelled order may be taken over, with "
        "the setting Verify Tray is Empty only by `reassign`; the recall of the cancelled order stays open.",
        refusals=_own(*TRAY_REFUSALS, look_up=()),
        query=(BY_ORDER_OR_PO,),
        body=shapes.TrayBody,
        body_required=True,
    ),
    _change(
        "DELETE",
        "/tray",
        order_changes.release_tray,
        "releaseTray",
        refusals=_own(tray_rules.NoTray),
        title="Release an order's tray",
        about="The tray is free for another order. Of a cancelled order it closes the recall.",
        scope=Scope.TRACKING_WRITE,
    ),
)
