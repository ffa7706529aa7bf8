"""What a list of orders can be narrowed to and sorted by."""

from __future__ import annotations

import unicodedata
from typing import Literal

import msgspec

from traylane.errors import BadArguments

MOST_SEARCHED = 20_000
"""Orders that one kind of number may fit in a search (ours): a search is for finding, and sorts what it found."""

ALL = 2**31 - 1
"""The limit of a list without one."""
FIRST_DAY = "0"
LAST_DAY = "9999-12-31"
Days = tuple[str, str]
"""From and to, both included, yyyy-mm-dd; an order without the date is in no range."""

StatusShown = Literal["U", "V", "P", "C", "W"]
SortColumn = Literal["order_number", "date_wanted", "date_ordered"]


class Filters(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is given must hold. `status` is as it is shown: W for a held order, whatever it was before.

    `search`: the beginning of the order number, the PO, the customer's job id, or the tray that the order holds.
    """

    status: StatusShown | None = None
    customer: str | None = None
    station: str | None = None
    cancelled: bool | None = None
    wanted: Days | None = None
    ordered: Days | None = None
    search: str | None = None


class Sort(msgspec.Struct, frozen=True):
    """By what; within one date by order number, in the same direction. Orders without the date come first."""

    column: SortColumn = "order_number"
    descending: bool = False


_COLUMNS: dict[str, SortColumn] = {
    "orderNumber": "order_number",
    "dateWanted": "date_wanted",
    "dateOrdered": "date_ordered",
}
SORTS = {sign + name: Sort(column, sign == "-") for name, column in _COLUMNS.items() for sign in ("", "-")}
"""The values of `sort`."""


def search_too_broad() -> BadArguments:
    """What is said of a search that fits too many orders to sort them."""
    return BadArguments(f"search fits more than {MOST_SEARCHED} orders: give more characters")


def days(first: str | None, last: str | None) -> Days | None:
    """A range of days, open where nothing is given; None when both are."""
    return None if first is None and last is None else (first or FIRST_DAY, last or LAST_DAY)


def prefix_range(search: str) -> tuple[str, str]:
    """The texts that begin with `search`, as a half-open range in the order of the bytes (NFC, as POs are stored)."""
    prefix = unicodedata.normalize("NFC", search)
    for end in range(len(prefix), 0, -1):
        after = ord(prefix[end - 1]) + 1
        if after <= 0x10FFFF:
            # Surrogates cannot be stored: what follows the last character before them is the first one behind.
            return prefix, prefix[: end - 1] + chr(0xE000 if 0xD800 <= after <= 0xDFFF else after)
    return prefix, prefix + "\U0010ffff" * 22
