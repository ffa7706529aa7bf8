"""Process settings from TRAYLANE_*; a bad value stops the start with a sentence."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace

from traylane.errors import Fault

DEFAULT_PORT = 4567
MOST_WORKERS = 64
DRAIN_SECONDS = 1.0
MOST_DRAIN_SECONDS = 60


@dataclass(frozen=True, kw_only=True)
class Config:
    """How one process (or several workers) of the service runs."""

    database: str
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    workers: int = 1
    tls_cert: str | None = None
    tls_key: str | None = None
    trusted_proxies: tuple[str, ...] = ()
    heads: str | None = None
    drain: float = DRAIN_SECONDS
    """Seconds between the word to stop and the stop, in which clients and balancers go elsewhere."""
    dispatch: bool = True
    console_over_plain_http: bool = False
    counts: str | None = None
    """The folder in which several workers write down what they count; `serve` makes and removes it."""

    def __post_init__(self) -> None:
        if not 1 <= self.port <= 65_535:
            raise Fault(f"No such port: {self.port}; give one from 1 to 65535")
        if not 1 <= self.workers <= MOST_WORKERS:
            raise Fault(f"The number of workers must be 1 to {MOST_WORKERS}")
        if self.workers > 1 and self.database.startswith("sqlite:"):
            raise Fault("On SQLite the service is one process: use --workers 1, or PostgreSQL for more")
        if not 0 <= self.drain <= MOST_DRAIN_SECONDS:
            raise Fault(f"The drain time must be 0 to {MOST_DRAIN_SECONDS} seconds")
        if (self.tls_cert is None) != (self.tls_key is None):
            raise Fault("TLS needs both --tls-cert and --tls-key")
        for path in (self.tls_cert, self.tls_key):
            if path is not None and not os.access(path, os.R_OK):
                raise Fault(f"Cannot read {path}: check the path and its permissions")
        for proxy in self.trusted_proxies:
            try:
                ipaddress.ip_network(proxy)
            except ValueError as error:
                raise Fault(f"Not a proxy's address or network: {proxy}; write 127.0.0.1 or 10.0.0.0/8") from error

    def to_environment(self) -> dict[str, str]:
        """The same settings for worker processes."""
        values = {
            "TRAYLANE_DATABASE": self.database,
            "TRAYLANE_HOST": self.host,
            "TRAYLANE_PORT": str(self.port),
            "TRAYLANE_WORKERS": str(self.workers),
            "TRAYLANE_TLS_CERT": self.tls_cert or "",
            "TRAYLANE_TLS_KEY": self.tls_key or "",
            "TRAYLANE_TRUSTED_PROXIES": ",".join(self.trusted_proxies),
            "TRAYLANE_HEADS": self.heads or "",
            "TRAYLANE_DRAIN": str(self.drain),
            "TRAYLANE_DISPATCH": "" if self.dispatch else "off",
            "TRAYLANE_CONSOLE_OVER_PLAIN_HTTP": "on" if self.console_over_plain_http else "",
            "TRAYLANE_COUNTS": self.counts or "",
        }
        return {name: value for name, value in values.items() if value}


def from_environment(environment: Mapping[str, str] = os.environ) -> Config:
    """The settings that TRAYLANE_* name. Raises errors.Fault with a sentence for a bad one."""
    database = environment.get("TRAYLANE_DATABASE", "")
    if not database:
        raise Fault("No database: give --database or TRAYLANE_DATABASE, for example sqlite:///lab.db")
    config = Config(
        database=database,
        port=_whole(environment, "TRAYLANE_PORT", DEFAULT_PORT),
        workers=_whole(environment, "TRAYLANE_WORKERS", 1),
        tls_cert=environment.get("TRAYLANE_TLS_CERT") or None,
        tls_key=environment.get("TRAYLANE_TLS_KEY") or None,
        trusted_proxies=tuple(filter(None, environment.get("TRAYLANE_TRUSTED_PROXIES", "").split(","))),
        heads=environment.get("TRAYLANE_HEADS") or None,
        drain=_seconds(environment, "TRAYLANE_DRAIN", DRAIN_SECONDS),
        dispatch=_switch(environment, "TRAYLANE_DISPATCH", "on"),
        console_over_plain_http=_switch(environment, "TRAYLANE_CONSOLE_OVER_PLAIN_HTTP", "off"),
        counts=environment.get("TRAYLANE_COUNTS") or None,
    )
    return replace(config, host=environment.get("TRAYLANE_HOST") or config.host)


def _whole(environment: Mapping[str, str], name: str, default: int) -> int:
    value = environment.get(name) or str(default)
    if not value.isdecimal():
        raise Fault(f"{name} must be a whole number, not {value!r}")
    return int(value)


def _seconds(environment: Mapping[str, str], name: str, default: float) -> float:
    value = environment.get(name) or str(default)
    try:
        return float(value)
    except ValueError:
        raise Fault(f"{name} must be a number of seconds, not {value!r}") from None


def _switch(environment: Mapping[str, str], name: str, default: str) -> bool:
    value = environment.get(name) or default
    if value not in {"on", "off"}:
        raise Fault(f"{name} must be on or off, not {value!r}")
    return value == "on"
