"""traylane setup, traylane migrate."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from tests.cli.conftest import SETUP, Traylane
from traylane.db.revision import HEAD


def test_a_file_is_applied_once(lab: Traylane, tmp_path: Path) -> None:
    file = tmp_path / "lab.toml"
    file.write_bytes(SETUP)
    again = lab("setup", "apply", str(file))
    assert (again.code, again.out) == (0, "Nothing to do: the set-up says so already.\n")


def test_what_is_going_to_change_is_said(lab: Traylane) -> None:
    file = b'[[stations]]\ncode = "GEN"\nnonCancel = false\n'
    dry = lab("setup", "apply", "-", "--dry-run", given=file)
    assert "nonCancel true → false" in dry.out
    assert dry.err == "Nothing was changed (dry run).\n"
    done = lab("setup", "apply", "-", "--json", given=file)
    assert done.json == {
        "version": 3,
        "dryRun": False,
        "changes": [
            {"kind": "stations", "code": "GEN", "before": {"nonCancel": True}, "after": {"nonCancel": False}},
        ],
    }


class Terminal(io.TextIOWrapper):
    """Somebody who types."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("typed", "code", "end", "rows"),
    [
        (b"y\n", 0, "Changed: the set-up is at 3.", 2),
        (b"\n", 1, "Nothing was changed.", 1),
        (b"", 1, "Nothing was changed.", 1),
    ],
)
def test_on_a_terminal_it_is_asked_first(
    lab: Traylane, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, typed: bytes, code: int, end: str, rows: int
) -> None:
    file = tmp_path / "lab.toml"
    file.write_text('[[reasons]]\ncode = "ERR"\ndesc = "Our error"\n')
    monkeypatch.setattr("io.TextIOWrapper", Terminal)

    ended = lab("setup", "apply", str(file), given=typed)

    assert (ended.code, ended.out.count("reasons")) == (code, 1)
    assert ended.err == f"Change the set-up so? [y/N]\n{end}\n"
    assert len(lab("setup", "export", "--json").json["reasons"]) == rows


def test_on_a_terminal_yes_is_not_asked(lab: Traylane, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "lab.toml"
    file.write_text('[[reasons]]\ncode = "ERR"\ndesc = "Our error"\n')
    monkeypatch.setattr("io.TextIOWrapper", Terminal)

    assert lab("setup", "apply", str(file), "--yes").err == "Changed: the set-up is at 3.\n"


def test_an_export_is_a_file_that_changes_nothing(lab: Traylane) -> None:
    exported = lab("setup", "export")
    assert exported.out.startswith('[settings]\n"Orders1:Enter reason code when deleting order" = true\n')
    assert lab("setup", "apply", "-", "--json", given=exported.out.encode()).json["changes"] == []


def test_an_export_as_json_has_the_same_names(lab: Traylane) -> None:
    document = lab("setup", "export", "--json").json
    kinds = ["customers", "stations", "operators", "reasons", "addons", "breakages", "employees"]
    assert list(document) == ["settings", *kinds]
    assert document["operators"] == [{"code": "TAL", "desc": "Operator TAL", "active": True}]


def test_a_bad_file_is_refused_as_a_whole(lab: Traylane) -> None:
    ended = lab("setup", "apply", "-", given=b'[[reasons]]\ncode = "ERR"\ndsc = "x"\n')
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == ('The set-up file was not applied; reasons 1: unknown property "dsc"; did you mean "desc"?\n')
    assert [r["code"] for r in lab("setup", "export", "--json").json["reasons"]] == ["CUS"]


def test_a_bad_file_as_json(lab: Traylane) -> None:
    ended = lab("setup", "apply", "-", "--json", given=b"= no TOML")
    assert ended.code == 1
    assert ended.json["error"] == "The set-up file was not applied"
    assert ended.json["details"][0].startswith("the file is not TOML: ")


def test_a_file_that_cannot_be_read(lab: Traylane, tmp_path: Path) -> None:
    ended = lab("setup", "apply", str(tmp_path / "none.toml"))
    assert (ended.code, ended.err) == (3, f"Cannot read {tmp_path}/none.toml: No such file or directory\n")


def test_migrate_creates_a_database_that_only_its_owner_reads(traylane: Traylane, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/new.db"
    first, second = traylane("migrate", "--database", url), traylane("migrate", "--database", url, "--json")
    assert (first.code, first.out) == (0, f"Migrated from nothing to {HEAD}.\n")
    assert second.json == {"before": HEAD, "after": HEAD}
    assert (tmp_path / "new.db").stat().st_mode & 0o777 == 0o600
