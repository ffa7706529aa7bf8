"""The security page names tests that exist, and the headers that it promises are there."""

from __future__ import annotations

import re
from pathlib import Path

from tests.api.asgi import Client
from tests.api.conftest import desk, http, key, service, watch
from tests.console.conftest import Browser, anna, browser
from traylane.api.routes import ROUTES

__all__ = ["anna", "browser", "desk", "http", "key", "service", "watch"]
ROOT = Path(__file__).parents[2]
NAMED = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")


def missing(page: str) -> list[str]:
    """The tests that a page names and nobody has written."""
    found = []
    for path, name in NAMED.findall(page):
        file = ROOT / path
        if not file.exists() or (name and not re.search(rf"^(async )?def {name}\(", file.read_text(), re.MULTILINE)):
            found.append(f"{path}::{name}")
    return found


def test_every_test_that_the_page_names_exists() -> None:
    page = (ROOT / "docs" / "security.md").read_text()
    assert len(NAMED.findall(page)) > 30
    assert missing(page) == []


def test_a_test_that_does_not_exist_is_noticed() -> None:
    page = "`tests/docs/test_security_page.py::test_nothing` and `tests/nothing.py`"
    assert missing(page) == ["tests/docs/test_security_page.py::test_nothing", "tests/nothing.py::"]


def test_every_risk_of_the_top_ten_has_its_row() -> None:
    page = (ROOT / "docs" / "security.md").read_text()
    assert re.findall(r"^\| API(\d+) ", page, re.MULTILINE) == [str(number) for number in range(1, 11)]


async def test_every_page_of_the_console_has_its_headers(anna: Browser) -> None:
    for path in ("/", "/sign-in", "/orders", "/station/NONE", "/static/console.js", "/nothing"):
        reply = await anna.get(path)
        policy = reply.header("content-security-policy") or ""
        assert {"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"} <= set(policy.split("; ")), path
        assert "unsafe" not in policy
        assert reply.header("x-content-type-options") == "nosniff"
        assert reply.header("referrer-policy") == "same-origin"


async def test_every_answer_of_the_api_has_its_headers(http: Client) -> None:
    asked = [(route.method, re.sub(r"{\w+}", "x", route.path)) for route in ROUTES]
    for method, path in [*asked, ("GET", "/nothing"), ("GET", "/livez"), ("OPTIONS", "/livez")]:
        reply = await http.send(method, path)
        assert (reply.header("cache-control"), reply.header("x-content-type-options")) == ("no-store", "nosniff"), path
