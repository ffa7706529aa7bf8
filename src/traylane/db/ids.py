"""Ids made by the application: UUIDv7, so that they sort by time and no database hands them out."""

from __future__ import annotations

from random import Random, SystemRandom

from traylane.clock import Instant

NIL = bytes(16)
"""The subject of events that are about the laboratory's set-up rather than an order."""

# Ids are unique, not secret: seeded by the kernel once for each process, without a system call for each id.
_random_bits = Random(SystemRandom().getrandbits(512)).getrandbits  # noqa: S311
_VERSION_7 = 0x7 << 76
_VARIANT = 0b10 << 62


def new_id(now: Instant) -> bytes:
    """A UUIDv7 (RFC 9562) as its sixteen bytes."""
    return (now << 80 | _VERSION_7 | _random_bits(12) << 64 | _VARIANT | _random_bits(62)).to_bytes(16, "big")


def to_text(id_: bytes) -> str:
    """The usual 8-4-4-4-12 spelling."""
    text = id_.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def from_text(text: str) -> bytes | None:
    """Read the usual spelling; None when `text` is none."""
    digits = text.replace("-", "")
    if len(text) != 36 or len(digits) != 32 or text != text.lower():
        return None
    try:
        id_ = bytes.fromhex(digits)
    except ValueError:
        return None
    return id_ if to_text(id_) == text else None
