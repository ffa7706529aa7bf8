"""Query parameters and bodies: their shapes, limits, and what is said when they are broken."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn
from urllib.parse import unquote_to_bytes

import msgspec

from traylane.api.errors import UnsupportedContentType, argument_problem
from traylane.errors import BadArguments
from traylane.orders.lookup import is_storable

MOST_PARAMETERS = 50


@dataclass(frozen=True)
class Parameter:
    """One query parameter: a text with a length, one of a few words, or a whole number in a range."""

    name: str
    help: str
    longest: int = 0
    words: tuple[str, ...] = ()
    range: tuple[int, int] | None = None
    example: str = ""

    def problem(self, value: str) -> str | None:
        """What is wrong with `value`, or None."""
        if self.words and value not in self.words:
            return f"{self.name} must be {' or '.join(self.words)}"
        if self.range is not None:
            low, high = self.range
            if not (value.isascii() and value.isdecimal() and len(value) <= 9 and low <= int(value) <= high):
                return f"{self.name} must be a whole number from {low} to {high}"
        if self.longest:
            return text_problem(self.name, value, self.longest)
        return None


def text_problem(name: str, value: str, longest: int) -> str | None:
    """What is wrong with a text, or None."""
    if len(value) > longest:
        return f"{name} supports up to {longest} characters"
    return None if is_storable(value) else f"{name} has characters that cannot be stored"


def parse_query(raw: bytes, parameters: Sequence[Parameter], *, strict: bool) -> dict[str, str]:
    """The query's parameters by name.

    `strict` (unsafe methods) refuses unknown ones, so that nobody's `?dryrun=true` cancels for real. Raises
    BadArguments with one sentence a problem.
    """
    if not raw:
        return {}
    known = {parameter.name: parameter for parameter in parameters}
    values: dict[str, str] = {}
    problems: list[str] = []
    for name, value in _pairs(raw):
        parameter = known.get(name)
        if parameter is None:
            if strict:
                problems.append(_unknown(name, known, "parameter"))
        elif name in values:
            problems.append(f"{name} is given more than once")
        else:
            values[name] = value
            problem = parameter.problem(value)
            if problem is not None:
                problems.append(problem)
    if problems:
        raise BadArguments(*problems)
    return values


def parse_form(raw: bytes, parameters: Sequence[Parameter]) -> dict[str, str]:
    """A form-encoded body, under the same rules as a strict query. Raises BadArguments."""
    return parse_query(raw, parameters, strict=True)


def parse_body(raw: bytes, content_type: str, type_: type[msgspec.Struct], forms: Sequence[Parameter]) -> Any:
    """The body as a `type_`; None when there is none.

    Raises BadArguments when it is malformed, UnsupportedContentType for anything but JSON or an allowed form.
    """
    media = content_type.partition(";")[0].strip().lower()
    if not raw:
        return None
    if forms and media == "application/x-www-form-urlencoded":
        return msgspec.convert(parse_form(raw, forms), type_)
    if media not in ("", "application/json"):
        raise UnsupportedContentType(given=content_type)
    given = _read_json(raw)
    try:
        return msgspec.convert(given, type_)
    except msgspec.ValidationError as error:
        problems = _body_problems(given, type_)
        raise (BadArguments(*problems) if problems else argument_problem(error)) from error


def _body_problems(given: Mapping[str, Any], type_: type[msgspec.Struct]) -> list[str]:
    """Everything that is wrong with the properties of a body, one sentence each."""
    fields = {field.encode_name: field for field in msgspec.structs.fields(type_)}
    problems = [_unknown(name, fields, "property") for name in given if name not in fields]
    for name, field in fields.items():
        try:
            if name in given:
                msgspec.convert(given[name], field.type)
            elif field.required:
                problems.append(f"{name} is missing")
        except msgspec.ValidationError as error:
            problems.append(f"{name}: {str(error).partition(' - at ')[0]}")
    return problems


def _read_json(raw: bytes) -> Any:
    try:
        value = json.loads(raw.decode(), object_pairs_hook=_no_repetition, parse_constant=_no_constant)
        storable = _is_storable_tree(value)
    except (ValueError, RecursionError) as error:
        raise BadArguments("the body is not valid JSON") from error
    if not isinstance(value, dict):
        raise BadArguments("the body must be a JSON object")
    if not storable:
        raise BadArguments("the body has characters that cannot be stored")
    return value


def _is_storable_tree(value: Any) -> bool:
    if isinstance(value, str):
        return is_storable(value)
    if isinstance(value, dict):
        return all(is_storable(name) and _is_storable_tree(member) for name, member in value.items())
    return all(map(_is_storable_tree, value)) if isinstance(value, list) else True


def _no_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [name for name, _ in pairs]
        repeated = next(name for name in names if names.count(name) > 1)
        raise BadArguments(f"{repeated} is given more than once" if is_storable(repeated) else "repeated property")
    return members


def _no_constant(_name: str) -> NoReturn:
    raise ValueError("not a JSON number")


def _pairs(raw: bytes) -> list[tuple[str, str]]:
    pairs = []
    parts = raw.split(b"&")
    if len(parts) > MOST_PARAMETERS:
        raise BadArguments(f"at most {MOST_PARAMETERS} parameters are supported")
    for part in parts:
        if part:
            name, _, value = part.partition(b"=")
            pairs.append((_text(name), _text(value)))
    return pairs


def _text(raw: bytes) -> str:
    try:
        return unquote_to_bytes(raw.replace(b"+", b" ")).decode()
    except UnicodeDecodeError as error:
        raise BadArguments("a parameter is not valid UTF-8") from error


def _unknown(name: str, known: Iterable[str], kind: str) -> str:
    shown = name[:40] if is_storable(name) else "?"
    near = difflib.get_close_matches(name, known, n=1)
    return f"unknown {kind} {shown}" + (f"; did you mean {near[0]}?" if near else "")
