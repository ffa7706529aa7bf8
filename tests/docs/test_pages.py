"""What the pages promise: their commands run, their links lead somewhere, the tests that they name exist."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.client.sample import sample_served
from traylane.conformance.all_cases import CASES

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.glob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"])


def commands(page: Path) -> str:
    """The commands of a page, as one script."""
    return "".join(re.findall(r"```sh\n(.*?)```", page.read_text(), re.DOTALL))


def run(script: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TRAYLANE_")}
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env=kept | {"PATH": programs} | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )


@pytest.mark.slow
@pytest.mark.parametrize("page", ["laboratory.md", "operator.md"])
def test_the_commands_of_a_quickstart_run_in_an_empty_folder(tmp_path: Path, page: str) -> None:
    ended = run(commands(DOCS / page), tmp_path)
    assert ended.returncode == 0, ended.stderr + ended.stdout


@pytest.mark.slow
def test_the_commands_of_the_integrators_quickstart_cancel_an_order(tmp_path: Path, sqlite_url: str) -> None:
    with sample_served(sqlite_url) as sample:
        script = commands(DOCS / "integrator.md").replace("http://127.0.0.1:4567", sample.url)
        ended = run(script, tmp_path, TRAYLANE_KEY=sample.key)
    assert ended.returncode == 0, ended.stderr + ended.stdout
    assert '"allowed":true' in ended.stdout
    assert '"reason":"CUS"' in ended.stdout
    assert "0 broken" in ended.stdout


def test_a_command_that_fails_is_noticed(tmp_path: Path) -> None:
    assert run("traylane orders show 1 --database sqlite:///nothing.db\necho on", tmp_path).returncode == 3


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_to_a_file(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL))
    here = [link for link in links if "://" not in link]
    assert [link for link in here if not (page.parent / link).exists()] == []


def test_every_page_stands_in_the_index() -> None:
    index = (DOCS / "index.md").read_text()
    assert [page.name for page in DOCS.glob("*.md") if page.name != "index.md" and f"({page.name})" not in index] == []


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
