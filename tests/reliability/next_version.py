"""The version after this one: the same code with one more migration."""

from __future__ import annotations

import shutil
from pathlib import Path

import traylane
from traylane.db.revision import HEAD

NEXT = f"{int(HEAD) + 1:04}"
_MIGRATION = """
import sqlalchemy as sa
from alembic import op

from traylane.db.migrations.online import create_indexes, fill

revision = "{next}"
down_revision = "{head}"


def upgrade() -> None:
    {does}
"""


def program(folder: Path, does: str) -> tuple[str, ...]:
    """What runs the next version's `traylane` instead of `-m traylane`. `does`: the last line of its migration."""
    tree = folder / "next"
    ours = Path(traylane.__file__).parent
    shutil.copytree(ours, tree / "traylane", ignore=shutil.ignore_patterns("__pycache__"))
    versions = tree / "traylane" / "db" / "migrations" / "versions"
    (versions / f"{NEXT}_next.py").write_text(_MIGRATION.format(next=NEXT, head=HEAD, does=does))
    revision = tree / "traylane" / "db" / "revision.py"
    revision.write_text(revision.read_text().replace(f'"{HEAD}"', f'"{NEXT}"'))
    run = f"import sys; sys.path.insert(0, {str(tree)!r}); from traylane.cli.main import main; sys.exit(main())"
    return ("-c", run)
