"""OpenTelemetry traces, told by its standard environment variables; nothing of it is loaded when nobody asks.

A span has a route template, a method, a status and the request's id: never a path, a query, a body, a header or the
text of an exception, since any of them may hold a patient's name.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import traylane
from traylane.errors import Fault

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter
    from opentelemetry.trace import Span

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
MISSING = "Traces are asked for by OTEL_*, but OpenTelemetry is not installed: pip install 'traylane[tracing]'"


def wanted(environment: Mapping[str, str]) -> str:
    """Which exporter the environment asks for: `otlp`, `console`, or `` for none. Raises errors.Fault for another."""
    if environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return ""
    named = environment.get("OTEL_TRACES_EXPORTER", "").strip().lower()
    if not named and any(environment.get(name) for name in _ENDPOINTS):
        named = "otlp"
    if named in {"", "none"}:
        return ""
    if named not in {"otlp", "console"}:
        raise Fault(f"OTEL_TRACES_EXPORTER={named} is not supported: use otlp, console or none")
    return named


def from_environment(environment: Mapping[str, str] = os.environ) -> Tracing | None:
    """What traces are told to, or None. Raises errors.Fault when the libraries for it are missing."""
    exporter = wanted(environment)
    if not exporter:
        return None
    try:
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        made = _exporter(exporter)
    except ModuleNotFoundError as error:
        raise Fault(MISSING) from error
    named = environment.get("OTEL_SERVICE_NAME") or "service.name=" in environment.get("OTEL_RESOURCE_ATTRIBUTES", "")
    resource = Resource.create({} if named else {"service.name": "traylane"})
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(BatchSpanProcessor(made))
    return Tracing(provider)


def _exporter(name: str) -> SpanExporter:
    if name == "console":
        from opentelemetry.sdk.trace.export import ConsoleSpanExporter

        return ConsoleSpanExporter()
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    return OTLPSpanExporter()


class Tracing:
    """Makes the spans of requests and of work on the database."""

    def __init__(self, provider: TracerProvider) -> None:
        from opentelemetry import propagate, trace
        from opentelemetry.context import Context

        self._provider = provider
        self._tracer = provider.get_tracer("traylane", traylane.__version__)
        self._trace = trace
        self._extract = propagate.extract
        self._nobody = Context()

    @contextmanager
    def request(self, headers: Iterable[tuple[bytes, bytes]]) -> Iterator[Span]:
        """The span of one request, below the caller's where the caller names one."""
        carrier = {name.decode("latin-1"): value.decode("latin-1") for name, value in headers if name in _CARRIED}
        with self._span("request", self._trace.SpanKind.SERVER, self._extract(carrier)) as span:
            yield span

    @contextmanager
    def operation(self, system: str, name: str) -> Iterator[None]:
        """The span of one operation on the database; a batch is nobody's in particular, and has no parent."""
        parent = self._nobody if name.startswith("settle") else None
        with self._span(f"{name} {system}", self._trace.SpanKind.CLIENT, parent) as span:
            span.set_attribute("db.system.name", system)
            span.set_attribute("db.operation.name", name)
            try:
                yield
            except Exception as error:
                fail(span, type(error).__name__)
                raise

    def _span(self, name: str, kind: Any, context: Any) -> Any:
        # What an exception says may be what a customer wrote.
        return self._tracer.start_as_current_span(
            name, context=context, kind=kind, record_exception=False, set_status_on_exception=False
        )

    def close(self) -> None:
        """Send what waits."""
        self._provider.shutdown()


_CARRIED = frozenset({b"traceparent", b"tracestate"})


def finish(span: Span, *, method: str, route: str, status: int, reference: str) -> None:
    """Say what a request was, in words that hold nothing of its path."""
    span.update_name(f"{method} {route}".strip())
    span.set_attribute("http.request.method", method)
    if route:
        span.set_attribute("http.route", route)
    span.set_attribute("http.response.status_code", status)
    span.set_attribute("traylane.request_id", reference)
    if status >= 500:
        fail(span, str(status))


def fail(span: Span, kind: str) -> None:
    """Mark a span as failed."""
    from opentelemetry.trace import Status, StatusCode

    span.set_attribute("error.type", kind)
    span.set_status(Status(StatusCode.ERROR))


def trace_id(span: Span) -> str:
    """The trace's id, for the log."""
    return f"{span.get_span_context().trace_id:032x}"
