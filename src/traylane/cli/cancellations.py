"""Commands after and beside a cancel: restore, what became of the parts, and many cancels from a file."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from traylane.cli import output
from traylane.cli.ask import Place, ask
from traylane.cli.options import AsJson, By, DatabaseUrl, Identifier, ServiceKey, ServiceUrl, kind_of
from traylane.cli.progress import progress
from traylane.errors import BadArguments

if TYPE_CHECKING:
    from typing import BinaryIO

    from traylane.cli.progress import Advance
    from traylane.client.async_methods import AsyncMethods

CHUNK = 200
"""Rows that are sent at once; the progress bar moves with each."""
PARTS = ("rt", "lt", "frame")
Said = Annotated[
    list[str] | None,
    typer.Option(
        "--disposition",
        metavar="PART=END",
        help="What becomes of a part (rt, lt, frame): rt=stock, or rt=broken:BREAKAGE:EMPLOYEE. May be repeated.",
    ),
]
Force = Annotated[bool, typer.Option("--force", help="Restore although a lens was written off as broken.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what a restore would answer, and change nothing.")]


def restore(
    identifier: Identifier,
    by: By = None,
    force: Force = False,
    dry_run: DryRun = False,
    database: DatabaseUrl = "",
    url: ServiceUrl = "",
    key: ServiceKey = "",
    as_json: AsJson = False,
) -> None:
    """Take a cancel back. Says what could not be restored."""
    kind, place = kind_of(by), Place(database, url, key)
    if dry_run:
        found = ask(place, lambda desk: desk.restore_order_dry_run(identifier, by=kind, force=force or None))
        if as_json:
            output.print_json(found)
        else:
            for refusal in found["refusals"]:
                output.say("; ".join([refusal["error"], *refusal["details"]]))
            for lost in found["notRestored"]:
                output.say(lost["reason"])
            output.print_text(f"Order {found['orderNumber']} {'can' if found['allowed'] else 'cannot'} be restored.")
        if not found["allowed"]:
            raise typer.Exit(output.REFUSED)
        return
    order = ask(place, lambda desk: desk.restore_order(identifier, by=kind, force=force or None))
    if as_json:
        output.print_json(order)
        return
    if order["message"]:
        output.say(order["message"])
    output.print_text(f"Order {order['orderNumber']} is restored.")


def disposition(
    identifier: Identifier,
    said: Said = None,
    by: By = None,
    database: DatabaseUrl = "",
    url: ServiceUrl = "",
    key: ServiceKey = "",
    as_json: AsJson = False,
) -> None:
    """Say what became of a cancelled order's lenses and frame, in place of what was said before."""
    kind = kind_of(by)
    body: Any = said_of(said)
    done = ask(Place(database, url, key), lambda desk: desk.put_disposition(identifier, body, by=kind))
    if as_json:
        output.print_json(done)
        return
    if done["message"]:
        output.say(done["message"])
    output.print_table(("part", "value"), [pair for pair in done["disposition"].items() if pair[1] is not None])


def said_of(given: Sequence[str] | None) -> dict[str, str]:
    """`rt=broken:SCR:TL` as the API names it. Raises typer.BadParameter."""
    body: dict[str, str] = {}
    for text in given or ():
        part, _, end = text.partition("=")
        kind, *codes = end.split(":")
        fits = part in PARTS and (kind, len(codes)) in {("stock", 0), ("broken", 2)}
        if not fits or f"{part}Disposition" in body:
            raise typer.BadParameter(
                f"'{text[:60]}' is not like rt=stock or rt=broken:SCR:TL, each part once", param_hint="--disposition"
            )
        body[f"{part}Disposition"] = kind
        body |= dict(zip((f"{part}BreakageCode", f"{part}EmployeeCode"), codes, strict=False))
    return body


def cancel_file(
    place: Place, file: str, result: str | None, defaults: dict[str, Any], *, again: str | None, as_json: bool
) -> None:
    """Cancel every order of a file, chunk by chunk, and write one result a line. Raises typer.Exit(1) for refusals.

    `again`: the Idempotency-Key; without one it is made of the file, so that running the same command again does
    nothing twice.
    """
    import hashlib

    raw = sys.stdin.buffer.read() if file == "-" else _read(file)
    rows = [{**defaults, **row} for row in _rows(raw)]
    if not rows:
        raise typer.BadParameter("the file has no rows", param_hint="--file")
    path = Path(result or f"{'orders' if file == '-' else file}.results.jsonl")
    name = again or f"file-{hashlib.sha256(raw + repr(defaults).encode()).hexdigest()[:32]}"
    with path.open("wb") as results, progress("Cancelling", total=len(rows), unit="orders") as advance:
        cancelled = ask(place, lambda desk: _send(desk, rows, name, results, advance))
    refused = len(rows) - cancelled
    if as_json:
        output.print_json({"cancelled": cancelled, "refused": refused, "results": str(path)})
    else:
        output.print_text(f"{cancelled} cancelled, {refused} refused; each with its answer in {path}")
    if refused:
        raise typer.Exit(output.REFUSED)


async def _send(
    desk: AsyncMethods, rows: Sequence[dict[str, Any]], name: str, results: BinaryIO, advance: Advance
) -> int:
    import msgspec

    cancelled = 0
    for start in range(0, len(rows), CHUNK):
        chunk = rows[start : start + CHUNK]
        wrong = {place: refusal for place, row in enumerate(chunk) if (refusal := _wrong(row)) is not None}
        good = [row for place, row in enumerate(chunk) if place not in wrong]
        answered: Iterator[Any] = iter(())
        if good:
            answer = await desk.cancel_orders(good, idempotency_key=f"{name}-{start}")  # type: ignore[arg-type]
            answered = iter(answer["items"])
        for place in range(len(chunk)):
            body = wrong.get(place)
            found = next(answered) if body is None else {"status": 400, "replayed": False, "body": body}
            cancelled += found["status"] == 200
            results.write(msgspec.json.encode({**found, "row": start + place + 1}) + b"\n")
        results.flush()
        advance(start + len(chunk))
    return cancelled


def _wrong(row: dict[str, Any]) -> dict[str, Any] | None:
    """The answer to a row that the service would refuse the whole call for."""
    import msgspec

    from traylane.api.schemas.bulk import NDJSON, read_rows

    try:
        read_rows(msgspec.json.encode(row), NDJSON)
    except BadArguments as refusal:
        return {"error": refusal.sentence, "details": refusal.details()}
    return None


def _rows(raw: bytes) -> Iterator[dict[str, Any]]:
    """Rows of a JSON list, of JSON objects a line, or order identifiers a line."""
    import msgspec

    text = raw.lstrip(b"\xef\xbb\xbf \r\n\t")
    if text.startswith(b"["):
        try:
            found = msgspec.json.decode(text)
        except msgspec.DecodeError:
            raise typer.BadParameter("the file is not a JSON list", param_hint="--file") from None
        yield from (row if isinstance(row, dict) else {"orderIdentifier": row} for row in found)
        return
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = msgspec.json.decode(line) if line.lstrip().startswith(b"{") else {"orderIdentifier": line.decode()}
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise typer.BadParameter(f"line {number} is neither JSON nor text", param_hint="--file") from None
        yield row


def _read(file: str) -> bytes:
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise typer.BadParameter(f"cannot read {file}: {error.strerror}", param_hint="--file") from None
