"""The laboratory's rules and codes as one snapshot: what the rules get to see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property


@dataclass(frozen=True, slots=True)
class Station:
    """A place where trays are scanned, or (`is_operator`) a person who scans. `sequence`: 0–9999."""

    code: str
    description: str
    customer_description: str = ""
    sequence: int = 0
    non_cancel: bool = False
    requires_operator: bool = False
    is_operator: bool = False
    active: bool = True


@dataclass(frozen=True, slots=True)
class Reason:
    """A delete reason; a retired one (not `active`) still explains old cancellations.

    `allows_override`: good enough to cancel an order that has been through a non-cancel station.
    """

    code: str
    description: str
    active: bool = True
    allows_override: bool = False


@dataclass(frozen=True)
class Policy:
    """Everything a rule may ask about the laboratory, valid for exactly one version of the configuration."""

    version: int
    reason_required: bool = False
    job_tracker_installed: bool = True
    trusted_networks: tuple[tuple[str, str], ...] = ()
    stations: Mapping[str, Station] = field(default_factory=dict)
    reasons: Mapping[str, Reason] = field(default_factory=dict)

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
