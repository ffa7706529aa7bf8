"""What a check-up finds."""

from __future__ import annotations

from typing import Literal, NamedTuple


class Finding(NamedTuple):
    """Something that is wrong, and what to do. A `fault` keeps the service from working, a `warning` does not yet."""

    code: str
    level: Literal["fault", "warning"]
    what: str
    advice: str
