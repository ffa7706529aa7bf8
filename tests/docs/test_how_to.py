"""The how-to pages are followed to the letter, in a copy: their changes apply, and their checks pass."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.commands import FOLLOWED
from traylane.db.revision import HEAD

ROOT = Path(__file__).parents[2]
COPIED = ("src", "tests", "docs", "torture", "bench", "README.md", "CONTRIBUTING.md", "CHANGELOG.md", "pyproject.toml")

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def copied(folder: Path) -> Path:
    """The tree; with what is compiled of it, which half of the time would go into."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name)
        else:
            shutil.copy(source, folder / name)
    return folder


def blocks(page: str, language: str) -> str:
    return "".join(re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL))


def followed(page: str, tree: Path) -> subprocess.CompletedProcess[str]:
    """What comes of a page's checks after its changes, with the number that the next migration has."""
    text = page.replace("NEXT", f"{int(HEAD) + 1:04}").replace('"HEAD"', f'"{HEAD}"')
    change = subprocess.run(
        ["git", "apply", "-p1", "-"],
        cwd=tree,
        input=blocks(text, "diff"),
        env=os.environ | {"GIT_CEILING_DIRECTORIES": str(tree.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    if change.returncode:
        return change
    python = Path(sys.executable)
    script = blocks(text, "sh").replace("make docs", f"{python} -m docs.generate")
    script = script.replace(".venv/bin/python -m pytest", f"{python} -m pytest -n 0 -m 'not again' -x")
    return subprocess.run(
        ["bash", "-euc", script],
        cwd=tree,
        env=os.environ | {"PYTHONPATH": str(tree / "src")},
        capture_output=True,
        text=True,
        check=False,
        timeout=850,
    )


@pytest.mark.parametrize("page", FOLLOWED, ids=lambda page: page.stem)
def test_a_page_is_followed(page: Path, tmp_path: Path) -> None:
    ended = followed(page.read_text(), copied(tmp_path))
    assert ended.returncode == 0, (ended.stderr + ended.stdout)[-3_000:]
    assert " passed" in ended.stdout or "100%" in ended.stdout


def test_a_page_that_forgets_a_step_is_found_out(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "how-to" / "add-a-rule.md").read_text()
    forgetful = re.sub(r"--- a/src/traylane/api/errors\.py.*?(?=--- a/)", "", page, flags=re.DOTALL)
    assert forgetful != page
    assert followed(forgetful, copied(tmp_path)).returncode != 0
