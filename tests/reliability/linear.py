"""Whether the answers to what was done with one order at once could have come one after the other.

A search over the orders in which the operations may have taken effect, each between its request and its answer
(Wing and Gong), which remembers what it has tried (Lowe).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

NEVER = float("inf")


class Done(NamedTuple):
    """One operation: when it was asked, when it was answered, and with what.

    Without an answer (`said` is empty) it may have taken effect at any time since, or not at all.
    """

    asked: float
    answered: float
    what: str
    said: str


class State(NamedTuple):
    """What of an order decides: cancelled, or been through a non-cancel station."""

    cancelled: bool = False
    passed: bool = False


def after(state: State, done: Done) -> State | None:
    """The state after an operation that was answered so; None when it could not have been."""
    may, then = _effect(state, done.what)
    if done.what == "look":
        return state if done.said in ("", "yes" if may else "no") else None
    if done.said == "":
        return then if may else state
    if may != (done.said == "yes"):
        return None
    return then


def _effect(state: State, what: str) -> tuple[bool, State]:
    """Whether it may be done, and what it leaves."""
    free = not state.cancelled and not state.passed
    match what:
        case "cancel":
            return free, State(cancelled=True) if free else state
        case "scan":
            return not state.cancelled, state._replace(passed=state.passed or not state.cancelled)
        case "restore":
            return state.cancelled, state._replace(cancelled=False)
        case _:
            return free, state


def is_linear(history: Sequence[Done]) -> bool:
    """Whether some order of the operations explains every answer."""
    everything, tried = (1 << len(history)) - 1, set[tuple[int, State]]()

    def search(passed: int, state: State) -> bool:
        if passed == everything:
            return True
        if (passed, state) in tried:
            return False
        tried.add((passed, state))
        left = [place for place in range(len(history)) if not passed >> place & 1]
        first_answer = min(history[place].answered for place in left)
        for place in left:
            done = history[place]
            if done.asked > first_answer:
                continue
            then = after(state, done)
            if then is not None and search(passed | 1 << place, then):
                return True
            if done.said == "" and search(passed | 1 << place, state):
                return True
        return False

    return search(0, State())
