"""Options that several commands share, and how their values are read."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Annotated, Literal, cast, get_args

import typer

from traylane.clock import DAY, Instant, from_text

DatabaseUrl = Annotated[
    str,
    typer.Option(
        "--database",
        envvar="TRAYLANE_DATABASE",
        metavar="URL",
        help="sqlite:///lab.db or postgresql://user@host/name.",
    ),
]
ServiceUrl = Annotated[
    str,
    typer.Option(
        "--url",
        envvar="TRAYLANE_URL",
        metavar="URL",
        help="A service to ask instead of a database, for example http://127.0.0.1:4567.",
    ),
]
ServiceKey = Annotated[
    str,
    typer.Option(
        "--key", envvar="TRAYLANE_KEY", metavar="KEY", help="The access key for --url; rather in the environment."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on standard output, for an error too.")]
IfMatch = Annotated[
    str | None,
    typer.Option(
        "--if-match",
        metavar="VERSION",
        help="Only while the set-up is still at this version: its number, as `setup apply` says it, or its entity tag.",
    ),
]
Identifier = Annotated[str, typer.Argument(metavar="ID", help="Order number, tray number or purchase order number.")]
By = Annotated[str | None, typer.Option("--by", metavar="order|tray|po", help="Look up by this kind of number only.")]
Kind = Literal["order", "tray", "po"]

_DAYS = re.compile(r"([1-9][0-9]{0,4})d")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def setup_tag(given: str | None) -> str | None:
    """The entity tag that --if-match means."""
    return f'"setup-{given}"' if given is not None and given.isdecimal() else given


def nearest(given: str, known: Iterable[str]) -> str:
    """`Did you mean 'x'?` for the known value that is most like `given`, or nothing."""
    by_small = {value.lower(): value for value in known}
    close = get_close_matches(given.lower(), by_small, n=1, cutoff=0.5)
    return f"Did you mean '{by_small[close[0]]}'?" if close else ""


def one_of(given: str, known: Iterable[str], option: str) -> str:
    """`given`, when it is one of `known`. Raises typer.BadParameter that names the nearest one."""
    values = tuple(known)
    if given in values:
        return given
    hint = nearest(given, values) or f"It is one of {', '.join(values)}."
    raise typer.BadParameter(f"'{given[:60]}' is unknown. {hint}", param_hint=option)


def kind_of(by: str | None) -> Kind | None:
    """What --by says. Raises typer.BadParameter."""
    if by is None:
        return None
    return cast(Kind, one_of(by, get_args(Kind), "--by"))


def point_in_time(given: str, now: Instant, option: str) -> Instant:
    """A day (`2027-01-01`, its first instant in UTC), a date-time with a time zone, or days from now (`90d`).

    Raises typer.BadParameter.
    """
    days = _DAYS.fullmatch(given)
    if days:
        return Instant(now + int(days[1]) * DAY)
    try:
        return from_text(given + "T00:00:00Z" if _DATE.fullmatch(given) else given)
    except ValueError:
        raise typer.BadParameter(
            f"'{given[:60]}' is neither a day like 2027-01-01 nor a number of days like 90d", param_hint=option
        ) from None
