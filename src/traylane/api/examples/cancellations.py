"""Examples of the endpoints of cancellations."""

from __future__ import annotations

from typing import Any

import msgspec

from traylane.api.errors import as_member
from traylane.api.examples.laboratory import CANCELLED, GONE, ORDER, POLICY
from traylane.api.schemas import cancellations as shapes
from traylane.clock import MINUTE, Instant
from traylane.orders import disposition_rules, restore_rules
from traylane.orders.cancel_rules import CancelRequest
from traylane.orders.desk import RestoreVerdict, foreseen
from traylane.orders.disposition import Disposition, Part
from traylane.orders.restore_rules import NotRestored
from traylane.orders.verb import Done

_BROKEN = restore_rules.LensBroken(parts=("rt",))
_SAID = Disposition(rt=Part("broken", "SCR", "TL"), lt=Part("stock"))
_DISPOSED = msgspec.structs.replace(GONE, cancel_disposition=_SAID.text())
_TAKEN = NotRestored("tray", "tray_taken", "Tray 00123 now holds order 72610.")
_LATER = Instant(CANCELLED + 10 * MINUTE)
_OPEN = RestoreVerdict(ORDER, POLICY, "", (), ())
_CLOSED = RestoreVerdict(_DISPOSED, POLICY, "", (_BROKEN,), ())
_BODY = {"rtDisposition": "broken", "rtBreakageCode": "SCR", "rtEmployeeCode": "TL", "ltDisposition": "stock"}

REFUSALS = (
    disposition_rules.UnknownDispositionCode(unknown=[("rtBreakageCode", "XXX"), ("rtEmployeeCode", "ZZ")]),
    disposition_rules.LabFrame(),
    disposition_rules.BreakageMissing(missing=["rtDisposition", "ltDisposition"]),
    disposition_rules.NothingToDispose(),
    restore_rules.NotCancelled(),
    restore_rules.RestoreWindowOver(at=CANCELLED, hours=12),
    _BROKEN,
)


def _cancellation(found: RestoreVerdict) -> dict[str, Any]:
    verdict = foreseen(found.order, CancelRequest("CUS"), found.policy, "")
    return shapes.cancellation(verdict, found, _LATER, as_member)


_BACK = msgspec.structs.replace(ORDER, tray="", revision=4)

ANSWERS: dict[str, tuple[tuple[str, str, Any], ...]] = {
    "fetchCancellation": (
        ("open", "Nothing is in the way", _cancellation(_OPEN)),
        ("cancelled", "Cancelled, a lens written off", _cancellation(_CLOSED)),
    ),
    "putDisposition": (("posted", "What was posted", shapes.disposed(Done(_DISPOSED, POLICY, ""))),),
    "restoreOrder": (
        (
            "restored",
            "Restored, but for its tray",
            shapes.restored(Done(_BACK, POLICY, _TAKEN.reason, told=(_TAKEN,))),
        ),
        ("refused", "`dryRun=true`: what is in the way, all of it", shapes.restore_verdict(_CLOSED, as_member)),
    ),
}
BODIES: dict[str, tuple[tuple[str, str, Any], ...]] = {
    "putDisposition": (("broken", "The right lens is broken, the left one is good", _BODY),)
}
