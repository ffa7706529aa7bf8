"""Every kind of change that there is."""

from __future__ import annotations

from typing import Any

from traylane.orders.cancel import CANCEL
from traylane.orders.complete import COMPLETE
from traylane.orders.correct import CORRECT
from traylane.orders.create import CREATE
from traylane.orders.dispose import DISPOSE
from traylane.orders.erase import ERASE
from traylane.orders.hold import HOLD, RELEASE
from traylane.orders.restore import RESTORE
from traylane.orders.tray import ASSIGN, RELEASE_TRAY
from traylane.orders.validate import UNVALID, VALIDATE
from traylane.orders.verb import Making, Verb
from traylane.tracking.checkin import CHECK_IN

VERBS: tuple[Verb[Any] | Making, ...] = (
    CREATE,
    CANCEL,
    CHECK_IN,
    CORRECT,
    COMPLETE,
    HOLD,
    RELEASE,
    VALIDATE,
    UNVALID,
    ASSIGN,
    RELEASE_TRAY,
    RESTORE,
    DISPOSE,
    ERASE,
)
