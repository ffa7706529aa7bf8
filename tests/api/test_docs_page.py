"""The page for people: complete, whole by itself, and safe whatever the description holds."""

from __future__ import annotations

import copy
import re
import shlex

import msgspec

from tests.api.asgi import Client
from tests.api.conftest import MakeKey
from traylane.api.docs_page import docs_page, page
from traylane.api.errors import STATUS
from traylane.api.openapi import description
from traylane.api.routes import ROUTES

PAGES = 4
"""Endpoints without a key: livez, readyz, openapi.json, docs."""

PAGE = docs_page().decode()
IDS = re.findall(r"<[^>]* id=([^\s>]+)", PAGE)


async def test_it_is_served_under_a_strict_policy(http: Client) -> None:
    reply = await http.get("/docs")
    assert (reply.status, reply.header("content-type")) == (200, "text/html; charset=utf-8")
    assert (reply.header("content-security-policy") or "").startswith("default-src 'none'; style-src 'unsafe-inline'")
    assert reply.body == docs_page()


def test_it_needs_nothing_from_elsewhere() -> None:
    # a service's own address, and the host of an example, which nothing loads
    addresses = {"http://localhost:4567", "https://shop.example"}
    assert set(re.findall(r"\bhttps?://[^/\s'\"<]+", PAGE)) == addresses
    assert re.findall(r"<(?:script|link|img|iframe|object|form)\b|@import|url\(|\bsrc=|\bon\w+=", PAGE) == []


def test_every_refusal_has_an_anchor() -> None:
    assert {f"refusal-{refusal.code}" for refusal in STATUS} <= set(IDS)


async def test_a_problem_points_to_its_explanation(http: Client, key: MakeKey) -> None:
    reply = await http.using(await key("orders:read")).get(
        "/api/v2/orders/9999999", headers={"Accept": "application/problem+json"}
    )
    target, _, anchor = reply.json()["type"].partition("#")
    assert (target, anchor in IDS) == ("/docs", True)


def test_every_link_within_the_page_arrives() -> None:
    links = set(re.findall(r'href="#([^"]+)"', PAGE))
    assert links - set(IDS) == set()
    assert len(IDS) == len(set(IDS))


def test_every_endpoint_has_a_line_to_copy() -> None:
    lines = [
        line.replace("\\\n", "") for line in re.findall(r"<pre class=copy tabindex=0>(curl .*?)</pre>", PAGE, re.S)
    ]
    assert len(lines) == len(re.findall("<article ", PAGE)) == len(ROUTES) + PAGES
    cancel = next(line for line in lines if "-X DELETE" in line)
    assert shlex.split(cancel.replace("&#x27;", "'").replace("&quot;", '"')) == [
        "curl",
        "-X",
        "DELETE",
        "http://localhost:4567/api/v2/orders/72544?deleteReason=CUS",
        "-H",
        "Authorization: Bearer $TRAYLANE_KEY",
    ]


def test_a_refusal_shows_status_error_details_and_code() -> None:
    row = re.search(r"<tr>(?:(?!<tr>).)*#refusal-unknown_reason.*?(?=<tr>|</tbody>)", PAGE, re.S)
    assert row is not None
    assert re.findall(r">([^<]+)", row[0]) == [
        "400",
        "Delete reason code does not exist",
        "Provided: XXX",
        "unknown_reason",
        "A reason is required, and none or no active one came",
    ]


def test_whatever_the_description_holds_is_escaped() -> None:
    poison = "<script>alert('&')</script>"

    def poisoned(value: object) -> object:
        if isinstance(value, str):
            return value if value.startswith("#/") else poison + value
        if isinstance(value, list):
            return [poisoned(member) for member in value]
        return {name: poisoned(member) for name, member in value.items()} if isinstance(value, dict) else value

    api = copy.deepcopy(msgspec.json.decode(msgspec.json.encode(description())))
    for operation in [op for methods in api["paths"].values() for op in methods.values()]:
        operation["summary"] += poison
        operation["description"] += poison
        for name, response in operation["responses"].items():
            operation["responses"][name]["content"] = {
                media: content | {"examples": poisoned(content["examples"])} if "examples" in content else content
                for media, content in response["content"].items()
            }
    api["info"]["title"] += poison
    for schema in api["components"]["schemas"].values():
        schema["description"] = poison
        schema["properties"] = {name + poison: poisoned(member) for name, member in schema["properties"].items()}
    api["components"]["schemas"]["CancelBody"]["required"] = []
    api["components"]["schemas"]["CheckInBody"]["required"] = []
    shown = page(api)
    assert "<script" not in shown
    assert shown.count("&lt;script&gt;") > 500
