"""The clients of a simulation: each names an order as well as it knows, tries something, and is answered."""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec
from msgspec.structs import replace

from traylane.access.actor import COMMAND_LINE
from traylane.access.idempotency import Retry
from traylane.errors import Refused
from traylane.orders.bulk import NothingCancelled, Together
from traylane.orders.cancel import CANCEL
from traylane.orders.cancel_rules import CancelRequest
from traylane.orders.complete import COMPLETE
from traylane.orders.complete_rules import CompleteRequest
from traylane.orders.correct import CORRECT
from traylane.orders.correct_rules import CorrectRequest
from traylane.orders.create import CREATE
from traylane.orders.create_rules import CreateRequest
from traylane.orders.desk import Desk
from traylane.orders.details import Details
from traylane.orders.dispose import DISPOSE
from traylane.orders.disposition import NOTHING_SAID, Disposition, Part
from traylane.orders.disposition_rules import DispositionRequest
from traylane.orders.hold import HOLD, RELEASE
from traylane.orders.lookup import BY, Ref
from traylane.orders.restore import RESTORE
from traylane.orders.restore_rules import RestoreRequest
from traylane.orders.tray import ASSIGN, RELEASE_TRAY
from traylane.orders.tray_rules import AssignRequest
from traylane.orders.validate import UNVALID, VALIDATE
from traylane.orders.validate_rules import UnvalidRequest
from traylane.orders.verb import Done, Making, Outcome, Replayed, Request, Verb
from traylane.simulation.plan import Step
from traylane.tracking.checkin import CHECK_IN
from traylane.tracking.checkin_rules import CheckInRequest

OPERATOR = "OPA"
MOST_TOGETHER = 10
"""Rows of a call that cancels all of its orders or none."""


@dataclass
class Tally:
    """What came of everything that was tried."""

    done: Counter[str] = field(default_factory=Counter)
    repeated: Counter[str] = field(default_factory=Counter)
    refused: Counter[tuple[str, str]] = field(default_factory=Counter)
    wrong_repeats: list[str] = field(default_factory=list)


@dataclass
class _Known:
    """What the clients know of an order: its number, and the tray that it was last seen in."""

    number: str
    tray: str


class Clients:
    """Everybody who works with one desk. `at_once`: so many of them have a request under way."""

    def __init__(self, desk: Desk, *, at_once: int) -> None:
        self.tally = Tally()
        self._desk = desk
        self._at_once = asyncio.Semaphore(at_once)
        self._together = Together(desk.db, desk.rulebook, desk.attempts)
        self._known: dict[int, _Known] = {}
        self._answers: dict[str, bytes] = {}
        self._named_first: dict[str, Ref] = {}

    async def try_all(self, steps: list[Step]) -> None:
        """Try all of it at once; return when each has an answer."""
        bulk = [step for step in steps if step.what == "cancel in bulk"]
        calls = [self._try(step) for step in steps if step.what != "cancel in bulk"]
        rows = [bulk[i : i + MOST_TOGETHER] for i in range(0, len(bulk), MOST_TOGETHER)]
        await asyncio.gather(*calls, *map(self._in_bulk, rows))

    async def _try(self, step: Step) -> None:
        ref = self._named(step)
        if ref is None:
            return
        verb, asked = _KINDS[step.what](step.more)
        request = self._request(step, ref, asked)
        async with self._at_once:
            try:
                outcome: Outcome = await self._desk.change(verb, request)
            except Refused as refusal:
                outcome = refusal
        self._note(step, outcome)

    async def _in_bulk(self, steps: list[Step]) -> None:
        """All of them or none, as a shop system does; else each on its own, behind whoever waits at the desk."""
        rows = [(step, ref) for step in steps if (ref := self._named(step)) is not None]
        plain = [self._request(_without_key(step), ref, _cancelling(step.more)) for step, ref in rows]
        async with self._at_once:
            outcomes: list[Outcome] = [NothingCancelled(rows={})]
            if all(step.key is None for step in steps):
                try:
                    outcomes = await self._together.cancel(plain)
                except Refused as refusal:
                    outcomes = [refusal] * len(rows)
        if outcomes and all(isinstance(outcome, Done) for outcome in outcomes):
            for (step, _), outcome in zip(rows, outcomes, strict=True):
                self._note(step, outcome)
            return
        await asyncio.gather(*(self._behind(step, ref) for step, ref in rows))

    async def _behind(self, step: Step, ref: Ref) -> None:
        request = self._request(step, ref, _cancelling(step.more))
        try:
            outcome: Outcome = await self._desk.change(CANCEL, request, behind=True)
        except Refused as refusal:
            outcome = refusal
        self._note(step, outcome)

    def _named(self, step: Step) -> Ref | None:
        """What the client says, in a retry what it said first; None when the order was never made."""
        if step.what == "create":
            return Ref("")
        if step.key in self._named_first:
            return self._named_first[step.key]
        known = self._known.get(step.order)
        if known is None:
            return None
        by = step.by if step.by != "tray" or known.tray else "order"
        given = {"order": known.number, "tray": known.tray, "po": f"PO-{step.order}"}[by]
        ref = Ref(given, by=BY[by], never_tray=step.what == "assign")
        if step.key is not None:
            self._named_first[step.key] = ref
        return ref

    def _request(self, step: Step, ref: Ref, asked: Any) -> Request[Any]:
        if isinstance(asked, CreateRequest):
            asked = replace(asked, po=f"PO-{step.order}")
        digest = hashlib.sha256(f"{step.what} {step.order}".encode()).digest()
        retry = None if step.key is None else Retry("simulation", step.key, digest)
        return Request(ref=ref, asked=asked, actor=COMMAND_LINE, now=step.at, retry=retry, present=_presented)

    def _note(self, step: Step, outcome: Outcome) -> None:
        if step.key is not None:
            self._compare(step.key, outcome)
        match outcome:
            case Done():
                self.tally.done[step.what] += 1
                if step.by == "order" or step.order not in self._known:
                    self._known[step.order] = _Known(outcome.order.number, outcome.order.tray)
            case Replayed():
                self.tally.repeated[step.what] += 1
            case Refused():
                self.tally.refused[step.what, outcome.code] += 1

    def _compare(self, key: str, outcome: Outcome) -> None:
        """Whoever asks again with a key is told what was answered first, once there was an answer to keep."""
        if isinstance(outcome, Refused) and not outcome.is_final:
            return
        first = self._answers.setdefault(key, _presented(outcome))
        if _presented(outcome) != first:
            self.tally.wrong_repeats.append(f"{key}: first {first.decode()}, then {_presented(outcome).decode()}")


def _without_key(step: Step) -> Step:
    """The step without its key."""
    return step._replace(key=None)


def _presented(outcome: Outcome) -> bytes:
    """An answer, short: the order and its revision, or the refusal."""
    match outcome:
        case Done():
            return msgspec.json.encode([outcome.order.number, outcome.order.revision])
        case Replayed():
            return outcome.answer
        case _:
            return msgspec.json.encode([outcome.code, outcome.details()])


def _creating(more: Any) -> CreateRequest:
    details = Details(jobType="F", rtLensStyle="SV", rtLensMaterial="CR39", ltLensStyle="SV", ltLensMaterial="CR39")
    return CreateRequest(customer=more["customer"], po="", details=details, on_hold=more["on_hold"])


def _cancelling(more: Any) -> CancelRequest:
    said = _disposing(more).disposition if more["disposed"] else NOTHING_SAID
    return CancelRequest(more["reason"], more["override"], said)


def _disposing(more: Any) -> DispositionRequest:
    lens = Part("broken", "SCR", "AA") if more["broken"] else Part("stock")
    return DispositionRequest(Disposition(rt=lens, lt=Part("stock")))


Kind = Callable[[Any], tuple[Verb[Any] | Making, Any]]
_KINDS: dict[str, Kind] = {
    "create": lambda more: (CREATE, _creating(more)),
    "unvalid": lambda _: (UNVALID, UnvalidRequest("Lens material not available in this style")),
    "validate": lambda _: (VALIDATE, None),
    "correct": lambda _: (CORRECT, CorrectRequest(remarks="Call before shipping")),
    "scan": lambda station: (CHECK_IN, CheckInRequest(station, OPERATOR)),
    "hold": lambda _: (HOLD, None),
    "release": lambda _: (RELEASE, None),
    "assign": lambda more: (ASSIGN, AssignRequest(**more)),
    "release_tray": lambda _: (RELEASE_TRAY, None),
    "complete": lambda _: (COMPLETE, CompleteRequest()),
    "cancel": lambda more: (CANCEL, _cancelling(more)),
    "dispose": lambda more: (DISPOSE, _disposing(more)),
    "restore": lambda more: (RESTORE, RestoreRequest(more["force"])),
}
"""What a step asks for, by its name."""
