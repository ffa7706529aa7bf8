"""Rows for tests: plain functions with keyword defaults; what a test does not name does not matter to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from traylane.access import changes, keys
from traylane.access.actor import COMMAND_LINE, Actor
from traylane.access.idempotency import Retry
from traylane.access.keys import Key
from traylane.clock import Instant, from_text
from traylane.db.database import Database, Row, Sql, Transaction
from traylane.db.ids import new_id
from traylane.orders.cancel import CANCEL
from traylane.orders.cancel_rules import CancelRequest
from traylane.orders.change import Done, Outcome, Replayed, Request, Verb
from traylane.orders.desk import Desk
from traylane.orders.lookup import Kind, Ref
from traylane.orders.model import NonCancelScan, Order, OrderId, OrderNumber, Scan, Status
from traylane.orders.restore import RESTORE
from traylane.orders.restore_rules import RestoreRequest
from traylane.orders.verb import Making
from traylane.policy import setup_store
from traylane.policy.kinds import ADDONS, BREAKAGES, CUSTOMERS, EMPLOYEES, REASONS, Setup
from traylane.policy.value_types import Value
from traylane.tracking.checkin import CHECK_IN
from traylane.tracking.checkin_rules import CheckInRequest
from traylane.tracking.verbs import VERBS
from traylane.webhooks import store as webhooks
from traylane.webhooks.model import Endpoint, Secret

NOW = from_text("2026-11-02T09:15:00.000Z")
"""When tests happen."""
EARLIER = from_text("2026-11-01T08:00:00.000Z")
A_DAY = 86_400_000


def scanned(station: str, *, non_cancel: bool = False, at: Instant = EARLIER, operator: str | None = None) -> Scan:
    """A scan of an order's history."""
    return Scan(station, operator, at, non_cancel)


async def make_order(
    db: Database,
    number: str = "1001",
    *,
    tray: str = "",
    po: str = "",
    customer: str = "1001",
    status: str = "V",
    on_hold: bool = False,
    cancelled_at: Instant | None = None,
    cancel_reason: str | None = None,
    cancel_actor: str = "desk",
    released: bool = False,
    revision: int = 1,
    scans: Sequence[Scan] = (),
    details: dict[str, Any] | None = None,
) -> OrderId:
    """An order. It holds its tray unless it is completed or the tray was `released`."""
    id_ = new_id(EARLIER)
    tray_key = int(tray) if tray and status != "C" and not released else None
    last = scans[-1] if scans else None
    row = (id_, number, tray, tray_key, po, customer, status, on_hold, revision, len(scans))
    place = (last.station if last else None, last.at if last else None)
    cancelled = (cancelled_at, cancel_reason, cancel_actor) if cancelled_at is not None else (None, None, None)
    given = details or {}
    copies = tuple(given.get(name, "") for name in ("customerJobId", "dateWanted", "dateOrdered"))

    async def work(tx: Transaction) -> None:
        await tx.rows(_ORDER, *row, *place, *cancelled, *copies)
        await tx.many(
            _SCAN, [(id_, i, s.station, s.operator, s.at, s.non_cancel) for i, s in enumerate(scans, start=1)]
        )
        if details is not None:
            await tx.rows(_DETAILS, id_, msgspec.json.encode(details).decode())

    await db.write(work)
    return OrderId(id_)


def an_order(
    number: str = "1001",
    *,
    tray: str = "",
    po: str = "",
    customer: str = "1001",
    status: Status = Status.VALID,
    on_hold: bool = False,
    revision: int = 1,
    station: str | None = None,
    scan_count: int = 0,
    cancelled_at: Instant | None = None,
    cancel_reason: str | None = None,
    cancel_actor: str | None = None,
    non_cancel_scan: NonCancelScan | None = None,
    **more: Any,
) -> Order:
    """An order that is in no database; its id is its number, so that a number is an order."""
    order = Order(
        id=OrderId(number.encode().rjust(16, b"\0")),
        number=OrderNumber(number),
        tray=tray,
        po=po,
        customer=customer,
        status=status,
        on_hold=on_hold,
        revision=revision,
        station=station,
        station_at=None,
        scan_count=scan_count,
        cancelled_at=cancelled_at,
        cancel_reason=cancel_reason,
        cancel_actor=cancel_actor,
        cancel_station=None,
        cancel_override=False,
        details="{}",
        non_cancel_scan=non_cancel_scan,
    )
    return msgspec.structs.replace(order, **more)


async def make_orders(db: Database, numbers: Sequence[str], *, status: str = "V") -> None:
    """Many plain orders at once."""
    rows = [
        (new_id(EARLIER), n, "", None, "", "1001", status, False, 1, 0, None, None, None, None, None, "", "", "")
        for n in numbers
    ]
    await db.write(lambda tx: tx.many(_ORDER, rows))


async def make_station(
    db: Database,
    code: str = "RCV",
    *,
    description: str = "",
    sequence: int = 10,
    non_cancel: bool = False,
    requires_operator: bool = False,
    is_operator: bool = False,
    active: bool = True,
    **more: Any,
) -> None:
    """A station, or an operator; as every change of the set-up it makes a new version of the configuration.

    `more`: its other properties, by their names in the set-up file.
    """
    data = msgspec.json.encode(more).decode()
    row = (code, description, sequence, non_cancel, requires_operator, is_operator, active, data)
    await _change_setup(db, _STATION, *row)


async def make_addon(db: Database, code: str, **properties: Any) -> None:
    """An add-on; its properties by their names in the set-up file."""
    await _change_setup(db, _ADDON, code, msgspec.json.encode({"desc": code} | properties).decode())


async def make_newer(db: Database, *, usable_from: str = "9999") -> None:
    """The schema of a version that is yet to come, and the oldest that can use it."""
    await execute(db, Sql.same("UPDATE alembic_version SET version_num = '9999'"))
    await execute(db, Sql.same("UPDATE config SET usable_from = $1"), usable_from)


async def make_reason(
    db: Database, code: str = "CUS", text: str = "", *, active: bool = True, allows_override: bool = False
) -> None:
    """A delete reason."""
    await _change_setup(db, _REASON, code, text or f"Reason {code}", active, allows_override)


async def make_breakage(db: Database, code: str = "SCR", *, active: bool = True) -> None:
    """A breakage code."""
    await _change_setup(db, _BREAKAGE, code, f"Breakage {code}", active)


async def make_employee(db: Database, code: str = "TL", *, active: bool = True) -> None:
    """An employee."""
    await _change_setup(db, _EMPLOYEE, code, f"Employee {code}", active)


async def make_customer(db: Database, number: str = "1001") -> None:
    """A customer."""
    await _change_setup(db, _CUSTOMER, number, f"Customer {number}")


SPARE_KEY = "019a4342-ab80-7c4a-9d21-b0d6c5e1f7a4"
"""The id of the key that `set_up_one_of_each` makes."""
SPARE_WEBHOOK = "019a4342-ab80-7c4a-9d21-b0d6c5e1f7a5"
"""The id of the webhook that `set_up_one_of_each` makes."""


async def set_up_one_of_each(db: Database) -> None:
    """A reason, a customer, an add-on, a breakage code, an employee, a key that nobody has, and a webhook.

    The feed's cursors are `1.` and a position.
    """
    rows = {
        kind.name: {code: kind.complete({"desc": "x", "name": "x"})}
        for kind, code in (
            (REASONS, "CUS"),
            (CUSTOMERS, "1001"),
            (ADDONS, "SRC"),
            (BREAKAGES, "BRK"),
            (EMPLOYEES, "TS"),
        )
    }

    async def work(tx: Transaction) -> None:
        await setup_store.save(tx, Setup({}, rows))
        await tx.rows(_SPARE, bytes.fromhex(SPARE_KEY.replace("-", "")), bytes(32), EARLIER)
        await webhooks.insert(tx, _SPARE_ENDPOINT)
        await tx.rows(_EPOCH)
        await tx.rows(changes.BUMP_VERSION)

    await db.write(work)


async def set_setting(db: Database, name: str, value: Value) -> None:
    """The value of a setting."""
    await _change_setup(db, _SETTING, name, msgspec.json.encode(value).decode())


async def bump_version(db: Database) -> int:
    """Make a new version of the configuration."""
    rows = await execute(db, changes.BUMP_VERSION)
    version: int = rows[0][0]
    return version


async def make_key(
    db: Database,
    name: str = "portal",
    *,
    scopes: Sequence[str] = ("orders:cancel",),
    customer: str | None = None,
    rate: int | None = None,
    expires_at: Instant | None = None,
    now: Instant = EARLIER,
) -> tuple[Key, str]:
    """An access key and its secret."""

    async def work(tx: Transaction) -> tuple[Key, str]:
        return await keys.create(
            tx,
            name=name,
            scopes=scopes,
            customer=customer,
            rate=rate,
            expires_at=expires_at,
            actor=COMMAND_LINE,
            now=now,
        )

    return await db.write(work)


def desk(db: Database, *, now: Instant = NOW) -> Desk:
    """A desk whose clock stands still."""
    return Desk(db=db, clock=lambda: now, verbs=VERBS)


async def cancel(
    desk: Desk,
    given: str = "1001",
    *,
    by: Kind | None = None,
    reason: str | None = None,
    actor: Actor = COMMAND_LINE,
    customer: str | None = None,
    if_match: str | None = None,
    key: str | None = None,
    integrator: str = "portal",
    fingerprint: bytes | None = None,
    now: Instant = NOW,
) -> Done | Replayed:
    """Cancel an order at the desk; with `key`, the answer that is stored is `answer_of`."""
    request = Request(
        ref=Ref(given, by=by, customer=customer),
        asked=CancelRequest(reason),
        actor=actor,
        now=now,
        if_match=None if if_match is None else frozenset({if_match}),
        retry=None if key is None else Retry(integrator, key, fingerprint or fingerprint_of(given)),
        present=answer_of,
    )
    return await desk.change(CANCEL, request)


async def restore(
    desk: Desk,
    given: str = "1001",
    *,
    force: bool = False,
    actor: Actor = COMMAND_LINE,
    key: str | None = None,
    now: Instant = NOW,
) -> Done | Replayed:
    """Restore an order at the desk."""
    request = Request(
        ref=Ref(given),
        asked=RestoreRequest(force),
        actor=actor,
        now=now,
        retry=None if key is None else Retry("portal", key, fingerprint_of(given)),
        present=answer_of,
    )
    return await desk.change(RESTORE, request)


async def check_in(
    desk: Desk,
    given: str = "1001",
    station: str = "RCV",
    *,
    operator: str | None = None,
    actor: Actor = COMMAND_LINE,
    customer: str | None = None,
    key: str | None = None,
    now: Instant = NOW,
) -> Done | Replayed:
    """Check an order in at the desk."""
    request = Request(
        ref=Ref(given, customer=customer),
        asked=CheckInRequest(station, operator),
        actor=actor,
        now=now,
        retry=None if key is None else Retry("portal", key, fingerprint_of(given)),
        present=answer_of,
    )
    return await desk.change(CHECK_IN, request)


async def change(
    desk: Desk,
    verb: Verb[Any] | Making,
    given: str = "1001",
    asked: Any = None,
    *,
    actor: Actor = COMMAND_LINE,
    now: Instant = NOW,
) -> Done | Replayed:
    """Any change of an order at the desk."""
    return await desk.change(verb, Request(Ref(given, customer=actor.customer), asked, actor, now))


async def order(db: Database, number: str = "1001") -> Order:
    """An order as it is in the database now."""
    return (await desk(db).find(Ref(number, by=Kind.ORDER), COMMAND_LINE)).order


async def execute(db: Database, sql: Sql, *parameters: Any) -> Sequence[Row]:
    """The rows of one statement, in a transaction of its own."""
    return await db.write(lambda tx: tx.rows(sql, *parameters))


async def count(db: Database, table: str) -> int:
    """How many rows a table has."""
    rows = await execute(db, Sql.same(f"SELECT count(*) FROM {table}"))
    total: int = rows[0][0]
    return total


def answer_of(outcome: Outcome) -> bytes:
    """An outcome as bytes that differ when the outcomes do."""
    if isinstance(outcome, Done):
        return msgspec.json.encode([200, outcome.order.number, outcome.order.revision, outcome.message])
    if isinstance(outcome, Replayed):
        return outcome.answer
    return msgspec.json.encode([400, outcome.sentence, outcome.details()])


def fingerprint_of(given: str) -> bytes:
    """A digest of what is asked."""
    return given.encode().ljust(32, b"\0")[:32]


async def _change_setup(db: Database, sql: Sql, *parameters: Any) -> None:
    async def work(tx: Transaction) -> None:
        await tx.rows(sql, *parameters)
        await tx.rows(changes.BUMP_VERSION)

    await db.write(work)


_SPARE_ENDPOINT = Endpoint(
    id=bytes.fromhex(SPARE_WEBHOOK.replace("-", "")),
    url="https://shop.example/hooks",
    description="",
    types=(),
    customer=None,
    staff=False,
    secrets=(Secret("whsec_c3BhcmU="),),
    position=0,
    created_at=EARLIER,
)
_EPOCH = Sql.same("UPDATE config SET epoch = 1 WHERE one = 1")
_SPARE = Sql.same("""
    INSERT INTO keys (id, name, digest, hint, scopes, created_at)
    VALUES ($1, 'spare', $2, '0000', 'orders:read', $3)""")
_ORDER = Sql.same("""
    INSERT INTO orders (id, order_number, tray_number, tray_key, po_number, customer_number, status, on_hold, revision,
        scan_count, station, station_at, cancelled_at, cancel_reason, cancel_actor, customer_job_id, date_wanted,
        date_ordered)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)""")
_SCAN = Sql.same("INSERT INTO scans (order_id, seq, station, operator, at, non_cancel) VALUES ($1, $2, $3, $4, $5, $6)")
_DETAILS = Sql.same("INSERT INTO order_details (order_id, data) VALUES ($1, $2)")
_STATION = Sql.same("""
    INSERT INTO stations (code, description, sequence, non_cancel, requires_operator, is_operator, active, data)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
    ON CONFLICT (code) DO UPDATE SET description = excluded.description, sequence = excluded.sequence,
        non_cancel = excluded.non_cancel, requires_operator = excluded.requires_operator,
        is_operator = excluded.is_operator, active = excluded.active, data = excluded.data""")
_ADDON = Sql.same("INSERT INTO addons (code, data) VALUES ($1, $2)")
_REASON = Sql.same("""
    INSERT INTO reasons (code, description, active, allows_override) VALUES ($1, $2, $3, $4)
    ON CONFLICT (code) DO UPDATE SET description = excluded.description, active = excluded.active,
        allows_override = excluded.allows_override""")
_BREAKAGE = Sql.same("INSERT INTO breakages (code, description, active) VALUES ($1, $2, $3)")
_EMPLOYEE = Sql.same("INSERT INTO employees (code, name, active) VALUES ($1, $2, $3)")
_CUSTOMER = Sql.same("INSERT INTO customers (number, name) VALUES ($1, $2)")
_SETTING = Sql.same("""
    INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value""")
