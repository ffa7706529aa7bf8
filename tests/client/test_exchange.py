"""What is tried again, when, and with which key: no wire, no waiting."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from traylane.client import AnswerLost, NotReached, NotTraylane, Patience, Refused
from traylane.client.ask import Ask
from traylane.client.exchange import Exchange
from traylane.client.refusals import Busy, Changed, KeyInUse, OutcomeUnknown, RateLimited

CALM = Patience(tries=3, seconds=10, chance=lambda: 0.0)
FETCH = Ask[Any](method="GET", path="/x")
CANCEL = Ask[Any](method="DELETE", path="/x", changes=True, keyed=True)
UNKEYED = Ask[Any](method="POST", path="/x", changes=True)


def exchange(ask: Ask[Any], patience: Patience = CALM) -> Exchange[Any]:
    return Exchange(ask, "tl_live_x", patience, now=0.0)


def answer(exchange: Exchange[Any], status: int, code: str, wait: str | None = None, *, now: float = 0.0) -> Any:
    body = msgspec.json.encode({"error": "No", "details": [], "code": code})
    return exchange.after_answer(status, {} if wait is None else {"retry-after": wait}, body, now=now)


def test_what_changes_something_gets_a_key_of_its_own() -> None:
    first, second = exchange(CANCEL), exchange(CANCEL)
    assert first.headers["Idempotency-Key"] != second.headers["Idempotency-Key"]
    assert "Idempotency-Key" not in exchange(FETCH).headers
    assert "Idempotency-Key" not in exchange(UNKEYED).headers


def test_a_key_that_is_given_is_sent() -> None:
    ask = Ask[Any](method="DELETE", path="/x", changes=True, keyed=True, idempotency_key="K1")
    assert exchange(ask).headers["Idempotency-Key"] == "K1"


@pytest.mark.parametrize(
    ("status", "code"), [(409, "key_in_use"), (429, "rate_limited"), (503, "busy"), (503, "outcome_unknown")]
)
def test_what_may_pass_is_tried_again_after_the_time_that_was_said(status: int, code: str) -> None:
    assert answer(exchange(CANCEL), status, code, "2") == 2.0


@pytest.mark.parametrize(
    ("status", "code", "wait", "kind"),
    [
        (409, "restored_since", "1", Refused),
        (412, "changed", "1", Changed),
        (503, "busy", None, Busy),
        (429, "rate_limited", "11", RateLimited),
    ],
)
def test_what_does_not_pass_is_raised_at_once(status: int, code: str, wait: str | None, kind: type[Refused]) -> None:
    with pytest.raises(kind) as caught:
        answer(exchange(CANCEL), status, code, wait)
    assert caught.value.given_code == code


def test_an_unknown_outcome_is_not_tried_again_without_a_key() -> None:
    with pytest.raises(OutcomeUnknown):
        answer(exchange(UNKEYED), 503, "outcome_unknown", "1")
    assert answer(exchange(UNKEYED), 503, "busy", "1") == 1.0


def test_tries_are_bounded() -> None:
    trying = exchange(CANCEL)
    assert [answer(trying, 409, "key_in_use", "1") for _ in range(2)] == [1.0, 1.0]
    with pytest.raises(KeyInUse):
        answer(trying, 409, "key_in_use", "1")


def test_time_is_bounded_over_all_tries() -> None:
    trying = exchange(CANCEL)
    assert answer(trying, 503, "busy", "4", now=5.0) == 4.0
    with pytest.raises(Busy):
        answer(trying, 503, "busy", "2", now=9.0)


def test_a_lost_answer_is_asked_for_again_under_the_same_key() -> None:
    trying = exchange(CANCEL)
    key = trying.headers["Idempotency-Key"]
    assert trying.after_failure(OSError(), sent=True, now=0.0) == 0.05
    assert trying.after_failure(OSError(), sent=True, now=0.0) == 0.1
    with pytest.raises(AnswerLost) as caught:
        trying.after_failure(OSError(), sent=True, now=0.0)
    assert caught.value.idempotency_key == trying.headers["Idempotency-Key"] == key


def test_a_lost_answer_without_a_key_is_never_asked_for_again() -> None:
    with pytest.raises(AnswerLost):
        exchange(UNKEYED).after_failure(OSError(), sent=True, now=0.0)
    assert exchange(UNKEYED).after_failure(OSError(), sent=False, now=0.0) == 0.05


def test_who_is_not_reached_says_so() -> None:
    with pytest.raises(NotReached):
        exchange(FETCH, Patience(tries=1)).after_failure(OSError(), sent=False, now=0.0)


def test_waits_are_spread() -> None:
    late = Patience(chance=lambda: 1.0)
    assert exchange(FETCH, late).after_failure(OSError(), sent=False, now=0.0) == 0.1
    assert answer(exchange(FETCH, late), 503, "busy", "3") == 4.0


def test_a_code_of_a_newer_service_is_a_refusal() -> None:
    with pytest.raises(Refused) as caught:
        answer(exchange(FETCH), 400, "not_known_yet")
    assert (caught.value.code, caught.value.given_code) == ("", "not_known_yet")


def test_a_redirect_is_no_answer_of_ours() -> None:
    with pytest.raises(NotTraylane):
        exchange(FETCH).after_answer(301, {}, b"", now=0.0)
