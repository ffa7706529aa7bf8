"""Every setting of the laboratory: its name, type, default and help. Documentation, set-up files and validation are
made from this tuple."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping
from dataclasses import dataclass

SettingValue = bool | list[str]


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting. `check` returns what is wrong with a value, or None."""

    name: str
    default: SettingValue
    help: str
    check: Callable[[object], str | None]


def _is_boolean(value: object) -> str | None:
    return None if isinstance(value, bool) else "must be true or false"


def _is_networks(value: object) -> str | None:
    if not isinstance(value, list) or len(value) > 100:
        return 'must be a list of at most 100 entries like "192.168.7.0/24 = floor"'
    for entry in value:
        if not isinstance(entry, str) or split_network(entry) is None:
            return f'has an entry that is not like "192.168.7.0/24 = floor": {entry!r}'
    return None


def split_network(entry: str) -> tuple[str, str] | None:
    """Network and name of the key of one entry of the trusted networks; None when it is malformed."""
    network, equals, name = (part.strip() for part in entry.partition("="))
    try:
        ipaddress.ip_network(network)
    except ValueError:
        return None
    return (network, name) if equals and name else None


REASON_REQUIRED = "Orders1:Enter reason code when deleting order"
JOB_TRACKER = "Modules:Job Tracker"
TRUSTED_NETWORKS = "Access:Trusted networks"

SETTINGS: tuple[Setting, ...] = (
    Setting(
        REASON_REQUIRED,
        False,
        "A cancel needs an active delete reason. Off: a reason that comes is ignored and not stored.",
        _is_boolean,
    ),
    Setting(
        JOB_TRACKER,
        True,
        "The Job Tracker is installed. Without it nothing can be cancelled or checked in.",
        _is_boolean,
    ),
    Setting(
        TRUSTED_NETWORKS,
        [],
        'Networks whose requests may come without a key, and the key they act as: "192.168.7.0/24 = floor".',
        _is_networks,
    ),
)

BY_NAME: Mapping[str, Setting] = {setting.name: setting for setting in SETTINGS}
