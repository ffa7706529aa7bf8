"""The container and compose files keep the rules of those who read them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

DEPLOY = Path(__file__).parents[2] / "deploy"
BIN = Path(sys.executable).parent
HADOLINT = (BIN / "hadolint", "--no-color")
COMPOSE = (BIN / "check-jsonschema", "--builtin-schema", "vendor.compose-spec")


def said(*command: str | Path) -> str:
    """What a linter objects to; empty when it has nothing to say."""
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode in (0, 1), ended.stderr
    return ended.stdout + ended.stderr if ended.returncode else ""


def test_the_container_file_keeps_the_rules() -> None:
    assert said(*HADOLINT, DEPLOY / "Containerfile") == ""


def test_a_container_file_that_does_not_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "Containerfile").write_text((DEPLOY / "Containerfile").read_text() + "\nRUN cd /tmp && sudo true\n")
    assert "DL3004" in said(*HADOLINT, tmp_path / "Containerfile")


def test_the_compose_file_keeps_the_rules() -> None:
    assert said(*COMPOSE, DEPLOY / "compose.yml") == ""


def test_a_compose_file_that_does_not_is_noticed(tmp_path: Path) -> None:
    text = (DEPLOY / "compose.yml").read_text()
    (tmp_path / "compose.yml").write_text(text.replace("read_only:", "readonly:"))
    assert "readonly" in said(*COMPOSE, tmp_path / "compose.yml")
