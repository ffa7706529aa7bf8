"""One line of an import or export file: the order as it is fetched, with its scans and its cancellation.

What a fetch shows beyond that (descriptions, revision, message) follows from the rest; it is accepted and ignored, so
that an exported or fetched order can be imported again.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from typing import Annotated, Any, Literal, cast

import msgspec
from msgspec import Meta

from traylane.clock import Instant, from_text, to_text
from traylane.orders.bad_line import BadLine, explained, refuse_nul
from traylane.orders.details import Details, details_text, problems_of
from traylane.orders.disposition import Disposition
from traylane.orders.document import order_answer
from traylane.orders.fields import Code, CustomerNumberText, Message, OrderNumberText, TrayNumberText
from traylane.orders.model import Order, Scan
from traylane.orders.row import order_row
from traylane.policy.model import Policy

__all__ = [
    "MAX_LINE",
    "MAX_PO",
    "BadLine",
    "ImportedCancellation",
    "ImportedOrder",
    "ImportedScan",
    "Rows",
    "export_line",
    "read_line",
    "rows_of",
]

MAX_LINE = 4 * 1024 * 1024
"""The longest line that is read, in bytes (ours); 10 000 scans and two traces fit."""

MAX_PO = 20
"""Code points in a PO number, counted after NFC (contract)."""

_END_OF_9999 = 253_402_300_800_000

# A date-time is read when it is checked, and again when it is written.
_instant = lru_cache(maxsize=1024)(from_text)

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
    """Read one line of JSON, with or without its line feed. The PO comes back in NFC, date-times to the millisecond.

    Raises BadLine for the first breach of shape, length or range, for text that cannot be stored (NUL, half a
    surrogate pair), and for what cannot be true together (contract): status W without onHold or the reverse,
    statusBeforeHold of an order that is not held, a cancelled order that is completed, scans not oldest first.
    """
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
    if b"\\u0000" in line:
        refuse_nul(imported)
    _bring_to_form(imported)
    for field, problem in _problems(imported):
        raise BadLine(field, problem)
    return imported


def rows_of(imported: ImportedOrder, *, order_id: bytes, non_cancel: Collection[str]) -> Rows:
    """What to write for an order that `read_line` has read; `order_id`: 16 bytes.

    `non_cancel`: the stations that are non-cancel as they are set up now, for a scan that does not say what it was; a
    station that is not set up is not. Whether the customer, the stations and the reason exist is for the caller to ask.
    """
    scans = [
        (
            seq,
            scan.station,
            scan.operator or None,
            _instant(scan.dateTime),
            scan.station in non_cancel if scan.nonCancel is None else scan.nonCancel,
            None if scan.deviceDateTime is None else _instant(scan.deviceDateTime),
        )
        for seq, scan in enumerate(_known_scans(imported), start=1)
    ]
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
    taken_over = imported.trayTakenOverDateTime
    order["taken_over_at"] = None if taken_over is None else from_text(taken_over)
    return Rows(order=order | _cancel_columns(imported.cancellation), details=details_text(imported), scans=scans)


def export_line(order: Order, policy: Policy, scans: Sequence[Scan], *, released: bool = False) -> bytes:
    """The order with all its `scans`, oldest first, as one line of JSON with its line feed.

    `released`: it does not hold its tray any more. Read and mapped again, the line gives the same rows; `revision` is
    left out, because it begins anew where the order is imported.
    """
    document = order_answer(order, policy)
    del document["revision"]
    if released:
        document["trayReleased"] = True
    if order.taken_over_at is not None:
        document["trayTakenOverDateTime"] = to_text(order.taken_over_at)
    if order.cancel_disposition is not None:
        said = {"disposition": msgspec.Raw(order.cancel_disposition.encode())}
        document["cancellation"] = cast(dict[str, object], document["cancellation"]) | said
    if order.on_hold:
        document["statusBeforeHold"] = order.status.value
    document["scans"] = [
        {"station": scan.station, "dateTime": to_text(scan.at), "nonCancel": scan.non_cancel}
        | ({} if scan.operator is None else {"operator": scan.operator})
        | ({} if scan.device_at is None else {"deviceDateTime": to_text(scan.device_at)})
        for scan in scans
    ]
    return msgspec.json.encode(document) + b"\n"


def _known_scans(imported: ImportedOrder) -> Sequence[ImportedScan]:
    if imported.scans is not None:
        return imported.scans
    if imported.currentStation and imported.currentStationDateTime is not None:
        return (ImportedScan(station=imported.currentStation, dateTime=imported.currentStationDateTime),)
    return ()


def _cancel_columns(cancellation: ImportedCancellation | None) -> dict[str, Any]:
    return {
        "cancelled_at": cancellation and from_text(cancellation.dateTime),
        "cancel_reason": (cancellation and cancellation.reason) or None,
        "cancel_actor": (cancellation and cancellation.actor) or None,
        "cancel_station": (cancellation and cancellation.station) or None,
        "cancel_override": cancellation is not None and cancellation.override,
        "cancel_disposition": cancellation.disposition.text() if cancellation and cancellation.disposition else None,
    }


def _bring_to_form(imported: ImportedOrder) -> None:
    imported.poNumber = unicodedata.normalize("NFC", imported.poNumber)
    for name in ("dateTimeValid", "currentStationDateTime", "trayTakenOverDateTime"):
        text = getattr(imported, name)
        if text is not None:
            setattr(imported, name, _moment(name, text))
    for index, scan in enumerate(imported.scans or ()):
        scan.dateTime = _moment("scans[%d].dateTime", scan.dateTime, index)
        if scan.deviceDateTime is not None:
            scan.deviceDateTime = _moment("scans[%d].deviceDateTime", scan.deviceDateTime, index)
    if imported.cancellation is not None:
        imported.cancellation.dateTime = _moment("cancellation.dateTime", imported.cancellation.dateTime)


def _moment(field: str, text: str, *place: int) -> str:
    # The field's name is only put together when it is needed.
    try:
        at = _instant(text)
    except ValueError:
        raise BadLine(field % place, "is not a date and time with a time zone (yyyy-mm-ddThh:mm:ss.fffZ)") from None
    if not 0 <= at < _END_OF_9999:
        raise BadLine(field % place, "is not in the years 1970 to 9999")
    return text if len(text) == 24 and text[4:20:3] == "--T::." and text[23] == "Z" else to_text(at)


def _problems(imported: ImportedOrder) -> Iterator[tuple[str, str]]:
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
    scans = imported.scans or []
    for index in range(1, len(scans)):
        if scans[index].dateTime < scans[index - 1].dateTime:
            yield f"scans[{index}].dateTime", "is before the scan ahead of it (oldest first)"
