"""A laboratory's days in small, on both engines; by hand `traylane simulate` runs them large."""

from __future__ import annotations

import asyncio

import pytest

from tests.builders import execute
from tests.cli.conftest import Traylane
from traylane.db import connect
from traylane.db.database import Sql
from traylane.simulation.plan import plan


@pytest.mark.slow
def test_after_two_days_of_many_clients_every_invariant_holds(traylane: Traylane, database_url: str) -> None:
    ended = traylane("simulate", "--orders", "150", "--days", "2", "--database", database_url, "--json")

    said = ended.json
    assert [check for check in said["audit"]["checks"] if check["broken"]] == []
    assert (ended.code, said["wrongRepeats"], said["audit"]["orders"]) == (0, [], 300)
    assert said["audit"]["events"] > 2_500
    # Whatever there is to do was done, and refused, some of the time.
    assert set(said["done"]) == {step.what for step in plan(orders=150, days=2, seed=7)}
    assert said["repeated"].keys() == {"cancel", "cancel in bulk"}
    codes = {refusal["code"] for refusal in said["refused"]}
    assert codes >= {"non_cancel_station", "already_cancelled", "restored_since", "lens_broken", "tray_in_use"}
    again = traylane("verify", "--orders", "--database", database_url)
    assert again.out.endswith("every invariant holds.\n")


def test_verify_names_what_is_broken(traylane: Traylane, lab: Traylane, database_url: str) -> None:
    line = b'{"orderNumber": "1", "customerNumber": "1001", "status": "V"}'
    assert lab("orders", "import", "-", given=line).code == 0
    asyncio.run(_edit(database_url, Sql.same("UPDATE orders SET on_hold = true")))

    ended = traylane("verify", "--orders", "--database", database_url, "--json")

    assert ended.code == 1
    assert [check for check in ended.json["audit"]["checks"] if check["broken"]] == [
        {"invariant": "events_lead_to_the_row", "broken": 1, "first": ["order 1: the row says otherwise of onHold"]}
    ]


def test_a_database_with_orders_is_left_alone(lab: Traylane, database_url: str) -> None:
    assert (
        lab("orders", "import", "-", given=b'{"orderNumber": "1", "customerNumber": "1001", "status": "V"}').code == 0
    )

    ended = lab("simulate", "--orders", "5", "--database", database_url)

    assert (ended.code, ended.err) == (
        3,
        "The database has orders: a simulation needs one without, for example a new file\n",
    )


async def _edit(url: str, sql: Sql) -> None:
    database = connect.database(url)
    await database.open()
    await execute(database, sql)
    await database.close()


def test_the_plan_is_the_same_for_the_same_seed() -> None:
    assert plan(orders=20, days=2, seed=7) == plan(orders=20, days=2, seed=7)
    assert plan(orders=20, days=2, seed=7) != plan(orders=20, days=2, seed=8)
