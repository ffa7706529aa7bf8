"""The set-up of a laboratory before its service starts, as the journeys have it."""

from __future__ import annotations

from tests.journeys.conftest import set_up

__all__ = ["set_up"]
