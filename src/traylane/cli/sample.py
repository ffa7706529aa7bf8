"""The sample laboratory of the demo: its set-up, and as many orders as wanted, the same every time.

The first orders are always the same ones, so that a demo can show each answer of a cancel by name.
"""

from __future__ import annotations

import random
import tomllib
from collections.abc import Iterator, Sequence
from functools import cache
from importlib import resources
from itertools import count as numbers_from
from typing import Any, NamedTuple, TypeVar

import msgspec

from traylane.clock import DAY, MINUTE, Instant, from_text, to_text

TRAY_TO_CANCEL = "72544"
"""The tray of an order (337177) that can be cancelled."""
NUMBER_TO_CANCEL = "337178"
"""Another one that can be cancelled."""
PO_TO_CANCEL = "Example"
"""The PO of a third one (337179) that can be cancelled."""
ALREADY_CANCELLED = "337180"
COMPLETED = "337181"
TRAY_OF_COMPLETED = "15011"
"""The tray that the completed order has left: it finds nothing."""
THROUGH_GENERATOR = "337182"
"""Stands at polishing and has been through GEN, a non-cancel station."""
AMBIGUOUS_PO = "LOT-7"
"""The PO that two active orders (337183 and 337184) share."""
HELD = "337185"
UNVALID = "337186"

MOST_ORDERS = 1_000_000
MOST_OPEN = 20_000
"""Orders that are not completed, and so hold a tray, at most."""

_SEED = 72544
_MORNING = from_text("2026-11-02T07:00:00.000Z")
_FIRST_NUMBER = 400_001
_DAYS_OF_HISTORY = 200
_T = TypeVar("_T")


class Plan(NamedTuple):
    """How far an order has come: what it shows as its status, and how many stations of the line it has passed."""

    status: str
    passed: int = 0
    before_hold: str = ""
    cancelled: bool = False
    override: bool = False


class Given(NamedTuple):
    """What tells an order from the others."""

    number: str
    tray: str
    po: str
    received: Instant


_LINE = ("RCV", "BLK", "GEN", "POL", "COT", "EDG", "QA", "SHP")
_GENERATOR = _LINE.index("GEN") + 1
_ALL = len(_LINE)

_OPEN = (
    Plan("V"),
    *(Plan("P", passed) for passed in range(1, _ALL + 1)),
    Plan("U"),
    Plan("P", 2, cancelled=True),
    *(Plan("P", passed) for passed in range(1, _ALL + 1)),
    Plan("W", before_hold="V"),
    Plan("V", cancelled=True),
    *(Plan("P", passed) for passed in range(1, _ALL + 1)),
    Plan("W", 1, before_hold="P"),
    Plan("W", before_hold="U"),
    Plan("P", _GENERATOR, cancelled=True, override=True),
)
_DONE = Plan("C", _ALL)
_LONG_CANCELLED = Plan("P", 1, cancelled=True)

_KNOWN: tuple[tuple[Given, Plan], ...] = (
    (Given("337177", TRAY_TO_CANCEL, "PO-337177", _MORNING), Plan("P", 2)),
    (Given(NUMBER_TO_CANCEL, "15002", "PO-337178", _MORNING), Plan("P", 1)),
    (Given("337179", "15003", PO_TO_CANCEL, _MORNING), Plan("P", 2)),
    (Given(ALREADY_CANCELLED, "15004", "PO-337180", _MORNING), Plan("P", 2, cancelled=True)),
    (Given(COMPLETED, TRAY_OF_COMPLETED, "PO-337181", _MORNING), _DONE),
    (Given(THROUGH_GENERATOR, "15006", "PO-337182", _MORNING), Plan("P", _GENERATOR + 1)),
    (Given("337183", "15007", AMBIGUOUS_PO, _MORNING), Plan("P", 1)),
    (Given("337184", "15008", AMBIGUOUS_PO, _MORNING), Plan("V")),
    (Given(HELD, "15009", "PO-337185", _MORNING), Plan("W", 1, before_hold="P")),
    (Given(UNVALID, "15010", "PO-337186", _MORNING), Plan("U")),
)
FEWEST_ORDERS = len(_KNOWN)


class Frame(NamedTuple):
    name: str
    maker: str
    sku: str
    a: float
    b: float
    bridge: int
    ed: float


class Lens(NamedTuple):
    style: str
    material: str
    treat: str
    has_add: bool


_FRAMES = (
    Frame("Model 12", "MFA", "MFA-12-BLK", 52, 34.5, 18, 54.5),
    Frame("Model 14", "MFA", "MFA-14-HAV", 50, 38, 20, 52),
    Frame("Round 3", "MFB", "MFB-R3-GLD", 47, 43.5, 21, 48),
    Frame("Sport 8", "MFC", "MFC-S8-GRY", 58, 36, 16, 62.5),
    Frame("Kids 2", "MFB", "MFB-K2-BLU", 44, 33, 16, 46),
    Frame("Guard 1", "SAF", "SAF-G1-CLR", 56, 40, 17, 60),
)
_LENSES = (
    Lens("SV", "CR39", "HC", False),
    Lens("SV", "POLY", "HC", False),
    Lens("SV", "1.67", "AR", False),
    Lens("FT28", "CR39", "", True),
    Lens("PAL1", "POLY", "AR", True),
    Lens("PAL2", "1.60", "AR", True),
)
_COLORS = ("BLACK", "HAVANA", "GOLD", "GREY", "BLUE", "CLEAR")
_UNVALID = "Lens material not available in this style"


def setup_text() -> str:
    """The set-up of the sample laboratory, as `traylane setup apply` reads it (TOML, contract)."""
    return resources.files("traylane.cli").joinpath("sample.toml").read_text("utf-8")


def order_lines(count: int = 500) -> Iterator[bytes]:
    """`count` orders as lines of an import file, line feed included; in constant memory, the same bytes every time.

    The known orders of this module come first, then history (completed, a few cancelled and out of their trays),
    then at most `MOST_OPEN` that are not completed, in every state and at every station, each in a tray of its own.
    Raises ValueError when `count` is not between `FEWEST_ORDERS` and `MOST_ORDERS`.
    """
    if not FEWEST_ORDERS <= count <= MOST_ORDERS:
        raise ValueError(f"between {FEWEST_ORDERS} and {MOST_ORDERS} sample orders can be made")
    return (msgspec.json.encode(order) + b"\n" for order in _orders(count))


def _orders(count: int) -> Iterator[dict[str, Any]]:
    # Only random() is the same in every version of Python; choice() and its like may change.
    rng = random.Random(_SEED)
    for given, plan in _KNOWN:
        yield _order(given, plan, rng)
    others = count - FEWEST_ORDERS
    history = others - min(MOST_OPEN - FEWEST_ORDERS, others * 2 // 5)
    a_day = max(50, -(-count // _DAYS_OF_HISTORY))
    trays = _trays()
    for index in range(others):
        received = Instant(_MORNING + index // a_day * DAY + _upto(rng, 240) * MINUTE)
        number = _FIRST_NUMBER + index
        po = f"PO-{number}" if _often(rng, 0.9) else ""
        if index < history:
            plan = _DONE if _often(rng, 0.97) else _LONG_CANCELLED
            yield _order(Given(str(number), "", po, received), plan, rng)
        else:
            plan = _OPEN[(index - history) % len(_OPEN)]
            yield _order(Given(str(number), next(trays), po, received), plan, rng)


def _trays() -> Iterator[str]:
    """Every five-digit tray once, out of sequence, without those of the known orders."""
    taken = {given.tray for given, _ in _KNOWN}
    # 7919 shares no factor with 100 000, so the steps meet each number once.
    for step in numbers_from(1):
        tray = f"{step * 7919 % 100_000:05d}"
        if tray not in taken:
            yield tray


def _order(given: Given, plan: Plan, rng: random.Random) -> dict[str, Any]:
    scans = list(_scans(plan.passed, given.received, rng))
    last = from_text(scans[-1]["dateTime"]) if scans else given.received
    day = to_text(given.received)[:10]
    order: dict[str, Any] = {
        "orderNumber": given.number,
        "trayNumber": given.tray,
        "poNumber": given.po,
        "customerNumber": _pick(rng, _codes("customers", "number")),
        "customerJobId": f"J{given.number}",
        "status": plan.status,
        "createdUser": _pick(rng, ("API", "DESK")),
        "dateOrdered": day,
        "dateReceived": day,
        "dateWanted": to_text(Instant(given.received + 7 * DAY))[:10],
    }
    if plan.before_hold:
        order |= {"onHold": True, "statusBeforeHold": plan.before_hold}
    unvalid = "U" in (plan.status, plan.before_hold)
    order |= {"unvalidMessage": _UNVALID} if unvalid else {"dateTimeValid": to_text(given.received)}
    if plan is _DONE:
        order["dateCompleted"] = to_text(last)[:10]
    order |= _frame(rng) | _lenses(rng, calculated=bool(scans)) | {"scans": scans}
    if plan.cancelled:
        order["cancellation"] = {
            "dateTime": to_text(Instant(last + 15 * MINUTE)),
            "actor": "office",
            "reason": _pick(rng, _codes("reasons")),
            "station": scans[-1]["station"] if scans else "",
            "override": plan.override,
        }
    return order


def _scans(passed: int, received: Instant, rng: random.Random) -> Iterator[dict[str, str]]:
    at = received
    for station in _LINE[:passed]:
        at = Instant(at + (20 + _upto(rng, 70)) * MINUTE + _upto(rng, 60_000))
        scan = {"station": station, "dateTime": to_text(at)}
        if station == "QA" or _often(rng, 0.5):
            scan["operator"] = _pick(rng, _codes("operators"))
        yield scan


def _frame(rng: random.Random) -> dict[str, Any]:
    frame = _pick(rng, _FRAMES)
    return {
        "jobType": "F",
        "frameA": frame.a,
        "frameB": frame.b,
        "frameBridge": frame.bridge,
        "frameCircumference": round(1.6 * (frame.a + frame.b), 1),
        "frameColor": _pick(rng, _COLORS),
        "frameED": frame.ed,
        "frameEye": int(frame.a),
        "frameManufacturer": frame.maker,
        "frameName": frame.name,
        "frameSKU": frame.sku,
        "frameStatusCode": _pick(rng, ("S", "E", "F")),
        "frameTemple": _pick(rng, (135, 140, 145)),
    }


def _lenses(rng: random.Random, *, calculated: bool) -> dict[str, Any]:
    """Optics of both eyes, or now and then of one; eyes of one person are alike."""
    lens = _pick(rng, _LENSES)
    sphere = (_upto(rng, 49) - 28) / 4
    addition = 1 + _upto(rng, 9) / 4
    eyes = ("rt", "lt") if _often(rng, 0.94) else (_pick(rng, ("rt", "lt")),)
    optics: dict[str, Any] = {} if len(eyes) > 1 else {"balanceLens": "L" if eyes == ("rt",) else "R"}
    for eye in eyes:
        cylinder = -_upto(rng, 9) / 4
        optics |= {
            f"{eye}SPH": sphere + (_upto(rng, 5) - 2) / 4,
            f"{eye}CYL": cylinder,
            f"{eye}AX": 1 + _upto(rng, 180) if cylinder else 0,
            f"{eye}IPD": 29 + _upto(rng, 11) / 2,
            f"{eye}OCHT": 16 + _upto(rng, 9) / 2,
            f"{eye}LensStyle": lens.style,
            f"{eye}LensMaterial": lens.material,
            f"{eye}LensTreat": lens.treat,
            f"{eye}Calculated": calculated,
        }
        if lens.has_add:
            optics |= {f"{eye}ADD": addition, f"{eye}SEGHT": 14 + _upto(rng, 9) / 2}
    return optics | _addons(rng)


def _addons(rng: random.Random) -> dict[str, Any]:
    addon = _pick(rng, _setup()["addons"])
    ar = {"arCode": addon["code"], "arDesc": addon["desc"]} if addon["isAR"] else {}
    return {"addons": [addon["code"]]} | ar


@cache
def _setup() -> dict[str, Any]:
    return tomllib.loads(setup_text())


@cache
def _codes(kind: str, name: str = "code") -> tuple[str, ...]:
    return tuple(row[name] for row in _setup()[kind])


def _upto(rng: random.Random, end: int) -> int:
    return int(rng.random() * end)


def _often(rng: random.Random, share: float) -> bool:
    return rng.random() < share


def _pick(rng: random.Random, some: Sequence[_T]) -> _T:
    return some[_upto(rng, len(some))]
