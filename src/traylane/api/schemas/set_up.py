"""Wire shapes of the set-up: settings, one structure for each kind of rows, and keys."""

from __future__ import annotations

import copy
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from traylane import clock
from traylane.access.actor import Scope
from traylane.access.keys import NAME_LENGTH, RATE_RANGE, Key
from traylane.api.schemas.basics import STORABLE, Count, Moment
from traylane.clock import Instant
from traylane.db import ids
from traylane.policy.catalogue import SETTINGS, Setting
from traylane.policy.kinds import ADDONS, BREAKAGES, CUSTOMERS, EMPLOYEES, REASONS, STATIONS, Column, Kind
from traylane.policy.value_types import SWITCH, Value

_NUMBER = {"type": "integer", "minimum": 0, "maximum": 99_999_999}
_TEXT = {"type": "string", "maxLength": 100, **STORABLE}
_ENTRIES = {"type": "array", "maxItems": 100, "items": {"anyOf": [_NUMBER, _TEXT]}}
_ANY_VALUE: dict[str, Any] = {"anyOf": [{"type": "boolean"}, _NUMBER, _TEXT, _ENTRIES]}
SettingName = Annotated[str, Meta(examples=[SETTINGS[0].name])]
SettingValue = Annotated[Any, Meta(description="Its type depends on the setting.", extra_json_schema=_ANY_VALUE)]
KeyName = Annotated[str, Meta(min_length=1, max_length=NAME_LENGTH, examples=["shop"])]
CustomerNumber = Annotated[str, Meta(min_length=1, max_length=8, examples=["1001"])]
ScopeName = Annotated[str, Meta(max_length=20, extra_json_schema={"enum": [str(scope) for scope in Scope]})]
Rate = Annotated[int, Meta(ge=RATE_RANGE[0], le=RATE_RANGE[1], description="Requests a minute.")]


class SettingAnswer(msgspec.Struct):
    """A setting of the laboratory."""

    name: SettingName
    value: SettingValue
    default: SettingValue
    type: Annotated[str, Meta(description="What it can be, in words.")]
    unit: Annotated[str, Meta(description="Empty where there is none.")]
    help: str
    adminOnly: Annotated[bool, Meta(description="Whether only the scope `admin` may change it.")]


class SettingList(msgspec.Struct):
    """Every setting."""

    total: Count
    items: list[SettingAnswer]


class SettingBody(msgspec.Struct, forbid_unknown_fields=True):
    """The new value of a setting."""

    value: SettingValue


class KeyAnswer(msgspec.Struct, kw_only=True):
    """A key without its secret."""

    id: Annotated[str, Meta(extra_json_schema={"format": "uuid"})]
    name: Annotated[str, Meta(description="The integrator.")]
    hint: Annotated[str, Meta(description="The last characters of the secret.")]
    scopes: list[str]
    customerNumber: Annotated[str | None, Meta(description="The only customer whose orders it sees.")]
    rate: Annotated[int | None, Meta(description="Requests a minute.")]
    createdDateTime: Moment
    expiresDateTime: Moment | None
    revokedDateTime: Moment | None


class NewKeyAnswer(KeyAnswer, kw_only=True):
    """A new key. Nobody can show its secret again."""

    secret: Annotated[str | None, Meta(description="Null when an Idempotency-Key brings the answer again.")]


class KeyList(msgspec.Struct):
    """Every key, the oldest first, the revoked included."""

    total: Count
    items: list[KeyAnswer]


class KeyBody(msgspec.Struct, forbid_unknown_fields=True):
    """What a new key may do."""

    name: KeyName
    scopes: Annotated[list[ScopeName], Meta(min_length=1, max_length=len(Scope))]
    customerNumber: CustomerNumber | None = None
    rate: Rate | None = None
    expiresDateTime: Moment | None = None


def hint(column: Column) -> Any:
    """The type of a column as msgspec has it. What is wrong with a value is said by the column's own check."""
    schema = copy.deepcopy(column.type.schema)
    kind, about = schema.pop("type"), column.about or None
    if column.type is SWITCH:
        return Annotated[bool, Meta(description=about)] if about else bool
    if kind == "integer":
        return Annotated[int, Meta(ge=schema["minimum"], le=schema["maximum"], description=about)]
    if kind == "array":
        item = schema["items"]
        code = Annotated[str, Meta(max_length=item["maxLength"], extra_json_schema={"pattern": item["pattern"]})]
        return Annotated[list[code], Meta(max_length=schema["maxItems"], description=about)]
    lengths = {"min_length": schema.get("minLength"), "max_length": schema["maxLength"]}
    return Annotated[str, Meta(**lengths, description=about, extra_json_schema={"pattern": schema["pattern"]})]


class Shapes(msgspec.Struct, frozen=True):
    """The structures of one kind."""

    answer: type[msgspec.Struct]
    list: type[msgspec.Struct]
    body: type[msgspec.Struct]


def _struct(name: str, about: str, fields: list[Any], *, strict: bool = False) -> type[msgspec.Struct]:
    return msgspec.defstruct(
        name, fields, namespace={"__doc__": about}, module=__name__, kw_only=True, forbid_unknown_fields=strict
    )


def _name(kind: Kind) -> str:
    return kind.one.title().replace(" ", "").replace("-", "")


def _body(kind: Kind, *more: tuple[str, Any, Any]) -> type[msgspec.Struct]:
    fields: list[Any] = [
        (column.name, hint(column)) if column.default is None else (column.name, hint(column), column.default)
        for column in kind.columns[1:]
    ]
    about = f"The properties of one {kind.one}. What is left out gets its default."
    return _struct(f"{_name(kind)}Body", about, [*fields, *more], strict=True)


def _shapes(kind: Kind) -> Shapes:
    answer = _struct(
        f"{_name(kind)}Answer", f"One {kind.one}, as it is set up.", [(c.name, hint(c)) for c in kind.columns]
    )
    items: Any = list[answer]  # type: ignore[valid-type]
    many = _struct(
        f"{_name(kind)}List", f"All {kind.one}s, the retired included.", [("total", Count), ("items", items)]
    )
    return Shapes(answer, many, _body(kind))


SHAPES: dict[str, Shapes] = {kind.name: _shapes(kind) for kind in (REASONS, CUSTOMERS, ADDONS, BREAKAGES, EMPLOYEES)}
_OPERATOR = Annotated[bool, Meta(description="A person who scans; has `desc` and `active` only.")]
STATION_BODY = _body(STATIONS, ("operator", _OPERATOR, False))


def setting(found: Setting, value: Value) -> SettingAnswer:
    """A setting as it is sent."""
    return SettingAnswer(
        name=found.name,
        value=value,
        default=found.default,
        type=found.type.name,
        unit=found.unit,
        help=found.help,
        adminOnly=found.guarded,
    )


def key(found: Key) -> KeyAnswer:
    """A key as it is sent."""
    return KeyAnswer(**_key(found))


def new_key(found: Key, secret: str | None) -> NewKeyAnswer:
    """A key with its secret."""
    return NewKeyAnswer(**_key(found), secret=secret)


def _key(found: Key) -> dict[str, Any]:
    return {
        "id": ids.to_text(found.id),
        "name": found.name,
        "hint": found.hint,
        "scopes": sorted(found.scopes),
        "customerNumber": found.customer,
        "rate": found.rate,
        "createdDateTime": clock.to_text(found.created_at),
        "expiresDateTime": _moment(found.expires_at),
        "revokedDateTime": _moment(found.revoked_at),
    }


def _moment(instant: Instant | None) -> str | None:
    return None if instant is None else clock.to_text(instant)
