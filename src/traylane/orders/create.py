"""Create orders, a batch at a time: facts, rules, a number and a tray for each, and one write (contract: create).

A batch is one transaction. Two services that give numbers or trays at once take turns at the counter; who asks for a
tray that somebody takes meanwhile meets a unique key, and is judged again and told whose it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from msgspec.structs import replace

from traylane import clock
from traylane.access.actor import Actor
from traylane.access.idempotency import StoredAnswer
from traylane.clock import Instant
from traylane.db.batch import Again
from traylane.db.database import Sql, Transaction
from traylane.db.ids import new_id
from traylane.errors import Refused
from traylane.events import names
from traylane.events.record import new_event, record
from traylane.events.seal import Event
from traylane.orders import import_store
from traylane.orders.change import recovered, replayed
from traylane.orders.create_rules import CreateRequest, NoFreeOrderNumber, NoFreeTray, refusals
from traylane.orders.details import Details, details_text
from traylane.orders.interchange import Rows
from traylane.orders.look import look
from traylane.orders.lookup import Kind, Ref
from traylane.orders.model import Order, OrderId, Status
from traylane.orders.numbering import take_numbers, take_trays
from traylane.orders.row import order_row
from traylane.orders.verb import Done, Making, Outcome, Request
from traylane.orders.write import Answered, put_answers
from traylane.policy.model import Policy
from traylane.policy.rulebook import Book, Rulebook

LONGEST_USER = 30
NO_TRAY = "No tray was free: the order has none."
_STILL = Sql.same("SELECT 1 FROM config WHERE one = 1 AND version = $1")


@dataclass
class _Draft:
    """What a batch is going to write; an idempotency key or a tray at most once."""

    accepted: dict[int, CreateRequest] = field(default_factory=dict)
    trays: set[int] = field(default_factory=set)
    keys: set[tuple[str, str]] = field(default_factory=set)
    rows: list[Rows] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    answers: list[Answered] = field(default_factory=list)


class Creator:
    """Runs batches of creates."""

    def __init__(self, rulebook: Rulebook) -> None:
        self._rulebook = rulebook

    async def run(
        self, tx: Transaction, requests: Sequence[Request[CreateRequest]], lost: Sequence[bool]
    ) -> Sequence[Outcome | Again]:
        """Settle what can be settled; Again for the rest."""
        refs = [Ref(request.asked.tray, by=Kind.TRAY) for request in requests]
        book, holders = await look(tx, refs, self._rulebook)
        known: dict[int, Outcome | Again] = dict(await recovered(tx, requests, lost))
        fresh = [(i, r) for i, r in enumerate(requests) if i not in known and book.admits(r.actor, r.now)]
        known.update(await replayed(tx, fresh))
        draft = _Draft()
        for i, request in enumerate(requests):
            if i not in known:
                holder = holders[i][0].order if holders[i] else None
                settled = _judge(draft, i, request, replace(request.asked, holder=holder), book)
                if settled is not None:
                    known[i] = settled
        await self._make(tx, draft, requests, known, book.policy)
        if (draft.rows or draft.answers) and not await tx.rows(_STILL, book.version):
            return [Again.MISSED if i in draft.accepted else outcome for i, outcome in sorted(known.items())]
        await _insert(tx, draft)
        await put_answers(tx, draft.answers, {rows.order["id"] for rows in draft.rows})
        return [outcome for _, outcome in sorted(known.items())]

    async def _make(
        self,
        tx: Transaction,
        draft: _Draft,
        requests: Sequence[Request[CreateRequest]],
        known: dict[int, Outcome | Again],
        policy: Policy,
    ) -> None:
        """Give those that were accepted numbers and trays, and draft their rows; refuse those that go short."""
        if not draft.accepted:
            return
        count = len(draft.accepted)
        numbers = await take_numbers(tx, count, span=policy.order_number_range, length=policy.order_number_length)
        homeless = sum(not asked.tray for asked in draft.accepted.values())
        trays = await take_trays(tx, homeless, span=policy.tray_pool, but=frozenset(draft.trays)) if homeless else []
        for i, asked in draft.accepted.items():
            tray = asked.tray or (trays.pop(0) if trays else "")
            if not numbers:
                known[i] = NoFreeOrderNumber()
            elif not tray and policy.tray_required:
                known[i] = NoFreeTray()
            else:
                known[i] = _draft(draft, requests[i], replace(asked, tray=tray), numbers.pop(0), policy)


async def _insert(tx: Transaction, draft: _Draft) -> None:
    if not draft.rows:
        return
    columns = import_store.COLUMNS
    await tx.append("orders", columns, [tuple(rows.order[name] for name in columns) for rows in draft.rows])
    await tx.append("order_details", ("order_id", "data"), [(rows.order["id"], rows.details) for rows in draft.rows])
    in_trays = [(rows.order["tray_key"], rows.order["id"], 1, True) for rows in draft.rows if rows.order["tray_number"]]
    if in_trays:
        await tx.append("tray_events", ("tray_key", "order_id", "seq", "holds"), in_trays)
    await record(tx, draft.events)


def _judge(
    draft: _Draft, place: int, request: Request[CreateRequest], asked: CreateRequest, book: Book
) -> Outcome | Again | None:
    """What is settled at once; None for what is accepted as far as the rules go."""
    retry = request.retry
    if retry is not None and (retry.integrator, retry.key) in draft.keys:
        return Again.WAIT
    refusal: Refused | None
    try:
        book.confirm(request.actor, request.now)
        refusal = next(refusals(asked, book.policy), None)
    except Refused as unauthenticated:
        refusal = unauthenticated
    if refusal is None and asked.tray:
        if int(asked.tray) in draft.trays:
            return Again.WAIT
        draft.trays.add(int(asked.tray))
    if retry is not None:
        draft.keys.add((retry.integrator, retry.key))
        if refusal is not None and refusal.is_final:
            stored = StoredAnswer(retry, request.present(refusal), request.now)
            draft.answers.append(Answered(stored=stored, order_id=None, revision=None, if_written=None))
    if refusal is None:
        draft.accepted[place] = asked
    return refusal


def _draft(draft: _Draft, request: Request[CreateRequest], asked: CreateRequest, number: str, policy: Policy) -> Done:
    """One order with its event and its answer."""
    details = completed(asked.details, policy, request.actor, request.now)
    row = order_row(
        order_id=new_id(request.now),
        number=number,
        customer=asked.customer,
        status=Status.VALID.value,
        details=details,
        tray=asked.tray,
        po=asked.po,
        on_hold=asked.on_hold,
    )
    rows = Rows(order=row, details=details_text(details), scans=[])
    order = _order(rows)
    done = Done(order, policy, "" if asked.tray else NO_TRAY)
    request.proposed = done
    draft.rows.append(rows)
    draft.events.append(_event(order, details, request))
    if request.retry is not None:
        stored = StoredAnswer(request.retry, request.present(done), request.now)
        draft.answers.append(Answered(stored=stored, order_id=order.id, revision=1, if_written=order.id))
    return done


def completed(details: Details, policy: Policy, actor: Actor, now: Instant) -> Details:
    """The document with what the service itself sets: today where the laboratory is, who created it, valid from now."""
    today = datetime.fromtimestamp(now / 1000, policy.time_zone).date()
    return replace(
        details,
        dateOrdered=today,
        dateReceived=today,
        createdUser=actor.name[:LONGEST_USER],
        dateTimeValid=clock.to_text(now),
    )


def _order(rows: Rows) -> Order:
    row = rows.order
    return Order(
        id=OrderId(row["id"]),
        number=row["order_number"],
        tray=row["tray_number"],
        po=row["po_number"],
        customer=row["customer_number"],
        status=Status(row["status"]),
        on_hold=row["on_hold"],
        revision=row["revision"],
        station=None,
        station_at=None,
        scan_count=0,
        cancelled_at=None,
        cancel_reason=None,
        cancel_actor=None,
        cancel_station=None,
        cancel_override=False,
        details=rows.details,
        non_cancel_scan=None,
        tray_key=row["tray_key"],
    )


def _event(order: Order, details: Details, request: Request[CreateRequest]) -> Event:
    after = {
        "status": order.status,
        "onHold": order.on_hold,
        "jobType": details.jobType,
        "addons": details.addons,
    }
    return new_event(
        id_=request.event_id,
        subject=order.id,
        seq=order.revision,
        type_=names.ORDER_CREATED,
        at=request.now,
        actor=request.actor.name,
        fields=names.order_fields(number=order.number, customer=order.customer, tray=order.tray, after=after),
    )


CREATE = Making(event=names.ORDER_CREATED, runner=lambda rulebook: Creator(rulebook).run)
