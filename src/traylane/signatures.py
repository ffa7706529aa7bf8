"""Secrets and signatures as Standard Webhooks has them: HMAC-SHA256 over `id.timestamp.body`."""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
from collections.abc import Iterable, Mapping
from hashlib import sha256

PREFIX = "whsec_"
SECRET_BYTES = 32
TOLERANCE = 300
"""Seconds that a message may be old, or ahead of the receiver's clock."""
ID_HEADER, TIMESTAMP_HEADER, SIGNATURE_HEADER = "webhook-id", "webhook-timestamp", "webhook-signature"


class BadSignature(Exception):
    """The message is not one that the holder of the secret sent just now; the text says why."""


def new_secret() -> str:
    """A secret that was never given before."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signed_headers(*, id_: str, timestamp: int, body: bytes, using: Iterable[str]) -> dict[str, str]:
    """The headers of a message: one signature for each secret, so that a new one and the old both verify.

    `timestamp`: whole seconds since 1970 UTC.
    """
    signatures = " ".join(_signature(secret, id_, str(timestamp), body) for secret in using)
    return {ID_HEADER: id_, TIMESTAMP_HEADER: str(timestamp), SIGNATURE_HEADER: signatures}


def verify(*, headers: Mapping[str, str], body: bytes, secret: str, now: float) -> None:
    """Check a message that came. `headers`: names in small letters; `now`: seconds since 1970 UTC.

    Raises BadSignature.
    """
    id_, timestamp = headers.get(ID_HEADER, ""), headers.get(TIMESTAMP_HEADER, "")
    if not id_ or not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) < 16):
        raise BadSignature(f"{ID_HEADER} or {TIMESTAMP_HEADER} is missing")
    if abs(now - int(timestamp)) > TOLERANCE:
        raise BadSignature("the message is too old, or the clocks differ")
    expected = _signature(secret, id_, timestamp, body)
    given = headers.get(SIGNATURE_HEADER, "").split(" ")
    if not any(hmac.compare_digest(signature.encode(), expected.encode()) for signature in given):
        raise BadSignature("no signature is right")


def _signature(secret: str, id_: str, timestamp: str, body: bytes) -> str:
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        raise BadSignature(f"the secret is not {PREFIX} and base64") from None
    digest = hmac.new(key, f"{id_}.{timestamp}.".encode() + body, sha256).digest()
    return "v1," + base64.b64encode(digest).decode()
