"""Whatever is changed behind the service's back is detected by `verify` and the signed heads (R22)."""

from __future__ import annotations

import random
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.builders import A_DAY, NOW, execute
from tests.orders.test_audit import laboratory
from tests.reliability.promised import Tried, engine, seed, size
from tests.reliability.tampering import OF_THE_CHAIN, OF_THE_ORDERS, Intruder, Tamper, a_cut_tail, a_recomputed_chain
from traylane.clock import Instant
from traylane.db.database import Database, Sql
from traylane.db.ids import new_id
from traylane.events import seal
from traylane.events.heads import Heads
from traylane.events.verify import ChainBroken, verify
from traylane.orders.audit import audit

pytestmark = [pytest.mark.slow, pytest.mark.promise("R22"), pytest.mark.timeout(600)]

EACH = size(ci=8, full=1_000)
SEED = seed(22)


async def signed_laboratory(db: Database, heads: Heads) -> Intruder:
    """A laboratory that has worked, its head signed now and then, and somebody who gets in."""
    await laboratory(db)
    if not db.seals_on_write:
        await db.write(lambda tx: seal.seal_some(tx, new_id(NOW)))
    rows = await execute(db, Sql.same("SELECT position, hash FROM events ORDER BY position"))
    for position, hash_ in [*rows[::5], rows[-1]]:
        heads.append(position=position, hash_=hash_, now=NOW)
    intruder = Intruder(db, random.Random(SEED))
    await intruder.break_in()
    return intruder


async def is_noticed(db: Database, heads: Heads | None, *, orders: bool = False) -> bool:
    """What `traylane verify` finds, with the signed heads and with `--orders` as asked."""
    try:
        await verify(db, heads.read() if heads is not None else ())
    except ChainBroken:
        return True
    return orders and bool((await audit(db, ZoneInfo("UTC"), until=Instant(NOW + A_DAY))).broken)


@pytest.mark.parametrize("tamper", OF_THE_CHAIN, ids=lambda tamper: tamper.__name__)
async def test_the_signed_heads_show_it(db: Database, tmp_path: Path, tamper: Tamper, tried: Tried) -> None:
    heads = Heads(str(tmp_path / "heads"))
    intruder = await signed_laboratory(db, heads)
    missed = []
    for _ in range(EACH):
        what = await tamper(intruder)
        if not await is_noticed(db, heads):
            missed.append(what)
        await intruder.put_back()
    assert missed == []
    assert not await is_noticed(db, heads, orders=True)
    tried(f"{engine(db)}, {tamper.__name__.replace('_', ' ')}: {EACH}, seed {SEED}: all detected")


@pytest.mark.parametrize("tamper", OF_THE_ORDERS, ids=lambda tamper: tamper.__name__)
async def test_the_audit_shows_it(db: Database, tmp_path: Path, tamper: Tamper, tried: Tried) -> None:
    heads = Heads(str(tmp_path / "heads"))
    intruder = await signed_laboratory(db, heads)
    missed = []
    for _ in range(EACH):
        what = await tamper(intruder)
        if not await is_noticed(db, heads, orders=True):
            missed.append(what)
        await intruder.put_back()
    assert missed == []
    tried(f"{engine(db)}, {tamper.__name__.replace('_', ' ')}: {EACH}, seed {SEED}: all detected")


@pytest.mark.control
@pytest.mark.parametrize("tamper", [a_recomputed_chain, a_cut_tail], ids=lambda tamper: tamper.__name__)
async def test_without_the_signed_heads_it_is_not_noticed(db: Database, tmp_path: Path, tamper: Tamper) -> None:
    """What the heads are for: the chain that was computed anew is whole in itself."""
    intruder = await signed_laboratory(db, Heads(str(tmp_path / "heads")))
    await tamper(intruder)
    assert not await is_noticed(db, None)


async def test_a_head_that_was_not_signed_here_is_not_believed(db: Database, tmp_path: Path) -> None:
    heads, others = Heads(str(tmp_path / "heads")), Heads(str(tmp_path / "others"))
    intruder = await signed_laboratory(db, heads)
    await a_recomputed_chain(intruder)
    events = await intruder.events()
    others.append(position=events[-1][7], hash_=events[-1][8], now=NOW)
    (tmp_path / "heads").write_bytes((tmp_path / "others").read_bytes())
    with pytest.raises(ValueError, match="was not signed by this key"):
        list(heads.read())
