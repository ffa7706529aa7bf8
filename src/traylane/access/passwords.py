"""Passwords: argon2id, computed beside the event loop."""

from __future__ import annotations

import asyncio
import threading
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

SHORTEST = 10
LONGEST = 200
_AT_ONCE = threading.Semaphore(2)
"""Each takes 64 MiB and a core for a while: a burst of sign-ins must not take the service down."""
_hasher = PasswordHasher()


@cache
def _nobodys() -> str:
    # At the first sign-in, not at the start: it takes as long as a sign-in.
    return _hasher.hash("nobody has this password")


def hash_password(password: str) -> str:
    """The argon2id hash. Takes about 50 ms: not to be called on the event loop."""
    with _AT_ONCE:
        return _hasher.hash(password)


async def fits(password: str, hash_: str | None) -> bool:
    """Whether the password is the hash's; takes as long without a hash, so that nobody learns who exists."""

    def check() -> bool:
        with _AT_ONCE:
            nobodys = _nobodys()
            try:
                return _hasher.verify(hash_ or nobodys, password)
            except VerifyMismatchError:
                return False

    return await asyncio.to_thread(check) and hash_ is not None
