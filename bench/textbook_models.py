"""The textbook stack's mapped classes and what it answers with."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel
from sqlalchemy.orm import DeclarativeBase, Mapped, foreign, relationship

from traylane.db import schema

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
    seq: Mapped[int]
    at: Mapped[int]
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
    scan_count: Mapped[int]
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


class CheckInIn(Out):
    """What a scan brings."""

    order_identifier: str


class CheckInOut(Out):
    order_number: str
    code: str
    desc: str
    customer_desc: str
    date_time: str
