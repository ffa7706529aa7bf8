"""Schemas and names of the API's description, as Python writes them."""

from __future__ import annotations

import builtins
import keyword
import re
from typing import Any

Schema = dict[str, Any]


def type_of(schema: Schema, *, prefix: str = "shapes.") -> str:
    """A schema as Python writes it. Names of shapes are marked by `prefix`."""
    match schema:
        case {"$ref": _}:
            return prefix + reference(schema)
        case {"anyOf": list(members)}:
            return " | ".join(dict.fromkeys(type_of(member, prefix=prefix) for member in members))
        case {"enum": list(values)}:
            return f"Literal[{', '.join(map(repr, values))}]"
        case {"const": value}:
            return f"Literal[{value!r}]"
        case {"type": list(kinds)}:
            return " | ".join(type_of(schema | {"type": kind}, prefix=prefix) for kind in kinds)
        case {"type": "array"}:
            return f"list[{type_of(schema.get('items', {}), prefix=prefix)}]"
        case {"type": "object", "additionalProperties": dict(inner)}:
            return f"dict[str, {type_of(inner, prefix=prefix)}]"
        case {"type": "object"}:
            return "dict[str, Any]"
        case {"type": kind}:
            return {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}[kind]
        case _:
            return "Any"


def union(schemas: list[Schema]) -> str:
    """Any of several."""
    return " | ".join(dict.fromkeys(map(type_of, schemas)))


def reference(schema: Schema) -> str:
    """The name of the shape that is referred to."""
    return str(schema["$ref"]).rpartition("/")[2]


def snake(name: str) -> str:
    """`deleteReason` → `delete_reason`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.replace("-", "_")).lower()


def argument(name: str) -> str:
    """The name of an argument; one that Python uses itself gets an underscore."""
    found = snake(name)
    return f"{found}_" if keyword.iskeyword(found) or hasattr(builtins, found) else found


def pascal(code: str) -> str:
    """`key_in_use` → `KeyInUse`."""
    return "".join(part.capitalize() for part in code.split("_"))
