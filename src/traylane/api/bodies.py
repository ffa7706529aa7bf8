"""Bodies: their shapes, limits, and what is said when they are broken."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from typing import Any, Literal, NoReturn, get_args, get_origin, get_type_hints

import msgspec
from msgspec import inspect

from traylane.api.errors import UnsupportedContentType
from traylane.api.parameters import Parameter, parse_query, shown, unknown
from traylane.errors import BadArguments
from traylane.orders.lookup import is_storable

MOST_UNKNOWN = 10
"""Unknown properties that are named; nobody reads more."""
_CANNOT_BE_STORED = "the body has characters that cannot be stored"


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


def _problems(value: dict[str, Any], type_: type[msgspec.Struct]) -> list[str]:
    known = _members(type_)
    problems = [unknown("property", name, known) for name in value if name not in known][:MOST_UNKNOWN]
    for name, (parameter, is_required) in known.items():
        given = value.get(name)
        if given is None:
            if is_required:
                problems.append(f"{name} is missing")
        elif not isinstance(given, str) and not parameter.words:
            problems.append(f"{name} must be a text")
        elif (problem := parameter.problem(given)) is not None:
            problems.append(problem)
    return problems


@cache
def _members(type_: type[msgspec.Struct]) -> dict[str, tuple[Parameter, bool]]:
    """The properties of a body, all of them texts, and whether they must come."""
    info = inspect.type_info(type_)
    assert isinstance(info, inspect.StructType)
    hints = get_type_hints(type_)
    return {field.encode_name: (_parameter(field, hints[field.name]), field.required) for field in info.fields}


def _parameter(field: inspect.Field, hint: Any) -> Parameter:
    kinds = field.type.types if isinstance(field.type, inspect.UnionType) else (field.type,)
    for kind in kinds:
        match kind.type if isinstance(kind, inspect.Metadata) else kind:
            case inspect.StrType(min_length=shortest, max_length=longest) if longest:
                return Parameter(field.encode_name, "", longest=longest, shortest=shortest or 0)
            case inspect.LiteralType():
                return Parameter(field.encode_name, "", words=_words(hint))
    raise TypeError(f"{field.encode_name} is neither a text with a length nor one of a few words")


def _words(hint: Any) -> tuple[str, ...]:
    """The words of a Literal, in the order that they are written in."""
    if get_origin(hint) is Literal:
        return get_args(hint)
    return next(filter(None, map(_words, get_args(hint))), ())


def _read_json(raw: bytes) -> dict[str, Any]:
    try:
        value = json.loads(raw.decode(), object_pairs_hook=_no_repetition, parse_constant=_no_constant)
        storable = _is_storable_tree(value)
    except (ValueError, RecursionError) as error:
        raise BadArguments("the body is not valid JSON") from error
    if not isinstance(value, dict):
        raise BadArguments("the body must be a JSON object")
    if not storable:
        raise BadArguments(_CANNOT_BE_STORED)
    return value


def _is_storable_tree(value: Any) -> bool:
    if isinstance(value, str):
        return is_storable(value)
    if isinstance(value, dict):
        return all(is_storable(name) and _is_storable_tree(member) for name, member in value.items())
    return all(map(_is_storable_tree, value)) if isinstance(value, list) else True


def _no_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for name, value in pairs:
        if name in members:
            raise BadArguments(f"{shown(name)} is given more than once")
        members[name] = value
    return members


def _no_constant(_name: str) -> NoReturn:
    raise ValueError("not a JSON number")
