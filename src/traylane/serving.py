"""Run the service: one process, or several on one port, until it is told to stop."""

from __future__ import annotations

import asyncio
import os
import signal
import ssl
import sys
from contextlib import nullcontext
from dataclasses import replace
from tempfile import TemporaryDirectory

from traylane import tracing
from traylane.config import Config
from traylane.db import connect
from traylane.errors import Fault
from traylane.stopping import STOP_SECONDS

WORKER_SECONDS = 30
"""A worker that does not answer for so long is replaced, and one that is to replace another has so long to start."""

_SERVER_LOG = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"json": {"class": "traylane.log.ServerLog"}},
    "loggers": {"uvicorn.error": {"handlers": ["json"], "level": "WARNING", "propagate": False}},
}


def _require_certificate(config: Config) -> None:
    if config.tls_cert is None:
        return
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(config.tls_cert, config.tls_key)
    except (ssl.SSLError, OSError) as error:
        pair = f"{config.tls_cert} and {config.tls_key}"
        raise Fault(f"{pair} are no certificate with its private key: give both as PEM files") from error


def serve(config: Config) -> None:
    """Run the service until it is told to stop. Raises errors.Fault when it cannot start."""
    _require_certificate(config)
    asyncio.run(connect.require_usable(config.database))
    tracing.from_environment()  # what is wrong with OTEL_* is said before a worker starts
    with TemporaryDirectory(prefix="traylane-counts-") if config.workers > 1 else nullcontext() as counts:
        os.environ.update(replace(config, counts=counts).to_environment())
        _run(config)


def _notice_ends_at_once() -> None:
    """A worker that dies while it is asked whether it is well is replaced at once, not after WORKER_SECONDS.

    The supervisor keeps the worker's end of the pipe open, too, and so does not see that nobody is left to answer.
    """
    from uvicorn.supervisors import multiprocess

    start = multiprocess.Process.start

    def start_and_let_go(worker: multiprocess.Process) -> None:
        start(worker)
        worker.child_conn.close()

    multiprocess.Process.start = start_and_let_go  # type: ignore[assignment, method-assign]


def _run(config: Config) -> None:
    import uvicorn

    if config.workers > 1:
        _notice_ends_at_once()
    # Once it has stopped, the server sends itself the signal again: a stop that was asked for is no failure.
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(0))
    uvicorn.run(
        "traylane.app:from_env",
        factory=True,
        host=config.host,
        port=config.port,
        workers=config.workers if config.workers > 1 else None,
        ssl_certfile=config.tls_cert,
        ssl_keyfile=config.tls_key,
        proxy_headers=bool(config.trusted_proxies),
        forwarded_allow_ips=",".join(config.trusted_proxies),
        ws="none",
        http="auto" if sys.platform == "win32" else "traylane.api.protocol:Protocol",
        access_log=False,
        log_config=_SERVER_LOG,
        server_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=STOP_SECONDS,
        timeout_worker_healthcheck=WORKER_SECONDS,
        backlog=2048,
    )
