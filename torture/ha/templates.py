"""The configuration of deploy/ha with an installation's own values in it."""

from __future__ import annotations

from collections.abc import Mapping
from string import Template

from torture.promises import ROOT

FOLDER = ROOT / "deploy" / "ha"
FILES = ("etcd.env", "patroni.yml", "haproxy.cfg", "pgbouncer.ini")


def rendered(name: str, values: Mapping[str, str]) -> str:
    """A file of deploy/ha. Raises KeyError for a name in it that has no value."""
    return Template((FOLDER / name).read_text(encoding="utf-8")).substitute(values)


def environment(text: str) -> dict[str, str]:
    """The variables that a file for systemd's EnvironmentFile sets."""
    lines = (line for line in text.splitlines() if line and not line.startswith("#"))
    return dict(line.split("=", 1) for line in lines)
