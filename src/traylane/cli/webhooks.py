"""`traylane webhooks` and `traylane dispatch`: tell other systems what happens."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from traylane.cli import output
from traylane.cli.ask import Place, ask
from traylane.cli.opened import at_desk
from traylane.cli.options import AsJson, DatabaseUrl, ServiceKey, ServiceUrl
from traylane.cli.orders import print_document

if TYPE_CHECKING:
    from traylane.client import shapes

app = typer.Typer(help="Tell other systems what happens.", no_args_is_help=True, rich_markup_mode=None)

WebhookId = Annotated[str, typer.Argument(metavar="ID", help="The endpoint's id, as `list` shows it.")]
Types = Annotated[
    list[str] | None, typer.Option("--type", metavar="TYPE", help="An event type or order.*; may be repeated.")
]
MOST_BODY = 1024 * 1024


@app.command("list")
def list_(database: DatabaseUrl = "", url: ServiceUrl = "", key: ServiceKey = "", as_json: AsJson = False) -> None:
    """Show the endpoints."""
    found = ask(Place(database, url, key), lambda desk: desk.list_webhooks_page())
    if as_json:
        output.print_json(found)
        return
    rows = [
        (e["id"], e["url"], ",".join(e["types"]) or "order.*", e["customerNumber"] or "", e["disabledReason"] or "on")
        for e in found["items"]
    ]
    output.print_table(("id", "url", "types", "customer", "state"), rows)


@app.command()
def create(
    target: Annotated[str, typer.Argument(metavar="URL", help="Where messages go, https.")],
    types: Types = None,
    customer: Annotated[str | None, typer.Option("--customer", metavar="NUMBER", help="Its orders only.")] = None,
    description: Annotated[str, typer.Option("--description", help="For people.")] = "",
    include_staff: Annotated[bool, typer.Option("--include-staff", help="With the codes of who works here.")] = False,
    database: DatabaseUrl = "",
    url: ServiceUrl = "",
    key: ServiceKey = "",
    as_json: AsJson = False,
) -> None:
    """Create an endpoint. Prints its secret, which nobody can show again."""
    body: shapes.WebhookBody = {
        "url": target,
        "types": types or [],
        "customerNumber": customer,
        "description": description,
        "includeStaff": include_staff,
    }
    print_document(ask(Place(database, url, key), lambda desk: desk.create_webhook(body)), as_json=as_json)


@app.command()
def switch(
    webhook: WebhookId,
    on: Annotated[bool, typer.Option("--on/--off", help="Whether it is told anything.")],
    database: DatabaseUrl = "",
    url: ServiceUrl = "",
    key: ServiceKey = "",
    as_json: AsJson = False,
) -> None:
    """Switch an endpoint on or off."""
    body: shapes.WebhookPatch = {"enabled": on}
    print_document(ask(Place(database, url, key), lambda desk: desk.change_webhook(webhook, body)), as_json=as_json)


@app.command()
def delete(
    webhook: WebhookId, database: DatabaseUrl = "", url: ServiceUrl = "", key: ServiceKey = "", as_json: AsJson = False
) -> None:
    """Delete an endpoint with its deliveries."""
    print_document(ask(Place(database, url, key), lambda desk: desk.delete_webhook(webhook)), as_json=as_json)


@app.command()
def rotate(
    webhook: WebhookId, database: DatabaseUrl = "", url: ServiceUrl = "", key: ServiceKey = "", as_json: AsJson = False
) -> None:
    """Give an endpoint a new secret; the old one signs beside it for 24 hours."""
    print_document(ask(Place(database, url, key), lambda desk: desk.rotate_webhook_secret(webhook)), as_json=as_json)


@app.command()
def deliveries(
    webhook: WebhookId, database: DatabaseUrl = "", url: ServiceUrl = "", key: ServiceKey = "", as_json: AsJson = False
) -> None:
    """What was sent to an endpoint and what came back, the newest first."""
    found = ask(Place(database, url, key), lambda desk: desk.list_deliveries(webhook))
    if as_json:
        output.print_json(found)
        return
    rows = []
    for sent in found["items"]:
        last = sent["tries"][-1] if sent["tries"] else None
        outcome = "" if last is None else last["error"] or str(last["status"])
        rows.append((sent["cursor"], sent["state"], len(sent["tries"]), outcome, sent["nextDateTime"] or ""))
    output.print_table(("cursor", "state", "tries", "last outcome", "again at"), rows)


@app.command()
def replay(
    webhook: WebhookId,
    first: Annotated[str, typer.Argument(metavar="CURSOR", help="The first event, by its cursor.")],
    last: Annotated[str | None, typer.Argument(metavar="CURSOR", help="The last one; without it, the first.")] = None,
    database: DatabaseUrl = "",
    url: ServiceUrl = "",
    key: ServiceKey = "",
    as_json: AsJson = False,
) -> None:
    """Send events again."""
    body: shapes.ReplayBody = {"first": first, "last": last or first}
    print_document(ask(Place(database, url, key), lambda desk: desk.replay_webhook(webhook, body)), as_json=as_json)


@app.command()
def listen(
    secret: Annotated[str, typer.Option("--secret", envvar="TRAYLANE_WEBHOOK_SECRET", help="The endpoint's secret.")],
    port: Annotated[int, typer.Option("--port", min=1, max=65_535, help="The port to listen on.")] = 4580,
    count: Annotated[int, typer.Option("--count", min=0, help="End after so many messages; 0: never.")] = 0,
) -> None:
    """Receive messages on this machine, check their signatures and print them."""
    from http.server import BaseHTTPRequestHandler, HTTPServer

    from traylane.signatures import BadSignature, verify

    class Listener(BaseHTTPRequestHandler):
        timeout = 15

        def do_POST(self) -> None:
            length = self.headers.get("content-length", "")
            if not length.isdecimal() or int(length) > MOST_BODY:
                self.send_error(413)
                return
            body = self.rfile.read(int(length))
            headers = {name.lower(): value for name, value in self.headers.items()}
            try:
                verify(headers=headers, body=body, secret=secret, now=time.time())
            except BadSignature as bad:
                output.say(f"refused: {bad}")
                self.send_error(401)
                return
            output.print_text(body.decode("utf-8", "replace"))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """What came is printed above."""

    with HTTPServer(("127.0.0.1", port), Listener) as server:
        output.say(f"Listening on http://127.0.0.1:{port}/ (allow 127.0.0.1 in Webhooks:Private hosts to reach it)")
        handled = 0
        while not count or handled < count:
            server.handle_request()
            handled += 1


def dispatch(database: DatabaseUrl = "") -> None:
    """Send webhooks until it is told to stop, beside a service that runs with `--dispatch off`."""
    from traylane.app import dispatch_until_told

    at_desk(database, dispatch_until_told)
