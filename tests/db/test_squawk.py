"""What migrations do on PostgreSQL, as squawk reads it: nothing that keeps others from their work."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from traylane.db import migrate
from traylane.db.revision import HEAD

SQUAWK = Path(sys.executable).with_name("squawk")
ELSEWHERE = (
    "require-lock-timeout",  # every upgrade sets it: tests/db/test_migrations.py
    "require-statement-timeout",  # what fills a column may take as long as the laboratory is large
    "ban-concurrent-index-creation-in-transaction",  # PostgreSQL itself refuses it
    "prefer-bigint-over-int",  # revisions and sequences of stations stay small
)
KNOWN = {
    ("0005", "adding-field-with-default"),
    ("0005", "changing-column-type"),
}
"""They came before the first release: no laboratory has a schema that they would change under load."""


def squawks(sql: str, folder: Path) -> set[str]:
    """The rules that statements break."""
    file = folder / "migration.sql"
    file.write_text(sql)
    command = [str(SQUAWK), "--assume-in-transaction", "--pg-version", "15", "--reporter", "gcc"]
    command += [word for rule in ELSEWHERE for word in ("--exclude", rule)]
    ended = subprocess.run([*command, str(file)], capture_output=True, text=True, check=False)
    assert ended.returncode in (0, 1), ended.stderr
    return {line.split(" ")[2] for line in ended.stdout.splitlines() if line.startswith(f"{file}:")}


async def migrated(url: str) -> dict[str, list[str]]:
    """The statements of each revision of an upgrade."""
    said: list[str] = []

    def listen(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        said.append(statement)

    sa.event.listen(Engine, "before_cursor_execute", listen)
    try:
        await migrate.upgrade(url)
    finally:
        sa.event.remove(Engine, "before_cursor_execute", listen)
    found: dict[str, list[str]] = {}
    its_own: list[str] = []
    for statement in said:
        if statement.startswith(("INSERT INTO alembic_version", "UPDATE alembic_version")):
            found[f"{len(found) + 1:04}"], its_own = its_own, []
        elif not statement.lstrip().startswith("SELECT"):
            its_own.append(statement)
    return found


async def test_no_migration_keeps_others_from_their_work(empty_postgres_url: str, tmp_path: Path) -> None:
    statements = await migrated(empty_postgres_url)
    assert [*statements][-1] == HEAD
    del statements["0001"]  # makes everything: there is nobody yet
    found = {(revision, rule) for revision, its_own in statements.items() for rule in squawks(sql(its_own), tmp_path)}
    assert found == KNOWN


def test_what_blocks_is_noticed(tmp_path: Path) -> None:
    assert squawks("ALTER TABLE orders ALTER COLUMN number TYPE text;", tmp_path) == {"changing-column-type"}
    assert squawks("ALTER TABLE orders ADD COLUMN held_at bigint;", tmp_path) == set()


def sql(statements: list[str]) -> str:
    return "".join(f"{statement.strip()};\n" for statement in statements)
