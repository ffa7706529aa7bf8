"""What the rest of the house says, in the language of the request: its sentences are English and hold values."""

from __future__ import annotations

import re
from functools import cache

from traylane.console.words import N_, _, gettext
from traylane.errors import Refused

_WITH_VALUES = (
    N_("Provided: %(value)s"),
    N_("Order: %(value)s"),
    N_("and %(count)s more"),
    N_("Scope needed: %(value)s"),
    N_("Broken: %(value)s"),
    N_("Limit: %(value)s"),
    N_("Missing: %(value)s"),
    N_("Window: %(value)s hours"),
    N_("Cancelled: %(value)s"),
    N_("Row %(place)s: %(value)s"),
    N_("Error Code: %(value)s"),
    N_("Error Message: %(value)s"),
    N_("Current: %(value)s"),
    N_("Take tray %(tray)s to the cancel rack: %(racks)s"),
    N_("Take tray %(tray)s out of the line, and release it"),
    N_("Tray %(tray)s now holds order %(holder)s: take the work of order %(order)s out of it"),
    N_("Tray %(tray)s was given away: take the work of order %(order)s out of it"),
    N_("Order %(order)s was scanned at %(station)s a moment ago: counted once."),
    N_("%(stations)s required before %(station)s"),
    N_("%(given)s is also the tray number of order %(order)s."),
    N_("%(given)s is also the PO number of order %(order)s."),
)
_WHOLE = (N_("AR not needed"), N_("The key is bound to a customer"))


def translated(sentence: str) -> str:
    """A sentence of the house in the language of the request; as it is when nobody has translated it."""
    said = gettext(sentence)
    if said != sentence:
        return said
    for text in _WITH_VALUES:
        found = _pattern(text).fullmatch(sentence)
        if found is not None:
            return _(text, **{name: gettext(value) for name, value in found.groupdict().items()})
    return sentence


def refused(refusal: Refused) -> str:
    """A refusal with its details in one line."""
    return "; ".join(map(translated, [refusal.sentence, *refusal.details()]))


@cache
def _pattern(text: str) -> re.Pattern[str]:
    parts = re.split(r"%\((\w+)\)s", text)
    return re.compile("".join(f"(?P<{part}>.+)" if place % 2 else re.escape(part) for place, part in enumerate(parts)))
