"""`traylane users`."""

from __future__ import annotations

from tests.cli.conftest import Traylane

_PASSWORD = b"tray by tray\n"


def test_people_are_made_listed_and_disabled(traylane: Traylane, sqlite_url: str) -> None:
    made = traylane("users", "create", "anna", "--role", "desk", "--database", sqlite_url, given=_PASSWORD)
    assert (made.code, made.out) == (0, "anna can sign in as desk.\n")

    assert traylane("users", "disable", "anna", "--database", sqlite_url).code == 0
    [anna] = traylane("users", "list", "--json", "--database", sqlite_url).json["items"]
    assert (anna["name"], anna["role"]) == ("anna", "desk")
    assert anna["recorded"].startswith("desk#")
    assert anna["disabled"] is not None


def test_a_password_is_changed(traylane: Traylane, sqlite_url: str) -> None:
    traylane("users", "create", "anna", "--role", "floor", "--database", sqlite_url, given=_PASSWORD)

    changed = traylane("users", "password", "anna", "--database", sqlite_url, given=b"another password\n")

    assert (changed.code, changed.out) == (0, "anna has another password.\n")


def test_a_short_password_an_unknown_role_and_a_stranger_are_refused(traylane: Traylane, sqlite_url: str) -> None:
    short = traylane("users", "create", "anna", "--role", "desk", "--database", sqlite_url, given=b"short\n")
    role = traylane("users", "create", "anna", "--role", "boss", "--database", sqlite_url, given=_PASSWORD)
    nobody = traylane("users", "disable", "nobody", "--database", sqlite_url)

    assert "the password needs 10 to 200 characters" in short.err
    assert "'boss' is unknown" in role.err
    assert (nobody.code, nobody.err) == (1, "No such person; Provided: nobody\n")
