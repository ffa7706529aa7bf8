"""What the pages promise: their commands run, their links lead somewhere, the tests that they name exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from traylane.conformance.all_cases import CASES

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.glob("*.md"), *DOCS.glob("how-to/*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_to_a_file(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL))
    here = [link for link in links if "://" not in link]
    assert [link for link in here if not (page.parent / link).exists()] == []


def test_every_page_stands_in_the_index() -> None:
    index = (DOCS / "index.md").read_text()
    pages = [page.relative_to(DOCS) for folder in (DOCS, DOCS / "how-to") for page in folder.glob("*.md")]
    assert [page for page in pages if page.name != "index.md" and f"({page})" not in index] == []


def missing(page: str) -> list[str]:
    """What a page names as a proof and what there is not."""
    cases = {f"{case.area}.{case.name}" for case in CASES}
    tests = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", page)
    gone = [f"{path}::{name}" for path, name in tests if not _has(ROOT / path, name)]
    return gone + [name for name in re.findall(r"`conformance ([\w.]+)`", page) if name not in cases]


def test_every_sentence_of_the_compatibility_page_is_held_by_a_test_that_exists() -> None:
    page = (DOCS / "compatibility.md").read_text()
    rows = [line for line in page.splitlines() if re.search(r"\| [SD] \|", line)]
    assert len(rows) > 30
    assert [row for row in rows if not re.search(r"`(tests/|conformance )", row)] == []
    assert missing(page) == []


def test_a_proof_that_is_not_there_is_noticed() -> None:
    page = "`tests/api/test_tray.py::test_nothing`, `tests/none.py::test_a`, `conformance find.nothing`"
    assert missing(page) == ["tests/api/test_tray.py::test_nothing", "tests/none.py::test_a", "find.nothing"]


def _has(path: Path, name: str) -> bool:
    return path.exists() and re.search(rf"^(async )?def {name}\(", path.read_text(), re.MULTILINE) is not None
