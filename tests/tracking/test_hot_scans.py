"""A scan's new row stays on the page of the old one, and writes no index; and it reads no more than the row."""

from __future__ import annotations

import apsw

from tests.builders import NOW, check_in, desk, make_order, make_station
from traylane.access.actor import COMMAND_LINE
from traylane.clock import Instant
from traylane.db.database import Database, Sql, Transaction
from traylane.db.sqlite import SqliteDatabase
from traylane.orders.attempts import Attempts
from traylane.orders.change import Changer, Request
from traylane.orders.lookup import Ref
from traylane.policy.rulebook import Rulebook
from traylane.tracking.checkin import CHECK_IN
from traylane.tracking.checkin_rules import CheckInRequest

UPDATED = Sql(
    "",
    """SELECT pg_stat_get_xact_tuples_updated('orders'::regclass),
        pg_stat_get_xact_tuples_hot_updated('orders'::regclass)""",
)


async def test_scans_are_hot(postgres: Database) -> None:
    await make_station(postgres, "RCV")
    await make_order(postgres, tray="5")

    async def two_scans(tx: Transaction) -> tuple[int, int]:
        changer = Changer(CHECK_IN, Rulebook(), Attempts())
        for _ in range(2):
            request = Request(ref=Ref("1001"), asked=CheckInRequest("RCV"), actor=COMMAND_LINE, now=NOW)
            await changer.run(tx, [request], [False])
        [(updated, hot)] = await tx.rows(UPDATED)
        return updated, hot

    assert await postgres.write(two_scans) == (2, 2)


async def test_a_further_scan_sets_and_reads_only_what_it_must(sqlite: Database) -> None:
    await make_station(sqlite, "RCV")
    await make_order(sqlite, tray="5")
    await check_in(desk(sqlite), "1001", "RCV")
    asked: list[tuple[int, str | None, str | None]] = []

    def note(operation: int, table: str | None, column: str | None, *_: object) -> int:
        asked.append((operation, table, column))
        return apsw.SQLITE_OK

    assert isinstance(sqlite, SqliteDatabase)
    sqlite._writer.authorizer = note
    await check_in(desk(sqlite), "1001", "RCV", now=Instant(NOW + 1))

    # `status` is a part of four indexes: SQLite would write all of them anew.
    assert {column for operation, table, column in asked if (operation, table) == (apsw.SQLITE_UPDATE, "orders")} == {
        "revision",
        "station_at",
        "scan_count",
    }
    assert not {(apsw.SQLITE_READ, "order_details"), (apsw.SQLITE_READ, "scans")} & {one[:2] for one in asked}
