"""From what a caller wrote to the one order that is meant (contract: orderIdentifier)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from enum import IntEnum

import msgspec

from traylane.errors import Refused
from traylane.orders.model import Order, OrderId

LONGEST = 20
"""Characters of the longest identifier; whatever is longer fits no order."""
ECHOED = 64
CANDIDATES = 10

_ORDER_NUMBER = re.compile(r"[A-Za-z0-9]{1,8}")
_TRAY_NUMBER = re.compile(r"[0-9]{1,5}")
_FILLED = re.compile(r"[0-9]{2,20}")


class Kind(IntEnum):
    """What an identifier can be, in the order of look-up."""

    ID = 0
    ORDER = 1
    TRAY = 2
    PO = 3


BY = {"order": Kind.ORDER, "tray": Kind.TRAY, "po": Kind.PO}
"""The values of `by`."""


class RecordNotFound(Refused):
    """No order of the caller's fits. `provided`: what was asked for."""

    code = "not_found"
    sentence = "No record found"
    is_final = True

    def details(self) -> list[str]:
        return [f"Provided: {echo(self.data['provided'])}"]


class MoreThanOneRecord(Refused):
    """Several orders have the PO. `candidates`: up to ten order numbers; `more`: how many beside them."""

    code = "ambiguous"
    sentence = "More than one record found"
    is_final = True

    def details(self) -> list[str]:
        more = self.data["more"]
        return [
            f"Provided: {echo(self.data['provided'])}",
            *(f"Order: {number}" for number in self.data["candidates"]),
            *([f"and {more} more"] if more else []),
        ]


class OnlyTray(Refused):
    """The identifier fits only as a tray, where a tray is no answer."""

    code = "only_tray"
    sentence = "You must use an order number or PO Number for orderIdentifier"
    is_final = True


class Ref(msgspec.Struct, frozen=True):
    """What a caller gave for an order. `by` limits the look-up to one kind, `customer` to one customer's orders.

    `never_tray`: a tray number is no answer, it is refused as such. `id` is set once the identifier was resolved:
    from then on the order itself is meant. `scanned`: it comes from a barcode reader, which may put a prefix (setting)
    or zeros before it.
    """

    given: str
    by: Kind | None = None
    customer: str | None = None
    id: OrderId | None = None
    never_tray: bool = False
    scanned: bool = False

    def pinned(self, order: Order) -> Ref:
        """The same question, settled on one order."""
        return msgspec.structs.replace(self, id=order.id)

    def without_zeros(self, prefix: str) -> Ref | None:
        """The number that a barcode reader filled up with zeros, when nothing fits it as it was read; else None."""
        read = self.given.removeprefix(prefix)
        number = read.lstrip("0")
        if not self.scanned or self.by is Kind.PO or number == read or not _FILLED.fullmatch(read):
            return None
        return msgspec.structs.replace(self, given=number or "0", scanned=False)

    def keys(self, prefix: str = "") -> tuple[OrderId | None, str | None, int | None, str | None, str | None]:
        """Order id, order number, tray and PO to look for, and the customer to stay with; None where it cannot fit."""
        if self.id is not None:
            return self.id, None, None, None, self.customer
        given = unicodedata.normalize("NFC", self.given.removeprefix(prefix) if self.scanned else self.given)
        if not given.strip() or len(given) > LONGEST:
            return None, None, None, None, self.customer
        number = given if self._may_be(Kind.ORDER) and _ORDER_NUMBER.fullmatch(given) else None
        tray = int(given) if self._may_be(Kind.TRAY) and _TRAY_NUMBER.fullmatch(given) else None
        po = given if self._may_be(Kind.PO) and is_storable(given) else None
        return None, number, tray, po, self.customer

    def _may_be(self, kind: Kind) -> bool:
        return self.by is None or self.by is kind


class Hit(msgspec.Struct, frozen=True):
    """An order that fits, and as what. PO hits are at most CANDIDATES + 1, orders not completed first."""

    kind: Kind
    order: Order


class Resolved(msgspec.Struct, frozen=True):
    """The order that is meant; `note` says so when the identifier fits another order by a later kind."""

    order: Order
    note: str = ""


class Ambiguous(msgspec.Struct, frozen=True):
    """Several orders have the PO; `completed` says which of the two groups of its orders was left to choose from."""

    candidates: tuple[str, ...]
    completed: bool


def tray_key(given: str) -> int | None:
    """A tray number as it is compared; None when it is none."""
    return int(given) if _TRAY_NUMBER.fullmatch(given) else None


def resolve(ref: Ref, hits: Sequence[Hit]) -> Resolved | Ambiguous:
    """Choose the order that is meant.

    By order number, then by tray, then by PO. Among the orders with the PO completed ones are set aside; if only
    completed ones are left, a single one is meant. Raises RecordNotFound, and OnlyTray for who may not come by tray.
    """
    if ref.never_tray:
        others = [hit for hit in hits if hit.kind is not Kind.TRAY]
        if hits and not others:
            raise OnlyTray
        hits = others
    for hit in hits:
        if hit.kind is not Kind.PO:
            return Resolved(hit.order, _note(ref, hit, hits) if len(hits) > 1 else "")
    open_orders = [hit.order for hit in hits if not hit.order.is_completed]
    fitting = open_orders or [hit.order for hit in hits]
    if not fitting:
        raise RecordNotFound(provided=ref.given)
    if len(fitting) > 1:
        return Ambiguous(tuple(order.number for order in fitting), completed=not open_orders)
    return Resolved(fitting[0])


def more_than_one(ref: Ref, ambiguous: Ambiguous, total: int) -> MoreThanOneRecord:
    """The refusal for an ambiguous PO that `total` orders have."""
    shown = ambiguous.candidates[:CANDIDATES]
    return MoreThanOneRecord(provided=ref.given, candidates=list(shown), more=max(total, len(shown)) - len(shown))


def echo(given: str) -> str:
    """An identifier as it is repeated to the caller: cut, and without what JSON cannot carry."""
    return given[:ECHOED].encode("utf-8", "replace").decode()


def is_storable(text: str) -> bool:
    """Whether both engines can hold the text: no NUL, no lone surrogate."""
    if "\0" in text:
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _note(ref: Ref, chosen: Hit, hits: Sequence[Hit]) -> str:
    sentences = []
    for kind, name in ((Kind.TRAY, "tray number"), (Kind.PO, "PO number")):
        others = [h.order.number for h in hits if h.kind is kind and h.order.id != chosen.order.id]
        if len(others) == 1:
            sentences.append(f"{echo(ref.given)} is also the {name} of order {others[0]}.")
        elif others:
            sentences.append(f"{echo(ref.given)} is also the {name} of other orders.")
    return " ".join(sentences)
