"""Mutants of the rules are noticed by the rules' own tests (R17). `make mutants` tries all; here a share of them."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.reliability.promised import Tried, seed, size
from torture.mutants import EQUIVALENT, ROOT, RULES, equivalent, module_of, mutants

pytestmark = [pytest.mark.slow, pytest.mark.promise("R17"), pytest.mark.timeout(1_500)]

EVERY = 1_000 // size(ci=25, full=1_000)
"""Of so many mutants one is tried."""


def mutate(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "torture.mutate", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)


def test_mutants_of_the_rules_are_noticed(tried: Tried) -> None:
    ended = mutate("--every", str(EVERY), "--first", str(seed(0) % EVERY))
    assert ended.returncode == 0, ended.stdout + ended.stderr
    tried(ended.stdout.splitlines()[-1])


def test_every_equivalent_mutant_is_one_and_says_why() -> None:
    there = {(module_of(path), mutant.name) for path in RULES for mutant in mutants(path)}
    assert set(equivalent()) <= there, EQUIVALENT
    assert all(len(why) > 20 for why in equivalent().values())


@pytest.mark.control
def test_where_nothing_is_wrong_nothing_is_noticed() -> None:
    """A runner that calls everything noticed would hold any promise."""
    code = "from torture import mutate; print(len(mutate.alive(mutate.as_they_are())))"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert ended.stdout.strip() == str(len(RULES)), ended.stderr


def test_a_mutant_that_waits_is_not_noticed_for_it_and_one_that_never_ends_is() -> None:
    """A busy machine must not make mutants look noticed: what counts is the processor's time."""
    code = """
from torture import mutate
mutate.SECONDS = 6
path = mutate.RULES[0]
waits, loops = ("import time; time.sleep(7)", "while True: pass")
found = [mutate.Mutant(mutate.module_of(path), end, 0, f"{path.read_text()}\\n{end}\\n") for end in (waits, loops)]
print(*[mutant.name for mutant in mutate.alive(found)])
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert ended.stdout.strip() == "import time; time.sleep(7)", ended.stderr
