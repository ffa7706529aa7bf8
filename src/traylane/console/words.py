"""The console's texts in the language of whoever reads them: English in the code, the others in `locale/`.

A request speaks one language, from its first line to its last; `_` is that language's. Nothing below the console
knows of it: refusals and rules speak English, and are translated where they are shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from datetime import date, datetime
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel.core import negotiate_locale
from babel.dates import format_date
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

FOLDER = Path(__file__).parent / "locale"
LANGUAGES: Mapping[str, str] = {"en": "English", "es": "Español"}
"""What the console speaks, each by its own name; the first is that of the code."""
FIRST = next(iter(LANGUAGES))


def _translations(language: str) -> NullTranslations:
    path = FOLDER / f"{language}.po"
    if not path.exists():
        return NullTranslations()
    compiled = BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return GNUTranslations(compiled)


_spoken = ContextVar("spoken", default=FIRST)
_known = {language: _translations(language) for language in LANGUAGES}


def speak(language: str) -> None:
    """From here on this request speaks `language`, one of LANGUAGES."""
    _spoken.set(language)


def language() -> str:
    """The language of the request."""
    return _spoken.get()


def chosen(kept: str | None, accepted: str) -> str:
    """The language for a request: the one that was kept in the browser, else the best of its `Accept-Language`."""
    if kept is not None and kept in LANGUAGES:
        return kept
    wanted = sorted(filter(None, map(_wish, accepted[:200].split(","))), key=lambda wish: -wish[0])
    return negotiate_locale([tag for _, tag in wanted], [*LANGUAGES], sep="-") or FIRST


def _wish(part: str) -> tuple[float, str] | None:
    tag, _, quality = part.strip().partition(";q=")
    try:
        weight = float(quality or 1)
    except ValueError:
        return None
    return (weight, tag.lower()) if weight > 0 and tag else None


def N_(text: str) -> str:  # noqa: N802 (the usual name)
    """Marks a text that is translated where it is shown."""
    return text


def _(text: str, **values: object) -> str:
    """A text in the language of the request; `%(name)s` in it stands for a value."""
    said = gettext(text)
    return said % values if values else said


def gettext(text: str) -> str:
    """A text in the language of the request, nothing put in. The empty text stays empty."""
    return _known[_spoken.get()].gettext(text) if text else ""


def ngettext(one: str, many: str, number: int) -> str:
    """The text for one or for many."""
    return str(_known[_spoken.get()].ngettext(one, many, number))


def clock(moment: datetime, *, with_day: bool) -> str:
    """A time of day, `10:42`, with the day when it is asked for."""
    time = f"{moment:%H:%M}"
    return f"{format_date(moment, 'dd MMM', locale=_spoken.get())} {time}" if with_day else time


def day(of: date, *, with_year: bool) -> str:
    """A day, `18 Nov`, with the year when it is asked for."""
    return format_date(of, "dd MMM y" if with_year else "dd MMM", locale=_spoken.get())
