"""Wire shapes of many cancels at once: rows that come in, results that go out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from traylane.api.bodies import no_repetition
from traylane.api.errors import UnsupportedContentType
from traylane.api.schemas.basics import STORABLE, Count
from traylane.api.schemas.dispositions import DispositionBody, disposition_of
from traylane.api.schemas.orders import Reason
from traylane.errors import BadArguments
from traylane.orders.bad_line import explained
from traylane.orders.lookup import is_storable

MOST_ROWS = 10_000
MOST_TOGETHER = 500
LARGEST_BODY = 2 * 1024 * 1024
NDJSON = "application/x-ndjson"
MOST_PROBLEMS = 20


class CancelRow(DispositionBody, kw_only=True, forbid_unknown_fields=True):
    """One cancel: the order, and what a single cancel takes as parameters and body."""

    orderIdentifier: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=64,
            description="An order number, tray number or purchase order number.",
            examples=["72544"],
            extra_json_schema=STORABLE,
        ),
    ]
    by: Annotated[Literal["order", "tray", "po"], Meta(description="Look up by this kind of number only.")] | None = (
        None
    )
    deleteReason: Reason | None = None
    override: bool = False
    ifMatch: (
        Annotated[
            str,
            Meta(
                max_length=40,
                description="Only if the order still has this entity tag.",
                examples=['"72544-2"'],
                extra_json_schema=STORABLE,
            ),
        ]
        | None
    ) = None


class CancelRows(msgspec.Struct, forbid_unknown_fields=True):
    """Many cancels, in the order in which they are to be made."""

    items: Annotated[list[CancelRow], Meta(min_length=1, max_length=MOST_ROWS)]


class CancelResult(msgspec.Struct):
    """What became of one row; `body` is that of the single call."""

    row: Annotated[int, Meta(ge=1, description="Its place among the rows.")]
    status: Annotated[int, Meta(ge=200, le=599)]
    replayed: Annotated[bool, Meta(description="The row came before under its derived key; nothing was done again.")]
    body: dict[str, Any]


class CancelResults(msgspec.Struct):
    """One result a row, in the order of the rows."""

    total: Count
    items: list[CancelResult]
    succeeded: Annotated[int, Meta(ge=0, description="Rows with status 200.")]


class ForeseenResults(CancelResults):
    """What the cancels would say, each as if it were the only one; nothing was written."""


_WRONG_NUMBER = f"items needs 1 to {MOST_ROWS} rows"
_decode_json = msgspec.json.Decoder(list[CancelRow] | CancelRows).decode
_decode_lines = msgspec.json.Decoder(CancelRow).decode_lines


def read_rows(raw: bytes, content_type: str) -> list[CancelRow]:
    """The rows of a body: JSON (a list, or an object with `items`) or one JSON object a line.

    Raises BadArguments that names the first row that is malformed, UnsupportedContentType.
    """
    media = content_type.partition(";")[0].strip().lower()
    if content_type and media not in ("application/json", NDJSON):
        raise UnsupportedContentType(given=content_type)
    try:
        found = _decode_lines(raw) if media == NDJSON else _decode_json(raw)
    except msgspec.ValidationError as error:
        raise BadArguments(_explained(str(error))) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadArguments("the body is not valid JSON") from error
    for document in raw.splitlines() if media == NDJSON else [raw]:
        if document.strip():
            json.loads(document, object_pairs_hook=no_repetition)
    rows = found.items if isinstance(found, CancelRows) else found
    if not 1 <= len(rows) <= MOST_ROWS:
        raise BadArguments(_WRONG_NUMBER)
    problems = list(_problems(rows))
    if problems:
        more = len(problems) - MOST_PROBLEMS
        raise BadArguments(*problems[:MOST_PROBLEMS], *([f"and {more} more"] if more > 0 else []))
    return rows


def _problems(rows: Sequence[CancelRow]) -> Iterator[str]:
    for place, row in enumerate(rows):
        if not all(is_storable(text) for text in _texts(row) if text):
            yield f"items[{place}] has characters that cannot be stored"
        try:
            disposition_of(row)
        except BadArguments as refusal:
            yield from (f"items[{place}]: {problem}" for problem in refusal.details())


def _texts(row: CancelRow) -> tuple[str | None, ...]:
    return (row.orderIdentifier, row.deleteReason, row.ifMatch)


def _explained(text: str) -> str:
    if "`array` of length" in text:
        return _WRONG_NUMBER
    bad = explained(text, CancelRow)
    problem = bad.problem.replace("is not a property of an order", "is unknown")
    return f"{bad.field if bad.field != 'line' else 'the body'} {problem}"
