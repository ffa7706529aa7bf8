"""A service with no keys says so at start and answers 401; it never opens up by itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.builders import make_order
from tests.journeys.conftest import SetUp
from tests.journeys.server import Server, run

pytestmark = pytest.mark.slow


def test_a_service_without_keys_says_so_and_answers_401_until_there_is_one(
    database_url: str, tmp_path: Path, set_up: SetUp
) -> None:
    set_up(database_url, lambda db: make_order(db, "72544"))
    with Server(database_url, tmp_path) as server:
        said = server.log
        before = server.send("DELETE", "/api/v2/orders/72544")
        made = run("keys", "create", "--name", "portal", "--scopes", "orders:cancel", "--database", database_url)
        keyless = server.send("DELETE", "/api/v2/orders/72544")
        after = server.send("DELETE", "/api/v2/orders/72544", key=made.stdout.decode().strip())
    assert '"event":"no_keys"' in said
    assert "traylane keys create" in said
    assert (before.status, before.body) == (401, b'{"error":"Authentication required","details":[]}')
    assert (keyless.status, after.status) == (401, 200)
