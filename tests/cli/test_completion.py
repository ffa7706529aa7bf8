"""traylane completion."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Traylane


def asked(words: str, place: int) -> list[str]:
    """What the program answers to bash."""
    environment = os.environ | {"COMP_WORDS": words, "COMP_CWORD": str(place), "_TRAYLANE_COMPLETE": "complete_bash"}
    program = [sys.executable, "-c", "from traylane.cli.main import main; main([])"]
    return subprocess.run(program, env=environment, capture_output=True, text=True, check=False).stdout.split()


@pytest.mark.slow
def test_commands_and_options_are_completed() -> None:
    assert asked("traylane ord", 1) == ["orders"]
    assert asked("traylane orders ca", 2) == ["cancel"]
    assert asked("traylane orders cancel --rea", 3) == ["--reason"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_has_its_script(traylane: Traylane, shell: str) -> None:
    ended = traylane("completion", shell)
    assert (ended.code, ended.err) == (0, "")
    assert f"_TRAYLANE_COMPLETE=complete_{shell}" in ended.out


def test_bash_takes_the_script(traylane: Traylane, tmp_path: Path) -> None:
    script = tmp_path / "completion.bash"
    script.write_text(traylane("completion", "bash").out)
    program = tmp_path / "traylane"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m traylane "$@"\n')
    program.chmod(0o755)
    bash = shutil.which("bash")
    assert bash is not None
    words = "COMP_WORDS=(traylane keys re); COMP_CWORD=2"
    line = f'source {script}; {words}; _traylane_completion {program}; echo "${{COMPREPLY[@]}}"'
    ended = subprocess.run([bash, "-c", line], capture_output=True, text=True, check=False)
    assert (ended.stdout, ended.stderr) == ("revoke\n", "")


def test_another_shell_is_wrong_usage(traylane: Traylane) -> None:
    ended = traylane("completion", "tcsh")
    assert ended.code == 2
    assert "'tcsh' is unknown." in ended.err
