"""Ids made by the application: UUIDv7, so that they sort by time and no database hands them out."""

from __future__ import annotations

import os

from traylane.clock import Instant

NIL = bytes(16)
"""The subject of events that are about the laboratory's set-up rather than an order."""


def new_id(now: Instant) -> bytes:
    """A UUIDv7 (RFC 9562) as its sixteen bytes."""
    noise = bytearray(os.urandom(10))
    noise[0] = noise[0] & 0x0F | 0x70
    noise[2] = noise[2] & 0x3F | 0x80
    return now.to_bytes(6, "big") + bytes(noise)


def to_text(id_: bytes) -> str:
    """The usual 8-4-4-4-12 spelling."""
    text = id_.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
