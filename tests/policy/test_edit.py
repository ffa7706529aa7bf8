"""Applying a set-up file: what it names is brought about, in one change, told by one event."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tests.builders import NOW, count
from traylane.access.actor import COMMAND_LINE, Actor, Forbidden
from traylane.db.database import Database
from traylane.db.ids import NIL
from traylane.events.record import history
from traylane.policy import edit, setup_file, setup_store, store
from traylane.policy.edit import Applied, Change
from traylane.policy.model import Addon, Breakage, Customer, Employee
from traylane.policy.setup_file import BadSetup
from traylane.policy.store import version

LAB = b"""
[settings]
"Orders1:Enter reason code when deleting order" = true
[[customers]]
number = "1001"
name = "Sample Optics"
[[stations]]
code = "GEN"
desc = "GEN-1 GENERATOR"
customerDesc = "IN SURFACING"
sequence = 30
nonCancel = true
[[operators]]
code = "TAL"
desc = "Tal Surname"
[[reasons]]
code = "CUS"
desc = "Customer request"
[[addons]]
code = "SRC"
desc = "Scratch coat"
requiresHarden = true
[[breakages]]
code = "SCRATCH"
desc = "Scratched in polishing"
[[employees]]
code = "TS"
name = "Tal Surname"
"""


async def apply(db: Database, content: bytes, *, dry_run: bool = False) -> Applied:
    wanted = setup_file.read(content)
    return await db.write(lambda tx: edit.apply(tx, wanted, actor=COMMAND_LINE, now=NOW, dry_run=dry_run))


async def events(db: Database) -> list[dict[str, Any]]:
    _, found = await db.read(lambda tx: history(tx, NIL, limit=100, offset=0))
    return [{"seq": event.seq, "type": event.type, **msgspec.json.decode(event.data)} for event in found]


async def problems(db: Database, content: bytes) -> list[str]:
    with pytest.raises(BadSetup) as caught:
        await apply(db, content)
    return caught.value.details()


async def test_an_applied_file_is_the_set_up(db: Database) -> None:
    applied = await apply(db, LAB)
    found = await db.read(setup_store.load)
    assert applied.version == 2
    assert found.settings["Orders1:Enter reason code when deleting order"] is True
    assert found.rows["stations"] == {
        "GEN": {
            "desc": "GEN-1 GENERATOR",
            "customerDesc": "IN SURFACING",
            "sequence": 30,
            "nonCancel": True,
            "requiresOperator": False,
            "active": True,
            "isAR": False,
            "finalQA": False,
            "cancelRack": False,
            "requires": [],
        }
    }
    assert found.rows["operators"] == {"TAL": {"desc": "Tal Surname", "active": True}}
    assert found.rows["customers"] == {"1001": {"name": "Sample Optics", "active": True}}
    assert found.rows["addons"] == {
        "SRC": {
            "desc": "Scratch coat",
            "excludeFromRxSite": False,
            "externalCode": "",
            "isAR": False,
            "isBackside": False,
            "isMirror": False,
            "isTint": False,
            "isUV": False,
            "requiresDropBall": False,
            "requiresEtching": False,
            "requiresHarden": True,
            "requiresPolish": False,
            "requires": [],
            "active": True,
        }
    }
    assert found.rows["breakages"] == {"SCRATCH": {"desc": "Scratched in polishing", "active": True}}
    assert found.rows["employees"] == {"TS": {"name": "Tal Surname", "active": True}}


async def test_applying_the_same_again_changes_nothing(db: Database) -> None:
    await apply(db, LAB)
    assert await apply(db, LAB) == Applied((), 2)
    assert await count(db, "events") == 1


async def test_applying_what_was_exported_changes_nothing(db: Database) -> None:
    await apply(db, LAB)
    exported = setup_file.write(await db.read(setup_store.load)).encode()
    assert await apply(db, exported) == Applied((), 2)


async def test_an_exported_set_up_makes_an_equal_one(db: Database, other: Database) -> None:
    await apply(db, LAB)
    exported = setup_file.write(await db.read(setup_store.load))
    await other.write(lambda tx: edit.apply(tx, setup_file.read(exported.encode()), actor=COMMAND_LINE, now=NOW))
    assert setup_file.write(await other.read(setup_store.load)) == exported


async def test_one_apply_is_one_version_and_one_event(db: Database) -> None:
    await apply(db, LAB)
    (event,) = await events(db)
    assert (event["seq"], event["type"], len(event["changes"])) == (2, "setup.changed", 8)


async def test_an_event_tells_before_and_after_of_what_changed(db: Database) -> None:
    await apply(db, LAB)
    await apply(db, b'[[stations]]\ncode = "GEN"\nsequence = 31\nnonCancel = true\n')
    assert (await events(db))[1]["changes"] == [
        {"kind": "stations", "code": "GEN", "before": {"sequence": 30}, "after": {"sequence": 31}}
    ]


async def test_an_event_withholds_what_may_name_a_person(db: Database) -> None:
    await apply(db, LAB)
    told = {change["kind"]: change["after"] for change in (await events(db))[0]["changes"]}
    assert told["operators"] == {"desc": "withheld", "active": True}
    assert told["customers"] == {"name": "withheld", "active": True}
    assert told["employees"] == {"name": "withheld", "active": True}


async def test_what_a_row_leaves_out_stays_as_it_is(db: Database) -> None:
    await apply(db, LAB)
    applied = await apply(db, b'[[stations]]\ncode = "GEN"\nactive = false\n')
    station = (await db.read(setup_store.load)).rows["stations"]["GEN"]
    assert applied.changes == (Change("stations", "GEN", {"active": True}, {"active": False}),)
    assert (station["nonCancel"], station["sequence"], station["active"]) == (True, 30, False)


async def test_what_a_file_leaves_out_stays_as_it_is(db: Database) -> None:
    await apply(db, LAB)
    await apply(db, b'[[reasons]]\ncode = "ERR"\ndesc = "Our error"\n')
    found = await db.read(setup_store.load)
    assert list(found.rows["reasons"]) == ["CUS", "ERR"]
    assert list(found.rows["stations"]) == ["GEN"]


async def test_a_dry_run_tells_and_writes_nothing(db: Database) -> None:
    applied = await apply(db, LAB, dry_run=True)
    assert (len(applied.changes), applied.version) == (8, 1)
    assert await db.read(version) == 1
    assert (await db.read(setup_store.load)).rows["stations"] == {}


async def test_a_new_row_needs_its_description(db: Database) -> None:
    assert await problems(db, b'[[stations]]\ncode = "GEN"\n') == ['stations "GEN" is new: desc is missing']
    assert await count(db, "events") == 0


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b'[[operators]]\ncode = "GEN"\n', '"GEN" is set up in stations and cannot be in operators too'),
        (b'[[stations]]\ncode = "TAL"\n', '"TAL" is set up in operators and cannot be in stations too'),
    ],
)
async def test_a_code_does_not_change_sides(db: Database, content: bytes, problem: str) -> None:
    await apply(db, LAB)
    assert problem in await problems(db, content)


async def test_a_bad_row_keeps_its_good_neighbours_out(db: Database) -> None:
    await problems(db, b'[[reasons]]\ncode = "CUS"\ndesc = "x"\n[[stations]]\ncode = "GEN"\n')
    found = await db.read(setup_store.load)
    assert found.rows == {kind: {} for kind in found.rows}


async def test_settings_that_do_not_go_together_are_refused(db: Database) -> None:
    (problem,) = await problems(db, b'[settings]\n"Orders1:Order number length" = 4\n')
    assert problem == '"Orders1:Order number range" ends with 999999, which has more than 4 digits'


async def test_who_gets_in_is_set_by_an_admin_only(db: Database) -> None:
    wanted = setup_file.read(b'[settings]\n"Access:Trusted networks" = ["10.0.0.0/8 = boss"]\n')
    clerk = Actor("clerk", frozenset({"setup:write"}))

    with pytest.raises(Forbidden) as refused:
        await db.write(lambda tx: edit.apply(tx, wanted, actor=clerk, now=NOW))

    assert refused.value.details() == ["Scope needed: admin"]
    assert await count(db, "events") == 0


async def test_rules_get_every_kind(db: Database) -> None:
    await apply(db, LAB)
    await apply(db, b'[[customers]]\nnumber = "1001"\nactive = false\n')

    policy = await db.read(lambda tx: store.load(tx, version=3))

    assert policy.customers == {"1001": Customer("1001", active=False)}
    assert policy.addons == {"SRC": Addon("SRC", "Scratch coat", requires_harden=True)}
    assert policy.breakages == {"SCRATCH": Breakage("SCRATCH", "Scratched in polishing")}
    assert policy.employees == {"TS": Employee("TS")}
    assert [*policy.stations] == ["TAL", "GEN"]
