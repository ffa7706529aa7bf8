"""Try the mutants of the rules, each in a process of its own."""

from __future__ import annotations

import argparse
import importlib
import importlib.abc
import importlib.machinery
import os
import signal
import sys
import time
from collections.abc import Iterable, Sequence
from types import ModuleType

import pytest

from torture.mutants import ROOT, RULES, TESTS, Mutant, equivalent, module_of, mutants

AT_ONCE = 2
SECONDS = 60
"""A mutant that hangs is noticed after so much processor time: rules wait for nothing, and a machine may be busy."""
NOTICED = frozenset({1, 2, -signal.SIGPROF})
"""How the tests end that notice: failed, not even loaded, or hanging."""
BEFOREHAND = ("msgspec", "asyncpg", "apsw", "sqlalchemy", "alembic", "traylane.db.migrate")
"""What every child would load, and no rule is part of."""


class Planted(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives a mutant's source for its module."""

    def __init__(self, mutant: Mutant) -> None:
        self._mutant = mutant

    def find_spec(self, name: str, *_: object) -> importlib.machinery.ModuleSpec | None:
        """Only for the mutant's module."""
        return importlib.machinery.ModuleSpec(name, self) if name == self._mutant.module else None

    def exec_module(self, module: ModuleType) -> None:
        """The mutant instead of the file."""
        exec(compile(self._mutant.source, f"<mutant {self._mutant.name}>", "exec"), module.__dict__)


def alive(found: Sequence[Mutant]) -> list[Mutant]:
    """Those that no test notices."""
    for name in BEFOREHAND:
        importlib.import_module(name)
    left: list[Mutant] = []
    running: dict[int, Mutant] = {}
    waiting = list(found)
    while waiting or running:
        while waiting and len(running) < AT_ONCE:
            mutant = waiting.pop(0)
            running[_child(mutant)] = mutant
        pid, status = os.wait()
        mutant, ended = running.pop(pid), os.waitstatus_to_exitcode(status)
        if ended not in NOTICED | {0}:
            raise RuntimeError(f"{mutant.module} {mutant.name}: the tests ended with {ended}")
        if ended == 0:
            left.append(mutant)
    return left


def _child(mutant: Mutant) -> int:
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        # The rules' tests need no plugin, and plugins take longer than they do.
        os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
        os.chdir(ROOT)
        sys.meta_path.insert(0, Planted(mutant))
        try:
            os._exit(_tested(mutant))
        finally:
            os._exit(99)
    return pid


def _tested(mutant: Mutant) -> int:
    """How the tests end: its own alone, which notice most mutants, and only then those of every rule."""
    own = mutant.module.rpartition(".")[2]
    ended = 0
    for tests in ([path for path in TESTS if own in path.name], TESTS):
        if tests and ended == 0:
            options = ["-x", "-q", "-o", "addopts=", "-p", "no:cacheprovider"]
            ended = int(pytest.main([*options, *map(str, tests)]))
    return ended


def told(left: Iterable[Mutant]) -> list[str]:
    """What is left, but for the equivalent ones."""
    known = equivalent()
    return [f"{m.module}:{m.line} {m.name}" for m in left if (m.module, m.name) not in known]


def as_they_are() -> list[Mutant]:
    """Each module without any fault: the control, which no test may notice."""
    return [Mutant(module_of(path), "as it is", 0, path.read_text()) for path in RULES]


def main(given: Sequence[str]) -> int:
    """Try all mutants, or some; 1 when some are left that are not equivalent."""
    parser = argparse.ArgumentParser(prog="python -m torture.mutate", description=__doc__)
    parser.add_argument("modules", nargs="*", help="such as cancel_rules; all of them without any")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only every Nth mutant")
    parser.add_argument("--first", type=int, default=0, metavar="K", help="leave out so many first")
    asked = parser.parse_args(given)
    began, tried, survivors = time.monotonic(), 0, []
    if len(alive(as_they_are())) != len(RULES):
        print("The tests of the rules fail without any mutant: mend them first")
        return 2
    for path in (path for path in RULES if not asked.modules or path.stem in asked.modules):
        found = mutants(path)[asked.first :: asked.every]
        left = told(alive(found))
        tried += len(found)
        survivors += left
        print(f"{path.stem}: {len(found)} mutants, {len(left)} alive", *left, sep="\n  ", flush=True)
    print(
        f"{tried} mutants in {time.monotonic() - began:.0f} s: {len(survivors)} alive, {len(equivalent())} equivalent"
    )
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
