"""Behind a proxy: `X-Forwarded-For` is believed from a trusted proxy and from nobody else."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.builders import make_key, make_order, set_setting
from tests.journeys.conftest import SetUp
from tests.journeys.server import Server, run
from traylane.db.database import Database
from traylane.policy.catalogue import TRUSTED_NETWORKS

pytestmark = pytest.mark.slow

ORDER = "/api/v2/orders/72544"


async def _trusted_floor(db: Database) -> None:
    await make_order(db, "72544")
    await make_key(db, "floor", scopes=["orders:read"])
    await set_setting(db, TRUSTED_NETWORKS, ["192.168.7.0/24 = floor"])


def _heard(server: Server, forwarded: str) -> int:
    return server.send("GET", ORDER, headers={"X-Forwarded-For": forwarded}).status


def test_without_a_trusted_proxy_the_header_counts_for_nothing(sqlite_url: str, tmp_path: Path, set_up: SetUp) -> None:
    set_up(sqlite_url, _trusted_floor)
    with Server(sqlite_url, tmp_path) as server:
        heard = [_heard(server, given) for given in ("192.168.7.20", "127.0.0.1, 192.168.7.20", "192.168.7.20, ::1")]
        others = [
            server.send("GET", ORDER, headers={name: "192.168.7.20"}).status
            for name in ("X-Real-IP", "Forwarded", "X-Client-IP")
        ]
        log = server.log
    assert heard == [401, 401, 401]
    assert others == [401, 401, 401]
    assert '"event":"trusted_network","network":"192.168.7.0/24","acts_as":"floor"' in log


def test_with_a_trusted_proxy_the_address_that_it_saw_counts(sqlite_url: str, tmp_path: Path, set_up: SetUp) -> None:
    set_up(sqlite_url, _trusted_floor)
    with Server(sqlite_url, tmp_path, "--trusted-proxy", "127.0.0.1", "--trusted-proxy", "10.0.0.0/8") as server:
        heard = {
            given: _heard(server, given)
            for given in (
                "192.168.7.20",
                "192.168.7.20, 10.1.2.3",
                "203.0.113.9, 192.168.7.20",
                "192.168.7.20, 203.0.113.9",
                "192.168.7.20, 203.0.113.9, 10.1.2.3",
                "203.0.113.9",
                "nonsense",
                "",
            )
        }
        keyless = server.send("GET", ORDER).status
    assert heard == {
        "192.168.7.20": 200,
        "192.168.7.20, 10.1.2.3": 200,
        "203.0.113.9, 192.168.7.20": 200,
        "192.168.7.20, 203.0.113.9": 401,
        "192.168.7.20, 203.0.113.9, 10.1.2.3": 401,
        "203.0.113.9": 401,
        "nonsense": 401,
        "": 401,
    }
    assert keyless == 401


def test_a_proxy_that_is_not_the_trusted_one_is_not_believed(sqlite_url: str, tmp_path: Path, set_up: SetUp) -> None:
    set_up(sqlite_url, _trusted_floor)
    with Server(sqlite_url, tmp_path, "--trusted-proxy", "10.0.0.0/8") as server:
        assert _heard(server, "192.168.7.20") == 401


@pytest.mark.parametrize("proxy", ["nonsense", "10.0.0.1/8", "*"])
def test_a_proxy_that_is_no_address_is_one_sentence(sqlite_url: str, proxy: str) -> None:
    ended = run("serve", "--database", sqlite_url, "--port", "1", "--trusted-proxy", proxy)
    sentence = f"Not a proxy's address or network: {proxy}; write 127.0.0.1 or 10.0.0.0/8\n"
    assert (ended.returncode, ended.stderr.decode()) == (3, sentence)
