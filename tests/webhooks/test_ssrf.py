"""Where a webhook could be led (R23): every spelling, every name, every redirect; no connection is made there."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Collection
from typing import Any

import httpcore
import pytest

from tests.builders import NOW
from tests.reliability.promised import Tried, tried
from tests.webhooks.receiver import MOVED, receiving
from tests.webhooks.test_target import resolving
from traylane.webhooks.connect import CheckedBackend
from traylane.webhooks.model import Try
from traylane.webhooks.send import Sender

__all__ = ["tried"]
pytestmark = pytest.mark.promise("R23")

TRUSTED = ssl.create_default_context()
SPELLINGS = (
    *("127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "017700000001", "0"),
    *("localhost", "LOCALHOST", "localhost.", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]"),
    *("[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[fe80::1]", "[fd00::1]", "169.254.169.254", "0xa9fea9fe", "2852039166"),
    *("0251.0376.0251.0376", "[::ffff:169.254.169.254]", "[fd00:ec2::254]", "10.0.0.1", "012.0.0.1", "192.168.1.1"),
    *("172.16.0.1", "100.64.0.1", "0.0.0.0", "255.255.255.255", "224.0.0.1", "[ff02::1]", "[0:0:0:0:0:0:0:1]"),
    *("%31%32%37.0.0.1", "127.0.0.1.", "shop.example@127.0.0.1", "127.0.0.1#shop.example", "127.0.0.1%00.example"),
    *("127.0.0.1\\@shop.example", "①②⑦.0.0.1"),
)
NAMES: dict[str, Collection[str]] = {
    "a name of this machine": ["127.0.0.1"],
    "a public address beside a private one": ["8.8.8.8", "10.0.0.1"],
    "a private address beside a public one": ["10.0.0.1", "8.8.8.8"],
    "the cloud's description of the machine": ["169.254.169.254"],
    "its IPv6 spelling": ["::ffff:169.254.169.254"],
    "a gateway to IPv4": ["64:ff9b::a9fe:a9fe"],
    "a link-local address with a zone": ["fe80::1%eth0"],
    "a unique local address": ["fd00:ec2::254"],
}


class Connections:
    """Where connections would have been made; none is."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.to: list[str] = []

        async def connect(_self: Any, host: str, port: int, *_: Any, **__: Any) -> Any:
            self.to.append(host)
            raise httpcore.ConnectError("nobody is there")

        monkeypatch.setattr(httpcore.AnyIOBackend, "connect_tcp", connect)


async def _sent(url: str, *allowed: str) -> Try:
    sender = Sender(lambda: NOW, lambda: allowed, TRUSTED)
    try:
        return await sender.send(url, {}, b"{}")
    finally:
        await sender.close()


def _without_name_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    """The system reads every spelling of an address, knows this machine's own name, and asks nobody else."""
    resolve = socket.getaddrinfo

    def without(host: str, port: int, **how: Any) -> list[Any]:
        own = host.lower().removesuffix(".") == "localhost"
        return list(resolve("127.0.0.1" if own else host, port, flags=socket.AI_NUMERICHOST, **how))

    monkeypatch.setattr(socket, "getaddrinfo", without)


async def test_no_spelling_of_a_private_address_is_connected_to(monkeypatch: pytest.MonkeyPatch, tried: Tried) -> None:
    connections = Connections(monkeypatch)
    _without_name_servers(monkeypatch)
    told = {}
    for spelling in SPELLINGS:
        for url in (f"https://{spelling}/", f"https://{spelling}:6379/x", f"http://{spelling}/"):
            told[url] = (await _sent(url, "erp.local")).error
    assert connections.to == []
    assert [(url, said) for url, said in told.items() if not said] == []
    tried(f"{len(told)} URLs that lead to private addresses: no connection")


@pytest.mark.parametrize("name", NAMES)
async def test_no_name_that_leads_to_a_private_address_is_connected_to(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    connections = Connections(monkeypatch)
    resolving(monkeypatch, NAMES[name])
    assert "leads to a private address" in (await _sent("https://shop.example/")).error
    assert connections.to == []


async def test_a_name_that_changes_its_mind_is_asked_once_for_a_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    connections = Connections(monkeypatch)
    names = resolving(monkeypatch, ["8.8.8.8"], ["127.0.0.1"])
    first, second = await _sent("https://shop.example/"), await _sent("https://shop.example/")
    assert (connections.to, names.asked) == (["8.8.8.8"], 2)
    assert first.error == "no connection could be made"
    assert "leads to a private address, 127.0.0.1" in second.error


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_no_redirect_is_followed(status: int) -> None:
    async with receiving() as inside, receiving() as shop:
        there = inside.url.encode()
        shop.answers = [MOVED.replace(b"302 Found", b"%d Moved" % status).replace(b"http://127.0.0.1:1/", there)]
        answer = await _sent(shop.url, "127.0.0.1")
    assert (answer.status, answer.error) == (status, "redirects are not followed")
    assert (len(shop.got), inside.got) == (1, [])


async def test_what_is_no_longer_allowed_by_name_is_not_sent_to(monkeypatch: pytest.MonkeyPatch) -> None:
    async with receiving() as erp:
        assert (await _sent(erp.url, "127.0.0.1")).status == 204
        assert "must begin with https://" in (await _sent(erp.url)).error
    assert len(erp.got) == 1


@pytest.mark.control
async def test_without_the_check_of_addresses_a_spelling_gets_through(monkeypatch: pytest.MonkeyPatch) -> None:
    connections = Connections(monkeypatch)
    monkeypatch.setattr(CheckedBackend, "connect_tcp", httpcore.AnyIOBackend.connect_tcp)
    await _sent("https://2130706433/")
    assert connections.to == ["2130706433"]
