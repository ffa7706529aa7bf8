"""Traces: off without the standard environment variables, and when on, without anything that may be a patient's."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from tests.api.asgi import Client
from tests.api.conftest import Watch
from tests.builders import make_key, make_order
from traylane import tracing
from traylane.api.router import Router
from traylane.api.routes import ROUTES
from traylane.api.service import Service
from traylane.db.database import Database
from traylane.db.timed import TimedDatabase
from traylane.errors import Fault
from traylane.metrics.record import Metrics
from traylane.orders.desk import Desk
from traylane.tracking.verbs import VERBS

PATIENT = "Ottoline Quince"
CALLER = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.fixture
def told() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    yield exporter
    exporter.shutdown()


@pytest.fixture
def http(db: Database, told: InMemorySpanExporter) -> Client:
    """A service whose spans are kept in memory."""
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(told))
    traced = tracing.Tracing(provider)
    metrics = Metrics()
    timed = TimedDatabase(db, "engine", metrics.database, spans=traced)
    desk = Desk(db=timed, clock=Watch(), verbs=VERBS, metrics=metrics)
    return Client(Service(desk, Router(ROUTES), {}, tracing=traced))


def named(told: InMemorySpanExporter, name: str) -> ReadableSpan:
    [span] = [span for span in told.get_finished_spans() if span.name == name]
    return span


async def test_a_cancel_is_a_span_named_by_its_route(db: Database, http: Client, told: InMemorySpanExporter) -> None:
    await make_order(db, "72544", po=PATIENT)
    _, secret = await make_key(db)
    target = "/api/v2/orders/Ottoline%20Quince?deleteReason=Ottoline"
    reply = await http.delete(target, key=secret, headers={"traceparent": CALLER})
    span = named(told, "DELETE /api/v2/orders/{orderIdentifier}")
    assert dict(span.attributes or {}) == {
        "http.request.method": "DELETE",
        "http.route": "/api/v2/orders/{orderIdentifier}",
        "http.response.status_code": reply.status,
        "traylane.request_id": reply.header("x-request-id"),
    }
    assert span.parent is not None
    assert f"{span.context.trace_id:032x}-{span.parent.span_id:016x}" == CALLER[3:-3]
    everything = "".join(span.to_json() for span in told.get_finished_spans())
    assert "settle engine" in everything
    assert not [word for word in ("Ottoline", "Quince", secret) if word in everything]


async def test_what_breaks_shows_by_its_kind_and_not_by_its_words(
    db: Database, http: Client, told: InMemorySpanExporter
) -> None:
    _, secret = await make_key(db)
    await db.close()
    reply = await http.get("/api/v2/orders/Ottoline%20Quince", key=secret)
    everything = "".join(span.to_json() for span in told.get_finished_spans())
    assert reply.status == 503
    assert '"error.type": "503"' in everything
    assert '"error.type": "Unavailable"' in everything
    assert "Ottoline" not in everything
    assert "exception.message" not in everything
    await db.open()


@pytest.mark.parametrize(
    ("environment", "exporter"),
    [
        ({}, ""),
        ({"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}, ""),
        ({"OTEL_SDK_DISABLED": "true", "OTEL_TRACES_EXPORTER": "otlp"}, ""),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}, "otlp"),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:4318/v1/traces"}, "otlp"),
        ({"OTEL_TRACES_EXPORTER": "console"}, "console"),
    ],
)
def test_the_standard_variables_decide(environment: dict[str, str], exporter: str) -> None:
    assert tracing.wanted(environment) == exporter
    assert (tracing.from_environment(environment) is not None) == bool(exporter)


def test_an_exporter_that_there_is_not_is_said_in_one_sentence() -> None:
    with pytest.raises(Fault, match="OTEL_TRACES_EXPORTER=zipkin is not supported: use otlp, console or none"):
        tracing.from_environment({"OTEL_TRACES_EXPORTER": "zipkin"})


def test_nothing_of_it_is_loaded_when_nobody_asks() -> None:
    program = (
        "import sys, traylane.app, traylane.tracing as t; assert t.from_environment({}) is None; print(*sys.modules)"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not [name for name in ended.stdout.split() if name.startswith("opentelemetry")]


def test_without_the_libraries_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("opentelemetry.sdk.resources", "opentelemetry.sdk.trace"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(Fault, match=r"pip install 'traylane\[tracing\]'"):
        tracing.from_environment({"OTEL_TRACES_EXPORTER": "console"})
