"""R16: whatever is sent, no answer is a 5xx, and none breaks the description. Schemathesis against a real server."""

from __future__ import annotations

import asyncio
import copy
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import msgspec
import pytest

import traylane
from tests import builders
from tests.ports import free_port
from tests.reliability.promised import Tried, engine, seed, size
from tests.reliability.schemathesis_hooks import ORDERS
from traylane.api.openapi import encoded
from traylane.api.routes import ROUTES
from traylane.db import connect

CASES = size(5_000, 100_000)
"""Over both engines."""
pytestmark = [pytest.mark.slow, pytest.mark.promise("R16"), pytest.mark.timeout(900 * max(1, CASES // 5_000))]

SEED = seed(20_261_102)
PER_OPERATION = max(5, CASES // 2 // len(ROUTES) - 80)
"""What Schemathesis is asked for beside some eighty an operation that it makes in any case; half of CASES at least."""
MANY = 245
"""For one operation whose every refusal is to be met."""
DONE = {200, 201, 202}
WANTS_A_STATE = {
    "DELETE /api/v2/orders/{orderIdentifier}/hold",  # an order that is held
    "DELETE /api/v2/orders/{orderIdentifier}/tray",  # one in process with a tray
    "POST /api/v2/orders/{orderIdentifier}/complete",  # one that was at its last step
    "POST /api/v2/orders/{orderIdentifier}/hold",  # one that is not held
    "POST /api/v2/orders/{orderIdentifier}/tray",  # a tray that nobody holds
    "POST /api/v2/orders/{orderIdentifier}/unvalid",  # one that is valid
    "POST /api/v2/orders/{orderIdentifier}/validate",  # one that is not
    "POST /api/v2/webhooks/{webhookId}/replay",  # events of this very feed
    "PUT /api/v2/orders/{orderIdentifier}/cancellation/disposition",  # one that is cancelled
}
"""Operations whose success chance does not reach in every run; every other one succeeds."""
ROOT = Path(__file__).parents[2]
SOURCES = Path(traylane.__file__).parents[1]
# Who waits for events is answered at once, or each case would take half a minute, and each stream fifteen. A webhook's
# host, which may be any name, is this machine, where no message may go.
IMPATIENT = (
    "import socket; named = socket.getaddrinfo; socket.getaddrinfo = lambda _, *a, **k: named('127.0.0.1', *a, **k); "
    "import traylane.api.events as e; e.STREAM_SECONDS = 0.0; import traylane.events.feed as f; w = f.Feed.wait; "
    "f.Feed.wait = lambda *a, seconds, **k: w(*a, seconds=min(seconds, 0.05), **k); "
)
SERVE = (
    "from traylane.serving import serve; from traylane.config import Config; serve(Config(database={0!r}, port={1}))"
)
FAULTY = "import traylane.api.schemas.basics as s; s.window = lambda query: (int(query['limit']) - 500_000, 0); "
# A refusal is an answer, too; what must not be refused for its form is checked by tests/reliability/schemathesis_hooks.
SETTINGS = """\
[checks]
positive_data_acceptance.expected-statuses = ["2xx", "400", "404", "409", "410", "412", "422"]
"""


@dataclass(frozen=True)
class Run:
    """What Schemathesis found. `answers`: how scans each operation answered with each status."""

    passed: bool
    report: str
    answers: Counter[tuple[str, int]]
    faults: list[str]

    def statuses(self, operation: str) -> set[int]:
        return {status for label, status in self.answers if label == operation}


async def furnish(url: str) -> str:
    """A laboratory with many orders, the customer of the examples, and a key for everything."""
    db = connect.database(url)
    await db.open()
    await builders.make_customer(db, "1001")
    await builders.make_station(db, "RCV")
    await builders.make_station(db, "GEN", non_cancel=True, sequence=30)
    await builders.make_orders(db, [f"S{i:05}" for i in range(ORDERS)])
    await builders.make_order(db, "72544", tray="00123", po="337178")
    _, secret = await builders.make_key(db, scopes=("admin",))
    await db.close()
    return secret


@contextmanager
def served(url: str, log: Path, *, before: str = "") -> Iterator[str]:
    """The service as a process of its own; its address."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with (
        log.open("wb") as out,
        subprocess.Popen(
            [sys.executable, "-c", IMPATIENT + before + SERVE.format(url, port)],
            stdout=out,
            stderr=out,
            env=environment(),
        ) as process,
    ):
        try:
            wait_for(address)
            yield address
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)


def wait_for(address: str) -> None:
    give_up = time.monotonic() + 90
    while True:
        try:
            with urlopen(f"{address}/livez", timeout=5):
                return
        except OSError:
            assert time.monotonic() < give_up, "the service does not start"
            time.sleep(0.1)


def environment() -> dict[str, str]:
    return os.environ | {
        "PYTHONPATH": f"{SOURCES}{os.pathsep}{ROOT}",
        "SCHEMATHESIS_HOOKS": "tests.reliability.schemathesis_hooks",
    }


def let_loose(
    address: str, key: str, folder: Path, *, n: int, description: dict[str, Any] | None = None, only: str = ""
) -> Run:
    """Run every check of Schemathesis and ours. With a `description`, hold the service to that one instead."""
    settings, report, document = folder / "schemathesis.toml", folder / "run.ndjson", folder / "openapi.json"
    settings.write_text(SETTINGS)
    document.write_bytes(encoded() if description is None else msgspec.json.encode(description))
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(settings), "run", str(document)]
    command += ["--url", address, "--checks", "all", "--phases", "examples,coverage,fuzzing", "--seed", str(SEED)]
    command += ["--max-examples", str(n), "--no-shrink", "--continue-on-failure", "--generation-database", "none"]
    command += ["--header", f"Authorization: Bearer {key}", "--header", f"X-API-Key: {key}"]
    command += ["--report", "ndjson", "--report-ndjson-path", str(report), "--no-color"]
    command += ["--include-operation-id", only] if only else []
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, env=environment(), check=False)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    log = (folder / "service.log").read_text()
    faults = [line for line in log.splitlines() if '"event":"fault"' in line or "Traceback" in line]
    return Run(done.returncode == 0, done.stdout, answers(report), faults)


def answers(report: Path) -> Counter[tuple[str, int]]:
    counted: Counter[tuple[str, int]] = Counter()
    for line in report.read_text().splitlines():
        recorder = json.loads(line).get("ScenarioFinished", {}).get("recorder", {})
        for interaction in recorder.get("interactions", {}).values():
            counted[recorder["label"], interaction["response"]["status_code"]] += 1
    return counted


def test_nothing_that_is_sent_breaks_the_description(
    database_url: str, runner: asyncio.Runner, tmp_path: Path, tried: Tried
) -> None:
    key = runner.run(furnish(database_url))
    with served(database_url, tmp_path / "service.log") as address:
        run = let_loose(address, key, tmp_path, n=PER_OPERATION)
        scans = let_loose(address, key, tmp_path, n=MANY, only="checkIn")
    assert run.passed, run.report
    assert scans.passed, scans.report
    assert run.faults == []
    assert max(status for _, status in run.answers) < 500
    assert run.answers.total() >= CASES / 2
    cancel, check_in = "DELETE /api/v2/orders/{orderIdentifier}", "POST /api/v2/job_track/stations/{code}"
    assert run.statuses(cancel) >= {200, 400, 401, 404, 412, 415, 422}
    assert scans.statuses(check_in) >= {200, 400, 401, 404, 412, 415, 422}
    cases = run.answers.total() + scans.answers.total()
    tried(f"{engine(database_url)}: {cases} cases, seed {SEED}: 0 answers of 5xx, 0 breaks of the description")
    # Of an operation with a body nearly all cases are malformed on purpose, so a share says something of reads alone.
    reads = Counter({answer: count for answer, count in run.answers.items() if answer[0].startswith("GET ")})
    assert sum(count for (_, status), count in reads.items() if status == 200) > reads.total() / 4
    done = {operation for operation, status in run.answers if status in DONE}
    assert {operation for operation, _ in run.answers} - done <= WANTS_A_STATE


def without_a_status(api: dict[str, Any]) -> None:
    del api["paths"]["/api/v2/orders/{orderIdentifier}"]["get"]["responses"]["404"]


def without_a_refusal(api: dict[str, Any]) -> None:
    found = api["paths"]["/api/v2/orders/{orderIdentifier}"]["get"]["responses"]["404"]["content"]
    for content in found.values():
        content["schema"]["properties"]["error"]["enum"].remove("No record found")


def with_another_type(api: dict[str, Any]) -> None:
    api["components"]["schemas"]["StationAnswer"]["properties"]["sequence"] = {"type": "string"}


def with_a_longer_limit(api: dict[str, Any]) -> None:
    for parameter in api["paths"]["/api/v2/orders/{orderIdentifier}"]["delete"]["parameters"]:
        if parameter["name"] == "deleteReason":
            parameter["schema"]["maxLength"] = 30


def with_a_shorter_limit(api: dict[str, Any]) -> None:
    for parameter in api["paths"]["/api/v2/job_track/stations"]["get"]["parameters"]:
        parameter["schema"]["maximum"] = 1_000


PLANTED: dict[Callable[[dict[str, Any]], None], tuple[str, str]] = {
    without_a_status: ("fetchOrder", "Undocumented status code"),
    without_a_refusal: ("fetchOrder", "Response violates schema"),
    with_another_type: ("listStations", "Response violates schema"),
    with_a_longer_limit: ("cancelOrder", "called malformed"),
    with_a_shorter_limit: ("listStations", "Schema-violating request accepted"),
}


@pytest.mark.control
def test_a_description_that_is_not_true_is_noticed(sqlite_url: str, runner: asyncio.Runner, tmp_path: Path) -> None:
    key = runner.run(furnish(sqlite_url))
    missed = []
    with served(sqlite_url, tmp_path / "service.log") as address:
        for plant, (operation, said) in PLANTED.items():
            api = copy.deepcopy(msgspec.json.decode(encoded()))
            plant(api)
            run = let_loose(address, key, tmp_path, n=20, description=api, only=operation)
            if run.passed or said not in run.report:
                missed.append(f"{plant.__name__}: {run.report[-2_500:]}")
    assert not missed, "\n".join(missed)


@pytest.mark.control
def test_a_fault_of_the_service_is_noticed(sqlite_url: str, runner: asyncio.Runner, tmp_path: Path) -> None:
    key = runner.run(furnish(sqlite_url))
    with served(sqlite_url, tmp_path / "service.log", before=FAULTY) as address:
        run = let_loose(address, key, tmp_path, n=5, only="listStations")
    assert not run.passed
    assert "Server error" in run.report
    assert run.faults != []
