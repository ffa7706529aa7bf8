"""A case: one sentence of the contract and how to try it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from traylane.conformance.server import Broken, NotTried, Server

Source = Literal["S", "D", "O"]
"""Where it stands: in the description of a cancel, in the public documentation of the v2 API, or ours."""
Try = Callable[[Server], None]


@dataclass(frozen=True)
class Case:
    """One sentence. `area`: the part of the API; `set_up`: it changes the server's settings for a moment."""

    name: str
    area: str
    source: Source
    sentence: str
    attempt: Try
    set_up: bool = False


@dataclass(frozen=True)
class Result:
    """What came of a case: `kept`, `broken` or `not tried`, and why."""

    case: Case
    verdict: Literal["kept", "broken", "not tried"]
    why: str = ""


class Cases:
    """The cases of one area, in the order in which they were written."""

    def __init__(self, area: str) -> None:
        self._area = area
        self.all: list[Case] = []

    def __call__(self, source: Source, sentence: str, *, set_up: bool = False) -> Callable[[Try], Try]:
        """Makes a function a case."""

        def keep(attempt: Try) -> Try:
            self.all.append(Case(attempt.__name__, self._area, source, sentence, attempt, set_up))
            return attempt

        return keep


def run(cases: Iterable[Case], server: Server, *, set_up: bool) -> Iterator[Result]:
    """Try each case. Raises OSError when the server does not answer at all."""
    for case in cases:
        if case.set_up and not set_up:
            yield Result(case, "not tried", "it changes settings: --change-settings")
            continue
        try:
            case.attempt(server)
        except Broken as broken:
            yield Result(case, "broken", str(broken))
        except NotTried as reason:
            yield Result(case, "not tried", str(reason))
        except (KeyError, TypeError, AttributeError) as surprise:
            yield Result(case, "broken", f"the answer has another structure ({type(surprise).__name__}: {surprise})")
        else:
            yield Result(case, "kept")
