"""Signed heads: every few minutes the head of the event chain goes to a file outside the database.

Whoever rewrites or shortens the chain in the database would have to rewrite this file too, and to know the key that
signs it. Keep both where the database's administrator cannot write.
"""

from __future__ import annotations

import hmac
import os
import secrets
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import msgspec

from traylane.clock import Instant, to_text
from traylane.errors import Fault

KEY_BYTES = 32


class Head(msgspec.Struct, frozen=True):
    """Position and hash of the last sealed event at an instant, and the signature of the three."""

    position: int
    hash: str
    at: str
    signature: str


class Heads:
    """A file of signed heads, one JSON object a line, and the key beside it (`<file>.key`, readable by its owner)."""

    def __init__(self, path: str) -> None:
        self._path = Path(path)
        self._key = _key_at(self._path.with_name(self._path.name + ".key"))

    def append(self, *, position: int, hash_: bytes, now: Instant) -> None:
        """Sign a head and write it, on disk before this returns. Raises errors.Fault when it cannot be written."""
        at = to_text(now)
        line = msgspec.json.encode(Head(position, hash_.hex(), at, self._sign(position, hash_.hex(), at))) + b"\n"
        try:
            with self._path.open("ab") as file:
                file.write(line)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise Fault(f"Cannot write the signed heads to {self._path}: {error.strerror}") from error

    def read(self) -> Iterator[Head]:
        """Every head whose signature is right, oldest first. Raises ValueError that names the first bad line."""
        if not self._path.exists():
            return
        for number, line in enumerate(self._path.read_bytes().splitlines(), 1):
            try:
                head = msgspec.json.decode(line, type=Head)
            except msgspec.DecodeError:
                raise ValueError(f"line {number} of the signed heads is not a head") from None
            if not hmac.compare_digest(head.signature, self._sign(head.position, head.hash, head.at)):
                raise ValueError(f"line {number} of the signed heads was not signed by this key")
            yield head

    def _sign(self, position: int, hash_: str, at: str) -> str:
        return hmac.new(self._key, f"{position} {hash_} {at}".encode(), sha256).hexdigest()


def _key_at(path: Path) -> bytes:
    try:
        if not path.exists():
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_hex(KEY_BYTES))
        return bytes.fromhex(path.read_text())
    except FileExistsError:
        return _key_at(path)  # another process was quicker
    except (OSError, ValueError) as error:
        raise Fault(f"Cannot use the key of the signed heads, {path}: give the service's user access to it") from error
