"""The endpoints of the set-up: settings, every kind of rows, keys."""

from __future__ import annotations

from typing import Any

from traylane.access.actor import BoundToCustomer, Scope
from traylane.access.idempotency import KeyReused
from traylane.access.keys import KeyNotFound, TooManyLiveKeys
from traylane.api import set_up
from traylane.api.errors import NotSetUp, UnsupportedContentType
from traylane.api.http import BodyTooLarge, BodyTooSlow
from traylane.api.routes.route import WINDOW, Refusals, Route
from traylane.api.schemas import job_track as job_track_shapes
from traylane.api.schemas import set_up as shapes
from traylane.api.set_up import KindOfRows
from traylane.errors import BadArguments
from traylane.policy.edit import SetupConflict
from traylane.policy.kinds import ADDONS, BREAKAGES, CUSTOMERS, EMPLOYEES, REASONS
from traylane.policy.setup_change import SetupChanged

TAG = "Set-up"
_READ: Refusals = (BadArguments,)
_CHANGE: Refusals = (
    BadArguments,
    BoundToCustomer,
    SetupChanged,
    BodyTooLarge,
    BodyTooSlow,
    UnsupportedContentType,
    KeyReused,
)
_ADDED = "What is left out gets its default; the same again changes nothing."


def _route(
    method: str, path: str, handler: Any, operation: str, title: str, response: Any, refusals: Refusals, **more: Any
) -> Route:
    more = {"scope": Scope.SETUP_READ if method == "GET" else Scope.SETUP_WRITE, "about": f"{title}.", **more}
    return Route(
        method=method,
        path=f"/api/v2/{path}",
        handler=handler,
        operation=operation,
        tag=TAG,
        title=title,
        response=response,
        refusals=refusals,
        **more,
    )


def _rows(kind: KindOfRows, path: str, parameter: str, name: str, *, article: str = "a") -> tuple[Route, ...]:
    """The endpoints of one kind. `name` as in `listCustomers`, without the last letter."""
    made, one, named = shapes.SHAPES[kind.kind.name], f"{path}/{{{parameter}}}", kind.kind.one
    look: Refusals = _READ if kind.for_customers else (*_READ, BoundToCustomer)
    many = f"List {named}s"
    listed = _route("GET", path, kind.list, f"list{name}s", many, made.list, look, query=WINDOW)
    fetched = _route("GET", one, kind.fetch, f"fetch{name}", f"Fetch {article} {named}", made.answer, (*look, NotSetUp))
    put = _route(
        "PUT",
        one,
        kind.put,
        f"put{name}",
        f"Set up {article} {named}",
        made.answer,
        (*_CHANGE, SetupConflict),
        about=f"A new one, or the one that is there, a retired one included. {_ADDED}",
        body=made.body,
        body_required=True,
    )
    return listed, fetched, put


_REASONS = KindOfRows(REASONS, for_customers=True)

ROUTES: tuple[Route, ...] = (
    _route(
        "GET",
        "settings",
        set_up.settings,
        "listSettings",
        "List settings",
        shapes.SettingList,
        (*_READ, BoundToCustomer),
        query=WINDOW,
    ),
    _route(
        "GET",
        "settings/{settingName}",
        set_up.setting,
        "fetchSetting",
        "Fetch a setting",
        shapes.SettingAnswer,
        (*_READ, BoundToCustomer, NotSetUp),
    ),
    _route(
        "PUT",
        "settings/{settingName}",
        set_up.put_setting,
        "putSetting",
        "Change a setting",
        shapes.SettingAnswer,
        (*_CHANGE, NotSetUp, SetupConflict),
        about="Orders are judged by the new value from the next request on. One that decides who gets in needs the "
        "scope `admin`.",
        body=shapes.SettingBody,
        body_required=True,
    ),
    *_rows(_REASONS, "delete_reasons", "reasonCode", "DeleteReason"),
    _route(
        "DELETE",
        "delete_reasons/{reasonCode}",
        _REASONS.retire,
        "retireDeleteReason",
        "Retire a delete reason",
        shapes.SHAPES[REASONS.name].answer,
        (*_CHANGE, NotSetUp),
        about="No cancel can give it any more. It stays, because old cancellations point at it; setting it up again "
        "revives it.",
    ),
    _route(
        "PUT",
        "job_track/stations/{code}",
        set_up.put_station,
        "putStation",
        "Set up a station",
        job_track_shapes.StationAnswer,
        (*_CHANGE, SetupConflict),
        about=f"A station, or with `operator` a person who scans; a code never changes sides. {_ADDED}",
        body=shapes.STATION_BODY,
        body_required=True,
    ),
    *_rows(KindOfRows(CUSTOMERS, for_customers=True), "customers", "customerNumber", "Customer"),
    *_rows(KindOfRows(ADDONS, for_customers=True), "addons", "addonCode", "Addon", article="an"),
    *_rows(KindOfRows(BREAKAGES, for_customers=False), "breakages", "breakageCode", "Breakage"),
    *_rows(KindOfRows(EMPLOYEES, for_customers=False), "employees", "employeeCode", "Employee", article="an"),
    _route(
        "GET",
        "keys",
        set_up.list_keys,
        "listKeys",
        "List keys",
        shapes.KeyList,
        (*_READ, BoundToCustomer),
        scope=Scope.ADMIN,
        query=WINDOW,
    ),
    _route(
        "POST",
        "keys",
        set_up.create_key,
        "createKey",
        "Create a key",
        shapes.NewKeyAnswer,
        (*_CHANGE, TooManyLiveKeys),
        scope=Scope.ADMIN,
        success=201,
        about="The secret is in this answer and nowhere else. With an `Idempotency-Key` a repetition gets the same "
        "answer without the secret: revoke that key and create another.",
        body=shapes.KeyBody,
        body_required=True,
    ),
    _route(
        "DELETE",
        "keys/{keyId}",
        set_up.revoke_key,
        "revokeKey",
        "Revoke a key",
        shapes.KeyAnswer,
        (*_CHANGE, KeyNotFound),
        scope=Scope.ADMIN,
        about="Its next request is 401.",
    ),
)
