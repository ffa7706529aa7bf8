"""Every metric: its name, its labels, and what it says. The reference page is made from it."""

from __future__ import annotations

from typing import Literal

import msgspec

Kind = Literal["counter", "gauge", "histogram"]


class Family(msgspec.Struct, frozen=True, kw_only=True):
    """One metric. `bounds`: the upper bounds of a histogram's buckets, in its unit.

    `otel`: the name in OpenTelemetry's semantic conventions, where they have it. `joined`: what several workers of one
    service say together; `own` is what one of them reads for all, from the database.
    """

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()
    bounds: tuple[float, ...] = ()
    otel: str = ""
    joined: Literal["sum", "max", "own"] = "sum"


REQUESTS = Family(
    name="http_server_request_duration_seconds",
    kind="histogram",
    help="Requests by route template, from the first byte to the last of the answer. Nothing of a path is in here.",
    labels=("http_request_method", "http_route", "http_response_status_code", "url_scheme"),
    bounds=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10),
    otel="http.server.request.duration",
)
ACTIVE = Family(
    name="http_server_active_requests",
    kind="gauge",
    help="Requests under way, streams included.",
    otel="http.server.active_requests",
)
DATABASE = Family(
    name="db_client_operation_duration_seconds",
    kind="histogram",
    help="Work on the database: one read, one transaction, one batch of changes; waiting for a connection included.",
    labels=("db_system_name", "db_operation_name", "error_type"),
    bounds=(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10),
    otel="db.client.operation.duration",
)
CHANGES = Family(
    name="traylane_changes_total",
    kind="counter",
    help="Changes that were asked for, by what came of it: done, unchanged, replayed, or the refusal's code. A cancel "
    'is change="order.cancelled".',
    labels=("change", "outcome"),
)
BATCHES = Family(
    name="traylane_batch_items",
    kind="histogram",
    help="Requests that shared one batch; the number of batches is its count.",
    labels=("change", "priority"),
    bounds=(1, 2, 4, 8, 16, 32, 64, 128, 200),
)
QUEUE = Family(
    name="traylane_queue_length",
    kind="gauge",
    help="Requests that wait for their batch. At 1000 further ones are refused.",
    labels=("change", "priority"),
)
UP = Family(
    name="traylane_database_up",
    kind="gauge",
    help="1 when the database answered while these metrics were read; else what is read from it is missing.",
    joined="own",
)
UNSEALED = Family(
    name="traylane_sealer_lag_events",
    kind="gauge",
    help="Committed events that have no place in the feed yet, counted up to 10000. Always 0 on SQLite.",
    joined="own",
)
UNSEALED_AGE = Family(
    name="traylane_sealer_lag_seconds",
    kind="gauge",
    help="Age of the oldest of them; 0 when there is none.",
    joined="own",
)
ENDPOINTS = Family(
    name="traylane_webhook_endpoints",
    kind="gauge",
    help="Webhook endpoints by state: enabled, failing (enabled, and nothing arrives), disabled.",
    labels=("state",),
    joined="own",
)
WAITING_DELIVERIES = Family(
    name="traylane_webhook_pending_deliveries",
    kind="gauge",
    help="Deliveries that wait for their next try, counted up to 10000.",
    joined="own",
)
OVERDUE = Family(
    name="traylane_webhook_overdue_seconds",
    kind="gauge",
    help="How long the oldest try has been due. Grows when no dispatcher runs.",
    joined="own",
)
DELIVERED = Family(
    name="traylane_webhook_lag_seconds",
    kind="histogram",
    help="From an event to the end of a try to tell it, by what came of the try. Only of dispatchers in this service.",
    labels=("outcome",),
    bounds=(0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 600, 3600, 86400),
)
CPU = Family(
    name="process_cpu_seconds_total", kind="counter", help="Processor time of the service.", otel="process.cpu.time"
)
MEMORY = Family(
    name="process_resident_memory_bytes",
    kind="gauge",
    help="Memory in use; on systems that do not tell, the most that was ever in use.",
    otel="process.memory.usage",
)
FILES = Family(name="process_open_fds", kind="gauge", help="Open files and sockets, where the system tells.")
WORKERS = Family(name="traylane_workers", kind="gauge", help="Processes of the service that are alive.")
BUILD = Family(name="traylane_build_info", kind="gauge", help="1, with the version.", labels=("version",), joined="own")

FAMILIES: tuple[Family, ...] = (
    REQUESTS,
    ACTIVE,
    CHANGES,
    BATCHES,
    QUEUE,
    DATABASE,
    UP,
    UNSEALED,
    UNSEALED_AGE,
    ENDPOINTS,
    WAITING_DELIVERIES,
    OVERDUE,
    DELIVERED,
    CPU,
    MEMORY,
    FILES,
    WORKERS,
    BUILD,
)
