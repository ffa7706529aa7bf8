"""The description of the API, made from the route table."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cache
from typing import Any

import msgspec

import traylane
from traylane.access.actor import Forbidden, Unauthenticated
from traylane.access.idempotency import LONGEST_KEY
from traylane.access.rate import RateLimited
from traylane.api.errors import STATUS, Internal
from traylane.api.parameters import Parameter
from traylane.api.routes import ROUTES, Refusals, Route
from traylane.api.schemas import ErrorBody
from traylane.errors import Refused, Unavailable

EVERYWHERE: Refusals = (Unauthenticated, Forbidden, RateLimited, Internal, Unavailable)


@cache
def description() -> dict[str, Any]:
    """The OpenAPI 3.1 document."""
    types = {t for route in ROUTES for t in (route.response, route.body, route.dry_run_response, ErrorBody) if t}
    ordered = sorted(types, key=str)
    schemas, components = msgspec.json.schema_components(ordered, ref_template="#/components/schemas/{name}")
    by_type = dict(zip(ordered, schemas, strict=True))
    paths: dict[str, dict[str, Any]] = defaultdict(dict)
    for route in ROUTES:
        paths[route.path][route.method.lower()] = _operation(route, by_type)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Traylane",
            "version": traylane.__version__,
            "description": "The order desk of an optical laboratory: find, track and safely cancel orders.",
        },
        "servers": [{"url": "/"}],
        "security": [{"bearer": []}, {"apiKey": []}],
        "paths": dict(paths),
        "components": {
            "schemas": components,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
            },
        },
    }


def _operation(route: Route, schemas: dict[Any, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": route.operation,
        "tags": [route.tag],
        "summary": (route.handler.__doc__ or "").partition("\n")[0],
        "description": f"Scope: `{route.scope}`.",
        "parameters": [*_path_parameters(route), *map(_query_parameter, route.query), *_header_parameters(route)],
        "responses": _responses(route, schemas),
    }
    if route.body is not None:
        content = {"application/json": {"schema": schemas[route.body]}}
        if route.forms:
            content["application/x-www-form-urlencoded"] = {"schema": schemas[route.body]}
        operation["requestBody"] = {"required": route.body_required, "content": content}
    return operation


def _path_parameters(route: Route) -> list[dict[str, Any]]:
    texts = {
        "orderIdentifier": "An order number, tray number or purchase order number, percent-encoded.",
        "code": "A station's code.",
    }
    examples = {"orderIdentifier": "72544", "code": "GEN"}
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": texts[name],
            "schema": {"type": "string", "minLength": 1},
            "example": examples[name],
        }
        for name in re.findall(r"\{(\w+)\}", route.path)
    ]


def _query_parameter(parameter: Parameter) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    if parameter.words == ("true", "false"):
        schema = {"type": "boolean"}
    elif parameter.words:
        schema["enum"] = list(parameter.words)
    if parameter.longest:
        schema["maxLength"] = parameter.longest
    if parameter.range is not None:
        schema = {"type": "integer", "minimum": parameter.range[0], "maximum": parameter.range[1]}
    described = {"name": parameter.name, "in": "query", "description": parameter.help, "schema": schema}
    return described | ({"example": parameter.example} if parameter.example else {})


def _header_parameters(route: Route) -> list[dict[str, Any]]:
    if route.is_safe:
        return []
    return [
        {
            "name": "Idempotency-Key",
            "in": "header",
            "description": "Makes the request safe to repeat for 96 hours: the same answer, no second effect.",
            "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY, "pattern": "^[!-~]([ -~]*[!-~])?$"},
        },
        {
            "name": "If-Match",
            "in": "header",
            "description": "Only if the order still has one of these entity tags.",
            "schema": {"type": "string", "pattern": r'^(\*|(W/)?"[!#-~]*"(, *(W/)?"[!#-~]*")*)$'},
        },
    ]


def _responses(route: Route, schemas: dict[Any, Any]) -> dict[str, Any]:
    success = schemas[route.response]
    if route.dry_run_response is not None:
        success = {"anyOf": [success, schemas[route.dry_run_response]]}
    responses: dict[str, Any] = {
        "200": {
            "description": "Done.",
            "headers": {"ETag": {"schema": {"type": "string"}}},
            "content": {"application/json": {"schema": success}},
        }
    }
    grouped: dict[int, list[type[Refused]]] = defaultdict(list)
    for refusal in dict.fromkeys((*route.refusals, *EVERYWHERE)):
        grouped[STATUS[refusal]].append(refusal)
    for status, refusals in sorted(grouped.items()):
        responses[str(status)] = _refused(refusals, schemas[ErrorBody])
    return responses


def _refused(refusals: list[type[Refused]], body: Any) -> dict[str, Any]:
    examples = {
        refusal.code: {
            "summary": (refusal.__doc__ or "").partition("\n")[0],
            "value": {"error": refusal.sentence, "details": []},
        }
        for refusal in refusals
    }
    return {
        "description": "; ".join(dict.fromkeys(refusal.sentence for refusal in refusals)),
        "content": {
            "application/json": {"schema": body, "examples": examples},
            "application/problem+json": {"schema": {"type": "object", "required": ["error", "details", "code"]}},
        },
    }


def docs_page() -> bytes:
    """The description as one HTML page."""
    return b"<!doctype html><title>Traylane</title>"
