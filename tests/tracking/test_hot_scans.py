"""On PostgreSQL a scan's new row stays on the page of the old one, and writes no index."""

from __future__ import annotations

from tests.builders import NOW, make_order, make_station
from traylane.access.actor import COMMAND_LINE
from traylane.db.database import Database, Sql, Transaction
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
