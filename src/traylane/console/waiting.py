"""A scan that came after its session had ended: it waits for the sign-in, and is done then.

It travels in the address and in the sign-in form, sealed with the secret of the browser that made it: no link from
elsewhere can put one there. It is done for the same person alone.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping

import msgspec

from traylane.console.web import Asked

LONGEST = 2_000
_OURS = ("desk", "station")


class Waiting(msgspec.Struct, frozen=True):
    """A form that waits. `text`: as it travels."""

    path: str
    fields: Mapping[str, str]
    text: str = ""

    @property
    def who(self) -> str:
        """Who made it, as events name people."""
        return self.fields.get("who", "")

    @property
    def what(self) -> str:
        """What was scanned, for people."""
        named = (self.fields.get(name, "") for name in ("order", "pick", "scan", "reason"))
        return " ".join(filter(None, named))


_read = msgspec.json.Decoder(Waiting).decode


def waiting_of(asked: Asked, secret: str | None) -> str:
    """The form of a request as it travels; empty for what is no scan of somebody who was signed in."""
    if not secret or asked.method != "POST" or asked.segments[0] not in _OURS or not asked.form.get("who"):
        return ""
    fields = {name: value for name, value in asked.form.items() if name != "token"}
    content = base64.urlsafe_b64encode(msgspec.json.encode(Waiting(asked.path, fields))).decode()
    text = f"{content}.{_seal(content, secret)}"
    return text if len(text) <= LONGEST else ""


def read_waiting(text: str, secret: str | None) -> Waiting | None:
    """The form that waits; None when there is none, or this browser did not make it."""
    content, _, seal = text.partition(".")
    if not secret or len(text) > LONGEST or not text.isascii() or not hmac.compare_digest(seal, _seal(content, secret)):
        return None
    try:
        found = _read(base64.urlsafe_b64decode(content))
    except (binascii.Error, msgspec.DecodeError):
        return None
    return msgspec.structs.replace(found, text=text)


def _seal(content: str, secret: str) -> str:
    return hmac.digest(secret.encode("utf-8", "replace"), b"waiting:" + content.encode(), "sha256").hex()
