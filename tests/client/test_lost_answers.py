"""Answers that get lost on the way: the client asks again, and nothing is done twice."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from traylane.client import AnswerLost, Client, Patience

QUICK = Patience(chance=lambda: 0.0)


class Lossy(httpx.BaseTransport):
    """A wire to the real service that loses every other answer, after it was given."""

    def __init__(self) -> None:
        self._wire = httpx.HTTPTransport()
        self.requests = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.requests += 1
        answer = self._wire.handle_request(request)
        if self.requests % 2 == 0:
            return answer
        answer.read()
        answer.close()
        raise httpx.ReadError("cut", request=request)

    def close(self) -> None:
        self._wire.close()


@pytest.fixture
def lossy() -> Iterator[Lossy]:
    """The wire."""
    wire = Lossy()
    yield wire
    wire.close()


def test_a_cancel_whose_answer_was_lost_is_answered_and_done_once(address: str, key: str, lossy: Lossy) -> None:
    desk = Client(address, key, patience=QUICK, transport=lossy)
    gone = desk.cancel_order("1001", delete_reason="CUS")
    assert (gone["orderNumber"], gone["revision"], lossy.requests) == ("1001", 2, 2)
    assert desk.list_order_events_page("1001")["total"] == 1


def test_scans_whose_answers_were_lost_count_once(address: str, key: str, lossy: Lossy) -> None:
    desk = Client(address, key, patience=QUICK, transport=lossy)
    for _ in range(5):
        desk.check_in("RCV", {"orderIdentifier": "1001"})
    assert lossy.requests == 10
    assert desk.list_order_events_page("1001")["total"] == 5


def test_who_does_not_ask_again_gets_the_key_to_do_so_later(address: str, key: str, desk: Client, lossy: Lossy) -> None:
    hasty = Client(address, key, patience=Patience(tries=1), transport=lossy)
    with pytest.raises(AnswerLost) as caught:
        hasty.check_in("RCV", {"orderIdentifier": "1001"})
    desk.check_in("RCV", {"orderIdentifier": "1001"}, idempotency_key=caught.value.idempotency_key)
    assert desk.list_order_events_page("1001")["total"] == 1


def test_without_a_key_it_is_done_twice(address: str, key: str, desk: Client, lossy: Lossy) -> None:
    hasty = Client(address, key, patience=Patience(tries=1), transport=lossy)
    with pytest.raises(AnswerLost):
        hasty.check_in("RCV", {"orderIdentifier": "1001"})
    desk.check_in("RCV", {"orderIdentifier": "1001"})
    assert desk.list_order_events_page("1001")["total"] == 2
