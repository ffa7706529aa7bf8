"""Sheets of bar codes for the printer: cards with Code 39 and QR, as a PDF.

Code 39 knows capitals, digits and few signs, and must not be too fine for a reader: a code that does not go into it has
QR alone. So has one with `$ / + %`: a reader that is set to the whole of ASCII takes them for shifts. Texts are
printed in Latin letters; what has no such letter is a question mark.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple
from unicodedata import combining, normalize

if TYPE_CHECKING:
    from fpdf import FPDF

PAPERS = {"a4": (210.0, 297.0), "letter": (215.9, 279.4)}
"""Width and height in millimetres, by name."""
MARGIN = 10.0
FINEST = 0.19
"""Millimetres of the narrowest bar that every reader reads (7.5 mil); BEST is what is easy to read."""
BEST = 0.33
QUIET = 10
"""Narrow bars of nothing before and behind a code."""
_CODE_39 = re.compile(r"[0-9A-Z .-]+")
_NARROW_PER_SIGN = 16


class Card(NamedTuple):
    """What is on a card: what is read, and what people read."""

    code: str
    text: str = ""


class Grid(NamedTuple):
    """How many cards are on a page, and how large their code is written, in points."""

    across: int
    down: int
    size: float


CARDS = Grid(2, 6, 22)
LABELS = Grid(3, 8, 20)


def sheet(cards: Sequence[Card], *, title: str, paper: str, grid: Grid) -> bytes:
    """The PDF of some cards. Takes a while: not to be called on the event loop."""
    from fpdf import FPDF

    width, height = PAPERS[paper]
    pdf = FPDF(format=(width, height))
    pdf.set_title(title)
    pdf.set_auto_page_break(False)
    each, tall = (width - 2 * MARGIN) / grid.across, (height - 2 * MARGIN) / grid.down
    for place, card in enumerate(cards):
        on_page = place % (grid.across * grid.down)
        if on_page == 0:
            pdf.add_page()
        row, column = divmod(on_page, grid.across)
        _draw(pdf, card, MARGIN + column * each, MARGIN + row * tall, each, tall, grid.size)
    return bytes(pdf.output())


def bar_width(code: str, room: float) -> float | None:
    """How wide the narrow bars of a Code 39 are that fits into `room` millimetres; None when it has none."""
    if not _CODE_39.fullmatch(code):
        return None
    width = room / ((len(code) + 2) * _NARROW_PER_SIGN + 2 * QUIET)
    return None if width < FINEST else min(width, BEST)


def _draw(pdf: FPDF, card: Card, x: float, y: float, width: float, height: float, size: float) -> None:
    pdf.set_draw_color(190)
    pdf.set_line_width(0.1)
    pdf.rect(x, y, width, height)
    side = min(height - 8, width * 0.36)
    _qr(pdf, card.code, x + 4, y + (height - side) / 2, side)
    left = x + side + 7
    room = width - side - 10
    _write(pdf, card.code, left, y + 4, room, size, bold=True)
    if card.text:
        _write(pdf, card.text, left, y + 13, room, size * 0.5, bold=False)
    bar = bar_width(card.code, room)
    if bar is not None:
        pdf.set_fill_color(0)
        high = height * 0.3
        pdf.code39(f"*{card.code}*", left + QUIET * bar, y + height - high - 4, w=3 * bar, h=high)


def _qr(pdf: FPDF, code: str, x: float, y: float, side: float) -> None:
    import segno

    rows = [bytes(row) for row in segno.make_qr(code, error="m").matrix]
    module = side / (len(rows) + 2 * 4)
    pdf.set_fill_color(0)
    for place, row in enumerate(rows):
        for run in re.finditer(b"\x01+", row):
            at = x + (4 + run.start()) * module
            pdf.rect(at, y + (4 + place) * module, (run.end() - run.start()) * module, module, style="F")


def _write(pdf: FPDF, text: str, x: float, y: float, room: float, size: float, *, bold: bool) -> None:
    shown = _latin(text)
    pdf.set_font("Helvetica", "B" if bold else "", size)
    while size > 6 and pdf.get_string_width(shown) > room:
        size -= 0.5
        pdf.set_font_size(size)
    while len(shown) > 1 and pdf.get_string_width(shown) > room:
        shown = shown[:-1]
    pdf.text(x, y + size * 0.35, shown)


def _latin(text: str) -> str:
    """A text in the letters of the printed font: accents that it lacks left out, other letters as question marks."""
    bare = "".join(
        letter if ord(letter) < 256 else "".join(part for part in normalize("NFKD", letter) if not combining(part))
        for letter in text
    )
    return bare.encode("latin-1", "replace").decode("latin-1")
