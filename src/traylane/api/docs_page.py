"""The description as one HTML page: no script, nothing from elsewhere, everything escaped."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from html import escape
from importlib import resources
from typing import Any
from urllib.parse import quote

from traylane.api.html import as_json, badge, details, inline, limits, link, prose, table, to_copy
from traylane.api.openapi import description
from traylane.config import DEFAULT_PORT

Operation = tuple[str, str, dict[str, Any]]
"""Method, path, and the operation as the description has it."""


@cache
def docs_page() -> bytes:
    """The page, UTF-8."""
    return page(description()).encode()


def page(api: Mapping[str, Any]) -> str:
    """An OpenAPI document as a page."""
    info, operations = api["info"], list(_operations(api))
    common = _common_refusals(operations)
    style = resources.files("traylane.api").joinpath("docs.css").read_text("utf-8")
    return "\n".join(
        [
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="color-scheme" content="light dark">',
            f"<title>{escape(info['title'])} API</title>\n<style>\n{style}</style>\n</head>\n<body>",
            '<a class="skip" href="#content">To the content</a>',
            f"<header><p class=name>{escape(info['title'])}</p><p>API v2 · version {escape(info['version'])}</p>",
            "<p><a href=/openapi.json>openapi.json</a></p></header>",
            _contents(api, operations),
            "<main id=content>",
            f"<section id=about><h1>The API</h1>{prose(info['description'])}</section>",
            _authentication(api),
            *(_tag(tag, operations, common, api) for tag in api["tags"]),
            _all_refusals(operations),
            _structures(api),
            "</main>\n</body>\n</html>\n",
        ]
    )


def _operations(api: Mapping[str, Any]) -> Iterator[Operation]:
    for path, methods in api["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def _refusals(operation: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any], str]]:
    """Status, code, body and reason of each refusal of an operation."""
    for status, response in operation["responses"].items():
        content = response["content"].get("application/json", {}) if status >= "300" else {}
        for code, example in content.get("examples", {}).items():
            yield status, code, example["value"], example["summary"]


def _common_refusals(operations: Iterable[Operation]) -> set[str]:
    """The codes that every operation with a key can answer."""
    with_key = [{code for _, code, _, _ in _refusals(op)} for _, _, op in operations if op["security"]]
    return set.intersection(*with_key)


def _contents(api: Mapping[str, Any], operations: list[Operation]) -> str:
    parts = ["<nav aria-label=Contents><ul>", link("#about", "The API"), link("#authentication", "Authentication")]
    for tag in api["tags"]:
        links = [
            link(f"#{op['operationId']}", op["summary"], badge(method))
            for method, _, op in operations
            if tag["name"] in op["tags"]
        ]
        parts.append(f"<li class=group>{escape(tag['name'])}<ul>{''.join(links)}</ul></li>")
    parts += [link("#refusals", "Every refusal"), link("#structures", "Structures"), "</ul></nav>"]
    return "".join(parts)


def _authentication(api: Mapping[str, Any]) -> str:
    schemes = api["components"]["securitySchemes"].values()
    return (
        "<section id=authentication><h2>Authentication</h2>"
        + "".join(prose(scheme["description"]) for scheme in schemes)
        + "<p>Whoever runs the service makes a key; it is shown once:</p>"
        + to_copy("traylane keys create --name portal --scopes orders:read,orders:cancel")
        + "<p>The lines below take it from the environment:</p>"
        + to_copy("export TRAYLANE_KEY='tl_live_…'")
        + "</section>"
    )


def _tag(tag: Mapping[str, str], operations: list[Operation], common: set[str], api: Mapping[str, Any]) -> str:
    parts = [f"<section><h2>{escape(tag['name'])}</h2>{prose(tag['description'])}"]
    parts += [_endpoint(operation, common, api) for operation in operations if tag["name"] in operation[2]["tags"]]
    return "".join([*parts, "</section>"])


def _endpoint(found: Operation, common: set[str], api: Mapping[str, Any]) -> str:
    method, path, operation = found
    shown = escape(path).replace("/", "/<wbr>")
    parts = [
        f"<article id={escape(operation['operationId'])}><h3>{escape(operation['summary'])}</h3>",
        f"<p class=route>{badge(method)} <code>{shown}</code></p>{prose(operation['description'])}",
        to_copy(curl(method, path, operation)),
        _parameters(operation, api),
    ]
    status, success = next(iter(operation["responses"].items()))
    for media, content in success["content"].items():
        parts += [
            f"<h4>{status} · {inline(example['summary'])}</h4>{as_json(example['value'])}"
            for example in content.get("examples", {}).values()
        ]
        if "examples" not in content:
            parts.append(f"<p>{status} · <code>{escape(media)}</code></p>")
    if "ETag" in success["headers"]:
        parts.append("<p>The header <code>ETag</code> names the order's revision, for <code>If-Match</code>.</p>")
    own = [refusal for refusal in _refusals(operation) if refusal[1] not in common]
    parts.append(_refusal_table(own))
    if operation["security"]:
        parts.append('<p class=more>And <a href="#refusals">what any endpoint can answer</a>.</p>')
    return "".join([*parts, "</article>"])


def curl(method: str, path: str, operation: Mapping[str, Any]) -> str:
    """A line for a shell that calls the operation with its examples."""
    url, query = path, []
    for parameter in operation.get("parameters", ()):
        value = quote(str(parameter.get("example", "")), safe="")
        if parameter["in"] == "path":
            url = url.replace("{" + parameter["name"] + "}", value)
        elif parameter["in"] == "query" and value:
            query.append(f"{parameter['name']}={value}")
    lines = ["curl " if method == "GET" else f"curl -X {method} "]
    examples = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("examples", {})
    body = next(iter(examples.values()), {"value": None})["value"] if method == "POST" else None
    address = f"http://localhost:{DEFAULT_PORT}{url}" + ("?" + "&".join(query) if query and body is None else "")
    lines[0] += f"'{address}'" if "?" in address else address
    if operation["security"]:
        lines.append('-H "Authorization: Bearer $TRAYLANE_KEY"')
    if body is not None:
        lines.append(f"-H 'Content-Type: application/json' -d '{json.dumps(body)}'")
    return " \\\n  ".join(lines)


def _parameters(operation: Mapping[str, Any], api: Mapping[str, Any]) -> str:
    rows = [
        (p["name"], p["in"], limits(p["schema"]), p["description"], p.get("required", False))
        for p in operation.get("parameters", ())
    ]
    body = operation.get("requestBody")
    if body is not None:
        schema = body["content"]["application/json"]["schema"]
        schema = _resolved(schema.get("anyOf", [schema])[0], api)
        needed = schema.get("required", ())
        rows += [
            (name, "body", limits(member), _about(member), name in needed)
            for name, member in schema["properties"].items()
        ]
    if not rows:
        return ""
    cells = [
        (f"<code>{escape(name)}</code>", where, escape(limited), inline(text) + (" Required." if required else ""))
        for name, where, limited, text, required in rows
    ]
    return "<h4>Parameters</h4>" + table(("Name", "In", "Limits", "Meaning"), cells)


def _refusal_table(refusals: Iterable[tuple[str, str, dict[str, Any], str]]) -> str:
    rows = [
        (
            status,
            f"<b>{escape(body['error'])}</b>",
            details(body["details"]),
            f'<a href="#refusal-{escape(code)}"><code>{escape(code)}</code></a>',
            inline(when),
        )
        for status, code, body, when in refusals
    ]
    if not rows:
        return ""
    return "<h4>Refusals</h4>" + table(("Status", "error", "details", "code", "When"), rows)


def _all_refusals(operations: list[Operation]) -> str:
    found: dict[str, tuple[str, dict[str, Any], str]] = {}
    where: dict[str, list[str]] = {}
    with_key = sum(bool(op["security"]) for _, _, op in operations)
    for _, _, operation in operations:
        for status, code, body, when in _refusals(operation):
            found.setdefault(code, (status, body, when))
            if operation["security"]:
                where.setdefault(code, []).append(operation["operationId"])
    rows = []
    for code, (status, body, when) in sorted(found.items(), key=lambda item: item[1][0]):
        everywhere = len(where[code]) == with_key
        links = ", ".join(f'<a href="#{escape(name)}">{escape(name)}</a>' for name in where[code])
        rows.append(
            (
                status,
                f"<b id=refusal-{escape(code)}>{escape(body['error'])}</b><br><code>{escape(code)}</code>",
                details(body["details"]),
                inline(when),
                "any endpoint" if everywhere else links,
            )
        )
    return (
        "<section id=refusals><h2>Every refusal</h2>"
        "<p>Programs read <code>code</code> (in <code>application/problem+json</code>), people read "
        "<code>error</code>. What stands here in <code>details</code> is an example.</p>"
        + table(("Status", "error, code", "details", "When", "Where"), rows)
        + "</section>"
    )


def _structures(api: Mapping[str, Any]) -> str:
    parts = ["<section id=structures><h2>Structures</h2><p>Every property that is sent, and its limits.</p>"]
    for name, schema in sorted(api["components"]["schemas"].items()):
        rows = [
            (f"<code>{escape(member)}</code>", escape(limits(shape)), inline(_about(shape)))
            for member, shape in schema["properties"].items()
        ]
        rows_table = table(("Property", "Limits", "Meaning"), rows)
        about = prose(schema.get("description", ""))
        parts.append(
            f"<details id=structure-{escape(name)}><summary>{escape(name)}</summary>{about}{rows_table}</details>"
        )
    return "".join([*parts, "</section>"])


def _resolved(schema: Mapping[str, Any], api: Mapping[str, Any]) -> dict[str, Any]:
    # Of several shapes the first has it all.
    name = schema.get("anyOf", [schema])[0]["$ref"].rpartition("/")[2]
    resolved: dict[str, Any] = api["components"]["schemas"][name]
    return resolved


def _about(schema: Mapping[str, Any]) -> str:
    inner: Mapping[str, Any] = next((s for s in schema.get("anyOf", ()) if "description" in s), schema)
    text: str = inner.get("description", "")
    return text
