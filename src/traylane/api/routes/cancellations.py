"""The endpoints of cancellations."""

from __future__ import annotations

from traylane.access.actor import Scope
from traylane.api import cancellations
from traylane.api.parameters import Parameter
from traylane.api.routes.orders import DELETE_REASON, OVERRIDE
from traylane.api.routes.route import BY, DRY_RUN, LOOKUP, UNSAFE, Refusals, Route
from traylane.api.schemas import cancellations as shapes
from traylane.api.schemas.dispositions import DispositionBody
from traylane.errors import BadArguments
from traylane.orders import disposition_rules, restore_rules

RESTORE_REFUSALS: Refusals = (
    restore_rules.NotCancelled,
    restore_rules.RestoreWindowOver,
    restore_rules.LensBroken,
)
DISPOSITION_REFUSALS: Refusals = (
    disposition_rules.NothingToDispose,
    disposition_rules.UnknownDispositionCode,
)
FORCE = Parameter(
    "force",
    "Restore although a lens was written off as broken: needs the scope `orders:override`.",
    words=("true", "false"),
)

_ORDER = "/api/v2/orders/{orderIdentifier}"

ROUTES: tuple[Route, ...] = (
    Route(
        method="GET",
        path=f"{_ORDER}/cancellation",
        handler=cancellations.cancellation,
        scope=Scope.ORDERS_READ,
        operation="fetchCancellation",
        tag="Orders",
        title="Fetch how an order stands to a cancel",
        about="Everything that is in the way of a cancel, by the very same rules and with evidence; of a cancelled "
        "order the cancellation, what became of the parts, and how long it can be restored.",
        response=shapes.CancellationAnswer,
        refusals=(BadArguments, *LOOKUP),
        query=(DELETE_REASON, OVERRIDE, BY),
    ),
    Route(
        method="PUT",
        path=f"{_ORDER}/cancellation/disposition",
        handler=cancellations.dispose,
        scope=Scope.ORDERS_CANCEL,
        operation="putDisposition",
        tag="Orders",
        title="Say what became of a cancelled order's parts",
        about="The whole of it, in place of what was said before. The same again changes nothing and is no event.",
        response=shapes.DispositionAnswer,
        refusals=(BadArguments, *LOOKUP, *DISPOSITION_REFUSALS, *UNSAFE),
        query=(BY,),
        body=DispositionBody,
        body_required=True,
    ),
    Route(
        method="POST",
        path=f"{_ORDER}/restore",
        handler=cancellations.restore,
        scope=Scope.ORDERS_RESTORE,
        operation="restoreOrder",
        tag="Orders",
        title="Restore a cancelled order",
        about="The order as it was before its cancel: status, station and hold, and its tray when nobody else holds it "
        "now. `notRestored` lists what could not be brought back. Answers that were stored for an `Idempotency-Key` "
        "before end with it: 409 `Order was restored since`.",
        response=shapes.RestoreAnswer,
        refusals=(BadArguments, *LOOKUP, *RESTORE_REFUSALS, *UNSAFE),
        query=(FORCE, BY, DRY_RUN),
        dry_run_scope=Scope.ORDERS_READ,
        dry_run_response=shapes.RestoreVerdictAnswer,
    ),
)
