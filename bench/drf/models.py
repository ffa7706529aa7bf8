"""The models of the baseline on Django REST framework, and what it answers with."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from django.db import models
from rest_framework import serializers

from bench.textbook_models import STATUS


class Unmanaged(models.Model):
    """A table that the service's migrations have made."""

    class Meta:
        abstract = True
        managed = False


class Setting(Unmanaged):
    name = models.TextField(primary_key=True)
    value = models.TextField()

    class Meta(Unmanaged.Meta):
        db_table = "settings"


class Reason(Unmanaged):
    code = models.TextField(primary_key=True)
    description = models.TextField()
    active = models.BooleanField()

    class Meta(Unmanaged.Meta):
        db_table = "reasons"


class Station(Unmanaged):
    code = models.TextField(primary_key=True)
    description = models.TextField()
    customer_description = models.TextField()
    non_cancel = models.BooleanField()

    class Meta(Unmanaged.Meta):
        db_table = "stations"


class Order(Unmanaged):
    id = models.BinaryField(primary_key=True)
    order_number = models.TextField()
    tray_number = models.TextField()
    tray_key = models.IntegerField(null=True)
    po_number = models.TextField()
    customer_number = models.TextField()
    status = models.TextField()
    on_hold = models.BooleanField()
    revision = models.IntegerField()
    station = models.ForeignKey(Station, models.DO_NOTHING, db_column="station", null=True)
    station_at = models.BigIntegerField(null=True)
    cancelled_at = models.BigIntegerField(null=True)
    cancel_reason = models.TextField(null=True)
    cancel_actor = models.TextField(null=True)
    cancel_station = models.TextField(null=True)
    cancel_override = models.BooleanField()

    class Meta(Unmanaged.Meta):
        db_table = "orders"


class Details(Unmanaged):
    order = models.OneToOneField(Order, models.DO_NOTHING, primary_key=True, related_name="details")
    data = models.TextField()

    class Meta(Unmanaged.Meta):
        db_table = "order_details"


class Scan(Unmanaged):
    pk = models.CompositePrimaryKey("order_id", "seq")
    order_id = models.BinaryField()
    seq = models.IntegerField()
    station = models.TextField()
    non_cancel = models.BooleanField()

    class Meta(Unmanaged.Meta):
        db_table = "scans"


class Event(Unmanaged):
    pk = models.CompositePrimaryKey("subject_id", "seq")
    subject_id = models.BinaryField()
    seq = models.IntegerField()
    id = models.BinaryField()
    type = models.TextField()
    at = models.BigIntegerField()
    actor = models.TextField()
    data = models.TextField()

    class Meta(Unmanaged.Meta):
        db_table = "events"


class OrderOut(serializers.Serializer):
    """The order as it is answered; optics, frame and dates come along by their own names."""

    orderNumber = serializers.CharField(source="order_number")
    trayNumber = serializers.CharField(source="tray_number")
    poNumber = serializers.CharField(source="po_number")
    customerNumber = serializers.CharField(source="customer_number")
    currentStation = serializers.CharField(source="station.code", default="")
    currentStationCustomerDesc = serializers.CharField(source="station.customer_description", default="")
    currentStationDesc = serializers.CharField(source="station.description", default="")
    onHold = serializers.BooleanField(source="on_hold")
    revision = serializers.IntegerField()
    status = serializers.CharField()

    def to_representation(self, order: Order) -> dict[str, Any]:
        shown: dict[str, Any] = super().to_representation(order)
        shown["statusDesc"] = "On Hold" if order.on_hold else STATUS[order.status]
        shown["currentStationDateTime"] = instant(order.station_at)
        shown["cancellation"] = self.cancellation(order)
        shown.update(json.loads(order.details.data))
        return shown

    def cancellation(self, order: Order) -> dict[str, Any] | None:
        if order.cancelled_at is None:
            return None
        reason = self.context["reason"]
        return {
            "dateTime": instant(order.cancelled_at),
            "actor": order.cancel_actor,
            "reason": order.cancel_reason,
            "reasonDesc": reason.description if reason else "",
            "station": order.cancel_station,
            "override": order.cancel_override,
        }


def instant(at: int | None) -> str | None:
    if at is None:
        return None
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
