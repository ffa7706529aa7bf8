"""Signed heads: what is rewritten or cut off in the database shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.builders import cancel, desk, make_order
from traylane.clock import Instant
from traylane.db.database import Database
from traylane.db.ids import new_id
from traylane.db.sqlite_file import connect
from traylane.events import seal
from traylane.events.heads import Heads
from traylane.events.verify import ChainBroken, Verified, verify

NOON = Instant(1_795_435_200_000)


async def three_cancels(db: Database) -> tuple[int, bytes]:
    """Three cancelled orders, sealed; the head of the chain."""
    for number in ("1", "2", "3"):
        await make_order(db, number=number)
        await cancel(desk(db), number)
    await db.write(lambda tx: seal.seal_some(tx, new_id(NOON))) if not db.seals_on_write else None
    return await db.read(seal.head)


async def test_a_whole_chain_is_verified_with_its_heads(db: Database, tmp_path: Path) -> None:
    position, hash_ = await three_cancels(db)
    heads = Heads(str(tmp_path / "heads"))
    heads.append(position=position, hash_=hash_, now=NOON)

    assert await verify(db, heads.read()) == Verified(events=position, heads=1)


async def test_a_chain_that_was_cut_off_behind_the_signed_head_shows(db: Database, tmp_path: Path) -> None:
    position, hash_ = await three_cancels(db)
    heads = Heads(str(tmp_path / "heads"))
    heads.append(position=position + 1, hash_=hash_, now=NOON)

    with pytest.raises(ChainBroken) as broken:
        await verify(db, heads.read())

    assert broken.value.details() == [f"the chain ends at position {position}, but position {position + 1} was signed"]


async def test_a_recomputed_chain_does_not_fit_the_signed_head(db: Database, tmp_path: Path) -> None:
    position, _ = await three_cancels(db)
    heads = Heads(str(tmp_path / "heads"))
    heads.append(position=position, hash_=b"\1" * 32, now=NOON)

    with pytest.raises(ChainBroken) as broken:
        await verify(db, heads.read())

    assert broken.value.details() == [f"the event at position {position} is not the one that was signed"]


async def test_an_edited_event_shows_without_any_head(sqlite: Database, sqlite_url: str) -> None:
    await three_cancels(sqlite)
    connection = connect(sqlite_url.removeprefix("sqlite:///"))
    connection.execute("DROP TRIGGER events_keep")
    connection.execute("UPDATE events SET actor = 'somebody else' WHERE position = 2")
    connection.close()

    with pytest.raises(ChainBroken) as broken:
        await verify(sqlite, ())

    assert broken.value.details() == ["the event at position 2 is not the one that was sealed"]


def test_a_head_that_another_key_signed_is_refused(tmp_path: Path) -> None:
    Heads(str(tmp_path / "heads")).append(position=1, hash_=b"\1" * 32, now=NOON)
    (tmp_path / "heads.key").write_text("00" * 32)

    with pytest.raises(ValueError, match="line 1 of the signed heads was not signed by this key"):
        list(Heads(str(tmp_path / "heads")).read())


def test_the_key_is_its_owners_alone(tmp_path: Path) -> None:
    Heads(str(tmp_path / "heads"))

    assert (tmp_path / "heads.key").stat().st_mode & 0o777 == 0o600
