"""One request, parsed and authenticated, as a handler gets it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from traylane.access.actor import Actor
from traylane.access.idempotency import LONGEST_KEY, Retry
from traylane.api.auth import Headers
from traylane.api.errors import error_answer
from traylane.api.http import Answer, Header
from traylane.clock import Instant
from traylane.db.database import Work
from traylane.errors import BadArguments, Refused
from traylane.orders.change import Done, Outcome, Replayed, Request, Verb
from traylane.orders.desk import Desk
from traylane.orders.lookup import BY, Ref
from traylane.orders.verb import Making
from traylane.policy import setup_change
from traylane.policy.setup_change import Asker

Present = Callable[[Done], Answer]
LONGEST_IF_MATCH = 1_000
_TAG = re.compile(r'\s*(W/)?("[\x21\x23-\x7e\x80-\xff]*")\s*(?:,|$)')
_BAD_IF_MATCH = f'If-Match must be "*" or a list of entity tags in double quotes, at most {LONGEST_IF_MATCH} characters'
REPLAYED: Header = (b"idempotent-replayed", b"true")


@dataclass(slots=True)
class Call:
    """What a handler gets: path parameters decoded, query and body parsed and checked."""

    desk: Desk
    actor: Actor
    now: Instant
    method: str
    route: str
    path: tuple[str, ...]
    query: Mapping[str, str]
    body: Any
    headers: Headers

    @property
    def wants_problem(self) -> bool:
        """Whether the caller prefers RFC 9457 over the v2 error body."""
        return any(b"application/problem+json" in value.lower() for value in self.headers.get(b"accept", ()))

    def ref(self, given: str, by: str | None = None) -> Ref:
        """What the caller gave for an order, limited to what the caller may see."""
        return Ref(given, BY[by] if by is not None else None, self.actor.customer)

    def flag(self, name: str) -> bool:
        """Whether a parameter says true."""
        return self.query.get(name) == "true"

    async def change(self, verb: Verb[Any] | Making, ref: Ref, asked: Any, present: Present) -> Answer:
        """Make a change under the request's If-Match and Idempotency-Key, and answer."""
        request = self.request(ref, asked, present, if_match=self.if_match(), key=self.idempotency_key())
        return self.answer(await self.desk.change(verb, request), present)

    def request(
        self, ref: Ref, asked: Any, present: Present, *, if_match: frozenset[str] | None, key: str | None
    ) -> Request[Any]:
        """What is asked of the desk, under a condition and an idempotency key."""
        return Request(
            ref=ref,
            asked=asked,
            actor=self.actor,
            now=self.now,
            if_match=if_match,
            retry=None if key is None else self._retry(key, ref, asked),
            present=lambda outcome: self.answer(outcome, present).packed(),
        )

    def answer(self, outcome: Outcome, present: Present) -> Answer:
        """The answer of an outcome; `present` writes a change that was made."""
        match outcome:
            case Replayed():
                return _repeated(outcome.answer)
            case Done():
                return present(outcome)
            case _:
                return error_answer(outcome, problem=self.wants_problem)

    def if_match(self) -> frozenset[str] | None:
        """The strong entity tags of If-Match; None for no condition (none came, or `*`). Raises BadArguments."""
        values = self.headers.get(b"if-match")
        if values is None:
            return None
        text = b", ".join(values).decode("latin-1").strip()
        if text == "*":
            return None
        tags, place = set(), 0
        while place < len(text):
            found = _TAG.match(text, place)
            if found is None or len(text) > LONGEST_IF_MATCH:
                raise BadArguments(_BAD_IF_MATCH)
            if found[1] is None:
                tags.add(found[2])
            place = found.end()
        if not text or text.endswith(","):
            raise BadArguments(_BAD_IF_MATCH)
        return frozenset(tags)

    def idempotency_key(self) -> str | None:
        """The Idempotency-Key, or None. Raises BadArguments."""
        values = self.headers.get(b"idempotency-key")
        if values is None:
            return None
        key = values[0].decode("latin-1").strip()
        if len(values) > 1 or not 0 < len(key) <= LONGEST_KEY or not (key.isascii() and key.isprintable()):
            raise BadArguments(f"Idempotency-Key needs 1 to {LONGEST_KEY} printable characters, once")
        return key

    async def set_up(self, work: Work[Answer], *, kept: Callable[[Answer], Answer] = lambda answer: answer) -> Answer:
        """Change the set-up under the request's If-Match and Idempotency-Key. `kept`: what a repetition gets."""
        key = self.idempotency_key()
        retry = None if key is None else self._retry_of(key, self.path, self.query, self.body)
        asker = Asker(actor=self.actor, now=self.now, if_match=self.if_match(), retry=retry)
        rulebook = self.desk.rulebook
        done = await setup_change.change(self.desk.db, rulebook, asker, work, lambda answer: kept(answer).packed())
        return _repeated(done) if isinstance(done, bytes) else done

    def _retry(self, key: str, ref: Ref, asked: Any) -> Retry:
        # The customer is part of it: two keys of one integrator may see different orders.
        return self._retry_of(key, self.path, ref.given, ref.by, ref.customer, asked)

    def _retry_of(self, key: str, *asked: Any) -> Retry:
        identity = repr((self.method, self.route, *asked))
        return Retry(self.actor.name, key, sha256(identity.encode()).digest())


def _repeated(stored: bytes) -> Answer:
    answer = Answer.unpacked(stored)
    answer.headers.append(REPLAYED)
    return answer


def refused_call(refusal: Refused, headers: Headers) -> Answer:
    """The answer to a request that did not get as far as a Call."""
    problem = any(b"application/problem+json" in value.lower() for value in headers.get(b"accept", ()))
    return error_answer(refusal, problem=problem)
