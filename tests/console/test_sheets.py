"""The printable sheets, read back from the paper as a barcode reader does."""

from __future__ import annotations

import pypdfium2  # type: ignore[import-untyped]
import pytest
import zxingcpp

from tests import builders
from tests.console.conftest import Browser
from traylane.console.sheets import CARDS, FINEST, LABELS, PAPERS, Card, bar_width, sheet
from traylane.db.database import Database

DOTS = 300 / 72
"""A plain office printer, per point."""


def scanned(pdf: bytes) -> list[set[tuple[str, str]]]:
    """What a reader finds on each page: kind of code, and what it says."""
    document = pypdfium2.PdfDocument(pdf)
    pages = [page.render(scale=DOTS).to_pil() for page in document]
    document.close()
    return [{(str(code.format), code.text) for code in zxingcpp.read_barcodes(page)} for page in pages]


def both(code: str) -> set[tuple[str, str]]:
    return {("QR Code", code), ("Code 39", code)}


async def test_stations_operators_and_reasons_in_use_are_read_back(sue: Browser, db: Database) -> None:
    await builders.make_station(db, "BLK", description="Blocking")
    await builders.make_station(db, "OLD", active=False)
    await builders.make_station(db, "T 7", is_operator=True)
    await builders.make_reason(db, "CUS", "Customer request")
    await builders.make_reason(db, "RX-1.5", "Größe 日本")

    reply = await sue.get("/set-up/sheets/stations")
    assert reply.header("content-type") == "application/pdf"
    assert scanned(reply.body) == [both("BLK")]
    assert scanned((await sue.get("/set-up/sheets/operators?paper=letter")).body) == [both("T 7")]
    assert scanned((await sue.get("/set-up/sheets/reasons")).body) == [both("CUS") | both("RX-1.5")]


async def test_trays_are_as_wide_as_the_pool_and_fill_their_pages(sue: Browser, db: Database) -> None:
    await builders.set_setting(db, "Orders1:Tray pool", [1, 4_000])

    first, second = scanned((await sue.get("/set-up/sheets/trays?from=98&to=122")).body)

    assert first == set().union(*(both(f"{number:04d}") for number in range(98, 122)))
    assert second == both("0122")


@pytest.mark.parametrize("asked", ["", "?from=5&to=1", "?from=1&to=241", "?from=x&to=2", "?from=1&to=²"])
async def test_no_sheet_without_trays_or_with_too_many(sue: Browser, asked: str) -> None:
    await sue.get(f"/set-up/sheets/trays{asked}")

    assert "Give the first and the last tray, 240 at most at a time" in sue.page


@pytest.mark.parametrize("paper", PAPERS)
def test_what_a_reader_could_take_for_something_else_has_qr_alone(paper: str) -> None:
    cards = [Card("A/B"), Card("cus"), Card("ÜBER"), Card("ABCDEFGHIJKLMNOPQRST"), Card("ABCDEFGHIJ")]

    [found] = scanned(sheet(cards, title="Codes", paper=paper, grid=CARDS))

    assert found == {("QR Code", card.code) for card in cards} | {("Code 39", "ABCDEFGHIJ")}


def test_no_bar_is_finer_than_readers_read() -> None:
    assert bar_width("72544", 35) == pytest.approx(35 / 132)
    assert bar_width("1234567", 35) == pytest.approx(35 / 164)
    assert bar_width("123456789", 35) is None
    assert bar_width("1", 500) == 0.33
    assert FINEST <= 0.1905


def test_labels_of_eight_rows_fit_the_shorter_paper() -> None:
    cards = [Card(f"{number:05d}") for number in range(24)]

    [found] = scanned(sheet(cards, title="Trays", paper="letter", grid=LABELS))

    assert found == set().union(*(both(card.code) for card in cards))


async def test_a_clerk_prints_none(anna: Browser) -> None:
    assert (await anna.get("/set-up/sheets")).status == 403
    assert (await anna.get("/set-up/sheets/stations")).status == 403


async def test_no_such_sheet(sue: Browser) -> None:
    assert (await sue.get("/set-up/sheets/customers")).status == 404
