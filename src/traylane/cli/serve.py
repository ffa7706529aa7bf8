"""`traylane serve`: run the service."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from traylane.cli.options import DatabaseUrl
from traylane.config import DRAIN_SECONDS


def serve(
    database: DatabaseUrl = "",
    host: Annotated[str, typer.Option(help="The address to listen on.", envvar="TRAYLANE_HOST")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port to listen on.", envvar="TRAYLANE_PORT")] = 4567,
    workers: Annotated[
        int, typer.Option(help="Processes; more than one needs PostgreSQL.", envvar="TRAYLANE_WORKERS")
    ] = 1,
    tls_cert: Annotated[
        str | None, typer.Option(help="Certificate chain, PEM. Needs --tls-key.", envvar="TRAYLANE_TLS_CERT")
    ] = None,
    tls_key: Annotated[
        str | None, typer.Option(help="The certificate's private key, PEM.", envvar="TRAYLANE_TLS_KEY")
    ] = None,
    trusted_proxy: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ADDRESS",
            help="A proxy (address or network) whose X-Forwarded-For is believed; may be repeated.",
            envvar="TRAYLANE_TRUSTED_PROXIES",
        ),
    ] = None,
    heads: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Where signed heads of the event chain go, every five minutes; keep it outside the database's reach.",
            envvar="TRAYLANE_HEADS",
        ),
    ] = None,
    drain: Annotated[
        float,
        typer.Option(
            metavar="SECONDS",
            help="After SIGTERM it goes on for so long, but is not ready and ends each connection with its answer.",
            envvar="TRAYLANE_DRAIN",
        ),
    ] = DRAIN_SECONDS,
    dispatch: Annotated[
        Literal["on", "off"],
        typer.Option(help="off: webhooks are sent by `traylane dispatch` alone.", envvar="TRAYLANE_DISPATCH"),
    ] = "on",
    console_over_plain_http: Annotated[
        Literal["on", "off"],
        typer.Option(
            help="on: people sign in without TLS, and anybody on the network can read passwords and act as they do. "
            "Only for a network that nobody else is on.",
            envvar="TRAYLANE_CONSOLE_OVER_PLAIN_HTTP",
        ),
    ] = "off",
) -> None:
    """Run the service until it is told to stop."""
    from traylane import serving
    from traylane.cli.opened import database_url
    from traylane.config import Config

    serving.serve(
        Config(
            database=database_url(database),
            host=host,
            port=port,
            workers=workers,
            tls_cert=tls_cert,
            tls_key=tls_key,
            trusted_proxies=tuple(trusted_proxy or ()),
            heads=heads,
            drain=drain,
            dispatch=dispatch == "on",
            console_over_plain_http=console_over_plain_http == "on",
        )
    )
