"""A client that a program of others makes from /openapi.json works."""

from __future__ import annotations

import importlib
import json
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openapi_python_client import generate
from openapi_python_client.config import Config, ConfigFile, MetaType

from tests.client.sample import Sample, sample_served

pytestmark = pytest.mark.slow

PACKAGE = "generated_traylane"


@pytest.fixture(scope="module")
def sample(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sample]:
    """The demo's laboratory, served."""
    path = tmp_path_factory.mktemp("lab") / "lab.db"
    path.write_bytes(sqlite_template.read_bytes())
    with sample_served(f"sqlite:///{path}") as served:
        yield served


@pytest.fixture(scope="module")
def calls(sample: Sample, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Calls an operation of the generated client: `calls("orders.fetch_order", …)` gives what it parsed."""
    folder = tmp_path_factory.mktemp("client")
    with urllib.request.urlopen(f"{sample.url}/openapi.json") as answer:
        description = json.load(answer)
    (folder / "openapi.json").write_text(json.dumps(description))
    config = Config.from_sources(
        ConfigFile(post_hooks=[]), MetaType.NONE, folder / "openapi.json", "utf-8", True, folder / PACKAGE
    )
    problems = generate(config=config)
    assert [problem.header for problem in problems if problem.level.name == "ERROR"] == []
    sys.path.insert(0, str(folder))
    try:
        client = importlib.import_module(PACKAGE).AuthenticatedClient(base_url=sample.url, token=sample.key)

        def call(operation: str, *arguments: Any, **named: Any) -> Any:
            module = importlib.import_module(f"{PACKAGE}.api.{operation}")
            return module.sync_detailed(*arguments, client=client, **named).parsed

        yield call
        client.get_httpx_client().close()
    finally:
        sys.path.remove(str(folder))


def model(name: str) -> Any:
    """A structure of the generated client."""
    return getattr(importlib.import_module(f"{PACKAGE}.models"), name)


def test_nothing_of_the_description_is_left_out(sample: Sample, calls: Any) -> None:
    with urllib.request.urlopen(f"{sample.url}/openapi.json") as answer:
        described = {
            operation["operationId"] for path in json.load(answer)["paths"].values() for operation in path.values()
        }
    package = importlib.import_module(f"{PACKAGE}.api")
    assert package.__file__ is not None
    made = {path.stem.replace("_", "") for path in Path(package.__file__).parent.glob("*/*.py")}
    assert {name.lower() for name in described} - made == set()


def test_it_fetches(calls: Any) -> None:
    order = calls("orders.fetch_order", "72544")
    assert (order.order_number, order.po_number, order.current_station) == ("337177", "PO-337177", "BLK")


def test_it_creates_what_it_then_fetches_scans_and_cancels(calls: Any) -> None:
    job = {"customerNumber": "1001", "customerJobId": "G-1", "poNumber": "PO-G1", "jobType": "F", "rtSPH": -2.25}
    job |= {"rtLensStyle": "SV", "rtLensMaterial": "CR39", "ltLensStyle": "SV", "ltLensMaterial": "CR39", "ltSPH": -2}
    made = calls("orders.create_order", body=model("CreateBody").from_dict(job), idempotency_key="g-0")
    assert made.order_number
    fetched = calls("orders.fetch_order", made.order_number)
    assert (fetched.po_number, fetched.rt_sph, fetched.status) == ("PO-G1", -2.25, "V")
    scan = calls("job_tracker.check_in", "RCV", body=model("CheckInBody")(order_identifier=made.order_number))
    assert (scan.order_number, scan.code) == (made.order_number, "RCV")
    gone = calls("orders.cancel_order", "PO-G1", body=model("CancelBody")(delete_reason="CUS"))
    assert (gone.order_number, gone.cancellation.station) == (made.order_number, "RCV")


def test_it_scans(calls: Any) -> None:
    scan = calls("job_tracker.check_in", "RCV", body=model("CheckInBody")(order_identifier="337184"))
    assert (scan.order_number, scan.code) == ("337184", "RCV")
    assert calls("orders.fetch_order_status", "337184").current_station == "RCV"


def test_it_cancels_and_reads_a_refusal(calls: Any) -> None:
    gone = calls("orders.cancel_order", "337178", body=model("CancelBody")(delete_reason="CUS"), idempotency_key="g-1")
    assert (gone.order_number, gone.message, gone.cancellation.reason) == ("337178", "", "CUS")
    again = calls("orders.cancel_order", "337178", body=model("CancelBody")(delete_reason="CUS"))
    assert (again.error, again.details) == ("Order already completed", [])
