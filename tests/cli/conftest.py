"""Commands as a person runs them, in this process."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec
import pytest

from traylane.cli.main import main


class Ended(NamedTuple):
    """What a command left."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document on standard output."""
        return msgspec.json.decode(self.out)


Traylane = Callable[..., Ended]


@pytest.fixture
def traylane(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Traylane:
    """Runs one command with `given` on its standard input."""
    monkeypatch.delenv("TRAYLANE_DATABASE", raising=False)

    def run(*arguments: str, given: bytes = b"") -> Ended:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(given)))
        code = main(arguments)
        return Ended(code, *capsys.readouterr())

    return run


@pytest.fixture
def lab(traylane: Traylane, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Traylane:
    """Runs commands on the sample laboratory without orders, whose database is named by the environment."""
    monkeypatch.setenv("TRAYLANE_DATABASE", database_url)
    ended = traylane("setup", "apply", "-", given=SETUP)
    assert (ended.code, ended.err) == (0, "Changed: the set-up is at 2.\n")
    return traylane


SETUP = b"""
[settings]
"Orders1:Enter reason code when deleting order" = true
[[customers]]
number = "1001"
name = "Sample Optics"
[[stations]]
code = "RCV"
desc = "RECEIVING"
sequence = 10
[[stations]]
code = "GEN"
desc = "GEN-1 GENERATOR"
sequence = 30
nonCancel = true
[[operators]]
code = "TAL"
desc = "Operator TAL"
[[reasons]]
code = "CUS"
desc = "Customer request"
"""
