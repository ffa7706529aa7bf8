"""Django REST framework on the tables and the data of the service, as one writes it from its manual.

Models, serializers, a class of views, the order locked while the rules are asked, one transaction. Connections stay
open. Durable like the service: `synchronous_commit=on` on PostgreSQL; WAL, `synchronous=FULL` and transactions that
take the lock at once on SQLite. Where the manuals leave a choice, the faster one is taken.
"""

from __future__ import annotations

import hmac
import json
import os
import time
import uuid
from typing import Any

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import path
from sqlalchemy import make_url

KEY = os.environ.get("BENCH_KEY", "textbook")


def database(url: str) -> dict[str, Any]:
    parsed = make_url(url)
    if parsed.drivername.startswith("sqlite"):
        pragmas = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL"
        options = {"timeout": 30, "transaction_mode": "IMMEDIATE", "init_command": pragmas}
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": parsed.database, "OPTIONS": options}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parsed.database,
        "USER": parsed.username,
        "HOST": parsed.host,
        "PORT": parsed.port,
    }


settings.configure(
    ALLOWED_HOSTS=["*"],
    DATABASES={"default": {**database(os.environ.get("BENCH_DATABASE", "sqlite:///unused")), "CONN_MAX_AGE": None}},
    INSTALLED_APPS=["rest_framework", "bench.drf"],
    LOGGING_CONFIG=None,
    MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
    REST_FRAMEWORK={
        "DEFAULT_AUTHENTICATION_CLASSES": [],
        "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
        "DEFAULT_PERMISSION_CLASSES": [],
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
        "UNAUTHENTICATED_USER": None,
    },
    ROOT_URLCONF="bench.drf.service",
    SECRET_KEY="bench",
    USE_TZ=True,
)
django.setup()

# What comes from here on needs the settings above.
from rest_framework.exceptions import APIException, NotFound  # noqa: E402
from rest_framework.permissions import BasePermission  # noqa: E402
from rest_framework.request import Request  # noqa: E402
from rest_framework.response import Response  # noqa: E402
from rest_framework.views import APIView  # noqa: E402

from bench.drf.models import Event, Order, OrderOut, Reason, Scan, Setting, Station  # noqa: E402


class HasKey(BasePermission):
    """The one key that there is."""

    def has_permission(self, request: Request, _view: APIView) -> bool:
        return hmac.compare_digest(request.headers.get("X-API-Key", ""), KEY)


class Not(APIException):
    """A rule says no."""

    status_code = 400


class OrderView(APIView):
    """One order: fetch it, cancel it."""

    permission_classes = (HasKey,)

    def get(self, _request: Request, identifier: str) -> Response:
        order = find(identifier, Order.objects.all())
        reason = Reason.objects.get(code=order.cancel_reason) if order.cancel_reason else None
        return Response(OrderOut(order, context={"reason": reason}).data)

    def delete(self, request: Request, identifier: str) -> Response:
        with transaction.atomic():
            order = find(identifier, Order.objects.select_for_update(of=("self",)))
            reason = check_rules(order, request.query_params.get("deleteReason", ""))
            order.cancelled_at = time.time_ns() // 1_000_000
            order.cancel_reason = reason.code if reason else None
            order.cancel_actor = "key:bench"
            order.cancel_station = order.station_id
            order.revision += 1
            order.save(
                update_fields=["cancelled_at", "cancel_reason", "cancel_actor", "cancel_station", "revision"],
                force_update=True,
            )
            cancelled(order)
        return Response(OrderOut(order, context={"reason": reason}).data)


def find(identifier: str, orders: QuerySet[Order]) -> Order:
    """By order number, else by tray, else by purchase order."""
    orders = orders.select_related("details", "station")
    order: Order | None = orders.filter(order_number=identifier).first()
    if order is None and identifier.isdecimal() and len(identifier) <= 5:
        order = orders.filter(tray_key=int(identifier)).first()
    if order is None:
        found = list(orders.filter(po_number=identifier).exclude(status="C")[:2])
        if len(found) > 1:
            raise Not("More than one record found")
        order = found[0] if found else None
    if order is None:
        raise NotFound("No record found")
    return order


def check_rules(order: Order, code: str) -> Reason | None:
    if not setting("Modules:Job Tracker"):
        raise Not("Job Tracker module required for cancel method")
    if order.cancelled_at is not None or order.status == "C":
        raise Not("Order already completed")
    reason = None
    if setting("Orders1:Enter reason code when deleting order"):
        reason = Reason.objects.filter(code=code, active=True).first()
        if reason is None:
            raise Not("Delete reason code does not exist")
    final_now = Q(station__in=Station.objects.filter(non_cancel=True).values("code"))
    if Scan.objects.filter(Q(non_cancel=True) | final_now, order_id=order.pk).exists():
        raise Not("Order has been through a non-cancel station")
    return reason


def setting(name: str) -> bool:
    row = Setting.objects.filter(name=name).first()
    return row is not None and json.loads(row.value) is True


def cancelled(order: Order) -> None:
    after = {"cancelled": True, "reason": order.cancel_reason, "station": order.cancel_station, "override": False}
    data = {
        "orderNumber": order.order_number,
        "customerNumber": order.customer_number,
        "trayNumber": order.tray_number,
        "before": {"cancelled": False},
        "after": after,
    }
    Event.objects.create(
        subject_id=order.pk,
        seq=order.revision,
        id=uuid.uuid4().bytes,
        type="order.cancelled",
        at=order.cancelled_at,
        actor="key:bench",
        data=json.dumps(data),
    )


def ready(_request: HttpRequest) -> HttpResponse:
    return HttpResponse()


urlpatterns = [path("ready", ready), path("api/v2/orders/<str:identifier>", OrderView.as_view())]
app = get_wsgi_application()
