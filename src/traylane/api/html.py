"""Pieces of HTML for the description's page; whatever comes in as text goes out escaped."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any


def limits(schema: Mapping[str, Any]) -> str:
    """What a value may be, in a few words."""
    if "anyOf" in schema:
        return " or ".join(map(limits, schema["anyOf"]))
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    if "enum" in schema:
        return ", ".join(json.dumps(value) for value in schema["enum"])
    if schema.get("type") == "array":
        most = f", at most {schema['maxItems']}" if "maxItems" in schema else ""
        return f"list of {limits(schema['items'])}{most}"
    words = [schema.get("type", "any")]
    if "format" in schema:
        words[0] = schema["format"]
    elif "maxLength" in schema:
        low = schema.get("minLength", 0)
        words.append(f"{low}–{schema['maxLength']} characters" if low else f"up to {schema['maxLength']} characters")
    if "minimum" in schema:
        high = schema.get("maximum")
        words.append(f"from {schema['minimum']}" if high is None else f"{schema['minimum']} to {high}")
    return ", ".join(words)


def table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """Rows whose cells are HTML; on a narrow screen each cell shows its head beside it."""
    head = "".join(f"<th scope=col>{escape(name)}" for name in heads)
    lines = [
        "<tr>" + "".join(f'<td data-label="{escape(name)}">{cell}' for name, cell in zip(heads, row, strict=True))
        for row in rows
    ]
    return f"<table><thead><tr>{head}</thead><tbody>{''.join(lines)}</tbody></table>"


def details(details: list[str]) -> str:
    """The strings of `details`, one a line."""
    return "<br>".join(f"<code>{escape(line)}</code>" for line in details) or "<code>[]</code>"


def badge(method: str) -> str:
    """A method, in its colour."""
    return f'<span class="method {escape(method.lower())}">{escape(method)}</span>'


def link(target: str, text: str, before: str = "") -> str:
    """An entry of the contents."""
    return f'<li><a href="{escape(target)}">{before}{escape(text)}</a></li>'


def to_copy(line: str) -> str:
    """A line for a shell, selected by one click."""
    return f"<pre class=copy tabindex=0>{escape(line)}</pre>"


def as_json(value: Any) -> str:
    """A value as JSON."""
    return f"<pre tabindex=0>{escape(json.dumps(value, indent=2, ensure_ascii=False))}</pre>"


def prose(text: str) -> str:
    """Paragraphs."""
    return "".join(f"<p>{inline(paragraph)}</p>" for paragraph in text.strip().split("\n\n") if paragraph)


def inline(text: str) -> str:
    """A text in which `code` and **strong** are marked."""
    # Code first: what stands between backticks is never emphasis.
    parts = re.split(r"`([^`]+)`", text)
    for i, part in enumerate(parts):
        safe = escape(part)
        parts[i] = f"<code>{safe}</code>" if i % 2 else re.sub(r"\*\*([^*]+)\*\*", r"<strong>\1</strong>", safe)
    return "".join(parts)
