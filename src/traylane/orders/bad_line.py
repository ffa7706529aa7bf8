"""What is wrong with a line of an import file, in words for people."""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec


class BadLine(Exception):
    """`field`: the JSON name (`"scans[2].dateTime"`; `"line"` for the whole), `problem`: a sentence about it.

    The problem never repeats what the line holds: that may be a patient's name.
    """

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field} {problem}")
        self.field = field
        self.problem = problem


_MAX_NAME = 64

_WHERE = re.compile(r"(?P<what>.*?)(?: - at `\$(?P<path>.*)`)?", re.DOTALL)

_KINDS = {
    "str": "text",
    "float": "a number",
    "int": "a whole number",
    "bool": "true or false",
    "array": "a list",
    "object": "a JSON object",
    "date": "a date (yyyy-mm-dd)",
}

_SHAPES = {
    "orderNumber": "is not 1 to 8 letters or digits (A-Z, a-z, 0-9)",
    "trayNumber": "is not up to 5 digits",
}

_SENTENCES: list[tuple[re.Pattern[str], Callable[[re.Match[str]], str]]] = [
    (re.compile(r"Expected `str` of length >= 1\b.*"), lambda _: "is empty"),
    (re.compile(r"Expected `str` of length <= (\d+)"), lambda m: f"has more than {m[1]} characters"),
    (re.compile(r"Expected `array` of length <= (\d+)"), lambda m: f"has more than {m[1]} entries"),
    (re.compile(r"Expected `(?:float|int)` <= (\S+)"), lambda m: f"is more than {m[1].removesuffix('.0')}"),
    (re.compile(r"Expected `(?:float|int)` >= (\S+)"), lambda m: f"is less than {m[1].removesuffix('.0')}"),
    (re.compile(r"Expected `(\w+)[^`]*`, got .*"), lambda m: f"is not {_KINDS.get(m[1], 'of the right kind')}"),
    (re.compile(r"Invalid RFC3339 encoded date"), lambda _: "is not a date (yyyy-mm-dd)"),
    (re.compile(r"(?:Number|Integer value) out of range"), lambda _: "is out of range"),
]


def explained(text: str, kind: type[msgspec.Struct]) -> BadLine:
    """The decoder's own message about a `kind`, as a BadLine."""
    where = _WHERE.fullmatch(text)
    what, path = (text, "") if where is None else (where["what"], where["path"] or "")
    path = path.removeprefix(".")
    named = re.fullmatch(r"Object (missing required|contains unknown) field `(.*)`", what, re.DOTALL)
    if named:
        field = f"{path}.{named[2]}" if path else named[2]
        problem = "is missing" if named[1] == "missing required" else "is not a property of an order"
        return BadLine(field[:_MAX_NAME], problem)
    return BadLine(path or "line", _problem(what, path, kind))


def refuse_nul(line: msgspec.Struct) -> None:
    """Raises BadLine that names the first property with a NUL character: PostgreSQL can store none."""
    for name, value in msgspec.to_builtins(line).items():
        if _holds_nul(value):
            raise BadLine(name, "holds a NUL character")


def _problem(what: str, field: str, kind: type[msgspec.Struct]) -> str:
    if what.startswith("Invalid enum value"):
        return f"is not one of {_choices(field, kind)}"
    if "matching regex" in what and field in _SHAPES:
        return _SHAPES[field]
    for pattern, say in _SENTENCES:
        match = pattern.fullmatch(what)
        if match:
            return say(match)
    return "is not valid"


def _choices(field: str, kind: type[msgspec.Struct]) -> str:
    """The words that a property may be; what stands inside a list has none that this struct knows."""
    info = msgspec.inspect.type_info(kind)
    assert isinstance(info, msgspec.inspect.StructType)
    declared = [one.type for one in info.fields if one.encode_name == field]
    for type_ in declared:
        for choice in type_.types if isinstance(type_, msgspec.inspect.UnionType) else (type_,):
            plain = choice.type if isinstance(choice, msgspec.inspect.Metadata) else choice
            if isinstance(plain, msgspec.inspect.LiteralType):
                return ", ".join(str(value) or "blank" for value in plain.values)
    return "the words that are allowed"


def _holds_nul(value: object) -> bool:
    if isinstance(value, dict):
        return any(map(_holds_nul, value.values()))
    if isinstance(value, list):
        return any(map(_holds_nul, value))
    return isinstance(value, str) and "\0" in value
