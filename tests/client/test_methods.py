"""The client has a method for every documented operation, sync and async."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from typing import Any

import pytest

from docs.client_code import FOR_PEOPLE
from docs.client_types import argument, snake
from traylane.api.openapi import description
from traylane.client.async_methods import AsyncMethods
from traylane.client.methods import Methods


def missing(paths: dict[str, Any], client: type) -> list[str]:
    """What the description has and the client has not: operations, and parameters of operations."""
    return [
        problem
        for methods in paths.values()
        for operation in methods.values()
        if operation["operationId"] not in FOR_PEOPLE
        for problem in _of(operation, client)
    ]


def _of(operation: dict[str, Any], client: type) -> Iterable[str]:
    name = snake(operation["operationId"])
    method = getattr(client, f"{name}_page", None) or getattr(client, name, None)
    if method is None:
        return [name]
    taken = inspect.signature(method).parameters
    wanted = {argument(parameter["name"]) for parameter in operation.get("parameters", ())} - {"dry_run"}
    wanted |= {"body"} if "requestBody" in operation else set()
    return [f"{name}({parameter})" for parameter in sorted(wanted - set(taken))]


@pytest.mark.parametrize("client", [Methods, AsyncMethods])
def test_every_operation_has_its_method(client: type) -> None:
    assert missing(description()["paths"], client) == []


@pytest.mark.parametrize("client", [Methods, AsyncMethods])
def test_a_new_operation_or_parameter_would_be_missed(client: type) -> None:
    fetch = description()["paths"]["/api/v2/orders/{orderIdentifier}"]["get"]
    wider = fetch | {"parameters": [*fetch["parameters"], {"name": "asOf", "in": "query"}]}
    other = fetch | {"operationId": "polishOrder"}
    assert missing({"/a": {"get": wider}, "/b": {"get": other}}, client) == ["fetch_order(as_of)", "polish_order"]


def test_what_needs_no_method_is_still_there() -> None:
    known = {operation["operationId"] for methods in description()["paths"].values() for operation in methods.values()}
    assert set(FOR_PEOPLE) <= known


def test_a_dry_run_is_a_method_of_its_own() -> None:
    dry = [
        operation["operationId"]
        for methods in description()["paths"].values()
        for operation in methods.values()
        if any(parameter["name"] == "dryRun" for parameter in operation.get("parameters", ()))
    ]
    assert dry != []
    assert [name for name in dry if not hasattr(Methods, f"{snake(name)}_dry_run")] == []
