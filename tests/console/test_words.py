"""The console's texts: each in Spanish too, and the language of whoever reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from docs import words as catalogues
from tests import builders
from tests.console.conftest import Browser, make_person
from traylane.console.words import LANGUAGES, chosen
from traylane.db.database import Database

OTHERS = [language for language in LANGUAGES if language != "en"]


@pytest.mark.parametrize("language", OTHERS)
def test_no_text_is_missing(language: str) -> None:
    assert catalogues.missing(language) == []


def test_no_template_has_a_text_of_its_own() -> None:
    assert catalogues.bare() == []


def test_no_text_is_hidden_in_an_f_string(tmp_path: Path) -> None:
    (tmp_path / "page.py").write_text("""told = f"{_('hidden')}: {_(name)}", _("found")""")

    assert catalogues.hidden(tmp_path) == ["page.py: hidden"]
    assert catalogues.hidden() == []


def test_a_new_text_is_missed_and_so_is_one_that_nobody_can_translate(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    planted = '<p>Nobody translates this</p><a title="or that">{{ _("Brand new") }}</a>{% trans %}Fine{% endtrans %}'
    (tmp_path / "templates" / "new.html").write_text(planted)
    (tmp_path / "locale").mkdir()
    (tmp_path / "locale" / "es.po").write_text('msgid "Fine"\nmsgstr "Bien"\n\nmsgid "desk"\nmsgstr "mesa"\n')

    assert {"Brand new", "floor"} <= set(catalogues.missing("es", tmp_path))
    assert not {"Fine", "desk"} & set(catalogues.missing("es", tmp_path))
    assert catalogues.bare(tmp_path) == ["new.html: Nobody translates this", "new.html: or that"]


@pytest.mark.parametrize(
    ("kept", "accepted", "language"),
    [
        (None, "", "en"),
        (None, "es-MX,es;q=0.9,en;q=0.8", "es"),
        (None, "de,fr;q=0.9", "en"),
        (None, "en;q=0.4, es;q=0.6", "es"),
        (None, "es;q=0, en", "en"),
        (None, "*;q=x, , ;q=1, es;q=zwei", "en"),
        ("es", "en", "es"),
        ("en", "es", "en"),
        ("tlh", "es", "es"),
    ],
)
def test_the_choice_goes_before_what_the_browser_prefers(kept: str | None, accepted: str, language: str) -> None:
    assert chosen(kept, accepted) == language


async def test_a_choice_is_kept_and_the_page_comes_again(anna: Browser) -> None:
    reply = await anna.post_exactly("/language", language="es", token=anna.token(), referer="/station/BLK?x=1")

    assert (reply.status, reply.header("location")) == (303, "/station/BLK?x=1")
    assert reply.header("set-cookie") == (
        "traylane_language=es; Path=/; HttpOnly; SameSite=Strict; Secure; Max-Age=31536000"
    )
    await anna.get("/")
    assert '<html lang="es">' in anna.page
    assert "Lea un pedido, su bandeja o su PO; después el motivo" in anna.page


@pytest.mark.parametrize(("language", "token"), [("tlh", True), ("", True), ("es", False)])
async def test_no_other_language_and_no_form_from_elsewhere(anna: Browser, language: str, token: bool) -> None:
    given = anna.token() if token else "0" * 64

    assert (await anna.post_exactly("/language", language=language, token=given)).status == 403


async def test_what_the_rules_say_is_translated_with_its_values(db: Database, browser: Browser) -> None:
    await make_person(db)
    await builders.make_station(db, "BLK")
    await builders.make_order(db, "1001", tray="72544", cancelled_at=builders.EARLIER)
    await browser.sign_in()
    browser.language = "es"
    await browser.get("/station/BLK")

    await browser.post("/station/BLK", scan="72544")
    assert "Este pedido está cancelado" in browser.page
    assert "Saque la bandeja 72544 de la línea y libérela" in browser.page

    await browser.post("/station/BLK", scan="9")
    assert "Pedido no encontrado" in browser.page
