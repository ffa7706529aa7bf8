"""`traylane backup` and `restore`: copies of an SQLite database that are known to be good."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import typer

from traylane.cli import output
from traylane.cli.opened import database_url, interruptible, on_database
from traylane.cli.options import AsJson, DatabaseUrl
from traylane.cli.progress import progress
from traylane.clock import system_clock, to_text
from traylane.errors import Fault

if TYPE_CHECKING:
    from traylane.db.database import Database

feed = typer.Typer(help="The feed of events.", no_args_is_help=True, rich_markup_mode=None)
Force = Annotated[bool, typer.Option("--force", help="Also when there is such a file already.")]


def backup(
    target: Annotated[
        str, typer.Argument(metavar="FILE|FOLDER", help="Where the copy goes; in a folder, it is named after the time.")
    ],
    force: Force = False,
    database: DatabaseUrl = "",
    as_json: AsJson = False,
) -> None:
    """Copy an SQLite database while the service runs, and check the copy: its pages, and the chain of its events.

    The file appears once it is complete, checked and on the disk. Changes go on meanwhile.
    """
    from traylane.db import backup as copies

    source = _file_of(database, "back it up with pg_dump or pgBackRest")
    file = os.path.join(target, f"traylane-{_now()}.db") if os.path.isdir(target) else target
    _require_other(source, file)
    if os.path.exists(file) and not force:
        raise Fault(f"There is {file} already: name another file, or give --force")
    with interruptible(), copies.partial(file) as part:
        _copy(source, part, "Backing up")
        events = on_database(f"sqlite:///{part}", _count_events, older=True)
        copies.finish(part, file)
    _tell(events, file, "", as_json=as_json)


def restore(
    source: Annotated[str, typer.Argument(metavar="BACKUP", help="What `traylane backup` wrote.")],
    force: Force = False,
    database: DatabaseUrl = "",
    as_json: AsJson = False,
) -> None:
    """Put a backup in the place of an SQLite database, once it is checked. The service must be stopped.

    A database that is there is only replaced with --force, and kept under another name. The tables are brought up to
    date, and the feed begins a new epoch: readers who had read what is lost now are told so (410).
    """
    from traylane.db import backup as copies

    file = _file_of(database, "restore it with its own tools, then run `traylane feed new-epoch`")
    _require_other(source, file)
    replaces = os.path.exists(file)
    if replaces and not force:
        raise Fault(f"There is a database at {file}: give --force to replace it; it is kept under another name")
    aside = f"{file}.replaced-{_now()}"
    copies.require_closed(file)
    with interruptible(), copies.partial(file) as part:
        _copy(source, part, "Restoring")
        _bring_up_to_date(part)
        events = on_database(f"sqlite:///{part}", _begin_epoch)
        copies.put_aside(file, aside)
        copies.finish(part, file)
    _tell(events, file, aside if replaces else "", as_json=as_json)


@feed.callback()
def _group() -> None:
    """Keeps `new-epoch` a word of its own: a group of one command would be that command."""


@feed.command("new-epoch")
def new_epoch(database: DatabaseUrl = "", as_json: AsJson = False) -> None:
    """Say that events were lost after the last one that is there: PostgreSQL was restored to a point in time.

    Readers of the feed who had read further are told so (410). `traylane restore` does it by itself.
    """
    from traylane.events.feed import Feed

    cursor = on_database(database, lambda db: Feed(db, system_clock).begin_epoch())
    if as_json:
        output.print_json({"cursor": str(cursor)})
    else:
        output.print_text(f"The feed has a new epoch, from the cursor {cursor} on.")


def _file_of(database: str, otherwise: str) -> str:
    """The file of an SQLite database. Raises typer.BadParameter that says what to do with PostgreSQL."""
    from traylane.db import connect

    path = connect.sqlite_path(database_url(database))
    if path is None:
        raise typer.BadParameter(f"this is for SQLite; PostgreSQL: {otherwise}", param_hint="--database")
    return path


def _require_other(source: str, target: str) -> None:
    """Raises errors.Fault unless `source` is there, and is not `target`."""
    if not os.path.exists(source):
        raise Fault(f"There is no {source}: name another file")
    if os.path.exists(target) and os.path.samefile(source, target):
        raise Fault(f"{target} is the database itself: name another file")


def _copy(source: str, part: str, what: str) -> None:
    """Copy `source`, and read the whole copy."""
    from traylane.db import backup as copies

    with progress(what, total=100, unit="%") as advance:
        copies.copy(source, part, lambda share: advance(round(100 * share)))
    copies.require_intact(f"sqlite:///{part}")


def _bring_up_to_date(part: str) -> None:
    import asyncio

    from traylane.db import connect, revision

    url = f"sqlite:///{part}"
    if asyncio.run(connect.revision(url)) != revision.HEAD:
        from traylane.db.migrate import upgrade

        asyncio.run(upgrade(url))


async def _count_events(database: Database) -> int:
    from traylane.events.verify import verify

    return (await verify(database, ())).events


async def _begin_epoch(database: Database) -> int:
    from traylane.events.feed import Feed

    events = await _count_events(database)
    await Feed(database, system_clock).begin_epoch()
    return events


def _now() -> str:
    """The time, to the second, for the name of a file."""
    return to_text(system_clock())[:19].replace("-", "").replace(":", "") + "Z"


def _tell(events: int, file: str, kept: str, *, as_json: bool) -> None:
    size = os.path.getsize(file)
    if as_json:
        output.print_json({"file": file, "bytes": size, "events": events} | ({"kept": kept} if kept else {}))
        return
    output.print_text(f"{file}: {size / 1e6:.1f} MB, whole, with {events} events in one chain.")
    if kept:
        output.print_text(f"What was there before is {kept}.")
