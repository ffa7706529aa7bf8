"""Many cancels in one call: one result a row, in the order of the rows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from traylane.access.actor import Scope
from traylane.api.call import REPLAYED, Call
from traylane.api.errors import as_member, error_answer
from traylane.api.http import JSON, Answer, Header, Streamed, json_answer
from traylane.api.orders import cancelled
from traylane.api.schemas import bulk as shapes
from traylane.api.schemas import orders as order_shapes
from traylane.api.schemas.bulk import CancelRow
from traylane.api.schemas.dispositions import disposition_of
from traylane.errors import BadArguments, OrderChanged, Refused, Unavailable
from traylane.orders.bulk import NothingCancelled, Together, foresee
from traylane.orders.cancel import CANCEL
from traylane.orders.cancel_rules import CancelRequest
from traylane.orders.desk import Verdict
from traylane.orders.lookup import Ref

CHUNK = 200
MOST_AT_ONCE = 4
"""Calls at once, in a process."""
_NDJSON: Header = (b"content-type", shapes.NDJSON.encode())

Numbered = tuple[int, CancelRow]


class _Calls:
    under_way = 0


async def cancel_many(call: Call) -> Answer:
    """Cancel many orders, or with `dryRun=true` say what the cancels would."""
    rows: list[CancelRow] = call.body
    if b"if-match" in call.headers:
        raise BadArguments("If-Match is not supported here; a row has ifMatch")
    if any(row.override for row in rows):
        call.actor.require(Scope.ORDERS_OVERRIDE)
    key = call.idempotency_key()
    if call.flag("atomic"):
        if len(rows) > shapes.MOST_TOGETHER:
            raise BadArguments(f"atomic supports up to {shapes.MOST_TOGETHER} rows")
        if not call.flag("dryRun"):
            return await _together(call, rows, key)
    if _Calls.under_way >= MOST_AT_ONCE:
        raise Unavailable("Too many such calls are under way; nothing was done; try again")
    # A dead key is 401 for the whole call, not 200 with a 401 for each row.
    await call.desk.policy_for(call.actor)
    lines = b"application/x-ndjson" in b",".join(call.headers.get(b"accept", ())).lower()
    parts = _parts(call, rows, key, lines=lines)
    return Streamed(200, b"", [_NDJSON if lines else JSON], parts=parts)


async def _parts(call: Call, rows: list[CancelRow], key: str | None, *, lines: bool) -> AsyncGenerator[bytes]:
    _Calls.under_way += 1
    try:
        succeeded = 0
        between = b"\n" if lines else b","
        yield b"" if lines else b'{"total":%d,"items":[' % len(rows)
        async with aclosing(_answered(call, rows, key)) as chunks:
            async for first, answers in chunks:
                succeeded += sum(answer.status == 200 for answer in answers)
                results = between.join(_result(row, answer) for row, answer in enumerate(answers, first))
                yield (b"" if first == 1 or lines else between) + results + (between if lines else b"")
        if not lines:
            yield b'],"succeeded":%d}' % succeeded
    finally:
        _Calls.under_way -= 1


async def _answered(call: Call, rows: list[CancelRow], key: str | None) -> AsyncGenerator[tuple[int, list[Answer]]]:
    """The answers of one chunk after the other, with the number of its first row; the next is under way meanwhile."""
    under_way: list[asyncio.Task[list[Answer]]] = []
    try:
        for start in range(0, len(rows), CHUNK):
            chunk = list(enumerate(rows[start : start + CHUNK], start + 1))
            work = _foreseen(call, chunk) if call.flag("dryRun") else _made(call, chunk, key)
            under_way.append(asyncio.create_task(work))
            await asyncio.sleep(0)  # it begins before the one ahead of it is answered
            if len(under_way) > 1:
                yield start - CHUNK + 1, await under_way.pop(0)
        yield start + 1, await under_way.pop()
    finally:
        for task in under_way:
            task.cancel()


async def _made(call: Call, chunk: Sequence[Numbered], key: str | None) -> list[Answer]:
    return list(await asyncio.gather(*(_cancel(call, number, row, key) for number, row in chunk)))


async def _cancel(call: Call, number: int, row: CancelRow, key: str | None) -> Answer:
    request = call.request(*_asked(call, row), cancelled, if_match=_if_match(row), key=_derived(key, number))
    try:
        return call.answer(await call.desk.change(CANCEL, request, behind=True), cancelled)
    except Refused as refusal:
        return error_answer(refusal, problem=call.wants_problem)


async def _foreseen(call: Call, chunk: Sequence[Numbered]) -> list[Answer]:
    desk = call.desk
    asked = [_asked(call, row) for _, row in chunk]
    try:
        found = await foresee(desk.db, desk.rulebook, asked, call.actor, desk.clock())
    except Refused as refusal:
        return [error_answer(refusal, problem=call.wants_problem)] * len(chunk)
    return [_verdict(call, row, verdict) for (_, row), verdict in zip(chunk, found, strict=True)]


def _verdict(call: Call, row: CancelRow, found: Verdict | Refused) -> Answer:
    accepted = _if_match(row)
    if isinstance(found, Verdict) and accepted is not None and found.order.tag not in accepted:
        found = OrderChanged(current=found.order.tag)
    if isinstance(found, Refused):
        return error_answer(found, problem=call.wants_problem)
    return json_answer(200, order_shapes.verdict(found, as_member))


async def _together(call: Call, rows: Sequence[CancelRow], key: str | None) -> Answer:
    requests = [
        call.request(*_asked(call, row), cancelled, if_match=_if_match(row), key=_derived(key, number))
        for number, row in enumerate(rows, 1)
    ]
    together = Together(call.desk.db, call.desk.rulebook, call.desk.attempts)
    outcomes = await together.cancel(requests)
    made = not any(isinstance(outcome, Refused) for outcome in outcomes)
    for outcome in outcomes:
        if made or isinstance(outcome, Refused):
            call.desk.count(CANCEL.event, outcome)
    refused = {i: outcome for i, outcome in enumerate(outcomes, 1) if isinstance(outcome, Refused)}
    if refused:
        raise NothingCancelled(rows=refused)
    results = [_result(row, call.answer(outcome, cancelled)) for row, outcome in enumerate(outcomes, 1)]
    body = b'{"total":%d,"items":[%s],"succeeded":%d}' % (len(rows), b",".join(results), len(rows))
    return Answer(200, body, [JSON])


def _asked(call: Call, row: CancelRow) -> tuple[Ref, CancelRequest]:
    return call.ref(row.orderIdentifier, row.by), CancelRequest(row.deleteReason, row.override, disposition_of(row))


def _if_match(row: CancelRow) -> frozenset[str] | None:
    return None if row.ifMatch is None else frozenset((row.ifMatch,))


def _derived(key: str | None, number: int) -> str | None:
    return None if key is None else f"{key}#{number}"


def _result(row: int, answer: Answer) -> bytes:
    again = b"true" if REPLAYED in answer.headers else b"false"
    return b'{"row":%d,"status":%d,"replayed":%s,"body":%s}' % (row, answer.status, again, answer.body)
