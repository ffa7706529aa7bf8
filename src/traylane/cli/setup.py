"""`traylane setup`: the laboratory's settings and codes, from and to a TOML file."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from traylane.cli import output
from traylane.cli.opened import on_database
from traylane.cli.options import AsJson, DatabaseUrl
from traylane.clock import system_clock
from traylane.errors import Fault

if TYPE_CHECKING:
    from traylane.db.database import Database, Transaction
    from traylane.policy.edit import Applied, Change
    from traylane.policy.kinds import Setup

app = typer.Typer(
    help="Settings, customers, stations, operators, reasons, add-ons.", no_args_is_help=True, rich_markup_mode=None
)


@app.command()
def apply(
    file: Annotated[str, typer.Argument(metavar="FILE", help="The set-up file (TOML); - for standard input.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask, not even on a terminal.")] = False,
    database: DatabaseUrl = "",
    as_json: AsJson = False,
) -> None:
    """Bring the set-up to what FILE says, all of it or nothing.

    What FILE does not name stays as it is; retire a row with active = false. On a terminal it is said what would
    change, and asked.
    """
    from traylane.policy import setup_file

    wanted = setup_file.read(_content(file))
    asks = file != "-" and sys.stdin.isatty() and not (yes or dry_run or as_json)
    foreseen = _apply(database, wanted, dry_run=True) if asks else None
    if foreseen is not None and foreseen.changes:
        _print_changes(foreseen)
        output.say("Change the set-up so? [y/N]")
        if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
            output.say("Nothing was changed.")
            raise typer.Exit(output.REFUSED)
    applied = _apply(database, wanted, dry_run=dry_run, seen=None if foreseen is None else foreseen.version)
    if as_json:
        changes = [{"kind": c.kind, "code": c.code, "before": c.before, "after": c.after} for c in applied.changes]
        output.print_json({"version": applied.version, "dryRun": dry_run, "changes": changes})
    elif applied.changes:
        if foreseen is None:
            _print_changes(applied)
        output.say("Nothing was changed (dry run)." if dry_run else f"Changed: the set-up is at {applied.version}.")
    else:
        output.print_text("Nothing to do: the set-up says so already.")


def _apply(database: str, wanted: Setup, *, dry_run: bool, seen: int | None = None) -> Applied:
    """Apply `wanted`, unless the set-up has changed since it was at the version that somebody has `seen`."""
    from traylane.access.actor import COMMAND_LINE
    from traylane.policy import edit, setup_change, setup_store

    async def work(tx: Transaction) -> Applied:
        version = await setup_store.locked_version(tx)
        if seen not in (None, version):
            raise setup_change.SetupChanged(current=setup_change.tag(version))
        return await edit.apply(tx, wanted, actor=COMMAND_LINE, now=system_clock(), dry_run=dry_run)

    async def run(db: Database) -> Applied:
        return await db.write(work)

    return on_database(database, run)


@app.command()
def export(database: DatabaseUrl = "", as_json: AsJson = False) -> None:
    """Write the whole set-up as `apply` reads it, on standard output."""
    from traylane.policy import setup_file, setup_store
    from traylane.policy.kinds import KINDS

    async def run(db: Database) -> Setup:
        return await db.read(setup_store.load)

    found = on_database(database, run)
    if as_json:
        rows = {kind.name: [{kind.key: code, **row} for code, row in found.of(kind).items()] for kind in KINDS}
        output.print_json({"settings": dict(found.settings), **rows})
    else:
        output.print_bytes(setup_file.write(found).encode())


def _content(file: str) -> bytes:
    from traylane.policy.setup_file import LARGEST_FILE

    if file == "-":
        return sys.stdin.buffer.read(LARGEST_FILE + 1)
    try:
        with open(file, "rb") as opened:
            return opened.read(LARGEST_FILE + 1)
    except OSError as error:
        raise Fault(f"Cannot read {file}: {error.strerror}") from error


def _print_changes(applied: Applied) -> None:
    output.print_table(("what", "code", "change"), [(c.kind, c.code, _said(c)) for c in applied.changes])


def _said(change: Change) -> str:
    before = change.before
    if before is None:
        return "new: " + ", ".join(f"{name} {_value(value)}" for name, value in change.after.items())
    return ", ".join(f"{name} {_value(before[name])} → {_value(value)}" for name, value in change.after.items())


def _value(value: object) -> str:
    import msgspec

    return msgspec.json.encode(value).decode()
