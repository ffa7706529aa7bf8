"""Where messages may go: a public address over https, or a private one that the laboratory allows by name.

Every address that a name has is judged; `connect.py` connects to one of those that were.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import threading
from collections.abc import Collection
from concurrent.futures import Future
from typing import Any
from urllib.parse import urlsplit

LONGEST_URL = 500
_EMBEDDING = [ipaddress.ip_network(net) for net in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")]
"""IPv6 ranges whose addresses carry an IPv4 address that a gateway unpacks."""
_RESERVED = [ipaddress.ip_network(net) for net in ("192.88.99.0/24", "192.0.0.0/24", "100.64.0.0/10")]


class TargetRefused(Exception):
    """A connection may not be made there; the text says why."""


def problem_of(url: str, allowed: Collection[str]) -> str | None:
    """What is wrong with the URL of an endpoint, or None. `allowed`: hosts that may be private, and may be http."""
    if len(url) > LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url:
        return f"url supports up to {LONGEST_URL} ASCII characters without blanks"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "url is no URL"
    if parts.scheme not in {"https", "http"} or not host or port == 0:
        return "url must be like https://shop.example/hooks"
    if parts.username is not None or parts.password is not None or parts.fragment:
        return "url must have neither a user nor a fragment"
    if parts.scheme == "http" and host not in allowed:
        return "url must begin with https://; http is for hosts that the laboratory allows by name"
    if _literal(host) is not None and not is_public(host) and host not in allowed:
        return "url has a private address, which the laboratory does not allow by name"
    return None


def require(url: str, allowed: Collection[str]) -> None:
    """Raises TargetRefused when something is wrong with the URL of an endpoint."""
    if problem := problem_of(url, allowed):
        raise TargetRefused(problem)


def is_public(address: str) -> bool:
    """Whether an address is one of the internet's: nobody's own network, and nothing that leads into one."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    ip = getattr(ip, "ipv4_mapped", None) or ip
    inside = any(ip in net for net in (*_EMBEDDING, *_RESERVED) if net.version == ip.version)
    return ip.is_global and not ip.is_multicast and not inside


async def addresses(host: str, port: int, allowed: Collection[str]) -> list[str]:
    """The addresses that a connection to `host` may go to. Raises TargetRefused."""
    try:
        found = await _resolved(host, port)
    except (socket.gaierror, UnicodeError):
        raise TargetRefused("the host name cannot be resolved") from None
    resolved = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if host not in allowed:
        private = [address for address in resolved if not is_public(address)]
        if private:
            raise TargetRefused(f"the host name leads to a private address, {private[0]}")
    return resolved


async def _resolved(host: str, port: int) -> list[Any]:
    """What the system's resolver says, asked in a thread that nothing waits for.

    A name server that is silent holds it for half a minute. In the loop's own pool that would hold up the work of
    others there, and the end of the process.
    """
    answer: Future[list[Any]] = Future()
    answer.set_running_or_notify_cancel()  # whoever gives up does not end the question

    def ask() -> None:
        try:
            answer.set_result(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            answer.set_exception(error)

    threading.Thread(target=ask, name=f"resolve {host}", daemon=True).start()
    return await asyncio.wrap_future(answer)


def _literal(host: str) -> str | None:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return None
    return host
