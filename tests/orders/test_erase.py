"""Patients' data is removed from orders that are done with, and the chain of events stays whole."""

from __future__ import annotations

import asyncio
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests import builders
from tests.builders import A_DAY, NOW, cancel, change, desk, execute
from tests.cli.conftest import Traylane, traylane
from traylane.access.actor import COMMAND_LINE
from traylane.clock import Instant
from traylane.db import connect
from traylane.db.database import Database, Sql
from traylane.db.ids import new_id
from traylane.events import seal
from traylane.events.heads import Heads
from traylane.events.verify import verify
from traylane.orders.audit import audit
from traylane.orders.create import CREATE
from traylane.orders.create_rules import CreateRequest
from traylane.orders.details import DEFAULTS, Details
from traylane.orders.erase import KEPT, done_with, erase_order, without_patient
from traylane.orders.erase_rules import OrderInWork
from traylane.orders.lookup import Ref

__all__ = ["traylane"]
PATIENT = "Kanarienvogel"
DOCUMENT = Details(
    jobType="F", customerJobId="Kanarien", remarks=PATIENT, rtSPH=-2.25, rtAX=17, rtTrace="1;2", rtLensStyle="SV"
)


async def one_cancelled_order(db: Database) -> None:
    await builders.make_customer(db)
    await change(desk(db), CREATE, "", CreateRequest(customer="1001", po=PATIENT, details=DOCUMENT))
    await cancel(desk(db), "100000", key="k")
    await sealed(db)


async def sealed(db: Database) -> None:
    if not db.seals_on_write:
        await db.write(lambda tx: seal.seal_some(tx, new_id(NOW)))


async def everything(db: Database) -> str:
    tables = ("orders", "order_details", "events", "answers", "scans")
    return repr([list(map(tuple, await execute(db, Sql.same(f"SELECT * FROM {table}")))) for table in tables])


async def test_nothing_of_the_patient_is_left_and_the_chain_is_whole(db: Database, tmp_path: Path) -> None:
    await one_cancelled_order(db)
    heads = Heads(str(tmp_path / "heads"))
    [[position, hash_]] = await execute(
        db, Sql.same("SELECT position, hash FROM events ORDER BY position DESC LIMIT 1")
    )
    heads.append(position=position, hash_=hash_, now=NOW)
    assert PATIENT in await everything(db)

    await erase_order(desk(db), Ref("100000"), COMMAND_LINE)
    await sealed(db)

    left = await everything(db)
    assert [word for word in (PATIENT, "Kanarien", "-2.25", "rtTrace", "rtAX") if word in left] == []
    assert "rtLensStyle" in left
    assert (await verify(db, heads.read())).heads == 1
    assert (await audit(db, ZoneInfo("UTC"), until=Instant(NOW + A_DAY))).broken == ()
    types = await execute(db, Sql.same("SELECT type FROM events ORDER BY seq"))
    assert [row[0] for row in types if row[0].startswith("order.")][-1] == "order.erased"


async def test_an_order_is_erased_once(db: Database) -> None:
    await one_cancelled_order(db)
    first = await erase_order(desk(db), Ref("100000"), COMMAND_LINE)
    again = await erase_order(desk(db), Ref("100000"), COMMAND_LINE)
    assert (again.order.revision, first.order.revision) == (3, 3)


async def test_an_order_in_work_keeps_what_it_needs(db: Database) -> None:
    await builders.make_order(db, "1001", po=PATIENT, details={"remarks": PATIENT})
    with pytest.raises(OrderInWork):
        await erase_order(desk(db), Ref("1001"), COMMAND_LINE)
    assert PATIENT in await everything(db)


async def test_old_is_what_has_not_changed_since(db: Database) -> None:
    await one_cancelled_order(db)

    async def old(before: int) -> list[str]:
        rows = await db.read(lambda tx: done_with(tx, before=Instant(before), after=b""))
        return [row[1] for row in rows]

    assert await old(NOW) == []
    assert await old(NOW + 1) == ["100000"]
    await erase_order(desk(db), Ref("100000"), COMMAND_LINE)
    assert await old(NOW + A_DAY) == []


def test_every_property_is_kept_or_belongs_to_the_patient() -> None:
    assert set(DEFAULTS) >= KEPT
    assert without_patient(DOCUMENT) == Details(jobType="F", rtLensStyle="SV")


def test_the_command(database_url: str, traylane: Traylane) -> None:
    here = ("--database", database_url)
    missing = traylane("erase", "1", *here)
    assert (missing.code, missing.err) == (1, "No record found; Provided: 1\n")
    assert traylane("erase", *here).code == 2
    assert traylane("erase", "--older-than", "30", "--json", *here).json == {"erased": []}
    assert traylane("erase", "1", "--by-retention", *here).code == 2


@pytest.mark.parametrize(("days", "erased"), [(0, []), (10, ["1"]), (36_500, [])])
def test_what_is_kept_too_long_is_erased(
    database_url: str, traylane: Traylane, runner: asyncio.Runner, days: int, erased: list[str]
) -> None:
    async def furnish() -> None:
        db = connect.database(database_url)
        await db.open()
        await builders.make_orders(db, ["1", "2"])
        await cancel(desk(db), "1")
        await builders.set_setting(db, "Laboratory:Retention in days", days)
        await db.close()

    runner.run(furnish())
    ended = traylane("erase", "--by-retention", "--json", "--database", database_url)
    assert ended.json == {"erased": erased}
