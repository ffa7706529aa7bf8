"""The client's methods on an open database."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from traylane.api import inside
from traylane.cli.options import nearest
from traylane.client.ask import Ask
from traylane.client.async_methods import AsyncMethods
from traylane.orders.cancel_rules import UnknownReason
from traylane.orders.desk import Desk

T = TypeVar("T")


class LocalDesk(AsyncMethods):
    """The desk as the client has it. Nothing gets lost on the way here, so nothing is sent twice or keyed."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def _ask(self, ask: Ask[T]) -> T:
        headers = {b"content-type": [b"application/json"]}
        for name, value in (("idempotency-key", ask.idempotency_key), ("if-match", ask.if_match)):
            if value is not None:
                headers[name.encode()] = [value.encode()]
        body = b"" if ask.body is None else msgspec.json.encode(ask.body)
        try:
            answer = await inside.ask(self._desk, ask.method, ask.target, headers=headers, body=body)
        except UnknownReason as refusal:
            policy = self._desk.rulebook.book.policy
            if hint := nearest(str(refusal.data["provided"]), policy.active_reasons):
                refusal.add_note(hint)
            raise
        return msgspec.json.decode(answer.body) if answer.body else None  # type: ignore[return-value]
