"""`traylane demo`: a sample laboratory, the service on it, a cancel and every refusal over HTTP."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from traylane.cli import output
from traylane.config import DEFAULT_PORT
from traylane.errors import Fault

if TYPE_CHECKING:
    from traylane.cli.show import Answer, Step

ORDERS = 500
READY_SECONDS = 20
STOP_SECONDS = 15

KEYS = {
    "desk": ("--scopes", "orders:read,orders:cancel,tracking:read,tracking:write,events:read"),
    "reader": ("--scopes", "orders:read"),
    "slow": ("--scopes", "orders:read", "--rate", "1"),
}


def demo(
    once: Annotated[bool, typer.Option("--once", help="End after the show; exit code 1 unless all was right.")] = False,
    port: Annotated[int, typer.Option(help="The port to serve on.")] = DEFAULT_PORT,
    folder: Annotated[
        Path | None, typer.Option(help="Where the sample laboratory goes; a new temporary folder without it.")
    ] = None,
) -> int:
    """Fill a sample laboratory, serve it, show a cancel and every refusal, and keep serving."""
    import tempfile

    from traylane.cli import show

    place = folder or Path(tempfile.mkdtemp(prefix="traylane-demo-"))
    database = _fill(place)
    keys = {name: _key(database, name, *options) for name, options in KEYS.items()}
    with _service(database, port, place / "serve.log") as service:
        off, on = _reasons(active=False), _reasons(active=True)
        wrong = show.run(port, keys, show.steps(off, on), apply=lambda text: _apply(database, text), tell=_tell)
        output.print_text(f"\n{'All answers were' if not wrong else f'{wrong} answers were not'} the contract's.")
        if once:
            return output.REFUSED if wrong else output.DONE
        _invite(port, keys["desk"])
        service.wait()
    return output.DONE


def _fill(place: Path) -> str:
    from traylane.cli import sample

    place.mkdir(parents=True, exist_ok=True)
    for old in place.glob("lab.db*"):
        old.unlink()
    database = f"sqlite:///{(place / 'lab.db').resolve()}"
    _traylane("migrate", "--database", database)
    _apply(database, sample.setup_text())
    _traylane("orders", "import", "-", "--database", database, given=b"".join(sample.order_lines(ORDERS)))
    return database


def _key(database: str, name: str, *options: str) -> str:
    made = _traylane("keys", "create", "--name", name, *options, "--json", "--database", database)
    return str(json.loads(made)["key"])


def _apply(database: str, text: str) -> None:
    _traylane("setup", "apply", "-", "--database", database, given=text.encode())


def _reasons(*, active: bool) -> str:
    import tomllib

    from traylane.cli import sample

    return "".join(
        f'[[reasons]]\ncode = "{reason["code"]}"\ndesc = "{reason["desc"]}"\nactive = {str(active).lower()}\n'
        for reason in tomllib.loads(sample.setup_text())["reasons"]
    )


def _traylane(*arguments: str, given: bytes = b"") -> bytes:
    ended = subprocess.run(
        [sys.executable, "-m", "traylane", *arguments], input=given, capture_output=True, check=False
    )
    if ended.returncode != 0:
        raise Fault(f"traylane {arguments[0]} failed: {ended.stderr.decode(errors='replace').strip()}")
    return ended.stdout


@contextmanager
def _service(database: str, port: int, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "traylane", "serve", "--database", database, "--port", str(port)]
    with log.open("wb") as kept:
        service = subprocess.Popen(command, stderr=kept, stdout=kept)
        try:
            _wait_until_ready(service, port, log)
            yield service
        finally:
            service.terminate()
            try:
                service.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                service.kill()
                service.wait()


def _wait_until_ready(service: subprocess.Popen[bytes], port: int, log: Path) -> None:
    import http.client

    give_up = time.monotonic() + READY_SECONDS
    while time.monotonic() < give_up:
        if service.poll() is not None:
            last = log.read_text(errors="replace").strip().splitlines()[-1:] or ["no message"]
            raise Fault(f"The service did not start on port {port}: {last[0]}")
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
        try:
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.05)
        finally:
            connection.close()
    raise Fault(f"The service was not ready on port {port} after {READY_SECONDS} seconds; its log is {log}")


def _tell(step: Step, answer: Answer, right: bool) -> None:
    body = json.dumps(answer.body, ensure_ascii=False)
    shown = body if len(body) <= 400 else f"{body[:400]} …"
    sent = f" with {step.body}" if step.body and len(step.body) < 200 else ""
    headers = "".join(f" -H '{name}: {value}'" for name, value in step.headers.items())
    output.print_text(f"\n{'✓' if right else '✗'} {step.what}")
    output.print_text(f"  {step.method} {step.path}{headers}{sent}")
    output.print_text(f"  {answer.status} {shown}")
    if not right:
        output.print_text(f"  expected: {step.status} {json.dumps(dict(step.expected), ensure_ascii=False)}")


def _invite(port: int, key: str) -> None:
    from traylane.cli import sample

    url = f"http://127.0.0.1:{port}"
    output.print_text(f"\nServing on {url} (the API: {url}/docs) until Ctrl-C. A key: {key}")
    order = f"{url}/api/v2/orders/{sample.NUMBER_TO_CANCEL}?deleteReason=CUS"
    output.print_text(f"Cancel one yourself:\n\n  curl -X DELETE -H 'Authorization: Bearer {key}' '{order}'\n")
