"""The textbook stack: FastAPI and the SQLAlchemy 2 ORM, async, on the tables and the data of the service.

What a careful developer writes from the manuals: mapped classes, a session for each request, the order locked while the
rules are asked, the order flagged and one event added, one commit. Durable like the service: `synchronous_commit=on`
on PostgreSQL, WAL and `synchronous=FULL` on SQLite. Where the manuals leave a choice, the faster one is taken.
"""

from __future__ import annotations

import hmac
import json
import os
import time
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import Depends, FastAPI, Header, HTTPException, Query
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import joinedload

from bench.textbook_models import (
    STATUS,
    CancellationOut,
    CheckInIn,
    CheckInOut,
    Event,
    Order,
    OrderOut,
    Reason,
    Scan,
    Setting,
    Station,
)

KEY = os.environ.get("BENCH_KEY", "textbook")


def engine_for(url: str) -> AsyncEngine:
    if not url.startswith("sqlite"):
        parsed = sa.make_url(url).set(drivername="postgresql+asyncpg")
        return create_async_engine(parsed, pool_size=16, max_overflow=0)
    parsed = sa.make_url(url).set(drivername="sqlite+aiosqlite")
    engine = create_async_engine(parsed, connect_args={"timeout": 30})

    @sa.event.listens_for(engine.sync_engine, "connect")
    def on_connect(connection: Any, _: object) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.close()

    @sa.event.listens_for(engine.sync_engine, "begin")
    def on_begin(connection: sa.Connection) -> None:
        # a transaction that will write takes the lock before it reads, or it could not be upgraded
        connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN"))

    return engine


engine = engine_for(os.environ.get("BENCH_DATABASE", "sqlite:///:memory:"))
reading = async_sessionmaker(engine, expire_on_commit=False)
writing = async_sessionmaker(engine.execution_options(begin="BEGIN IMMEDIATE"), expire_on_commit=False)


async def read_session() -> AsyncIterator[AsyncSession]:
    async with reading() as session:
        yield session


async def write_session() -> AsyncIterator[AsyncSession]:
    async with writing() as session:
        yield session


async def allowed(x_api_key: Annotated[str, Header()] = "") -> None:
    if not hmac.compare_digest(x_api_key, KEY):
        raise HTTPException(401, "Authentication required")


app = FastAPI(dependencies=[Depends(allowed)])
Reading = Annotated[AsyncSession, Depends(read_session)]
Writing = Annotated[AsyncSession, Depends(write_session)]
ReasonCode = Annotated[str, Query(alias="deleteReason")]


async def find(session: AsyncSession, identifier: str, *, lock: bool) -> Order:
    """By order number, else by tray, else by purchase order."""
    wanted = sa.select(Order).options(joinedload(Order.details, innerjoin=True), joinedload(Order.current_station))
    if lock:
        wanted = wanted.with_for_update(of=Order)
    order = await session.scalar(wanted.where(Order.order_number == identifier))
    if order is None and identifier.isdecimal() and len(identifier) <= 5:
        order = await session.scalar(wanted.where(Order.tray_key == int(identifier)))
    if order is None:
        orders = (
            await session.scalars(wanted.where(Order.po_number == identifier, Order.status != "C").limit(2))
        ).all()
        if len(orders) > 1:
            raise HTTPException(400, "More than one record found")
        order = orders[0] if orders else None
    if order is None:
        raise HTTPException(404, "No record found")
    return order


@app.get("/api/v2/orders/{identifier}")
async def fetch(identifier: str, session: Reading) -> OrderOut:
    order = await find(session, identifier, lock=False)
    reason = await session.get(Reason, order.cancel_reason) if order.cancel_reason else None
    return present(order, reason)


@app.delete("/api/v2/orders/{identifier}")
async def cancel(identifier: str, session: Writing, reason_code: ReasonCode = "") -> OrderOut:
    order = await find(session, identifier, lock=True)
    reason = await check_rules(session, order, reason_code)
    order.cancelled_at = time.time_ns() // 1_000_000
    order.cancel_reason = reason.code if reason else None
    order.cancel_actor = "key:bench"
    order.cancel_station = order.station
    order.revision += 1
    session.add(cancelled(order))
    await session.commit()
    return present(order, reason, message="")


@app.post("/api/v2/job_track/stations/{code}")
async def check_in(code: str, body: CheckInIn, session: Writing) -> CheckInOut:
    order = await find(session, body.order_identifier, lock=True)
    station = await session.get(Station, code)
    if station is None:
        raise HTTPException(404, "Station not found")
    if order.cancelled_at is not None or order.status == "C" or order.on_hold:
        raise HTTPException(400, "Checkin not performed")
    before = {"status": order.status, "station": order.station}
    order.status, order.station, order.station_at = "P", code, time.time_ns() // 1_000_000
    order.scan_count += 1
    order.revision += 1
    at, seq = order.station_at, order.scan_count
    session.add(Scan(order_id=order.id, seq=seq, station=code, at=at, non_cancel=station.non_cancel))
    session.add(event(order, "order.checked_in", order.station_at, before, {"status": "P", "station": code}))
    await session.commit()
    return CheckInOut(
        order_number=order.order_number,
        code=code,
        desc=station.description,
        customer_desc=station.customer_description,
        date_time=instant(order.station_at) or "",
    )


async def check_rules(session: AsyncSession, order: Order, code: str) -> Reason | None:
    if not await setting(session, "Modules:Job Tracker"):
        raise HTTPException(400, "Job Tracker module required for cancel method")
    if order.cancelled_at is not None or order.status == "C":
        raise HTTPException(400, "Order already completed")
    reason = None
    if await setting(session, "Orders1:Enter reason code when deleting order"):
        reason = await session.get(Reason, code)
        if reason is None or not reason.active:
            raise HTTPException(400, "Delete reason code does not exist")
    final_now = sa.exists().where(Station.code == Scan.station, Station.non_cancel)
    passed = sa.exists().where(Scan.order_id == order.id, sa.or_(Scan.non_cancel, final_now))
    if await session.scalar(sa.select(passed)):
        raise HTTPException(400, "Order has been through a non-cancel station")
    return reason


async def setting(session: AsyncSession, name: str) -> bool:
    row = await session.get(Setting, name)
    return row is not None and json.loads(row.value) is True


def cancelled(order: Order) -> Event:
    after = {"cancelled": True, "reason": order.cancel_reason, "station": order.cancel_station, "override": False}
    return event(order, "order.cancelled", order.cancelled_at, {"cancelled": False}, after)


def event(order: Order, type_: str, at: int | None, before: dict[str, Any], after: dict[str, Any]) -> Event:
    data = {
        "orderNumber": order.order_number,
        "customerNumber": order.customer_number,
        "trayNumber": order.tray_number,
        "before": before,
        "after": after,
    }
    return Event(
        subject_id=order.id,
        seq=order.revision,
        id=uuid.uuid4().bytes,
        type=type_,
        at=at,
        actor="key:bench",
        data=json.dumps(data),
    )


def present(order: Order, reason: Reason | None, *, message: str | None = None) -> OrderOut:
    station = order.current_station
    cancellation = None
    if order.cancelled_at is not None:
        cancellation = CancellationOut(
            date_time=instant(order.cancelled_at) or "",
            actor=order.cancel_actor,
            reason=order.cancel_reason,
            reason_desc=reason.description if reason else "",
            station=order.cancel_station,
            override=order.cancel_override,
        )
    return OrderOut(
        order_number=order.order_number,
        tray_number=order.tray_number,
        po_number=order.po_number,
        message=message,
        customer_number=order.customer_number,
        current_station=order.station or "",
        current_station_customer_desc=station.customer_description if station else "",
        current_station_date_time=instant(order.station_at),
        current_station_desc=station.description if station else "",
        on_hold=order.on_hold,
        revision=order.revision,
        status=order.status,
        status_desc="On Hold" if order.on_hold else STATUS[order.status],
        cancellation=cancellation,
        **json.loads(order.details.data),
    )


def instant(at: int | None) -> str | None:
    if at is None:
        return None
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
