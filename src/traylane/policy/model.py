"""The laboratory's rules and codes as one snapshot: what the rules get to see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from traylane.policy.catalogue import BY_NAME


@dataclass(frozen=True, slots=True)
class Station:
    """A place where trays are scanned, or (`is_operator`) a person who scans. `sequence`: 0–9999.

    `requires`: codes of the stations that must come before. `cancel_rack`: where the trays of cancelled orders go.
    """

    code: str
    description: str
    customer_description: str = ""
    sequence: int = 0
    non_cancel: bool = False
    requires_operator: bool = False
    is_operator: bool = False
    active: bool = True
    is_ar: bool = False
    final_qa: bool = False
    cancel_rack: bool = False
    requires: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reason:
    """A delete reason; a retired one (not `active`) still explains old cancellations.

    `allows_override`: good enough to cancel an order that has been through a non-cancel station.
    """

    code: str
    description: str
    active: bool = True
    allows_override: bool = False


@dataclass(frozen=True, slots=True)
class Customer:
    """A shop that orders; its name is no rule's business."""

    number: str
    active: bool = True


@dataclass(frozen=True, slots=True)
class Addon:
    """Something done to a lens beside grinding it. `requires`: codes of the stations that do it."""

    code: str
    description: str
    exclude_from_rx_site: bool = False
    external_code: str = ""
    is_ar: bool = False
    is_backside: bool = False
    is_mirror: bool = False
    is_tint: bool = False
    is_uv: bool = False
    requires_drop_ball: bool = False
    requires_etching: bool = False
    requires_harden: bool = False
    requires_polish: bool = False
    active: bool = True
    requires: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Breakage:
    """How a lens can break, by a code of at most 7 characters."""

    code: str
    description: str
    active: bool = True


@dataclass(frozen=True, slots=True)
class Employee:
    """Who can break one, by a code of at most 2 characters; the name stays in the database."""

    code: str
    active: bool = True


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings as rules get them: one attribute for each row of the catalogue, the same defaults.

    `order_number_range` and `tray_pool`: first and last. `working_hours`: minutes since midnight in `time_zone`, from
    and to, past midnight when the second is smaller.
    """

    reason_required: bool = False
    lab_frames_cancellable: bool = True
    breakage_first: bool = False
    restore_hours: int = 12
    order_number_length: int = 6
    order_number_range: tuple[int, int] = (100_000, 999_999)
    tray_required: bool = False
    tray_pool: tuple[int, int] = (1, 99_999)
    job_tracker_installed: bool = True
    station_verify: bool = False
    verify_tray: bool = False
    doubled_scan_seconds: int = 0
    scanner_prefix: str = ""
    time_zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    working_hours: tuple[int, int] = (0, 1_440)
    retention_days: int = 0
    trusted_networks: tuple[tuple[str, str], ...] = ()
    webhook_hosts: frozenset[str] = frozenset()

    def setting(self, name: str) -> Any:
        """A setting by its name in the catalogue, as the attribute of it."""
        return getattr(self, BY_NAME[name].attribute)


@dataclass(frozen=True)
class Policy(Settings):
    """Everything a rule may ask about the laboratory, valid for exactly one version of the configuration.

    What is set up comes with what is retired (not `active`): old orders keep pointing at it.
    """

    version: int
    stations: Mapping[str, Station] = field(default_factory=dict)
    reasons: Mapping[str, Reason] = field(default_factory=dict)
    customers: Mapping[str, Customer] = field(default_factory=dict)
    addons: Mapping[str, Addon] = field(default_factory=dict)
    breakages: Mapping[str, Breakage] = field(default_factory=dict)
    employees: Mapping[str, Employee] = field(default_factory=dict)

    @cached_property
    def non_cancel_stations(self) -> tuple[str, ...]:
        """Codes of the stations that are non-cancel now."""
        return tuple(sorted(code for code, station in self.stations.items() if station.non_cancel))

    @cached_property
    def active_reasons(self) -> frozenset[str]:
        """Codes that a cancel may give."""
        return frozenset(code for code, reason in self.reasons.items() if reason.active)

    @cached_property
    def override_reasons(self) -> frozenset[str]:
        """Codes that a cancel past a non-cancel station may give."""
        return frozenset(code for code in self.active_reasons if self.reasons[code].allows_override)

    @cached_property
    def working_stations(self) -> tuple[Station, ...]:
        """Stations in use, operators left out, in the order of the line."""
        places = (s for s in self.stations.values() if s.active and not s.is_operator)
        return tuple(sorted(places, key=lambda s: (s.sequence, s.code)))
