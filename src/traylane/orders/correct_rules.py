"""When an order may be corrected (ours): as long as it is not frozen."""

from __future__ import annotations

from datetime import date

import msgspec
from msgspec import UNSET, UnsetType

from traylane.orders.frozen_rules import FROZEN_RULES, Rule


class CorrectRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be corrected; what is UNSET stays. `po`: in NFC, at most 20 characters."""

    date_wanted: date | UnsetType | None = UNSET
    po: str | UnsetType = UNSET
    customer_job_id: str | UnsetType = UNSET
    remarks: str | UnsetType = UNSET


CORRECT_RULES: tuple[Rule, ...] = FROZEN_RULES
