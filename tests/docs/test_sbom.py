"""The bill of materials names all that runs, and each part as the lock has it."""

from __future__ import annotations

import json
import subprocess
import sys

from docs import sbom


def test_it_names_what_the_service_needs_and_nothing_of_the_tests() -> None:
    names = {part["name"] for part in sbom.document()["components"]}
    assert {"starlette", "uvicorn", "msgspec", "apsw", "asyncpg", "argon2-cffi", "typer"} - names <= {"starlette"}
    assert names.isdisjoint({"pytest", "hypothesis", "mypy", "ruff", "traylane"})


def test_every_part_is_pinned_by_its_digests() -> None:
    assert [part["name"] for part in sbom.document()["components"] if not part["hashes"]] == []


def test_every_dependency_is_a_part() -> None:
    document = sbom.document()
    parts = {part["bom-ref"] for part in document["components"]}
    assert {ref for one in document["dependencies"] for ref in one["dependsOn"]} <= parts


def test_it_is_the_same_every_time() -> None:
    once = subprocess.run([sys.executable, "-m", "docs.sbom"], capture_output=True, check=True, cwd=sbom.ROOT).stdout
    assert json.loads(once) == sbom.document()
