"""What the floor asks: parse, call, present."""

from __future__ import annotations

from traylane.api.call import Call
from traylane.api.http import Answer, json_answer
from traylane.api.schemas import basics
from traylane.api.schemas import floor as shapes
from traylane.orders.lookup import RecordNotFound, tray_key
from traylane.tracking import recall, trays
from traylane.tracking.days import days
from traylane.tracking.history import history
from traylane.tracking.work import work_in_process

DAYS = 30


async def tracking(call: Call) -> Answer:
    """Every scan of an order, oldest first."""
    limit, offset = basics.window(call.query)
    found, (total, scans) = await call.desk.ask_about(
        call.ref(call.path[0], call.query.get("by")),
        call.actor,
        lambda tx, found: history(tx, found.order.id, limit=limit, offset=offset),
    )
    order = found.order
    content = shapes.tracking(total, scans, found.policy)
    return json_answer(200, content, (b"etag", order.tag.encode()), order=order.number)


async def recalls(call: Call) -> Answer:
    """Cancelled orders whose work is still about."""
    limit, offset = basics.window(call.query)
    policy = await call.desk.policy_for(call.actor)
    customer = call.actor.customer
    found = await recall.open_recalls(call.desk.db, policy, customer=customer)
    window = found[offset : offset + limit]
    shown = await call.desk.db.read(lambda tx: recall.with_evidence(tx, window, customer=customer))
    return json_answer(200, shapes.recalls(len(found), shown, policy, call.now))


async def work(call: Call) -> Answer:
    """What is in process now, station by station."""
    limit, offset = basics.window(call.query)
    policy = await call.desk.policy_for(call.actor)
    asked = call.query.get("customerNumber")
    mine = call.actor.customer
    jobs = (
        []
        if asked is not None and mine not in (None, asked)
        else await work_in_process(
            call.desk.db,
            policy,
            call.now,
            customer=mine or asked,
            station=call.query.get("station"),
            late=call.flag("late"),
            hot=call.flag("hot"),
        )
    )
    return json_answer(200, shapes.work(jobs, jobs[offset : offset + limit], policy, call.now))


async def day_by_day(call: Call) -> Answer:
    """What came in, was completed and was cancelled, day by day."""
    policy = await call.desk.policy_for(call.actor)
    count = int(call.query.get("days", DAYS))
    found = await days(call.desk.db, policy, call.now, count=count, customer=call.actor.customer)
    return json_answer(200, shapes.day_list(found, policy))


async def tray(call: Call) -> Answer:
    """Who held a tray, and who holds it now."""
    limit, offset = basics.window(call.query)
    await call.desk.policy_for(call.actor)
    number = call.path[0]
    key = tray_key(number)
    customer = call.actor.customer
    if key is None:
        raise RecordNotFound(provided=number)
    found = await call.desk.db.read(lambda tx: trays.holdings(tx, key, customer=customer))
    return json_answer(200, shapes.tray(number, found, found[offset : offset + limit]))
