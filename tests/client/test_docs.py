"""The examples in docs/client.md do what they say."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

from tests.client.sample import sample_served

PAGE = Path(__file__).parents[2] / "docs" / "client.md"
SHOWN = ("http://127.0.0.1:4567", "tl_live_…")
"""The address and the key of the page."""


def examples(page: str, url: str, key: str) -> doctest.DocTest:
    """The page's sessions as one test, on another address with another key."""
    text = "".join(re.findall(r"```pycon\n(.*?)```", page, re.DOTALL))
    text = text.replace(SHOWN[0], url).replace(SHOWN[1], key)
    return doctest.DocTestParser().get_doctest(text, {}, "client.md", str(PAGE), 0)


def run(page: str, sqlite_url: str) -> tuple[doctest.TestResults, str]:
    said: list[str] = []
    with sample_served(sqlite_url) as sample:
        results = doctest.DocTestRunner().run(examples(page, *sample), out=said.append)
    return results, "".join(said)


def test_every_example_gives_what_the_page_shows(sqlite_url: str) -> None:
    results, said = run(PAGE.read_text(encoding="utf-8"), sqlite_url)
    assert results.failed == 0, said
    assert results.attempted > 20


def test_a_wrong_example_would_be_found(sqlite_url: str) -> None:
    wrong = PAGE.read_text(encoding="utf-8").replace("('337177', 'PO-337177', 'BLK')", "('337177', 'PO-337177', 'QA')")
    results, said = run(wrong, sqlite_url)
    assert results.failed == 1
    assert "('337177', 'PO-337177', 'BLK')" in said


@pytest.mark.parametrize("block", re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL))
def test_what_is_only_shown_can_be_read_by_python(block: str) -> None:
    compile(block, "client.md", "exec")
