"""Signatures: what we send is what the libraries of Standard Webhooks accept."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest
import standardwebhooks
import svix

from traylane.signatures import BadSignature, new_secret, signed_headers, verify

BODY = b'{"type":"order.cancelled","timestamp":"2026-11-02T09:15:00.000Z","data":{"orderNumber":"72544"}}'
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def test_the_signature_is_the_one_of_the_specifications_example() -> None:
    headers = signed_headers(
        id_="msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp=1614265330, body=b'{"test": 2432232314}', using=[SECRET]
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("library", [svix.Webhook, standardwebhooks.Webhook])
@pytest.mark.parametrize("place", [0, 1])
def test_libraries_accept_what_we_sign(library: type[svix.Webhook], place: int) -> None:
    secrets = [new_secret(), new_secret()]
    headers = signed_headers(id_="msg_1", timestamp=int(time.time()), body=BODY, using=secrets)
    library(secrets[place]).verify(BODY, headers)
    with pytest.raises((svix.WebhookVerificationError, standardwebhooks.WebhookVerificationError)):
        library(secrets[place]).verify(BODY + b" ", headers)


@pytest.mark.parametrize("library", [svix.Webhook, standardwebhooks.Webhook])
def test_we_accept_what_libraries_sign(library: type[svix.Webhook]) -> None:
    secret, now = new_secret(), time.time()
    signature = library(secret).sign("msg_1", datetime.fromtimestamp(int(now), UTC), BODY.decode())
    headers = {"webhook-id": "msg_1", "webhook-timestamp": str(int(now)), "webhook-signature": signature}
    verify(headers=headers, body=BODY, secret=secret, now=now)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"webhook-id": "msg_2"}, "no signature is right"),
        ({"webhook-timestamp": "1793610901"}, "no signature is right"),
        ({"webhook-timestamp": "1793610599"}, "too old"),
        ({"webhook-timestamp": "soon"}, "is missing"),
        ({"webhook-id": ""}, "is missing"),
        ({"webhook-signature": ""}, "no signature is right"),
        ({"webhook-signature": "v1,é"}, "no signature is right"),
    ],
)
def test_what_was_changed_on_the_way_is_refused(change: dict[str, str], why: str) -> None:
    headers = signed_headers(id_="msg_1", timestamp=1793610900, body=BODY, using=[SECRET])
    verify(headers=headers, body=BODY, secret=SECRET, now=1793610900.0)
    with pytest.raises(BadSignature, match=why):
        verify(headers=headers | change, body=BODY, secret=SECRET, now=1793610900.0)


def test_another_body_and_another_secret_are_refused() -> None:
    headers = signed_headers(id_="msg_1", timestamp=1793610900, body=BODY, using=[SECRET])
    for body, secret in ((BODY + b" ", SECRET), (BODY, new_secret()), (BODY, "no base64!")):
        with pytest.raises(BadSignature):
            verify(headers=headers, body=body, secret=secret, now=1793610900.0)
