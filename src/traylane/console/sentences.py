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
    N_("must be a whole number, %(low)s to %(high)s"),
    N_("must be the first and the last whole number, [%(low)s, %(high)s] at most"),
    N_("must have at most %(most)s printable characters"),
    N_("must have 1 to %(most)s printable characters"),
    N_("must be a list of at most %(most)s codes"),
    N_("has a code that %(wrong)s"),
    N_("must be a list of at most %(most)s entries like %(example)s"),
    N_("has an entry that is not like %(example)s: %(given)s"),
    N_("must be a list of at most %(most)s hosts like %(example)s"),
    N_("has an entry that is no host like %(example)s: %(given)s"),
    N_("needs 1 to %(most)s printable characters"),
    N_("needs 1 to %(most)s printable characters, none of them a space at an end"),
    N_("must be %(low)s to %(high)s requests a minute"),
    N_("must be one of %(these)s"),
    N_("%(number)s does not exist"),
    N_("unknown event type %(name)s"),
    N_("supports up to %(most)s ASCII characters without blanks"),
)
_WHOLE = (
    N_("AR not needed"),
    N_("The key is bound to a customer"),
    N_("must not end before it begins"),
    N_("must not end when it begins"),
    N_("must not begin or end with a blank"),
    N_('must be two times of day like ["06:00", "22:00"]'),
    N_('must be a time zone like "Europe/Berlin" or "UTC"'),
    N_("is in use"),
    N_("is that of a person of the laboratory"),
    N_("at least one scope is needed"),
    N_("the expiry is in the past"),
    N_("is no URL"),
    N_("must be like https://shop.example/hooks"),
    N_("must have neither a user nor a fragment"),
    N_("must begin with https://; http is for hosts that the laboratory allows by name"),
    N_("has a private address, which the laboratory does not allow by name"),
)


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
