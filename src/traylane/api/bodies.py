"""Bodies: their shapes, limits, and what is said when they are broken."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Any, Literal, NoReturn, get_args, get_origin, get_type_hints

import msgspec
from msgspec import inspect

from traylane.api.errors import UnsupportedContentType
from traylane.api.parameters import Parameter, parse_query, shown, unknown
from traylane.errors import BadArguments
from traylane.orders.bad_line import explained
from traylane.orders.lookup import is_storable

MOST_UNKNOWN = 10
"""Unknown properties that are named; nobody reads more."""
CANNOT_BE_STORED = "the body has characters that cannot be stored"


class NoBody(msgspec.Struct):
    """The body of an endpoint that takes none: nothing that is sent may be believed to be heeded."""


def parse_body(raw: bytes, content_type: str, type_: type[msgspec.Struct], forms: Sequence[Parameter]) -> Any:
    """The body as a `type_`; None when there is none.

    Raises BadArguments with one sentence a problem, UnsupportedContentType for anything but JSON or an allowed form.
    """
    if not raw:
        return None
    media = content_type.partition(";")[0].strip().lower()
    if forms and media == "application/x-www-form-urlencoded":
        return msgspec.convert(parse_query(raw, forms, strict=True), type_)
    if content_type and media != "application/json":
        raise UnsupportedContentType(given=content_type)
    value = _read_json(raw)
    problems = _problems(value, type_)
    if problems:
        raise BadArguments(*problems)
    return msgspec.convert(value, type_)


@dataclass(frozen=True)
class _Member:
    """One property of a body. `parameter`: what a text or a word is checked by; anything else by its `hint` alone."""

    name: str
    hint: Any
    is_required: bool
    may_be_null: bool
    parameter: Parameter | None

    def problem(self, value: Any, owner: type[msgspec.Struct]) -> str | None:
        """What is wrong with a `value` that came, or None."""
        if value is None:
            if self.may_be_null:
                return None
            return f"{self.name} is missing" if self.is_required else f"{self.name} must not be null"
        if self.parameter is not None:
            if not isinstance(value, str) and not self.parameter.words:
                return f"{self.name} must be a text"
            if (problem := self.parameter.problem(str(value))) is not None:
                return problem
        try:
            msgspec.convert(value, self.hint)
        except msgspec.ValidationError as error:
            where, place = str(error), f" - at `$.{self.name}"
            where = where.replace(" - at `$", place, 1) if " - at `$" in where else f"{where}{place}`"
            return str(explained(where, owner))
        except OverflowError:
            return f"{self.name} is out of range"
        return None


def _problems(value: dict[str, Any], type_: type[msgspec.Struct]) -> list[str]:
    known = _members(type_)
    strange = islice((name for name in value if name not in known), MOST_UNKNOWN)
    problems = [unknown("property", name, known) for name in strange]
    for name, member in known.items():
        if name in value:
            problem = member.problem(value[name], type_)
        else:
            problem = f"{name} is missing" if member.is_required else None
        if problem is not None:
            problems.append(problem)
    return problems


@cache
def _members(type_: type[msgspec.Struct]) -> dict[str, _Member]:
    """The properties of a body."""
    info = inspect.type_info(type_)
    assert isinstance(info, inspect.StructType)
    hints = get_type_hints(type_, include_extras=True)
    return {
        field.encode_name: _Member(
            name=field.encode_name,
            hint=hints[field.name],
            is_required=field.required,
            may_be_null=any(isinstance(kind, inspect.NoneType) for kind in _kinds(field)),
            parameter=_parameter(field, hints[field.name]),
        )
        for field in info.fields
    }


def _kinds(field: inspect.Field) -> Sequence[inspect.Type]:
    return field.type.types if isinstance(field.type, inspect.UnionType) else (field.type,)


def _parameter(field: inspect.Field, hint: Any) -> Parameter | None:
    for kind in _kinds(field):
        match kind.type if isinstance(kind, inspect.Metadata) else kind:
            case inspect.StrType(min_length=shortest, max_length=longest) if longest:
                return Parameter(field.encode_name, "", longest=longest, shortest=shortest or 0)
            case inspect.StrType():
                raise TypeError(f"{field.encode_name} is a text without a length")
            case inspect.LiteralType():
                return Parameter(field.encode_name, "", words=_words(hint))
    return None


def _words(hint: Any) -> tuple[str, ...]:
    """The words of a Literal, in the order that they are written in."""
    if get_origin(hint) is Literal:
        return get_args(hint)
    return next(filter(None, map(_words, get_args(hint))), ())


def _read_json(raw: bytes) -> dict[str, Any]:
    try:
        value = json.loads(
            raw.decode(), object_pairs_hook=no_repetition, parse_float=_number, parse_constant=_no_constant
        )
        storable = _is_storable_tree(value)
    except (ValueError, RecursionError) as error:
        raise BadArguments("the body is not valid JSON") from error
    if not isinstance(value, dict):
        raise BadArguments("the body must be a JSON object")
    if not storable:
        raise BadArguments(CANNOT_BE_STORED)
    return value


def _is_storable_tree(value: Any) -> bool:
    if isinstance(value, str):
        return is_storable(value)
    if isinstance(value, dict):
        return all(is_storable(name) and _is_storable_tree(member) for name, member in value.items())
    return all(map(_is_storable_tree, value)) if isinstance(value, list) else True


def no_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The members of a JSON object. Raises BadArguments where two have one name: nobody knows which one is meant."""
    members: dict[str, Any] = {}
    for name, value in pairs:
        if name in members:
            raise BadArguments(f"{shown(name)} is given more than once")
        members[name] = value
    return members


def _number(text: str) -> float:
    # To JSON 1.0 and 1 are the same number.
    value = float(text)
    return int(value) if value.is_integer() else value


def _no_constant(_name: str) -> NoReturn:
    raise ValueError("not a JSON number")
