"""The commands that stand in the pages, one by one, and what has to be known to run them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLLOWED = sorted((ROOT / "docs" / "how-to").glob("*.md"))
"""Pages that are followed whole, changes and all, by test_how_to.py."""
PAGES = sorted({ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("**/*.md")} - set(FOLLOWED))

ON_A_HOST = ROOT / "docs" / "point-in-time.md"
"""A page that is run on a PostgreSQL of its own, by tests/deploy/test_point_in_time.py."""

COMMANDS = "sh"
"""How a block of commands is marked."""
SHOWN = frozenset(
    {"apache", "caddy", "csv", "haproxy", "json", "nginx", "pycon", "python", "sql", "text", "toml", "yaml"}
)
"""How blocks are marked that nobody types into a shell."""

NOT_RUN = {
    "make ": "works on the repository itself, whose suite this is; that its targets exist is tested",
    "pip install ": "fetches from a package index",
    "uvx ": "fetches from a package index; tests/deploy runs the wheel's demo without one",
    "litestream ": "a program of others; the page says that it was tried by hand",
    "traylane restore replica.db ": "brings back what litestream kept",
    **dict.fromkeys(
        (
            "psql postgresql://postgres@127.0.0.1:5000/",
            "traylane migrate --database postgresql://traylane:…@127.0.0.1:5000/",
            "traylane serve --database 'postgresql://traylane:…@127.0.0.1:6432/",
            "patronictl ",
            "PGPASSFILE=/etc/traylane-ha.pgpass switchover.sh ",
        ),
        "needs the hosts of deploy/ha; `make torture-ha` does the same on its own",
    ),
}
"""Beginnings of commands that are not run, and why."""

PLACEHOLDERS = {
    ".venv/bin/": "",
    "http://127.0.0.1:4567": "$SERVED",
    "'http://127.0.0.1:4567": '"$SERVED"\'',
    "'Authorization: Bearer tl_live_…'": '"Authorization: Bearer $KEY"',
    "tl_live_…": "$KEY",
    "/srv/traylane/": "$PWD/",
    "/var/lib/traylane-heads/": "",
    "--host 0.0.0.0 --port 4567": "--host 127.0.0.1 --port $TRAYLANE_PORT",
    "--orders 1000 --days 5": "--orders 20 --days 1",
}
"""What stands for something of the reader's own, is not for this machine, or takes long."""

BEFORE = {
    "/job_track/stations/POL": (
        'curl -X POST -H "Authorization: Bearer $KEY" "$SERVED/api/v2/orders/72544/restore?force=true"'
    ),
    "$CURSOR": (
        'CURSOR=$(curl -H "Authorization: Bearer $KEY" "$SERVED/api/v2/events?limit=1" '
        """| sed 's/.*"cursor":"\\([^"]*\\)".*/\\1/')"""
    ),
    "pg_dump ": "export TRAYLANE_DATABASE=$POSTGRES; traylane migrate",
    "pg_restore ": 'psql -qc "DROP SCHEMA public CASCADE; CREATE SCHEMA public" "$TRAYLANE_DATABASE"',
}
"""What a reader has done before a command that has this in it, and the page need not say."""


def blocks(text: str) -> list[tuple[str, str]]:
    """The fenced blocks of a page: how each is marked, and its text."""
    return re.findall(r"^ *```(\S*)[^\n]*\n(.*?)^ *```$", text, re.DOTALL | re.MULTILINE)


def commands(text: str) -> list[str]:
    """The commands of a page. One may go on after a backslash, within quotation marks, and as a here-document."""
    return [command for mark, script in blocks(text) if mark == COMMANDS for command in _split(script)]


def unknown_blocks(text: str) -> list[str]:
    """How blocks are marked that are neither commands nor known to be none."""
    return [mark for mark, _ in blocks(text) if mark != COMMANDS and mark not in SHOWN]


def reason_not_to_run(command: str) -> str | None:
    """Why a command of the pages is not run; None when it is."""
    return next((reason for start, reason in NOT_RUN.items() if command.startswith(start)), None)


def script(text: str) -> str:
    """What is run of a page, ready for a shell."""
    return "".join(_ready(command) for command in commands(text) if reason_not_to_run(command) is None)


def _ready(command: str) -> str:
    before = "".join(f"{first}\n" for part, first in BEFORE.items() if part in command)
    for shown in sorted(PLACEHOLDERS, key=len, reverse=True):
        command = command.replace(shown, PLACEHOLDERS[shown])
    return f"{before}{command}\n"


def _split(script: str) -> Iterator[str]:
    command = ""
    for line in script.splitlines():
        command += ("\n" if command else "") + re.sub(r" {2,}# .*", "", line)
        if not _goes_on(command):
            yield command
            command = ""
    assert not command, f"a command without an end: {command}"


def _goes_on(command: str) -> bool:
    document = re.search(r"<<'(\w+)'", command)
    if document is not None:
        return not command.endswith(f"\n{document[1]}")
    return command.endswith("\\") or command.count("'") % 2 == 1
