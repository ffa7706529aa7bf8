"""One line of an import or export file: the order as it is fetched, with its scans and its cancellation.

What a fetch shows beyond that (descriptions, revision, message) follows from the rest; it is accepted and ignored, so
that an exported or fetched order can be imported again.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from itertools import pairwise
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from traylane.clock import END_OF_9999, Instant, from_text, to_text
from traylane.orders.bad_line import BadLine, explained, refuse_nul
from traylane.orders.details import Details, details_text, problems_of
from traylane.orders.disposition import Disposition
from traylane.orders.fields import Code, CustomerNumberText, Message, OrderNumberText, TrayNumberText
from traylane.orders.row import order_row

__all__ = [
    "MAX_LINE",
    "MAX_PO",
    "BadLine",
    "ImportedCancellation",
    "ImportedOrder",
    "ImportedScan",
    "Rows",
    "read_line",
    "rows_of_line",
]

MAX_LINE = 4 * 1024 * 1024
"""The longest line that is read, in bytes (ours); 10 000 scans and two traces fit."""

MAX_PO = 20
"""Code points in a PO number, counted after NFC (contract)."""

_AS_WRITTEN = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z").fullmatch

MomentText = Annotated[str, Meta(max_length=40)]


class ImportedScan(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """One scan; `dateTime` is ISO 8601 with a time zone, 1970 to 9999.

    `nonCancel`: whether the station was non-cancel when it was scanned; absent or null: as it is set up now.
    `deviceDateTime`: what the terminal's own clock said; it orders nothing.
    """

    station: Annotated[str, Meta(min_length=1, max_length=20)]
    dateTime: MomentText
    operator: Code | None = None
    nonCancel: bool | None = None
    deviceDateTime: MomentText | None = None


class ImportedCancellation(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The mark of a cancellation, as it is fetched; "" stands for unknown.

    `disposition`: what became of the parts, where that was said (ours).
    """

    dateTime: MomentText
    actor: Annotated[str, Meta(max_length=100)] = ""
    reason: Code = ""
    reasonDesc: Message = ""
    station: Code = ""
    override: bool = False
    disposition: Disposition | None = None


class ImportedOrder(Details, kw_only=True, forbid_unknown_fields=True):
    """One line of an import file; only orderNumber, customerNumber and status are required (contract).

    `scans` absent or null: the history is unknown and what is known of it, currentStation and its time, becomes the
    one scan (ours: an order that stands behind a non-cancel station must not forget it). `[]`: never scanned.
    `trayReleased`: the order is known by its tray, but does not hold it any more (ours).
    `trayTakenOverDateTime`: when a cancelled order's tray went to another order, which leaves its recall open (ours).
    """

    orderNumber: OrderNumberText
    customerNumber: CustomerNumberText
    status: Literal["U", "V", "P", "C", "W"]
    trayNumber: TrayNumberText = ""
    trayReleased: bool = False
    trayTakenOverDateTime: MomentText | None = None
    # Wider than a PO number: it is counted after NFC, which can make four code points one.
    poNumber: Annotated[str, Meta(max_length=4 * MAX_PO)] = ""
    onHold: bool | None = None
    statusBeforeHold: Literal["U", "V", "P"] | None = None
    scans: Annotated[list[ImportedScan], Meta(max_length=10_000)] | None = None
    cancellation: ImportedCancellation | None = None
    dateTimeValid: MomentText | None = None
    currentStation: Code = ""
    currentStationDateTime: MomentText | None = None

    calculationDesc: Message = ""
    creationRemarks: Annotated[list[Message], Meta(max_length=100)] = msgspec.field(default_factory=list)
    currentStationCustomerDesc: Message = ""
    currentStationDesc: Message = ""
    message: Annotated[str, Meta(max_length=1000)] = ""
    revision: Annotated[int, Meta(ge=0, le=2**31 - 1)] = 0
    statusDesc: Message = ""


class Rows(msgspec.Struct, frozen=True, kw_only=True):
    """What an imported order is in the tables.

    `order`: columns of `orders`; `details`: `order_details.data`; `scans`: (seq from 1, station, operator, at,
    non_cancel, device_at) each.
    """

    order: dict[str, Any]
    details: str
    scans: list[tuple[int, str, str | None, Instant, bool, Instant | None]]


_decode = msgspec.json.Decoder(ImportedOrder).decode


def read_line(line: bytes) -> ImportedOrder:
    """Read one line of JSON, with or without its line feed. The PO comes back in NFC.

    Raises BadLine for the first breach of shape, length or range, for text that cannot be stored (NUL, half a
    surrogate pair), and for what cannot be true together (contract): status W without onHold or the reverse,
    statusBeforeHold of an order that is not held, a cancelled order that is completed, scans not oldest first.
    """
    return _read(line)[0]


def rows_of_line(line: bytes, *, order_id: bytes, non_cancel: Collection[str]) -> Rows:
    """What to write for a line; `order_id`: 16 bytes. Raises as `read_line`.

    `non_cancel`: the stations that are non-cancel as they are set up now, for a scan that does not say what it was; a
    station that is not set up is not. Whether the customer, the stations and the reason exist is for the caller to ask.
    """
    imported, times = _read(line)
    scans = [
        (
            seq,
            scan.station,
            scan.operator or None,
            at,
            scan.station in non_cancel if scan.nonCancel is None else scan.nonCancel,
            None if scan.deviceDateTime is None else from_text(scan.deviceDateTime),
        )
        for seq, (scan, at) in enumerate(zip(_known_scans(imported), times, strict=True), start=1)
    ]
    return Rows(order=_order_of(imported, order_id, scans), details=details_text(imported), scans=scans)


def _read(line: bytes) -> tuple[ImportedOrder, list[Instant]]:
    """The order of a line, and when it was scanned."""
    if len(line) > MAX_LINE:
        raise BadLine("line", f"is longer than {MAX_LINE} bytes")
    try:
        imported = _decode(line)
    except msgspec.ValidationError as error:
        raise explained(str(error), ImportedOrder) from None
    except UnicodeDecodeError:
        raise BadLine("line", "is not UTF-8") from None
    except msgspec.DecodeError:
        raise BadLine("line", "is not valid JSON") from None
    # A backslash alone is found quickest.
    if b"\\" in line and b"\\u0000" in line:
        refuse_nul(imported)
    times = _bring_to_form(imported)
    for field, problem in _problems(imported, times):
        raise BadLine(field, problem)
    return imported, times


def _order_of(imported: ImportedOrder, order_id: bytes, scans: Sequence[Sequence[Any]]) -> dict[str, Any]:
    held = imported.status == "W"
    order = order_row(
        order_id=order_id,
        number=imported.orderNumber,
        customer=imported.customerNumber,
        status=(imported.statusBeforeHold or "V") if held else imported.status,
        details=imported,
        tray=imported.trayNumber,
        holds_tray=not imported.trayReleased,
        po=imported.poNumber,
        on_hold=held,
        station=scans[-1][1] if scans else None,
        station_at=scans[-1][3] if scans else None,
        scan_count=len(scans),
    )
    if imported.trayTakenOverDateTime is not None:
        order["taken_over_at"] = from_text(imported.trayTakenOverDateTime)
    if imported.cancellation is not None:
        order.update(_cancel_columns(imported.cancellation))
    return order


def _known_scans(imported: ImportedOrder) -> Sequence[ImportedScan]:
    if imported.scans is not None:
        return imported.scans
    if imported.currentStation and imported.currentStationDateTime is not None:
        return (ImportedScan(station=imported.currentStation, dateTime=imported.currentStationDateTime),)
    return ()


def _cancel_columns(cancellation: ImportedCancellation) -> dict[str, Any]:
    return {
        "cancelled_at": from_text(cancellation.dateTime),
        "cancel_reason": cancellation.reason or None,
        "cancel_actor": cancellation.actor or None,
        "cancel_station": cancellation.station or None,
        "cancel_override": cancellation.override,
        "cancel_disposition": cancellation.disposition.text() if cancellation.disposition else None,
    }


def _bring_to_form(imported: ImportedOrder) -> list[Instant]:
    """When the order was scanned, as far as it is known; the PO in NFC, and the one date-time that stays a text."""
    imported.poNumber = unicodedata.normalize("NFC", imported.poNumber)
    if imported.dateTimeValid is not None:
        at = _moment("dateTimeValid", imported.dateTimeValid)
        if not _AS_WRITTEN(imported.dateTimeValid):
            imported.dateTimeValid = to_text(at)
    if imported.currentStationDateTime is not None:
        _moment("currentStationDateTime", imported.currentStationDateTime)
    if imported.trayTakenOverDateTime is not None:
        _moment("trayTakenOverDateTime", imported.trayTakenOverDateTime)
    times = _times(_known_scans(imported))
    if imported.cancellation is not None:
        _moment("cancellation.dateTime", imported.cancellation.dateTime)
    return times


def _times(scans: Sequence[ImportedScan]) -> list[Instant]:
    # Most of a line is scans, and nearly all are as they should be: places are only counted when one is not.
    if not [1 for scan in scans if scan.deviceDateTime is not None]:
        with suppress(ValueError):
            times = [from_text(scan.dateTime) for scan in scans]
            if not times or (min(times) >= 0 and max(times) < END_OF_9999):
                return times
    times = []
    for index, scan in enumerate(scans):
        times.append(_moment(f"scans[{index}].dateTime", scan.dateTime))
        if scan.deviceDateTime is not None:
            _moment(f"scans[{index}].deviceDateTime", scan.deviceDateTime)
    return times


def _moment(field: str, text: str) -> Instant:
    try:
        at = from_text(text)
    except ValueError:
        raise BadLine(field, "is not a date and time with a time zone (yyyy-mm-ddThh:mm:ss.fffZ)") from None
    if not 0 <= at < END_OF_9999:
        raise BadLine(field, "is not in the years 1970 to 9999")
    return at


def _problems(imported: ImportedOrder, times: Sequence[Instant]) -> Iterator[tuple[str, str]]:
    if len(imported.poNumber) > MAX_PO:
        yield "poNumber", f"has more than {MAX_PO} characters"
    yield from problems_of(imported)
    held = imported.status == "W"
    if held and imported.onHold is False:
        yield "onHold", "is false although the status is W"
    if not held and imported.onHold:
        yield "onHold", "is true although the status is not W"
    if not held and imported.statusBeforeHold is not None:
        yield "statusBeforeHold", "is only for a held order (status W)"
    if imported.status == "C" and imported.cancellation is not None:
        yield "cancellation", "is given for a completed order"
    may_be_taken_over = imported.cancellation and imported.trayNumber and imported.trayReleased
    if imported.trayTakenOverDateTime is not None and not may_be_taken_over:
        yield "trayTakenOverDateTime", "is only for a cancelled order with a trayNumber that is trayReleased"
    said = imported.cancellation and imported.cancellation.disposition
    yield from (
        (f"cancellation.disposition.{part}", "needs breakage and employee when it is broken, and only then")
        for part in (said.incomplete() if said else ())
    )
    if imported.scans is None and imported.currentStation and imported.currentStationDateTime is None:
        yield "currentStationDateTime", "is needed beside currentStation when there are no scans"
    if times != sorted(times):
        index = next(index for index, (before, at) in enumerate(pairwise(times), start=1) if at < before)
        yield f"scans[{index}].dateTime", "is before the scan ahead of it (oldest first)"
