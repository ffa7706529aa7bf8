"""What a method of the client asks for: a request without a wire."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar
from urllib.parse import quote, urlencode

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Ask(Generic[T]):
    """One request whose answer is a `T`.

    `path` has `{}` for each of `segments`. What is None in `query` is left out. `changes`: whether it may change
    something; `keyed`: whether an Idempotency-Key makes it safe to repeat.
    """

    method: str
    path: str
    segments: tuple[str, ...] = ()
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None
    changes: bool = False
    keyed: bool = False
    idempotency_key: str | None = None
    if_match: str | None = None

    @property
    def target(self) -> str:
        """Raw path and query, as on the request line."""
        given = {name: _written(value) for name, value in self.query.items() if value is not None}
        path = self.path.format(*map(_segment, self.segments))
        return f"{path}?{urlencode(given)}" if given else path


def _segment(value: str) -> str:
    # Dots alone would be resolved on the way as steps through folders.
    return value.replace(".", "%2E") if value in {".", ".."} else quote(value, safe="")


def _written(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case list() | tuple():
            return ",".join(map(_written, value))
        case _:
            return str(value)
