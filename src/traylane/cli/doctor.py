"""`traylane doctor`: the usual faults, and what to do about them."""

from __future__ import annotations

import errno
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from traylane.cli import output
from traylane.cli.opened import database_url
from traylane.cli.options import AsJson, DatabaseUrl
from traylane.clock import DAY, Instant, from_text, system_clock, to_text
from traylane.config import DEFAULT_PORT
from traylane.db.finding import Finding

if TYPE_CHECKING:
    from traylane.access.keys import Keyring
    from traylane.db.database import Database, Transaction
    from traylane.policy.model import Policy

NOT_BEFORE = from_text("2026-01-01T00:00:00Z")
"""This version is younger than that: a clock that says otherwise is wrong."""
MOST_AHEAD = 60_000
SOON = 14 * DAY
_PROBE_SECONDS = 2


def doctor(
    database: DatabaseUrl = "",
    host: Annotated[
        str, typer.Option(help="The address that the service is to listen on.", envvar="TRAYLANE_HOST")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(help="The port that the service is to listen on.", envvar="TRAYLANE_PORT")
    ] = DEFAULT_PORT,
    as_json: AsJson = False,
) -> None:
    """Look for the usual faults of machine, database and set-up, and say what to do. Changes nothing.

    Ends with 1 when it found a fault; warnings alone end with 0.
    """
    import asyncio

    url = database_url(database)
    found = asyncio.run(_all(url, host, port))
    faulty = any(finding.level == "fault" for finding in found)
    if as_json:
        output.print_json({"well": not faulty, "findings": [finding._asdict() for finding in found]})
    else:
        for finding in found:
            output.print_text(f"{finding.level} {finding.code}: {finding.what}. {finding.advice}")
        if not found:
            output.print_text("Nothing wrong was found.")
    if faulty:
        raise typer.Exit(output.REFUSED)


async def _all(url: str, host: str, port: int) -> list[Finding]:
    from traylane.db import checkup

    now = system_clock()
    found = [*clock(now), *listening(host, port)]
    found += [finding async for finding in checkup.examine(url)]
    if not any(finding.level == "fault" and finding.code not in _BESIDE for finding in found):
        found += [finding async for finding in _content(url, now)]
    return found


_BESIDE = {"port_taken", "bad_host", "clock_wrong", "fsync_off", "full_page_writes_off", "synchronous_commit_off"}
"""Faults that do not keep the database from being opened."""


def clock(now: Instant) -> Iterator[Finding]:
    """Whether the machine's clock can be right at all."""
    if now < NOT_BEFORE:
        yield Finding(
            "clock_wrong",
            "fault",
            f"This machine's clock says {to_text(now)}",
            "Let it be set by NTP, then start again.",
        )


def listening(host: str, port: int) -> Iterator[Finding]:
    """Whether the service could listen there, or does already."""
    import socket

    try:
        family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, proto) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        if error.errno == errno.EADDRINUSE and _is_ours(host, port):
            return
        if error.errno == errno.EADDRINUSE:
            what, advice = f"Another program listens on port {port}", "End it, or give another --port."
            yield Finding("port_taken", "fault", what, advice)
        elif error.errno == errno.EACCES:
            what = f"This user may not listen on port {port}"
            yield Finding("port_forbidden", "fault", what, "Give a --port above 1023, and put a proxy before it.")
        else:
            what = f"This machine has no address {host}"
            yield Finding("bad_host", "fault", what, "Give --host an address of this machine, or 0.0.0.0 for all.")


def _is_ours(host: str, port: int) -> bool:
    """Whether a Traylane answers there."""
    import http.client

    place = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    connection = http.client.HTTPConnection(place, port, timeout=_PROBE_SECONDS)
    try:
        connection.request("GET", "/livez")
        return connection.getresponse().read(100) == b'{"status":"alive"}'
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


async def _content(url: str, now: Instant) -> AsyncIterator[Finding]:
    """What is wrong with the schema, and with what the database holds."""
    from traylane.db import connect
    from traylane.errors import Fault, Unavailable
    from traylane.policy.rulebook import Rulebook

    try:
        await connect.require_usable(url)
        database = connect.database(url)
        await database.open()
        try:
            await database.check_writable()
            book = await Rulebook().refresh(database)
            newest = await _newest(database)
        finally:
            await database.close()
    except (Fault, Unavailable) as fault:
        what, _, advice = str(fault).partition(": ")
        yield Finding("cannot_be_used", "fault", what, f"{advice[:1].upper()}{advice[1:]}.")
        return
    for finding in (*events(newest, now), *access(book.keyring, now), *policy(book.policy)):
        yield finding


async def _newest(database: Database) -> Instant | None:
    from traylane.events.record import newest

    async def work(tx: Transaction) -> Instant | None:
        return await newest(tx)

    return await database.read(work)


def events(newest: Instant | None, now: Instant) -> Iterator[Finding]:
    """Whether the clock stands behind what has happened already."""
    if newest is not None and newest > now + MOST_AHEAD:
        what = f"The newest event is of {to_text(newest)}, this machine's clock says {to_text(now)}"
        yield Finding("clock_behind", "fault", what, "Let it be set by NTP; events would seem to happen in the past.")


def access(keyring: Keyring, now: Instant) -> Iterator[Finding]:
    """Whether anybody can get in, and for how long."""
    live = [key for key in keyring.keys if key.is_live(now)]
    if not live:
        what, advice = "No access key is live: every request gets 401", "Create one with `traylane keys create`."
        yield Finding("no_keys", "warning", what, advice)
    lasting = {key.name for key in live if key.expires_at is None or key.expires_at > now + SOON}
    for name in sorted({key.name for key in live} - lasting):
        what = f"The last live key of {name} expires within {SOON // DAY} days"
        yield Finding("key_expires", "warning", what, "Create its successor now: two may be live at once.")


def policy(found: Policy) -> Iterator[Finding]:
    """Whether the set-up lets anything be cancelled."""
    if found.reason_required and not found.active_reasons:
        what = "A delete reason is required and none is active: no order can be cancelled"
        yield Finding("no_reasons", "warning", what, "Set up reasons, or switch the setting off.")
    if not any(station.active and not station.is_operator for station in found.stations.values()):
        yield Finding("no_stations", "warning", "No station is set up: nothing can be scanned", "Set up the stations.")
