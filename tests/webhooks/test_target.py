"""Where messages may go (R23): public addresses over https, and what the laboratory allows by name."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Collection
from typing import Any

import httpcore
import pytest

from tests.webhooks.receiver import receiving
from traylane.webhooks.connect import CheckedBackend
from traylane.webhooks.target import TargetRefused, addresses, is_public, problem_of

ALLOWED = frozenset({"erp.local", "192.168.7.20", "127.0.0.1"})


@pytest.mark.parametrize(
    "url", ["https://shop.example/hooks", "https://shop.example:8443/?a=1", "https://203.0.114.9/"]
)
def test_public_https_is_fine(url: str) -> None:
    assert problem_of(url, ()) is None


@pytest.mark.parametrize("url", ["http://erp.local/hooks", "https://erp.local/", "http://192.168.7.20:8080/x"])
def test_what_is_allowed_by_name_may_be_private_and_http(url: str) -> None:
    assert problem_of(url, ALLOWED) is None


@pytest.mark.parametrize(
    "url",
    [
        "",
        "shop.example/hooks",
        "ftp://shop.example/",
        "file:///etc/passwd",
        "gopher://127.0.0.1:6379/_FLUSHALL",
        "http://shop.example/",
        "https://",
        "https://user:secret@shop.example/",
        "https://shop.example/#part",
        "https://shop.example:99999/",
        "https://shop.example:0/",
        "https://shop .example/",
        "https://shöp.example/",
        "https://shop.example/\r\nx: y",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://10.0.0.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://erp.local.evil.example@10.0.0.1/",
        "https://shop.example/" + "x" * 500,
    ],
)
def test_anything_else_is_refused(url: str) -> None:
    assert problem_of(url, ()) is not None


@pytest.mark.parametrize("address", ["203.0.114.9", "8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_public_addresses(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.0.1",
        "169.254.169.254",
        "100.64.0.1", "192.0.0.1", "192.0.2.1", "192.88.99.1", "198.18.0.1", "198.51.100.1", "203.0.113.1",
        "224.0.0.1",
        "240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "ff02::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::1", "2001::1",
        "2001:db8::1",
    ],
)  # fmt: skip
def test_private_addresses(address: str) -> None:
    assert not is_public(address)


class Names:
    """A resolver that answers what it is told, one answer after the other, and counts how often it was asked."""

    def __init__(self, *answers: Collection[str]) -> None:
        self.answers = list(answers)
        self.asked = 0

    def __call__(self, _host: str, port: int, **_how: Any) -> list[tuple[Any, ...]]:
        answer = self.answers[min(self.asked, len(self.answers) - 1)]
        self.asked += 1
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in answer]


def resolving(monkeypatch: pytest.MonkeyPatch, *answers: Collection[str]) -> Names:
    names = Names(*answers)
    monkeypatch.setattr(socket, "getaddrinfo", names)
    return names


async def test_every_address_of_a_name_is_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    resolving(monkeypatch, ["8.8.8.8", "10.0.0.1"])
    with pytest.raises(TargetRefused, match=r"10\.0\.0\.1"):
        await addresses("shop.example", 443, ())


@pytest.mark.parametrize("spelling", ["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "localhost"])
async def test_other_spellings_of_this_machine_are_refused(spelling: str) -> None:
    with pytest.raises(TargetRefused):
        await addresses(spelling, 443, ())


async def test_a_name_that_does_not_exist_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(*_: Any, **__: Any) -> None:
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", nowhere)
    with pytest.raises(TargetRefused, match="cannot be resolved"):
        await addresses("shop.example", 443, ())


async def test_a_connection_goes_to_the_address_that_was_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    """The name is resolved once; what it would say the second time (rebinding) is never asked."""
    async with receiving() as receiver:
        names = resolving(monkeypatch, ["127.0.0.1"], ["10.0.0.1"])
        backend = CheckedBackend(lambda: {"erp.local"})
        stream = await backend.connect_tcp("erp.local", receiver.port, timeout=2)
        peer = stream.get_extra_info("server_addr")
        await stream.aclose()
    assert (peer, names.asked) == (("127.0.0.1", receiver.port), 1)


async def test_a_name_that_turns_private_is_refused_at_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    names = resolving(monkeypatch, ["8.8.8.8"], ["127.0.0.1"])
    assert await addresses("shop.example", 443, ()) == ["8.8.8.8"]
    with pytest.raises(TargetRefused):
        await CheckedBackend(lambda: ()).connect_tcp("shop.example", 443, timeout=2)
    assert names.asked == 2


async def test_without_the_check_the_private_address_is_reached() -> None:
    """The control: the same connection by the plain backend succeeds."""
    async with receiving() as receiver:
        stream = await httpcore.AnyIOBackend().connect_tcp("localhost", receiver.port, timeout=2)
        await stream.aclose()
        with pytest.raises(TargetRefused):
            await CheckedBackend(lambda: ()).connect_tcp("localhost", receiver.port, timeout=2)


def test_a_name_server_that_is_silent_holds_up_neither_the_work_of_others_nor_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spoke = threading.Event()

    def silent(*_: Any, **__: Any) -> list[Any]:
        spoke.wait(20)
        return []

    async def many_wait() -> float:
        waiting = [asyncio.create_task(addresses("shop.example", 443, ())) for _ in range(64)]
        await asyncio.sleep(0.05)
        began = time.monotonic()
        await asyncio.to_thread(time.monotonic)
        for task in waiting:
            task.cancel()
        return time.monotonic() - began

    monkeypatch.setattr(socket, "getaddrinfo", silent)
    began = time.monotonic()
    waited = asyncio.run(many_wait())
    took = time.monotonic() - began
    spoke.set()
    assert (waited < 5, took < 10) == (True, True)
