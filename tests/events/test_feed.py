"""The feed: every event once, whoever commits when, and a cursor that says when it can go on no longer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import asyncpg
import pytest

from tests.builders import A_DAY, NOW, cancel, check_in, desk, execute, make_order, make_orders, make_station
from tests.events.test_seal import lift_the_triggers, sealed
from traylane.clock import Instant
from traylane.db.database import Database, Sql
from traylane.db.ids import new_id
from traylane.events import feed
from traylane.events.feed import KEPT, READ_AT_ONCE, Cursor, CursorGone, Feed, Page, parse_cursor, types_named
from traylane.events.seal import Event

FORGED = Sql.same("UPDATE events SET at = $1 WHERE position <= $2")


def feed_of(db: Database, now: Instant = NOW) -> Feed:
    return Feed(db, lambda: now)


def everything(_event: Event) -> bool:
    return True


async def nobody_objects() -> None:
    return None


async def read(feed: Feed, after: Cursor | None = None, limit: int = 1000) -> Page:
    return await feed.read(after, fits=everything, limit=limit)


def numbers(page: Page) -> list[tuple[int, str]]:
    return [(placed.cursor.position, placed.event.type) for placed in page.events]


async def five_events(db: Database) -> None:
    await make_station(db)
    await make_orders(db, ["1", "2"])
    for number in ("1", "2", "1"):
        await check_in(desk(db), number)
        await sealed(db)  # events of one millisecond that are sealed together have no order
    for number in ("1", "2"):
        await cancel(desk(db), number)
        await sealed(db)


async def test_every_event_comes_once_in_its_place(db: Database) -> None:
    await five_events(db)
    page = await read(feed_of(db))
    # Events of two orders in one millisecond have no order among them.
    assert [n for n, _ in numbers(page)] == [1, 2, 3, 4, 5]
    assert sorted(type_ for _, type_ in numbers(page)) == ["order.cancelled"] * 2 + ["order.checked_in"] * 3
    assert (page.cursor.position, page.more) == (5, False)


async def test_a_reader_goes_on_after_its_cursor(db: Database) -> None:
    await five_events(db)
    feed = feed_of(db)
    first = await read(feed, limit=2)
    second = await read(feed, first.cursor, limit=2)
    third = await read(feed, second.cursor, limit=2)
    assert [[n for n, _ in numbers(page)] for page in (first, second, third)] == [[1, 2], [3, 4], [5]]
    assert [first.more, second.more, third.more] == [True, True, False]


async def test_what_does_not_fit_is_passed_and_the_cursor_moves_on(db: Database) -> None:
    await five_events(db)
    page = await feed_of(db).read(None, fits=lambda event: event.type == "order.checked_in", limit=1000)
    assert [type_ for _, type_ in numbers(page)] == ["order.checked_in"] * 3
    assert page.cursor.position == 5


async def test_more_events_than_one_read_takes_all_come(db: Database) -> None:
    await make_station(db)
    count = READ_AT_ONCE + 7
    await make_orders(db, [str(n) for n in range(1, count + 1)])
    at_the_desk = desk(db)
    await asyncio.gather(*(cancel(at_the_desk, str(n)) for n in range(1, count + 1)))
    await sealed(db)
    page = await read(feed_of(db))
    assert [n for n, _ in numbers(page)] == list(range(1, count + 1))


async def test_others_get_their_turn_between_two_pages(sqlite: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader who wants none of many thousands of events holds up nobody: reads on SQLite run on the loop."""
    monkeypatch.setattr(feed, "READ_AT_ONCE", 1)
    await five_events(sqlite)
    reading = asyncio.create_task(feed_of(sqlite).read(None, fits=lambda _: False))
    turns = 0
    while not reading.done():
        turns += 1
        await asyncio.sleep(0)
    assert turns >= 5


async def test_an_event_that_commits_late_is_not_skipped(postgres: Database, postgres_url: str) -> None:
    """Its id and time are older than those of events that were read before it was there."""
    await make_order(postgres, "1")
    late = await asyncpg.connect(postgres_url)
    held = late.transaction()
    await held.start()
    old = new_id(Instant(NOW - 60_000))
    await late.execute(_LATE, old, bytes(15) + b"\1", NOW - 60_000)
    await cancel(desk(postgres), "1")
    await sealed(postgres)
    first = await read(feed_of(postgres))
    await held.commit()
    await late.close()
    await sealed(postgres)
    second = await read(feed_of(postgres), first.cursor)
    assert [p.event.type for p in first.events] == ["order.cancelled"]
    assert [p.event.id for p in second.events] == [old]
    # A reader that follows ids or times would have gone past it:
    assert old < first.events[0].event.id


async def test_two_readers_of_two_processes_see_the_same(postgres: Database, postgres_url: str) -> None:
    from traylane.db import connect  # noqa: PLC0415

    await five_events(postgres)
    other = connect.database(postgres_url)
    await other.open()
    mine, theirs = await read(feed_of(postgres)), await read(feed_of(other))
    await other.close()
    assert mine == theirs


async def test_the_newest_cursor_reads_nothing(db: Database) -> None:
    await five_events(db)
    feed = feed_of(db)
    page = await read(feed, await feed.newest())
    assert (page.events, page.cursor.position) == ((), 5)


async def test_after_a_loss_who_saw_what_is_lost_is_told(db: Database) -> None:
    await five_events(db)
    feed = feed_of(db)
    seen_four = (await read(feed, limit=4)).cursor
    await lift_the_triggers(db)
    await execute(db, Sql.same("DELETE FROM events WHERE position > 3"))
    await feed.begin_epoch()
    with pytest.raises(CursorGone) as gone:
        await read(feed, seen_four)
    oldest = Cursor((await feed.newest()).epoch, 0)
    assert gone.value.data["why"] == "lost"
    assert gone.value.details() == [f"Provided: {seen_four}", f"Oldest valid: {oldest}"]


async def test_after_a_loss_who_had_not_seen_it_goes_on(db: Database) -> None:
    await five_events(db)
    feed = feed_of(db)
    seen_two = (await read(feed, limit=2)).cursor
    await lift_the_triggers(db)
    await execute(db, Sql.same("DELETE FROM events WHERE position > 3"))
    begun = await feed.begin_epoch()
    page = await read(feed, seen_two)
    assert [n for n, _ in numbers(page)] == [3]
    assert (page.cursor.epoch, begun.position) == (begun.epoch, 3)


async def test_a_second_loss_shortens_what_an_older_epoch_kept(db: Database) -> None:
    await five_events(db)
    feed = feed_of(db)
    seen_three = (await read(feed, limit=3)).cursor
    await lift_the_triggers(db)
    await execute(db, Sql.same("DELETE FROM events WHERE position > 4"))
    await feed.begin_epoch()
    await execute(db, Sql.same("DELETE FROM events WHERE position > 2"))
    await feed.begin_epoch()
    with pytest.raises(CursorGone):
        await read(feed, seen_three)


async def test_a_cursor_beyond_the_end_is_refused(db: Database) -> None:
    await five_events(db)
    feed = feed_of(db)
    newest = await feed.newest()
    with pytest.raises(CursorGone):
        await read(feed, Cursor(newest.epoch, 6))


async def test_a_cursor_of_another_database_is_refused(db: Database) -> None:
    await five_events(db)
    with pytest.raises(CursorGone) as gone:
        await read(feed_of(db), Cursor(1, 0))
    assert gone.value.data["why"] == "unknown"


async def test_the_feed_reaches_90_days_back(db: Database) -> None:
    await five_events(db)
    feed = feed_of(db)
    await lift_the_triggers(db)
    await execute(db, FORGED, NOW - KEPT - 1, 2)
    page = await read(feed)
    with pytest.raises(CursorGone) as gone:
        await read(feed, Cursor(page.cursor.epoch, 1))
    assert [n for n, _ in numbers(page)] == [3, 4, 5]
    assert (gone.value.data["why"], gone.value.data["oldest"].position) == ("expired", 2)
    assert (KEPT, (await read(feed, gone.value.data["oldest"])).events) == (90 * A_DAY, page.events)


async def _wait(feed: Feed, after: Cursor, seconds: float, confirm: Callable[[], Awaitable[None]]) -> Page:
    return await feed.wait(after, fits=everything, limit=10, seconds=seconds, confirm=confirm)


async def test_who_waits_is_told_when_something_comes(db: Database) -> None:
    await five_events(db)
    await make_order(db, "3")
    feed = feed_of(db)
    waiting = asyncio.create_task(_wait(feed, await feed.newest(), 20, nobody_objects))
    await asyncio.sleep(0.1)
    await cancel(desk(db), "3")
    await sealed(db)
    page = await asyncio.wait_for(waiting, 5)
    assert numbers(page) == [(6, "order.cancelled")]


async def test_who_waits_in_vain_gets_an_empty_page(db: Database) -> None:
    await five_events(db)
    feed = feed_of(db)
    page = await _wait(feed, await feed.newest(), 0.15, nobody_objects)
    assert (page.events, page.cursor.position, page.more) == ((), 5, False)


async def test_who_may_no_longer_read_is_stopped_while_it_waits(db: Database) -> None:
    await five_events(db)
    await make_order(db, "3")
    feed = feed_of(db)
    asked = 0

    async def confirm() -> None:
        nonlocal asked
        asked += 1
        if asked == 2:
            raise PermissionError

    waiting = asyncio.create_task(_wait(feed, await feed.newest(), 20, confirm))
    await asyncio.sleep(0.1)
    await cancel(desk(db), "3")
    await sealed(db)
    with pytest.raises(PermissionError):
        await asyncio.wait_for(waiting, 5)


async def test_at_the_end_nobody_is_kept_waiting(db: Database) -> None:
    await five_events(db)
    feed = feed_of(db)
    waiting = asyncio.create_task(_wait(feed, await feed.newest(), 20, nobody_objects))
    await asyncio.sleep(0.1)
    feed.tide.close()
    assert (await asyncio.wait_for(waiting, 10)).events == ()


@pytest.mark.parametrize("cursor", [Cursor(1793610900000, 0), Cursor(35, 1), Cursor(36, 10**17)])
def test_a_cursor_reads_as_it_is_written(cursor: Cursor) -> None:
    assert parse_cursor(str(cursor)) == cursor


@pytest.mark.parametrize("text", ["", "1", "1.", ".1", "1.-1", "1.01", "A.1", "1.1 ", "1.1\n", "x" * 13 + ".1"])
def test_rubbish_is_no_cursor(text: str) -> None:
    assert parse_cursor(text) is None


def test_types_are_named_one_by_one_or_by_kind() -> None:
    types, unknown = types_named(["order.cancelled", "key.*", "order.*ed", "nothing.*"])
    assert types == {"order.cancelled", "key.created", "key.revoked"}
    assert unknown == ["order.*ed", "nothing.*"]


_LATE = """
    INSERT INTO events (id, subject_id, seq, type, at, actor, data)
    VALUES ($1, $2, 2, 'order.checked_in', $3, 'x', '{}')"""
