"""One operation of the description: parameters, body, answers and every refusal, made from its route."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from traylane.access.actor import Forbidden, Unauthenticated
from traylane.access.rate import RateLimited
from traylane.api import carried, examples
from traylane.api.errors import STATUS, Internal, MethodNotAllowed, NoRoute, headers_of
from traylane.api.parameters import Parameter
from traylane.api.routes import Refusals, Route
from traylane.api.schemas import basics, bulk
from traylane.errors import OrderChanged, Refused, Unavailable
from traylane.policy.setup_change import SetupChanged

EVERYWHERE: Refusals = (Unauthenticated, Forbidden, MethodNotAllowed, RateLimited, Internal, Unavailable)
"""What every endpoint that needs a key can answer."""

STREAM = "text/event-stream"


def operation(route: Route, by_shape: dict[Any, Any]) -> dict[str, Any]:
    """An endpoint as OpenAPI describes it. `by_shape`: the schema of each structure."""
    scopes = [str(route.scope)]
    described: dict[str, Any] = {
        "operationId": route.operation,
        "tags": [route.tag],
        "summary": route.title,
        "description": _about(route),
        "security": [{"bearer": scopes}, {"apiKey": scopes}],
        "parameters": [
            *_path_parameters(route),
            *map(_query_parameter, route.query),
            *([] if route.is_safe else [carried.IDEMPOTENCY_KEY]),
            *([carried.IF_MATCH] if {OrderChanged, SetupChanged} & set(route.refusals) else []),
        ],
        "responses": {
            str(route.success): _success(route, by_shape),
            **refusal_responses(_refusals(route), by_shape, stored=not route.is_safe),
        },
    }
    if route.dry_run_scope is not None:
        scopes = [str(route.dry_run_scope)]
        described["security"] += [{"bearer": scopes}, {"apiKey": scopes}]
    if route.body is not None:
        described["requestBody"] = _request_body(route, by_shape)
    return described


def refusal_responses(refusals: Iterable[type[Refused]], by_shape: dict[Any, Any], *, stored: bool = False) -> Any:
    """Status → response. `stored`: whether final refusals are kept for an Idempotency-Key."""
    grouped: dict[int, list[type[Refused]]] = defaultdict(list)
    for refusal in dict.fromkeys(refusals):
        grouped[STATUS[refusal]].append(refusal)
    return {str(status): _refused(status, group, by_shape, stored) for status, group in sorted(grouped.items())}


def header_references(*names: str) -> dict[str, Any]:
    """Headers of an answer, by name."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _refusals(route: Route) -> Iterable[type[Refused]]:
    yield from route.refusals
    if "{" in route.path:
        # a client or a proxy that resolves `..` or decodes `%2F` asks for another path
        yield NoRoute
    yield from EVERYWHERE


def _first_sentence(refusal: type[Refused]) -> str:
    return (refusal.__doc__ or "").partition("\n")[0].partition(". ")[0].rstrip(".")


def _about(route: Route) -> str:
    text = f"{route.about}\n\nScope: `{route.scope}`."
    if route.dry_run_scope is not None:
        text += (
            f" For `dryRun=true` the scope `{route.dry_run_scope}` is enough: 200 lists all that stands in the way, by "
            "the very same rules, and nothing is written. An order that does not exist is 404 all the same."
        )
    return text


def _path_parameters(route: Route) -> list[dict[str, Any]]:
    names = re.findall(r"\{(\w+)\}", route.path)
    return [{"name": name, "in": "path", "required": True, **carried.PATH_PARAMETERS[name]} for name in names]


def _query_parameter(parameter: Parameter) -> dict[str, Any]:
    described = {"name": parameter.name, "in": "query", "description": parameter.help, "schema": _schema(parameter)}
    return described | ({"example": parameter.example} if parameter.example else {})


def _schema(parameter: Parameter) -> dict[str, Any]:
    if parameter.words == ("true", "false"):
        return {"type": "boolean"} | ({} if parameter.has_third_answer else {"default": False})
    if parameter.words:
        chosen = {"default": parameter.default} if parameter.default else {}
        return {"type": "string", "enum": list(parameter.words), **chosen}
    if parameter.range is not None:
        return {"type": "integer", "minimum": parameter.range[0], "maximum": parameter.range[1]}
    if parameter.is_day:
        return {"type": "string", "format": "date", "minLength": 10, "maxLength": 10}
    return {
        "type": "string",
        **({"minLength": parameter.shortest} if parameter.shortest else {}),
        "maxLength": parameter.longest,
        **basics.STORABLE,
    }


_ROW = {"$ref": "#/components/schemas/CancelRow"}


def _request_body(route: Route, by_shape: dict[Any, Any]) -> dict[str, Any]:
    schema = by_shape[route.body]
    content: dict[str, Any] = {"application/json": {"schema": schema, "examples": examples.bodies(route.operation)}}
    if route.read is not None:
        rows = {"type": "array", "minItems": 1, "maxItems": bulk.MOST_ROWS, "items": _ROW}
        content["application/json"]["schema"] = {"anyOf": [schema, rows]}
        content[bulk.NDJSON] = {"schema": {"type": "string", "maxLength": route.largest_body}}
    if route.forms:
        content["application/x-www-form-urlencoded"] = {
            "schema": {
                "type": "object",
                "properties": {parameter.name: _schema(parameter) for parameter in route.forms},
                "additionalProperties": False,
            }
        }
    text = f"At most {route.largest_body} bytes."
    if route.forms:
        text += " A parameter that also stands in the query must be the same there."
    return {"required": route.body_required, "description": text, "content": content}


def _one_of(shapes: list[dict[str, Any]]) -> dict[str, Any]:
    return shapes[0] if len(shapes) == 1 else {"anyOf": shapes}


def _streamed(shape: dict[str, Any]) -> dict[str, Any]:
    """One Server-Sent Event whose data is a `shape` as JSON."""
    data = {"type": "string", "contentMediaType": "application/json", "contentSchema": shape}
    texts = {"id": {"type": "string"}, "event": {"type": "string"}, "data": data}
    return {"type": "object", "required": list(texts), "properties": texts}


def _success(route: Route, by_shape: dict[Any, Any]) -> dict[str, Any]:
    shapes = [by_shape[shape] for shape in route.responses]
    names = [
        *carried.ALWAYS,
        *(["ETag"] if "{orderIdentifier}" in route.path or route.method == "POST" or route.tag == "Set-up" else []),
    ]
    return {
        "description": "Done." if not route.is_safe else "As asked.",
        "headers": header_references(*names, *([] if route.is_safe else ["Idempotent-Replayed"])),
        "content": {
            route.media: {
                "schema": _streamed(shapes[0]) if route.media == STREAM else _one_of(shapes),
                "examples": examples.answers(route.operation),
            }
        },
    }


def _refused(status: int, refusals: list[type[Refused]], by_shape: dict[Any, Any], stored: bool) -> dict[str, Any]:
    names = dict.fromkeys(carried.ALWAYS)
    for refusal in refusals:
        sent = [carried.SENT_AS.get(name.decode()) for name, _ in headers_of(examples.REFUSALS[refusal])]
        names.update(dict.fromkeys(name for name in sent if name is not None))
        if stored and refusal.is_final:
            names["Idempotent-Replayed"] = None
    sentences = list(dict.fromkeys(refusal.sentence for refusal in refusals))
    codes = {"code": {"enum": [refusal.code for refusal in refusals]}, "status": {"const": status}}
    return {
        "description": "; ".join(sentences) + ".",
        "headers": header_references(*names),
        "content": {
            "application/json": {
                "schema": {**by_shape[basics.ErrorBody], "properties": {"error": {"enum": sentences}}},
                "examples": _examples(refusals, problem=False),
            },
            "application/problem+json": {
                "schema": {**by_shape[basics.Problem], "properties": {"error": {"enum": sentences}, **codes}},
                "examples": _examples(refusals, problem=True),
            },
        },
    }


def _examples(refusals: Iterable[type[Refused]], *, problem: bool) -> dict[str, Any]:
    return {
        refusal.code: {
            "summary": _first_sentence(refusal),
            "value": examples.refusal_body(refusal, problem=problem),
        }
        for refusal in refusals
    }
