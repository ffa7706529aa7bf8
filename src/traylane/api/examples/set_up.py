"""Examples of the set-up's endpoints."""

from __future__ import annotations

from typing import Any

from traylane.access.actor import BoundToCustomer
from traylane.access.keys import Key, KeyNotFound, TooManyLiveKeys
from traylane.api.errors import NotSetUp
from traylane.api.examples.laboratory import POLICY, SCANNED
from traylane.api.schemas import job_track
from traylane.api.schemas import set_up as shapes
from traylane.policy.catalogue import BY_NAME, REASON_REQUIRED
from traylane.policy.edit import SetupConflict
from traylane.policy.kinds import ADDONS, BREAKAGES, CUSTOMERS, EMPLOYEES, REASONS, Kind
from traylane.policy.setup_change import SetupChanged, tag

REFUSALS = (
    BoundToCustomer(),
    NotSetUp(provided="XYZ"),
    SetupConflict(['"TAL" is set up in operators and cannot be in stations too']),
    SetupChanged(current=tag(12)),
    KeyNotFound(provided="019a4342-ab80-7c4a-9d21-b0d6c5e1f7a4"),
    TooManyLiveKeys(name="shop"),
)

_KEY = Key(
    id=bytes.fromhex("019a4342ab807c4a9d21b0d6c5e1f7a4"),
    name="shop",
    digest=bytes(32),
    hint="4b1f",
    scopes=frozenset({"orders:read", "orders:cancel"}),
    customer="1001",
    rate=600,
    created_at=SCANNED,
    expires_at=None,
    revoked_at=None,
)
_SETTING = shapes.setting(BY_NAME[REASON_REQUIRED], value=True)
_STATION = {"desc": "GEN-1 GENERATOR", "customerDesc": "IN SURFACING", "sequence": 30, "nonCancel": True}
_ROWS: dict[str, tuple[Kind, str, dict[str, Any]]] = {
    "DeleteReason": (REASONS, "CUS", {"desc": "Customer request"}),
    "Customer": (CUSTOMERS, "1001", {"name": "Sample Optics"}),
    "Addon": (ADDONS, "SRC", {"desc": "Scratch coat", "requiresHarden": True}),
    "Breakage": (BREAKAGES, "SCRATCH", {"desc": "Scratched in polishing"}),
    "Employee": (EMPLOYEES, "TS", {"name": "A polisher"}),
}


def _answers(name: str, kind: Kind, code: str, row: dict[str, Any]) -> dict[str, tuple[tuple[str, str, Any], ...]]:
    one = {kind.key: code, **kind.complete(row)}
    return {
        f"list{name}s": (("rows", "One row", {"total": 1, "items": [one]}),),
        f"fetch{name}": (("row", f"A {kind.one}", one),),
        f"put{name}": (("row", f"A {kind.one}", one),),
    }


ANSWERS: dict[str, tuple[tuple[str, str, Any], ...]] = {
    "listSettings": (("settings", "One of them", {"total": 1, "items": [_SETTING]}),),
    "fetchSetting": (("setting", "A switch", _SETTING),),
    "putSetting": (("setting", "A switch", _SETTING),),
    "retireDeleteReason": (
        ("retired", "Retired", {"code": "CUS", **REASONS.complete({"desc": "Customer request", "active": False})}),
    ),
    "putStation": (("station", "A station", job_track.station(POLICY.stations["GEN"])),),
    "listKeys": (("keys", "One key", {"total": 1, "items": [shapes.key(_KEY)]}),),
    "createKey": (("key", "A new key", shapes.new_key(_KEY, "tl_live_" + "0" * 40 + "_00004b1f")),),
    "revokeKey": (("key", "A key", shapes.key(_KEY)),),
    **{operation: shown for name, row in _ROWS.items() for operation, shown in _answers(name, *row).items()},
}
BODIES: dict[str, tuple[tuple[str, str, Any], ...]] = {
    "putSetting": (("on", "A switch", {"value": True}),),
    "putStation": (
        ("station", "A station", _STATION),
        ("operator", "A person who scans", {"desc": "Operator TAL", "operator": True}),
    ),
    "createKey": (
        (
            "shop",
            "A key for a shop",
            {"name": "shop", "scopes": ["orders:read"], "customerNumber": "1001", "rate": 600},
        ),
    ),
    **{f"put{name}": (("row", f"A {kind.one}", row),) for name, (kind, _, row) in _ROWS.items()},
}
