"""Check the event chain: every position there, every hash right, every signed head on it."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from traylane.db.database import Database, Transaction
from traylane.errors import Refused
from traylane.events import seal
from traylane.events.heads import Head

PAGE = 1_000


class ChainBroken(Refused):
    """The events are not the ones that were sealed. `what`: where it shows first."""

    code = "chain_broken"
    sentence = "The event chain is broken"

    def details(self) -> list[str]:
        return [str(self.data["what"])]


class Verified(msgspec.Struct, frozen=True):
    """A whole chain: how many sealed events it has, and how many signed heads lie on it."""

    events: int
    heads: int


async def verify(db: Database, heads: Iterable[Head]) -> Verified:
    """Follow the whole chain in pages of short reads. Raises ChainBroken."""
    try:
        signed = _by_position(heads)
        last = await _follow(db, signed)
    except ValueError as error:
        raise ChainBroken(what=error) from error
    return Verified(events=last, heads=len(signed))


def _by_position(heads: Iterable[Head]) -> dict[int, str]:
    signed: dict[int, str] = {}
    for head in heads:
        if signed.setdefault(head.position, head.hash) != head.hash:
            raise ValueError(f"two signed heads at position {head.position} differ")
    return signed


async def _follow(db: Database, signed: dict[int, str]) -> int:
    position, hash_ = 0, seal.GENESIS
    missing = set(signed) - {0}
    while True:
        page = await db.read(lambda tx: _page(tx, position, hash_))  # noqa: B023 (awaited at once)
        for place, reached in page:
            if signed.get(place, reached.hex()) != reached.hex():
                raise ValueError(f"the event at position {place} is not the one that was signed")
            missing.discard(place)
        if not page:
            break
        position, hash_ = page[-1]
    if missing:
        raise ValueError(f"the chain ends at position {position}, but position {max(missing)} was signed")
    return position


async def _page(tx: Transaction, position: int, hash_: bytes) -> list[tuple[int, bytes]]:
    return await seal.follow(tx, after=position, hash_=hash_, limit=PAGE)
