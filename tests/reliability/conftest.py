"""The set-up of a laboratory before its service starts, as the journeys have it, and what a test has tried."""

from __future__ import annotations

from tests.journeys.conftest import set_up
from tests.reliability.promised import tried

__all__ = ["set_up", "tried"]
