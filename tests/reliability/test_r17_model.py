"""The desk against a naive model of it, step by step, on both engines (R17); what is found shrinks to a short story."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from functools import partial
from itertools import count
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import seed as with_seed
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, multiple, rule, run_state_machine_as_test

from tests import builders
from tests.builders import NOW
from tests.reliability.naive import Job, Model
from tests.reliability.promised import Tried, engine, seed, size
from traylane.access.actor import COMMAND_LINE
from traylane.clock import Instant
from traylane.db.database import Database, Sql
from traylane.db.ids import new_id
from traylane.errors import Refused
from traylane.events import seal
from traylane.orders.audit import audit
from traylane.orders.cancel import CANCEL
from traylane.orders.cancel_rules import CancelRequest
from traylane.orders.change import Request
from traylane.orders.complete import COMPLETE
from traylane.orders.complete_rules import CompleteRequest
from traylane.orders.create import CREATE
from traylane.orders.create_rules import CreateRequest
from traylane.orders.desk import Desk
from traylane.orders.details import Details
from traylane.orders.hold import HOLD, RELEASE
from traylane.orders.lookup import Kind, Ref
from traylane.orders.restore import RESTORE
from traylane.orders.restore_rules import RestoreRequest
from traylane.orders.tray import ASSIGN, RELEASE_TRAY
from traylane.orders.tray_rules import AssignRequest
from traylane.orders.validate import UNVALID, VALIDATE
from traylane.orders.validate_rules import UnvalidRequest
from traylane.tracking.checkin import CHECK_IN
from traylane.tracking.checkin_rules import CheckInRequest
from traylane.tracking.verbs import VERBS

pytestmark = [pytest.mark.slow, pytest.mark.promise("R17"), pytest.mark.timeout(600)]

RUNS = size(ci=25, full=10_000)
STEPS = 50
SEED = seed(17)
TRAYS = st.sampled_from(["1", "2", "3"])
STATIONS = st.sampled_from(["RCV", "GEN"])
REASONS = st.sampled_from(["CUS", "BRK", "OLD", ""])
_ROWS = Sql.same("""
    SELECT o.order_number, o.tray_number, o.tray_key IS NOT NULL, o.status, o.on_hold, o.cancelled_at IS NOT NULL,
        o.taken_over_at IS NOT NULL, o.revision, o.scan_count, (SELECT count(*) FROM events e WHERE e.subject_id = o.id)
    FROM orders o WHERE o.order_number >= $1""")


async def furnish(db: Database) -> None:
    await builders.make_customer(db)
    await builders.make_station(db, "RCV")
    await builders.make_station(db, "GEN", non_cancel=True)
    await builders.make_reason(db, "CUS")
    await builders.make_reason(db, "BRK", allows_override=True)
    await builders.make_reason(db, "OLD", active=False)
    await builders.set_setting(db, "Orders1:Enter reason code when deleting order", True)


class Desks(RuleBasedStateMachine):
    """Does every step at the desk and in the model, and compares."""

    db: ClassVar[Database]
    run: ClassVar[Any]
    model_of: ClassVar[type[Model]]
    clock: ClassVar[Iterator[int]]
    rounds: ClassVar[Iterator[int]]
    orders = Bundle("orders")

    def __init__(self) -> None:
        super().__init__()
        self.desk = Desk(db=self.db, clock=lambda: Instant(next(self.clock)), verbs=VERBS)
        # Each run has trays of its own; the laboratory stays.
        self.base = next(self.rounds) % 9_000 * 10
        self.model = self.model_of()
        self.first = ""

    def _do(self, verb: Any, number: str, asked: Any, expected: str | None) -> Any:
        request = Request(Ref(number, by=Kind.ORDER), asked, COMMAND_LINE, Instant(next(self.clock)))
        try:
            done, code = self.run(self.desk.change(verb, request)), None
        except Refused as refusal:
            done, code = None, refusal.code
        assert code == expected
        return done

    def _tray(self, tray: str) -> str:
        return str(self.base + int(tray))

    @rule(target=orders, tray=TRAYS)
    def create(self, tray: str) -> Any:
        asked = CreateRequest(customer="1001", po="", details=Details(jobType="F"), tray=self._tray(tray))
        done = self._do(CREATE, "", asked, self.model.create(self._tray(tray)))
        if done is None:
            return multiple()
        number = str(done.order.number)
        self.first = self.first or number
        self.model.jobs[number] = Job(label=self._tray(tray), holds=True)
        return number

    @rule(number=orders, verb=st.sampled_from([HOLD, RELEASE, VALIDATE, COMPLETE, RELEASE_TRAY]))
    def simply(self, number: str, verb: Any) -> None:
        said: dict[Any, Any] = {HOLD: self.model.hold, RELEASE: self.model.release, VALIDATE: self.model.validate}
        said |= {COMPLETE: self.model.complete, RELEASE_TRAY: self.model.release_tray}
        asked = CompleteRequest() if verb is COMPLETE else None
        self._do(verb, number, asked, said[verb](self.model.jobs[number]))

    @rule(number=orders)
    def unvalid(self, number: str) -> None:
        job = self.model.jobs[number]
        self._do(UNVALID, number, UnvalidRequest("no prescription"), self.model.unvalid(job))

    @rule(number=orders, reason=REASONS, override=st.booleans())
    def cancel(self, number: str, reason: str, override: bool) -> None:
        job = self.model.jobs[number]
        self._do(CANCEL, number, CancelRequest(reason, override), self.model.cancel(job, reason, override))

    @rule(number=orders)
    def restore(self, number: str) -> None:
        job = self.model.jobs[number]
        self._do(RESTORE, number, RestoreRequest(), self.model.restore(job))

    @rule(number=orders, station=STATIONS)
    def check_in(self, number: str, station: str) -> None:
        job = self.model.jobs[number]
        self._do(CHECK_IN, number, CheckInRequest(station), self.model.check_in(job, station))

    @rule(number=orders, tray=TRAYS, reassign=st.booleans())
    def assign(self, number: str, tray: str, reassign: bool) -> None:
        job = self.model.jobs[number]
        asked = AssignRequest(tray=self._tray(tray), reassign=reassign)
        self._do(ASSIGN, number, asked, self.model.assign(job, self._tray(tray), reassign))

    @invariant()
    def both_say_the_same(self) -> None:
        if self.first:
            rows = self.run(builders.execute(self.db, _ROWS, self.first))
            assert {row[0]: tuple(row)[1:] for row in rows} == {n: _row(j) for n, j in self.model.jobs.items()}

    def teardown(self) -> None:
        self.run(self.desk.close())


def _row(job: Job) -> tuple[Any, ...]:
    flags = (job.label, job.holds, job.status, job.on_hold, job.cancelled, job.lost)
    return (*flags, job.changes, len(job.scans), job.changes)


def let_run(
    db: Database, runner: asyncio.Runner, runs: int, model: type[Model] = Model, *, shrinks: bool = True
) -> None:
    """Hypothesis walks the machine."""
    phases = [Phase.generate, Phase.shrink] if shrinks else [Phase.generate]
    checks = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    how = settings(
        max_examples=runs,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        suppress_health_check=checks,
        phases=phases,
        report_multiple_bugs=False,
    )
    kept = {"db": db, "run": staticmethod(runner.run), "model_of": model}
    times = {"clock": count(NOW, 60_000), "rounds": count(1)}
    made: Any = with_seed(SEED)(type("AtTheDesk", (Desks,), kept | times))
    run_state_machine_as_test(made, settings=how)


def test_the_desk_does_what_the_model_does(db: Database, runner: asyncio.Runner, tried: Tried) -> None:
    runner.run(furnish(db))
    let_run(db, runner, RUNS)
    runner.run(_sealed(db))
    found = runner.run(audit(db, ZoneInfo("UTC"), until=Instant(NOW + 10 * builders.A_DAY)))
    assert found.broken == ()
    assert found.events > RUNS * 5
    tried(f"{engine(db)}: {RUNS} runs of {STEPS} steps, seed {SEED}, {found.events} events: as in the model")


async def _sealed(db: Database) -> None:
    holder = new_id(NOW)
    if not db.seals_on_write:
        while await db.write(partial(seal.seal_some, holder=holder)):
            continue


class Forgetful(Model):
    """Thinks that a held order can be completed."""

    def complete(self, job: Job) -> str | None:
        held, job.on_hold = job.on_hold, False
        refused = super().complete(job)
        job.on_hold = held
        return refused


class Lenient(Model):
    """Thinks that a restore always finds its tray again."""

    def holder(self, tray: str) -> Job | None:
        return next((job for job in self.jobs.values() if job.holds and job.label == tray and not job.cancelled), None)


@pytest.mark.control
@pytest.mark.parametrize("model", [Forgetful, Lenient])
def test_a_model_that_thinks_otherwise_is_noticed(sqlite: Database, runner: asyncio.Runner, model: type[Model]) -> None:
    runner.run(furnish(sqlite))
    with pytest.raises(AssertionError):
        let_run(sqlite, runner, 200, model, shrinks=False)
