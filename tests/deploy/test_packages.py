"""The wheel stands alone, the service's files say what they should, and every dependency has its reason and licence."""

from __future__ import annotations

import re
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import venv
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

from tests.ports import free_port

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
NEEDED = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["tracing"]]
FREE = re.compile(r"MIT|BSD|Apache|PSF|Python Software|0BSD|ISC|any-OSI|OSI Approved|Unlicense|MPL|LGPL", re.IGNORECASE)


def run(*words: str | Path, **how: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, capture_output=True, text=True, check=False, timeout=280, **how)  # type: ignore[call-overload,no-any-return]


def built(source: Path, folder: Path) -> Path:
    """The wheel of a source tree; its source distribution lies beside it."""
    ended = run(sys.executable, "-m", "hatchling", "build", "-d", folder, cwd=source)
    assert ended.returncode == 0, ended.stderr
    [found] = folder.glob("traylane-*.whl")
    return found


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(ROOT, tmp_path_factory.mktemp("dist"))


def packed_in(wheel: Path) -> set[str]:
    return {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}


@pytest.mark.slow
def test_the_source_distribution_alone_makes_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    [source] = wheel.parent.glob("traylane-*.tar.gz")
    with tarfile.open(source) as archive:
        archive.extractall(tmp_path, filter="data")
    [tree] = tmp_path.iterdir()
    again = built(tree, tmp_path / "dist")
    assert packed_in(again) == packed_in(wheel)
    assert again.read_bytes() == wheel.read_bytes()


@pytest.mark.slow
def test_the_wheel_holds_every_file_of_the_package_and_nothing_else(wheel: Path) -> None:
    packed = packed_in(wheel)
    source = ROOT / "src"
    files = {str(path.relative_to(source)) for path in (source / "traylane").rglob("*") if path.is_file()}
    assert packed == {name for name in files if "__pycache__" not in name}


@pytest.mark.slow
def test_the_wheel_runs_the_demo_in_an_environment_of_its_own(wheel: Path, tmp_path: Path) -> None:
    # Nothing is fetched: the dependencies are lent by this environment, the package itself is the wheel's.
    venv.create(tmp_path / "bare", with_pip=False)
    [site] = (tmp_path / "bare" / "lib").glob("python*/site-packages")
    zipfile.ZipFile(wheel).extractall(site)
    (site / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n")
    python = tmp_path / "bare" / "bin" / "python"
    where = run(python, "-c", "import traylane; print(traylane.__file__)", cwd=tmp_path)
    demo = run(python, "-m", "traylane", "demo", "--once", "--port", str(free_port()), cwd=tmp_path)
    assert where.stdout.startswith(str(site))
    assert demo.returncode == 0, demo.stdout + demo.stderr
    assert "All answers were the contract's." in demo.stdout


def test_every_dependency_stands_in_the_table_and_is_free_to_use() -> None:
    page = (ROOT / "docs" / "dependencies.md").read_text().lower()
    names = sorted({Requirement(line).name for line in NEEDED})
    table = page.replace(
        "opentelemetry sdk and otlp exporter", "opentelemetry-sdk opentelemetry-exporter-otlp-proto-http"
    )
    assert [name for name in names if name.lower() not in table] == []
    assert [name for name in names if not is_free(name)] == []


def is_free(name: str) -> bool:
    said = metadata.metadata(name)
    single = [said[field] for field in ("License-Expression", "License") if field in said]
    words = [*single, *(said.get_all("Classifier") or [])]
    return bool(FREE.search(" ".join(word for word in words if "License ::" in word or "::" not in word)))


def test_a_licence_that_is_none_of_these_is_noticed() -> None:
    assert not FREE.search("Proprietary")


def test_the_container_runs_as_nobody_in_particular() -> None:
    lines = (ROOT / "deploy" / "Containerfile").read_text().splitlines()
    assert [line for line in lines if line.startswith("USER ")] == ["USER 10001"]
    assert lines.index("USER 10001") < next(n for n, line in enumerate(lines) if line.startswith("ENTRYPOINT"))


def test_compose_migrates_first_and_gives_the_service_no_rights() -> None:
    services = yaml.safe_load((ROOT / "deploy" / "compose.yml").read_text())["services"]
    assert services["traylane"]["depends_on"] == {"migrate": {"condition": "service_completed_successfully"}}
    assert services["traylane"]["cap_drop"] == ["ALL"]
    assert services["traylane"]["environment"] == services["migrate"]["environment"]
    assert (services["traylane"]["ports"], services["traylane"]["read_only"]) == (["127.0.0.1:4567:4567"], True)


def test_the_unit_is_sandboxed_and_migrates_before_it_serves() -> None:
    unit = (ROOT / "deploy" / "traylane.service").read_text()
    for line in ("DynamicUser=yes", "ProtectSystem=strict", "NoNewPrivileges=yes", "TimeoutStopSec=30"):
        assert f"\n{line}\n" in unit
    assert unit.index("traylane migrate") < unit.index("traylane serve")
