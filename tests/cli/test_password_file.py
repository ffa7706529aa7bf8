"""A PostgreSQL password lies in a file of its own instead of the URL, where `ps` shows it."""

from __future__ import annotations

import urllib.request
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tests.cli.conftest import Traylane
from tests.served import served


def password_in(file: Path, url: str, *, mode: int) -> str:
    """Put the URL's password into the file; the URL without it."""
    parts = urlsplit(url)
    file.write_text(f"{parts.hostname}:{parts.port}:*:{parts.username}:{unquote(parts.password or '')}\n")
    file.chmod(mode)
    return parts._replace(netloc=f"{parts.username}@{parts.hostname}:{parts.port}").geturl()


@pytest.fixture(params=["PGPASSFILE", ".pgpass"])
def file(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that is looked at: the named one, or the one at home."""
    monkeypatch.delenv("PGPASSWORD", raising=False)
    monkeypatch.delenv("PGPASSFILE", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    if request.param == "PGPASSFILE":
        monkeypatch.setenv("PGPASSFILE", str(tmp_path / "named"))
        return tmp_path / "named"
    return tmp_path / ".pgpass"


def test_commands_and_the_service_find_the_password_in_its_file(
    traylane: Traylane, empty_postgres_url: str, file: Path
) -> None:
    url = password_in(file, empty_postgres_url, mode=0o600)

    assert [traylane(command, "--database", url).code for command in ("migrate", "verify")] == [0, 0]
    with served(url) as base:
        urllib.request.urlopen(f"{base}/readyz", timeout=60).close()


def test_a_file_that_others_may_read_is_not_believed_and_the_sentence_names_it(
    traylane: Traylane, postgres_url: str, file: Path
) -> None:
    url = password_in(file, postgres_url, mode=0o640)

    with pytest.warns(UserWarning, match="group or world access"):
        ended = traylane("verify", "--database", url)

    assert ended.code != 0
    assert "PGPASSFILE" in ended.err
    assert "mode 0600" in ended.err
