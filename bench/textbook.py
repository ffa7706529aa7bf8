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
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, foreign, joinedload, relationship

from traylane.db import schema

KEY = os.environ.get("BENCH_KEY", "textbook")
STATUS = {"U": "Unvalid", "V": "Valid", "P": "Process", "C": "Completed"}


class Base(DeclarativeBase):
    metadata = schema.metadata


class Setting(Base):
    __table__ = schema.settings
    value: Mapped[str]


class Reason(Base):
    __table__ = schema.reasons
    code: Mapped[str]
    description: Mapped[str]
    active: Mapped[bool]


class Station(Base):
    __table__ = schema.stations
    code: Mapped[str]
    description: Mapped[str]
    customer_description: Mapped[str]
    non_cancel: Mapped[bool]


class Details(Base):
    __table__ = schema.order_details
    order_id: Mapped[bytes]
    data: Mapped[str]


class Scan(Base):
    __table__ = schema.scans
    order_id: Mapped[bytes]
    station: Mapped[str]
    non_cancel: Mapped[bool]


class Event(Base):
    __table__ = schema.events


class Order(Base):
    __table__ = schema.orders
    id: Mapped[bytes]
    order_number: Mapped[str]
    tray_number: Mapped[str]
    tray_key: Mapped[int | None]
    po_number: Mapped[str]
    customer_number: Mapped[str]
    status: Mapped[str]
    on_hold: Mapped[bool]
    revision: Mapped[int]
    station: Mapped[str | None]
    station_at: Mapped[int | None]
    cancelled_at: Mapped[int | None]
    cancel_reason: Mapped[str | None]
    cancel_actor: Mapped[str | None]
    cancel_station: Mapped[str | None]
    cancel_override: Mapped[bool]
    details: Mapped[Details] = relationship(
        primaryjoin=lambda: foreign(Order.id) == Details.order_id, viewonly=True, lazy="raise"
    )
    current_station: Mapped[Station | None] = relationship(
        primaryjoin=lambda: foreign(Order.station) == Station.code, viewonly=True, lazy="raise"
    )


class Out(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, validate_by_name=True, extra="allow")


class CancellationOut(Out):
    date_time: str
    actor: str | None
    reason: str | None
    reason_desc: str
    station: str | None
    override: bool


class OrderOut(Out):
    """The order as it is answered; optics, frame and dates come along by their own names."""

    order_number: str
    tray_number: str
    po_number: str
    message: str | None = None
    customer_number: str
    current_station: str
    current_station_customer_desc: str
    current_station_date_time: str | None
    current_station_desc: str
    on_hold: bool
    revision: int
    status: str
    status_desc: str
    cancellation: CancellationOut | None


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
    data = {
        "orderNumber": order.order_number,
        "customerNumber": order.customer_number,
        "trayNumber": order.tray_number,
        "before": {"cancelled": False},
        "after": after,
    }
    return Event(
        subject_id=order.id,
        seq=order.revision,
        id=uuid.uuid4().bytes,
        type="order.cancelled",
        at=order.cancelled_at,
        actor=order.cancel_actor,
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
