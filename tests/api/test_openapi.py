"""The description of the API: valid, complete, and true to its own examples."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import msgspec
import pytest
from jsonschema.validators import Draft202012Validator  # type: ignore[import-untyped]
from openapi_spec_validator import validate

from tests.api.asgi import Client
from traylane.api.errors import STATUS
from traylane.api.examples import REFUSALS
from traylane.api.openapi import description, encoded

API: dict[str, Any] = msgspec.json.decode(encoded())

EVERYWHERE = {"unauthenticated", "forbidden", "method_not_allowed", "rate_limited", "internal", "unavailable"}
UNSAFE = {
    "bad_arguments",
    "body_too_slow",
    "key_in_use",
    "restored_since",
    "changed",
    "body_too_large",
    "unsupported_content_type",
    "key_reused",
    "busy",
    "outcome_unknown",
    "no_route",
} | EVERYWHERE
FIND = {"bad_arguments", "not_found", "ambiguous", "no_route"} | EVERYWHERE
CANCEL = (
    {"not_found", "ambiguous", "job_tracker_missing", "already_cancelled", "already_completed"}
    | {"no_reasons", "unknown_reason", "non_cancel_station", "reason_forbids_override"}
    | {"unknown_disposition_code", "lab_frame", "breakage_missing"}
    | UNSAFE
)
CHANGE = {"not_found", "ambiguous", "frozen_cancelled", "frozen_completed"} | UNSAFE
SETUP = (
    {"bad_arguments", "bound_to_customer", "setup_changed", "body_too_large", "body_too_slow"}
    | {"unsupported_content_type", "key_reused"}
    | EVERYWHERE
)
PUT = {"setup_conflict", "no_route"} | SETUP
WEBHOOKS = SETUP - {"bound_to_customer"}
OWN = {"bad_arguments", "bound_to_customer"} | EVERYWHERE
ONE = {"not_set_up", "no_route"}
PAGE = {"method_not_allowed", "internal", "unavailable"}

CONTRACT = {
    "cancelOrder": ("orders:cancel", CANCEL),
    "cancelOrderByPost": ("orders:cancel", CANCEL),
    "fetchOrder": ("orders:read", FIND),
    "fetchOrderStatus": ("orders:read", FIND),
    "listOrderEvents": ("events:read", FIND),
    "createOrder": (
        "orders:write",
        {"crib_only_uncut", "ellh_only_uncut", "unknown_customer", "no_addons", "unknown_addon", "validation_failed"}
        | {"tray_in_use", "no_free_tray", "no_free_order_number"}
        | UNSAFE - {"changed", "no_route"},
    ),
    "correctOrder": ("orders:write", CHANGE),
    "completeOrder": (
        "orders:write",
        {"complete_not_found", "complete_ambiguous", "complete_cancelled", "complete_unvalid"}
        | {"complete_completed", "complete_on_hold", "complete_without_final_qa"}
        | UNSAFE,
    ),
    "holdOrder": ("orders:write", {"already_on_hold"} | CHANGE),
    "releaseOrder": ("orders:write", {"not_on_hold"} | CHANGE),
    "validateOrder": ("orders:write", {"already_valid"} | CHANGE),
    "declareOrderUnvalid": ("orders:write", {"in_process"} | CHANGE),
    "assignTray": (
        "orders:write",
        {"tray_order_not_found", "tray_order_ambiguous", "only_tray", "tray_not_numeric", "tray_too_long"}
        | {"tray_for_cancelled", "tray_for_completed", "tray_for_held", "tray_in_use", "has_tray"}
        | UNSAFE,
    ),
    "releaseTray": ("tracking:write", {"not_found", "ambiguous", "no_tray"} | UNSAFE),
    "reportCancellations": ("reports:read", {"bad_arguments"} | EVERYWHERE),
    "readMetrics": ("metrics:read", {"bound_to_customer"} | EVERYWHERE),
    "cancelOrders": ("orders:cancel", {"nothing_cancelled"} | UNSAFE - {"changed", "no_route"}),
    "fetchCancellation": ("orders:read", FIND),
    "putDisposition": (
        "orders:cancel",
        {"not_found", "ambiguous", "nothing_to_dispose", "unknown_disposition_code"} | UNSAFE,
    ),
    "restoreOrder": (
        "orders:restore",
        {"not_found", "ambiguous", "not_cancelled", "restore_window_over", "lens_broken"} | UNSAFE,
    ),
    "listOrders": ("orders:read", {"bad_arguments"} | EVERYWHERE),
    "listStations": ("tracking:read", {"bad_arguments"} | EVERYWHERE),
    "fetchStation": ("tracking:read", {"no_station", "bad_arguments", "no_route"} | EVERYWHERE),
    "checkIn": (
        "tracking:write",
        {"checkin_job_tracker_missing", "station_not_found", "checkin_order_not_found", "checkin_ambiguous"}
        | {"operator_not_found", "operator_required", "checkin_cancelled", "checkin_completed"}
        | {"checkin_unvalid", "checkin_on_hold", "step_missing", "ar_missing", "ar_not_needed"}
        | UNSAFE,
    ),
    "listSettings": ("setup:read", OWN),
    "fetchSetting": ("setup:read", OWN | ONE),
    "putSetting": ("setup:write", PUT | ONE),
    "listDeleteReasons": ("setup:read", {"bad_arguments"} | EVERYWHERE),
    "fetchDeleteReason": ("setup:read", {"bad_arguments"} | ONE | EVERYWHERE),
    "putDeleteReason": ("setup:write", PUT),
    "retireDeleteReason": ("setup:write", SETUP | ONE),
    "putStation": ("setup:write", PUT),
    "listCustomers": ("setup:read", {"bad_arguments"} | EVERYWHERE),
    "fetchCustomer": ("setup:read", {"bad_arguments"} | ONE | EVERYWHERE),
    "putCustomer": ("setup:write", PUT),
    "listAddons": ("setup:read", {"bad_arguments"} | EVERYWHERE),
    "fetchAddon": ("setup:read", {"bad_arguments"} | ONE | EVERYWHERE),
    "putAddon": ("setup:write", PUT),
    "listBreakages": ("setup:read", OWN),
    "fetchBreakage": ("setup:read", OWN | ONE),
    "putBreakage": ("setup:write", PUT),
    "listEmployees": ("setup:read", OWN),
    "fetchEmployee": ("setup:read", OWN | ONE),
    "putEmployee": ("setup:write", PUT),
    "listKeys": ("admin", OWN),
    "createKey": ("admin", {"too_many_keys"} | SETUP),
    "revokeKey": ("admin", {"key_not_found", "no_route"} | SETUP),
    "trackOrder": ("tracking:read", FIND),
    "listRecalls": ("tracking:read", {"bad_arguments"} | EVERYWHERE),
    "fetchWorkInProcess": ("tracking:read", {"bad_arguments"} | EVERYWHERE),
    "listDays": ("tracking:read", {"bad_arguments"} | EVERYWHERE),
    "fetchTray": ("tracking:read", {"not_found", "bad_arguments", "no_route"} | EVERYWHERE),
    "listEvents": ("events:read", {"bad_arguments", "cursor_gone"} | EVERYWHERE),
    "streamEvents": ("events:read", {"bad_arguments", "cursor_gone"} | EVERYWHERE),
    "listWebhooks": ("webhooks:write", {"bad_arguments"} | EVERYWHERE),
    "createWebhook": ("webhooks:write", {"too_many_webhooks"} | WEBHOOKS),
    "fetchWebhook": ("webhooks:write", {"bad_arguments", "no_webhook", "no_route"} | EVERYWHERE),
    "changeWebhook": ("webhooks:write", {"no_webhook", "no_route"} | WEBHOOKS),
    "deleteWebhook": ("webhooks:write", {"no_webhook", "no_route"} | WEBHOOKS),
    "rotateWebhookSecret": ("webhooks:write", {"no_webhook", "no_route"} | WEBHOOKS),
    "listDeliveries": ("webhooks:write", {"bad_arguments", "no_webhook", "no_route"} | EVERYWHERE),
    "replayWebhook": ("webhooks:write", {"no_webhook", "cursor_gone", "no_route"} | WEBHOOKS),
    "live": (None, PAGE),
    "ready": (None, PAGE),
    "describe": (None, PAGE),
    "readDescription": (None, PAGE),
}
"""By hand from contract.md: the scope that each operation needs, and every refusal that it can give."""


def operations(api: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for methods in api["paths"].values():
        yield from methods.values()


def refusals(operation: dict[str, Any]) -> set[tuple[int, str]]:
    """Status and code of every refusal that an operation documents."""
    return {
        (int(status), code)
        for status, response in operation["responses"].items()
        if status >= "300"
        for code in response["content"]["application/problem+json"]["examples"]
    }


def undocumented(api: dict[str, Any]) -> set[tuple[int, str]]:
    documented = set().union(*map(refusals, operations(api)))
    return {(status, refusal.code) for refusal, status in STATUS.items()} - documented


def test_it_is_valid_openapi() -> None:
    validate(API)


async def test_it_is_served_as_it_was_encoded_once(http: Client) -> None:
    reply = await http.get("/openapi.json")
    assert (reply.status, reply.header("content-type")) == (200, "application/json")
    assert reply.body == encoded()
    assert encoded() is encoded()


def test_every_refusal_that_has_a_status_is_documented() -> None:
    assert undocumented(API) == set()


def test_a_refusal_that_is_left_out_is_noticed() -> None:
    api = copy.deepcopy(description())
    for operation in operations(api):
        operation["responses"].pop("422", None)
    assert undocumented(api) == {(422, "key_reused")}


def test_no_two_refusals_have_one_code() -> None:
    assert len({refusal.code for refusal in STATUS}) == len(STATUS)
    assert set(REFUSALS) == set(STATUS)


@pytest.mark.parametrize("operation", list(operations(API)), ids=lambda operation: operation["operationId"])
def test_each_operation_documents_what_the_contract_says(operation: dict[str, Any]) -> None:
    scope, codes = CONTRACT[operation["operationId"]]
    assert {code for _, code in refusals(operation)} == codes
    assert operation["security"][:2] == ([{"bearer": [scope]}, {"apiKey": [scope]}] if scope else [])


def test_every_operation_of_the_contract_is_there() -> None:
    assert {operation["operationId"] for operation in operations(API)} == set(CONTRACT)


def test_dry_runs_ask_for_less() -> None:
    anyone = API["paths"]["/api/v2/orders/{orderIdentifier}"]["delete"]["security"]
    assert {"bearer": ["orders:read"]} in anyone


def test_every_value_that_comes_in_is_limited() -> None:
    for operation in operations(API):
        schemas = [parameter["schema"] for parameter in operation.get("parameters", ())]
        for content in operation.get("requestBody", {}).get("content", {}).values():
            schemas += values_in(content["schema"])
        assert [schema for schema in schemas if not is_limited(schema)] == [], operation["operationId"]


def values_in(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """The values that a body is made of: lists with their items, objects by their properties."""
    schema = API["components"]["schemas"].get(schema.get("$ref", "").rpartition("/")[2], schema)
    if "properties" in schema:
        return [value for member in schema["properties"].values() for value in values_in(member)]
    if schema.get("type") == "array":
        return [schema, *values_in(schema["items"])]
    if any("$ref" in member for member in schema.get("anyOf", ())):
        return [value for member in schema["anyOf"] for value in values_in(member)]
    return [schema]


def is_limited(schema: dict[str, Any]) -> bool:
    if "anyOf" in schema:
        return all(is_limited(member) for member in schema["anyOf"] if member != {"type": "null"})
    if schema.get("type") == "array":
        return "maxItems" in schema and ("$ref" in schema["items"] or is_limited(schema["items"]))
    if schema.get("type") in {"integer", "number"}:
        return "minimum" in schema and "maximum" in schema
    if schema.get("type") == "array":
        return "maxItems" in schema
    if schema.get("format") == "date":
        return True
    return schema.get("type") == "boolean" or "enum" in schema or "maxLength" in schema


def test_a_value_without_a_limit_is_noticed() -> None:
    assert not is_limited({"anyOf": [{"type": "string"}, {"type": "null"}]})


def examples() -> Iterator[tuple[str, Any, Any]]:
    """Where, schema and value of every example in the document."""
    for operation in operations(API):
        name = operation["operationId"]
        for parameter in operation.get("parameters", ()):
            if "example" in parameter:
                yield f"{name} {parameter['name']}", parameter["schema"], parameter["example"]
        answers = [(status, response["content"]) for status, response in operation["responses"].items()]
        for part, contents in [("body", operation.get("requestBody", {}).get("content", {})), *answers]:
            for media, content in contents.items():
                for case, example in content.get("examples", {}).items():
                    yield f"{name} {part} {media} {case}", content["schema"], example["value"]


def validator(schema: Any) -> Any:
    whole = {"allOf": [schema], "components": API["components"]}
    return Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER)


def test_every_example_fits_its_schema() -> None:
    count = 0
    for where, schema, value in examples():
        problems = [error.message for error in validator(schema).iter_errors(value)]
        assert problems == [], where
        count += 1
    assert count > 250


def test_an_example_that_does_not_fit_is_noticed() -> None:
    schema = API["paths"]["/api/v2/orders/{orderIdentifier}"]["delete"]["responses"]["404"]["content"]
    with pytest.raises(jsonschema.ValidationError):
        validator(schema["application/json"]["schema"]).validate({"error": "Order is busy", "details": []})
    with pytest.raises(jsonschema.ValidationError):
        validator(schema["application/json"]["schema"]).validate({"error": "No record found"})


@pytest.mark.parametrize("path", ["/api/v2/orders/{orderIdentifier}", "/api/v2/orders/{orderIdentifier}/cancel"])
def test_what_makes_a_cancel_safe_is_described(path: str) -> None:
    operation = next(API["paths"][path][method] for method in ("delete", "post") if method in API["paths"][path])
    assert {p["name"] for p in operation["parameters"]} >= {"Idempotency-Key", "If-Match", "dryRun", "deleteReason"}
    assert {"ETag", "X-Request-Id", "Idempotent-Replayed"} <= set(operation["responses"]["200"]["headers"])
    assert "Idempotent-Replayed" in operation["responses"]["400"]["headers"]
    assert "Idempotent-Replayed" not in operation["responses"]["412"]["headers"]
    assert "Retry-After" in operation["responses"]["409"]["headers"]
    assert "Allow" in operation["responses"]["405"]["headers"]
    assert set(operation["requestBody"]["content"]) == {"application/json", "application/x-www-form-urlencoded"}
