"""Commands as a person runs them, in this process."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import msgspec
import pytest

from tests.served import served
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
    for name in ("TRAYLANE_DATABASE", "TRAYLANE_URL", "TRAYLANE_KEY"):
        monkeypatch.delenv(name, raising=False)

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


@pytest.fixture(params=["local", "remote"])
def anywhere(request: pytest.FixtureRequest, lab: Traylane, database_url: str) -> Iterator[Traylane]:
    """The laboratory, asked on its database and over HTTP: the same commands give the same.

    What only the database has (set-up, import) is asked there in either case.
    """
    if request.param == "local":
        yield lab
        return
    # The name is what the commands on the database are known by: it stands in what they print.
    key = lab("keys", "create", "--name", "command line", "--scopes", "admin", "--json").json["key"]
    with served(database_url) as url:
        yield lambda *arguments, given=b"": lab(*arguments, *_elsewhere(arguments, url, key), given=given)


def _elsewhere(arguments: tuple[str, ...], url: str, key: str) -> tuple[str, ...]:
    return () if arguments[:2] in LOCAL or arguments[:1] == ("setup",) else ("--url", url, "--key", key)


LOCAL = {("orders", "import"), ("orders", "export")}
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
