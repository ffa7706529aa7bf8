"""The sealer: a gap-free place in the feed and a chain of hashes, whoever commits when."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import asyncpg
import pytest

from tests.builders import NOW, cancel, check_in, desk, execute, make_order, make_orders, make_station
from traylane.clock import Instant
from traylane.db.database import Database, Row, Sql
from traylane.db.ids import new_id
from traylane.events import seal
from traylane.events.heads import Head
from traylane.events.seal import GENESIS, Event, chained, in_order, seal_some
from traylane.events.verify import ChainBroken, verify

HOLDER = new_id(NOW)
FEED = Sql.same(
    "SELECT id, subject_id, seq, type, at, actor, data, position, hash FROM events ORDER BY position, subject_id, seq"
)


async def sealed(db: Database) -> None:
    """Everything that is committed gets its place."""
    if not db.seals_on_write:
        await db.write(lambda tx: seal_some(tx, HOLDER))


async def until_sealed(db: Database, position: int) -> None:
    for _ in range(500):
        if (await db.read(seal.head))[0] >= position:
            return
        await asyncio.sleep(0.02)


async def feed(db: Database) -> Sequence[Row]:
    return await execute(db, FEED)


async def five_events(db: Database) -> None:
    await make_station(db)
    await make_orders(db, ["1", "2"])
    at_the_desk = desk(db)
    for number in ("1", "2", "1"):
        await check_in(at_the_desk, number)
    for number in ("1", "2"):
        await cancel(at_the_desk, number)
    await sealed(db)


async def test_events_get_gap_free_places_and_a_chain(db: Database) -> None:
    await five_events(db)

    rows = await feed(db)
    hashes = [GENESIS]
    for row in rows:
        hashes.append(chained(hashes[-1], Event(*row[:7])))
    assert [row[7] for row in rows] == [1, 2, 3, 4, 5]
    assert [row[8] for row in rows] == hashes[1:]
    assert await db.read(seal.head) == (5, hashes[5])


async def test_before_the_first_event_the_head_is_the_beginning(db: Database) -> None:
    assert await db.read(seal.head) == (0, bytes(32))
    assert (await verify(db, [])).events == 0


def test_a_hash_binds_every_field_and_the_event_before() -> None:
    event = Event(b"i" * 16, b"s" * 16, 2, "order.cancelled", NOW, "portal", "{}")
    others = [
        Event(b"j" * 16, b"s" * 16, 2, "order.cancelled", NOW, "portal", "{}"),
        Event(b"i" * 16, b"t" * 16, 2, "order.cancelled", NOW, "portal", "{}"),
        Event(b"i" * 16, b"s" * 16, 3, "order.cancelled", NOW, "portal", "{}"),
        Event(b"i" * 16, b"s" * 16, 2, "order.cancelle", NOW, "portal", "{}"),
        Event(b"i" * 16, b"s" * 16, 2, "order.cancelled", Instant(NOW + 1), "portal", "{}"),
        Event(b"i" * 16, b"s" * 16, 2, "order.cancelled", NOW, "portal{", "}"),
    ]

    hashes = {chained(GENESIS, other) for other in [event, *others]} | {chained(b"x" * 32, event)}

    assert len(hashes) == 8


def test_the_chain_is_the_same_in_every_version() -> None:
    event = Event(bytes(range(16)), bytes(16), 2, "order.cancelled", Instant(1793610900000), "portal", '{"a":1}')

    assert chained(GENESIS, event).hex() == "8e02927c81027d19188144fd54af91cb625246399404d9815fcb7450d3ebc293"


async def test_the_chain_is_followed_piece_by_piece(db: Database) -> None:
    await five_events(db)

    after, hash_ = 0, GENESIS
    pages = []
    for _ in range(4):
        page = await db.read(lambda tx, a=after, h=hash_: seal.follow(tx, after=a, hash_=h, limit=2))  # type: ignore[misc]
        after, hash_ = [(after, hash_), *page][-1]
        pages.append([position for position, _ in page])

    assert pages == [[1, 2], [3, 4], [5], []]
    assert (after, hash_) == await db.read(seal.head)


async def test_a_whole_chain_fits_its_signed_head(db: Database) -> None:
    await five_events(db)
    position, hash_ = await db.read(seal.head)

    verified = await verify(db, [a_head(position, hash_)])

    assert (verified.events, verified.heads) == (5, 1)


@pytest.mark.parametrize("cut", ["DELETE FROM events WHERE position = 5", "DELETE FROM events WHERE position > 2"])
async def test_a_cut_tail_does_not_fit_the_signed_head(db: Database, cut: str) -> None:
    await five_events(db)
    signed = a_head(*await db.read(seal.head))
    await lift_the_triggers(db)
    await execute(db, Sql.same(cut))

    with pytest.raises(ChainBroken):
        await verify(db, [signed])

    assert (await verify(db, [])).events < 5


async def test_a_chain_that_was_computed_anew_does_not_fit_the_signed_head(db: Database) -> None:
    await five_events(db)
    signed = a_head(*await db.read(seal.head))
    await lift_the_triggers(db)
    await execute(db, Sql.same("UPDATE events SET actor = 'x' WHERE position = 3"))
    hash_ = GENESIS
    for row in await feed(db):
        hash_ = chained(hash_, Event(*row[:7]))
        await execute(db, Sql.same("UPDATE events SET hash = $1 WHERE position = $2"), hash_, row[7])

    with pytest.raises(ChainBroken):
        await verify(db, [signed])

    assert (await verify(db, [])).events == 5


def a_head(position: int, hash_: bytes) -> Head:
    return Head(position=position, hash=hash_.hex(), at="2026-11-02T09:15:00.000Z", signature="")


async def lift_the_triggers(db: Database) -> None:
    for trigger in ("events_keep", "events_stay"):
        await execute(db, Sql(f"DROP TRIGGER {trigger}", f"DROP TRIGGER {trigger} ON events"))


SWAP = """
    UPDATE events SET position = CASE position WHEN 2 THEN 1002 ELSE 1003 END WHERE position IN (2, 3);
    UPDATE events SET position = CASE position WHEN 1002 THEN 3 ELSE 2 END WHERE position > 1000"""
TAMPERED = [
    # what somebody did to the database → what verify says
    ("UPDATE events SET data = '{}' WHERE position = 3", "position 3 is not the one"),
    ("UPDATE events SET actor = 'x' WHERE position = 1", "position 1 is not the one"),
    ("UPDATE events SET at = at + 1 WHERE position = 5", "position 5 is not the one"),
    ("DELETE FROM events WHERE position = 2", "no event at position 2"),
    ("DELETE FROM events WHERE position = 1", "no event at position 1"),
    (SWAP, "position 2 is not the one"),
    ("UPDATE events SET position = position + 1 WHERE position = 5", "no event at position 5"),
    (
        "UPDATE events SET hash = (SELECT hash FROM events WHERE position = 1) WHERE position = 4",
        "position 4 is not the one",
    ),
    (
        "DELETE FROM events WHERE position = 4; UPDATE events SET position = 4 WHERE position = 5",
        "position 4 is not the one",
    ),
]


@pytest.mark.parametrize(("tampering", "complaint"), TAMPERED)
async def test_edits_deletions_swaps_and_gaps_are_found(db: Database, tampering: str, complaint: str) -> None:
    await five_events(db)
    await lift_the_triggers(db)
    for statement in tampering.split(";"):
        await execute(db, Sql.same(statement))

    with pytest.raises(ChainBroken, match=complaint):
        await verify(db, [])


async def test_an_event_that_commits_late_gets_a_late_place(postgres: Database, postgres_url: str) -> None:
    await make_orders(postgres, ["1", "2"])
    link = await asyncpg.connect(postgres_url)
    slow = link.transaction()
    await slow.start()
    early_id = new_id(Instant(NOW - 60_000))
    await link.execute(
        "INSERT INTO events SELECT id, 2, $1, 'order.cancelled', 5, 'slow', '{}' FROM orders WHERE order_number = '1'",
        early_id,
    )

    await cancel(desk(postgres), "2")
    await sealed(postgres)
    reader_is_at = (await feed(postgres))[-1][7]
    await slow.commit()
    await link.close()
    await sealed(postgres)

    assert reader_is_at == 1
    assert [(row[7], row[5]) for row in await feed(postgres)] == [(1, "command line"), (2, "slow")]
    assert (await verify(postgres, [])).events == 2


def test_events_are_placed_by_time_but_those_of_one_subject_by_their_revision() -> None:
    def event(id_: int, subject: bytes, seq: int) -> Event:
        return Event(id_.to_bytes(16, "big"), subject, seq, "t", NOW, "a", "{}")

    # The clock of the node that wrote a's second event was behind.
    a2, b1, a1, b2 = event(1, b"a", 2), event(2, b"b", 1), event(3, b"a", 1), event(4, b"b", 2)

    assert in_order([b2, a1, a2, b1]) == [a1, b1, a2, b2]


async def test_only_the_holder_of_the_lease_seals(postgres: Database) -> None:
    await make_orders(postgres, ["1", "2", "3"])
    at_the_desk = desk(postgres)
    other = new_id(NOW)
    sealed_by = []
    for number in ("1", "2", "3"):
        await cancel(at_the_desk, number)
        sealed_by.append(
            (
                await postgres.write(lambda tx: seal_some(tx, HOLDER)),
                await postgres.write(lambda tx: seal_some(tx, other)),
            )
        )

    assert sealed_by == [(1, 0), (1, 0), (1, 0)]


async def test_a_lease_that_ran_out_goes_to_whoever_asks(postgres: Database) -> None:
    await make_order(postgres)
    await cancel(desk(postgres))
    other = new_id(NOW)
    await postgres.write(lambda tx: seal_some(tx, HOLDER))
    await execute(postgres, Sql.same("UPDATE lease SET until = until - 5001"))
    await make_order(postgres, "1002")
    await cancel(desk(postgres), "1002")

    assert await postgres.write(lambda tx: seal_some(tx, other)) == 1
    assert await postgres.write(lambda tx: seal_some(tx, HOLDER)) == 0


async def test_two_sealers_at_once_make_one_chain(postgres: Database) -> None:
    await make_orders(postgres, [str(n) for n in range(200)])
    at_the_desk = desk(postgres)
    sealers = [asyncio.create_task(seal.seal_forever(postgres, NOW, at_the_desk.feed.tide)) for _ in range(2)]

    await asyncio.gather(*[cancel(at_the_desk, str(n)) for n in range(200)])
    await until_sealed(postgres, 200)
    for sealer in sealers:
        sealer.cancel()
    await asyncio.gather(*sealers, return_exceptions=True)

    assert [row[7] for row in await feed(postgres)] == list(range(1, 201))
    assert (await verify(postgres, [])).events == 200


async def test_who_seals_looks_often_while_nothing_happens(postgres: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    await make_order(postgres)
    at_the_desk, sleep, slept = desk(postgres), asyncio.sleep, list[float]()

    async def noted(seconds: float) -> None:
        slept.append(seconds)
        await sleep(0)

    monkeypatch.setattr(asyncio, "sleep", noted)
    sealer = asyncio.create_task(seal.seal_forever(postgres, NOW, at_the_desk.feed.tide))
    while len(slept) < 3:
        await sleep(0.01)
    before = slept.copy()
    await cancel(at_the_desk)
    while seal.QUIET_SECONDS not in slept:
        await sleep(0.01)
    sealer.cancel()
    await asyncio.gather(sealer, return_exceptions=True)
    paused = dict.fromkeys(slept)
    assert (set(before), list(paused)) == ({seal.IDLE_SECONDS}, [seal.IDLE_SECONDS, seal.QUIET_SECONDS])


async def test_more_than_one_batch_is_sealed_in_turn(postgres: Database) -> None:
    await execute(
        postgres,
        Sql.same("""
            INSERT INTO events (id, subject_id, seq, type, at, actor, data)
            SELECT decode(lpad(to_hex(n), 32, '0'), 'hex'), decode(lpad(to_hex(n % 700), 32, '0'), 'hex'),
                n, 't', 1, 'a', '{}'
            FROM generate_series(1, 2500) AS n"""),
    )

    batches = [await postgres.write(lambda tx: seal_some(tx, HOLDER)) for _ in range(3)]

    assert sum(batches) == 2500
    assert (await verify(postgres, [])).events == 2500
